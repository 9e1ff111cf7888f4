"""Page of a product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext

from common.formatting import format_day, format_price, format_quantity, format_rate
from sales.models import BundleItem, PriceListItem, Product
from web.chips.products import sold_chip
from web.display import Fact, Link
from web.pages.cards import Card, CardRow
from web.pages.records import RecordPage
from web.record_urls import record_url

RELATED = ("category", "unit_group", "default_unit", "tax_category")
"""What a product's page reads along with the product."""


@dataclass(frozen=True, slots=True)
class PriceRow:
    """What a product costs on one price list."""

    price_list: str
    unit: str
    volume_discount: str
    price: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductPage(RecordPage):
    """The page of a product with its price on every list."""

    record: Product
    prices: Sequence[PriceRow]
    parts: Card | None
    """What is in a bundle."""
    description: str


def product_page(product: Product) -> ProductPage:
    """Read and format everything that the page of a product shows."""
    return ProductPage(
        record=product,
        crumb=Link(gettext("Products"), reverse("sales:product-list")),
        heading=product.name,
        subtitle=product.sku,
        chips=[sold_chip(product)],
        facts=_facts(product),
        prices=_prices(product),
        parts=_parts(product),
        description=product.description,
    )


def _facts(product: Product) -> list[Fact]:
    """List the facts of the page."""
    facts = [
        Fact(gettext("Kind"), product.get_kind_display()),
        Fact(gettext("Category"), product.category),
        Fact(gettext("Unit"), product.default_unit),
        Fact(gettext("Decimals allowed"), product.decimals),
        Fact(gettext("Tax category"), product.tax_category),
        Fact(gettext("Sold from"), format_day(product.active_from) if product.active_from else ""),
        Fact(gettext("Sold until"), format_day(product.active_to) if product.active_to else ""),
    ]
    return [fact for fact in facts if fact.value != ""]


def _prices(product: Product) -> list[PriceRow]:
    items = product.prices.select_related("price_list", "unit", "discount_list")
    return [
        PriceRow(
            price_list=str(item.price_list),
            unit=str(item.unit),
            volume_discount=str(item.discount_list or "–"),
            price=_price(item),
        )
        for item in items.order_by("price_list__name")
    ]


def _price(item: PriceListItem) -> str:
    """Write what a product costs on a list, or how its price is worked out."""
    if item.method == PriceListItem.Method.AMOUNT:
        return format_price(item.amount, item.price_list.currency, item.price_quantity)
    rule = f"{item.get_method_display()}: {format_rate(item.percentage_rate)}"
    if item.price_quantity == 1:
        return rule
    units = format_quantity(item.price_quantity)
    return gettext("%(price)s per %(units)s") % {"price": rule, "units": units}


def _parts(product: Product) -> Card | None:
    rows = [_part(part) for part in product.bundle_items.select_related("product", "unit")]
    return Card(title=gettext("In this bundle"), id="parts", rows=rows) if rows else None


def _part(part: BundleItem) -> CardRow:
    return CardRow(
        title=str(part.product),
        url=record_url(part.product),
        detail=gettext("required") if part.is_required else gettext("optional"),
        amount=f"{format_quantity(part.quantity)} {part.unit}",
    )
