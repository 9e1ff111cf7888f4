"""Price lists in four currencies, volume discounts, a promotion code, payment terms."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from demo.sample_data.catalogue import ALL_ITEMS, Item
from demo.sample_data.rows import ensure
from sales.models import (
    DiscountBand,
    DiscountList,
    Instalment,
    PaymentTerms,
    PriceList,
    PriceListItem,
    Product,
    PromotionCode,
)
from sales.pricing.money import round_money

EUROPE = "Europe"
WHOLESALE = "Europe, roasters and chains"
BRITAIN = "United Kingdom"
AMERICAS = "Americas"
JAPAN = "Japan"
LAST_SEASON = "Europe, last season"

CURRENCIES = {EUROPE: "EUR", WHOLESALE: "EUR", BRITAIN: "GBP", AMERICAS: "USD", JAPAN: "JPY"}

FACTORS = {BRITAIN: "0.89", AMERICAS: "1.16", JAPAN: "182"}
"""Price in the country's currency per euro of list price, freight included."""

CUPS = "Cups by the dozen"
BEANS = "Beans by the sack"

PER_SHIPMENT = "30 days net, invoiced with each shipment"
WHEN_FULFILLED = "30 days net, invoiced when all is shipped"
BY_HAND = "14 days net"
AT_ONCE = "Prepaid, invoiced with the order"
EARLY = "30 days net, 2 % within 10 days"
IN_PARTS = "30 % at once, 70 % after 30 days"

TERMS: Mapping[str, dict[str, Any]] = {
    PER_SHIPMENT: {"invoice_when": PaymentTerms.InvoiceWhen.PER_SHIPMENT, "due_days": 30},
    WHEN_FULFILLED: {"invoice_when": PaymentTerms.InvoiceWhen.FULFILLED, "due_days": 30},
    BY_HAND: {"invoice_when": PaymentTerms.InvoiceWhen.BY_HAND, "due_days": 14},
    AT_ONCE: {"invoice_when": PaymentTerms.InvoiceWhen.PLACED, "due_days": 0},
    EARLY: {
        "invoice_when": PaymentTerms.InvoiceWhen.BY_HAND,
        "due_days": 30,
        "early_payment_rate": Decimal("0.02"),
        "early_payment_days": 10,
    },
    IN_PARTS: {"invoice_when": PaymentTerms.InvoiceWhen.BY_HAND, "due_days": 30},
}

SHARES = ((0, "0.3"), (30, "0.7"))
"""Days after issue, and the part that is due then."""


def add_prices(today: dt.date) -> None:
    """Add payment terms, volume discounts, every price list, and this month's promotion."""
    for name, terms in TERMS.items():
        ensure(PaymentTerms, terms, name=name)
    in_parts = PaymentTerms.objects.get(name=IN_PARTS)
    for days, share in SHARES:
        ensure(Instalment, {"share_rate": Decimal(share)}, terms=in_parts, due_days=days)
    discounts = _add_discounts()
    products = {product.sku: product for product in Product.objects.all()}
    for name, currency in CURRENCIES.items():
        price_list = ensure(PriceList, {"currency": currency}, name=name)
        PriceListItem.objects.bulk_create(
            [_price(price_list, products[item.sku], item, discounts) for item in ALL_ITEMS],
            ignore_conflicts=True,
        )
    expired = {"currency": "EUR", "valid_to": today - dt.timedelta(days=60)}
    ensure(PriceList, expired, name=LAST_SEASON)
    _add_promotion(today)


def _add_discounts() -> dict[str, DiscountList]:
    cups = ensure(DiscountList, {"kind": DiscountList.Kind.PERCENT}, name=CUPS)
    for first, last, rate in ((24, 47, "0.05"), (48, 143, "0.08"), (144, None, "0.12")):
        cups_off = {"quantity_to": last, "discount_rate": Decimal(rate)}
        ensure(DiscountBand, cups_off, discount_list=cups, quantity_from=first)
    amounts = {"kind": DiscountList.Kind.AMOUNT, "currency": "EUR"}
    beans = ensure(DiscountList, amounts, name=BEANS)
    for start, end, amount in (("30", "149.999", "0.60"), ("150", None, "1.10")):
        values = {"quantity_to": end and Decimal(end), "discount_amount": Decimal(amount)}
        ensure(DiscountBand, values, discount_list=beans, quantity_from=Decimal(start))
    return {"cups": cups, "coffee": beans}


def _price(
    price_list: PriceList, product: Product, item: Item, discounts: dict[str, DiscountList]
) -> PriceListItem:
    discount = discounts.get(item.category)
    if discount is not None and discount.currency not in {"", price_list.currency}:
        discount = None
    return PriceListItem(
        price_list=price_list,
        product=product,
        unit_id=product.default_unit_id,
        discount_list=discount,
        selling=_selling(item),
        price_quantity=item.price_quantity,
        **_method(price_list, item),
    )


def _method(price_list: PriceList, item: Item) -> dict[str, Any]:
    """Roasters and chains pay 88 % of list, ending in 90 cents; abroad prices are amounts."""
    if price_list.name == WHOLESALE:
        return {
            "method": PriceListItem.Method.PERCENT_OF_LIST,
            "percentage_rate": Decimal("0.88"),
            "rounding": PriceListItem.Rounding.NEAREST,
            "rounding_option": PriceListItem.RoundingOption.ENDS_IN,
            "rounding_amount": Decimal("0.90"),
        }
    price = Decimal(item.price) * item.price_quantity * Decimal(FACTORS.get(price_list.name, "1"))
    return {"amount": round_money(price, price_list.currency)}


def _selling(item: Item) -> PriceListItem.Selling:
    if item.decimals:
        return PriceListItem.Selling.WHOLE_AND_FRACTIONAL
    return PriceListItem.Selling.WHOLE


def _add_promotion(today: dt.date) -> None:
    values = {
        "name": "Opening month: 5 % off",
        "discount_rate": Decimal("0.05"),
        "valid_from": today.replace(day=1),
        "valid_to": today + dt.timedelta(days=45),
        "uses_allowed": 50,
    }
    ensure(PromotionCode, values, code="FIRSTCUP")
