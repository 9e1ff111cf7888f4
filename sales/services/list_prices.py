"""What a product costs on a price list today."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from sales.models import (
    DiscountBand,
    DiscountList,
    Document,
    PriceList,
    PriceListItem,
    Product,
    Unit,
)
from sales.pricing.discounts import Band, DiscountKind, volume_discount
from sales.pricing.discounts import DiscountList as Bands
from sales.pricing.errors import MissingPrice
from sales.pricing.price_lists import (
    PriceMethod,
    PriceRounding,
    PriceRule,
    ProductCosts,
    RoundingOption,
    list_price,
)
from sales.pricing.quantities import QuantitySelling, check_quantity
from sales.pricing.validity import check_price_list, check_product


@dataclass(frozen=True, slots=True)
class ListPrice:
    """A price and where it comes from; no ``item``: the list does not name the product."""

    item: PriceListItem | None
    unit_price: Decimal | None
    volume_discount: Decimal


def check_sellable(product: Product, document: Document, day: dt.date) -> None:
    """Refuse a product that is not sold, or a price list that is not in force, on that day."""
    check_product(
        product.sku,
        day=day,
        active_from=product.active_from,
        active_to=product.active_to,
        active=product.is_active,
    )
    if document.price_list is not None:
        check_list(document.price_list, document.currency, day)


def check_list(price_list: PriceList, currency: str, day: dt.date) -> None:
    """Refuse a price list that is not in force on the day, or is in another currency."""
    check_price_list(
        price_list.name,
        currency=price_list.currency,
        document_currency=currency,
        day=day,
        valid_from=price_list.valid_from,
        valid_to=price_list.valid_to,
        active=price_list.is_active,
    )


def look_up(
    price_list: PriceList | None, product: Product, unit: Unit, quantity: Decimal
) -> ListPrice:
    """Find the price of so many units, with the volume discount off each; two statements."""
    item = (
        PriceListItem.objects.filter(price_list=price_list, product=product, unit=unit)
        .select_related("discount_list", "price_list")
        .first()
        if price_list is not None
        else None
    )
    selling = item.selling if item else PriceListItem.Selling.NO_CONTROL
    check_quantity(quantity, decimals=product.decimals, selling=QuantitySelling(selling))
    if item is None:
        return ListPrice(None, None, Decimal(0))
    price = _price(item, product)
    return ListPrice(item, price, discount_per_unit(item, price, quantity))


def discount_per_unit(
    item: PriceListItem | None, unit_price: Decimal | None, quantity: Decimal
) -> Decimal:
    """Work out what the item's volume discount takes off each unit at this quantity."""
    discount_list = item.discount_list if item else None
    if item is None or discount_list is None or unit_price is None or not discount_list.is_active:
        return Decimal(0)
    return volume_discount(
        _bands(discount_list),
        quantity=quantity,
        unit_price=unit_price,
        currency=item.price_list.currency,
    )


def _price(item: PriceListItem, product: Product) -> Decimal | None:
    rule = PriceRule(
        method=PriceMethod(item.method),
        amount=item.amount,
        rate=item.percentage_rate,
        rounding=PriceRounding(item.rounding),
        rounding_option=RoundingOption(item.rounding_option or RoundingOption.MULTIPLE_OF),
        rounding_amount=item.rounding_amount,
    )
    costs = ProductCosts(product.list_price, product.current_cost, product.standard_cost)
    try:
        return list_price(rule, costs)
    except MissingPrice:
        return None  # shown on the line, where it blocks issuing


def _bands(discount_list: DiscountList) -> Bands:
    return Bands(
        kind=DiscountKind(discount_list.kind),
        bands=[_band(band) for band in discount_list.bands.all()],
        currency=discount_list.currency or None,
        active=discount_list.is_active,
    )


def _band(band: DiscountBand) -> Band:
    value = band.discount_rate if band.discount_rate is not None else band.discount_amount
    return Band(band.quantity_from, band.quantity_to, value or Decimal(0))
