"""List prices: what products cost on a price list on a day."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext

from sales.models import (
    AnyDocument,
    DiscountBand,
    DiscountList,
    DocumentLine,
    PriceList,
    PriceListItem,
    Product,
    Unit,
)
from sales.pricing.discounts import Band, DiscountKind, volume_discount
from sales.pricing.discounts import DiscountList as Bands
from sales.pricing.errors import MissingPrice, NoExchangeRate
from sales.pricing.money import EXACT, ONE, ZERO
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
from sales.services.prices.exchange_rates import DayRates


@dataclass(frozen=True, slots=True)
class ListPrice:
    """A price and its item; without an ``item`` the list does not have the product."""

    item: PriceListItem | None = None
    unit_price: Decimal | None = None
    price_quantity: Decimal = ONE
    """How many units the price is for."""
    volume_discount: Decimal = ZERO

    def put_on(self, line: DocumentLine) -> None:
        """Set the price of a line; without one it is for a unit."""
        line.price_list_item = self.item
        line.unit_price, line.volume_discount = self.unit_price, self.volume_discount
        line.price_quantity = ONE if self.unit_price is None else self.price_quantity


class ListPrices:
    """The prices of some products on a list and day; three statements for any number of them.

    Costs in another currency than the list's are converted by the day's exchange rate.
    """

    def __init__(
        self, price_list: PriceList | None, products: Iterable[Product], day: dt.date
    ) -> None:
        self.rates = DayRates(day)
        self._items = {
            (item.product_id, item.unit_id): item
            for item in _items_of(price_list, {product.pk for product in products})
        }

    def of(self, product: Product, unit: Unit | None, quantity: Decimal) -> ListPrice:
        """Find the price of so many units, and the volume discount off it."""
        item = self._items.get((product.pk, unit.pk)) if unit else None
        if item is None:
            return ListPrice()
        price, units = self._price(item, product), item.price_quantity
        return ListPrice(item, price, units, _off_price(item, price, units, quantity))

    def _price(self, item: PriceListItem, product: Product) -> Decimal | None:
        rule = PriceRule(
            method=PriceMethod(item.method),
            amount=item.amount,
            rate=item.percentage_rate,
            rounding=PriceRounding(item.rounding),
            rounding_option=RoundingOption(item.rounding_option or RoundingOption.MULTIPLE_OF),
            rounding_amount=item.rounding_amount,
            price_quantity=item.price_quantity,
        )
        try:
            return list_price(rule, self._costs(item, product))
        except MissingPrice:
            return None  # shown on the line, where it blocks issuing

    def _costs(self, item: PriceListItem, product: Product) -> ProductCosts:
        """Put the product's own figures into the list's currency, if the method looks at them."""
        known = (product.list_price, product.current_cost, product.standard_cost)
        currency = item.price_list.currency
        if item.method == PriceListItem.Method.AMOUNT or product.cost_currency == currency:
            return ProductCosts(*known)
        rate = self._rate(product, currency)
        return ProductCosts(
            *(None if cost is None else EXACT.multiply(cost, rate) for cost in known)
        )

    def _rate(self, product: Product, currency: str) -> Decimal:
        quoted_in = product.cost_currency
        rate = self.rates.find(quoted_in, currency)
        if rate is None:
            raise NoExchangeRate(
                gettext(
                    "%(product)s is priced from its cost in %(base)s, and no exchange rate from "
                    "%(base)s to %(currency)s is known: enter one, or type the price."
                )
                % {"product": product.sku, "base": quoted_in, "currency": currency},
                field="product",
            )
        return rate


def list_prices_of(document: AnyDocument, lines: Iterable[DocumentLine]) -> ListPrices:
    """Read what a document's products cost today, for all who compare its lines with the list."""
    products = [line.product for line in lines if line.product is not None]
    return ListPrices(document.price_list, products, document.company.today())


def look_up(
    price_list: PriceList | None, product: Product, unit: Unit, quantity: Decimal, day: dt.date
) -> ListPrice:
    """Find the price of so many units of one product; refuse a quantity it is not sold in."""
    found = ListPrices(price_list, [product], day).of(product, unit, quantity)
    check_sold_in(product, found.item, quantity)
    return found


def check_sold_in(product: Product, item: PriceListItem | None, quantity: Decimal) -> None:
    """Refuse a quantity that the product, or its price list, is not sold in."""
    selling = QuantitySelling(item.selling) if item else QuantitySelling.NO_CONTROL
    check_quantity(quantity, decimals=product.decimals, selling=selling)


def check_product_sold(product: Product, day: dt.date) -> None:
    """Refuse a product that is not sold on that day."""
    check_product(
        product.sku,
        day=day,
        active_from=product.active_from,
        active_to=product.active_to,
        active=product.is_active,
    )


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


def take_volume_discount(line: DocumentLine) -> None:
    """Give a line, whose price stays, the volume discount of its quantity."""
    line.volume_discount = _off_price(
        line.price_list_item, line.unit_price, line.price_quantity, line.quantity
    )


def _off_price(
    item: PriceListItem | None,
    unit_price: Decimal | None,
    price_quantity: Decimal,
    quantity: Decimal,
) -> Decimal:
    """Work out what the item's volume discount takes off a price at this quantity."""
    discount_list = item.discount_list if item else None
    if item is None or discount_list is None or unit_price is None or not discount_list.is_active:
        return ZERO
    return volume_discount(
        _bands(discount_list),
        quantity=quantity,
        unit_price=unit_price,
        price_quantity=price_quantity,
        currency=item.price_list.currency,
    )


def _items_of(
    price_list: PriceList | None, products: Collection[uuid.UUID]
) -> Iterable[PriceListItem]:
    if price_list is None:
        return ()
    return (
        PriceListItem.objects.filter(price_list=price_list, product__in=products)
        .select_related("price_list", "discount_list")
        .prefetch_related("discount_list__bands")
    )


def _bands(discount_list: DiscountList) -> Bands:
    return Bands(
        kind=DiscountKind(discount_list.kind),
        bands=[_band(band) for band in discount_list.bands.all()],
        currency=discount_list.currency or None,
        active=discount_list.is_active,
    )


def _band(band: DiscountBand) -> Band:
    value = band.discount_rate if band.discount_rate is not None else band.discount_amount
    return Band(band.quantity_from, band.quantity_to, value or ZERO)
