"""Prices of the day: methods, rounding, units, volume bands, lists and products out of force."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sales.models import (
    DiscountBand,
    DiscountList,
    ExchangeRate,
    Order,
    PriceListItem,
    Product,
    Quote,
    Unit,
)
from sales.pricing.errors import CurrencyMismatch, InactivePriceList, NoExchangeRate
from sales.services.documents.drafts import draft_order, draft_quote
from sales.services.documents.lines import add_line, change_line
from sales.services.errors import PricesLocked
from sales.services.quotes import accept_quote, activate_quote
from tests.factories import Market, PriceListItemFactory, UnitFactory

Method = PriceListItem.Method


def draft(market: Market) -> Quote:
    return draft_quote(actor=market.rep, account=market.account, name="Bar refit")


def priced(market: Market, product: Product, **item: Any) -> PriceListItem:
    made: PriceListItem = PriceListItemFactory.create(
        price_list=market.price_list, product=product, **item
    )
    return made


def bands(*rows: tuple[str, str | None, str], **fields: Any) -> DiscountList:
    """Make a discount list from (from, to, rate or amount)."""
    kind = fields.setdefault("kind", DiscountList.Kind.PERCENT)
    discount_list = DiscountList.objects.create(
        name=f"Volume {DiscountList.objects.count()}", **fields
    )
    column = "discount_rate" if kind == DiscountList.Kind.PERCENT else "discount_amount"
    for low, high, value in rows:
        DiscountBand.objects.create(
            discount_list=discount_list,
            quantity_from=Decimal(low),
            quantity_to=None if high is None else Decimal(high),
            **{column: Decimal(value)},
        )
    return discount_list


@pytest.mark.parametrize(
    ("method", "rate", "expected"),
    [
        (Method.PERCENT_OF_LIST, "0.8", "19.992"),
        (Method.MARKUP_CURRENT, "0.25", "15.00"),
        (Method.MARKUP_STANDARD, "0.25", "12.50"),
        (Method.MARGIN_CURRENT, "0.2", "15.00"),
        (Method.MARGIN_STANDARD, "0.35", "15.38462"),
    ],
)
def test_prices_by_every_method(market: Market, method: str, rate: str, expected: str) -> None:
    product = market.product(
        None,
        list_price=Decimal("24.99"),
        current_cost=Decimal(12),
        standard_cost=Decimal(10),
    )
    priced(market, product, method=method, amount=None, percentage_rate=Decimal(rate))

    line = add_line(draft(market), actor=market.rep, product=product)

    assert line.unit_price == Decimal(expected)
    assert line.price_source == "list"


@pytest.mark.parametrize(
    ("method", "rate", "expected"),
    [
        (Method.PERCENT_OF_LIST, "0.8", "4.00"),
        (Method.MARKUP_CURRENT, "0.25", "3.90"),
        (Method.MARGIN_STANDARD, "0.2", "3.90"),
    ],
)
def test_derives_a_price_for_100_from_the_cost_of_100(
    market: Market, method: str, rate: str, expected: str
) -> None:
    each = Decimal("0.0312")
    costs = {"current_cost": each, "standard_cost": each}
    product = market.product(None, list_price=Decimal("0.05"), **costs)
    priced(
        market,
        product,
        method=method,
        amount=None,
        percentage_rate=Decimal(rate),
        price_quantity=Decimal(100),
    )

    line = add_line(draft(market), actor=market.rep, product=product, quantity=Decimal(250))

    assert (line.unit_price, line.price_quantity) == (Decimal(expected), 100)
    assert line.net == Decimal(expected) * Decimal("2.5")


@pytest.mark.parametrize(
    ("rounding", "option", "amount", "expected"),
    [
        ("none", "", None, "15.38462"),
        ("up", "multiple_of", "0.05", "15.40"),
        ("down", "multiple_of", "0.05", "15.35"),
        ("nearest", "ends_in", "0.99", "14.99"),
        ("up", "ends_in", "0.99", "15.99"),
    ],
)
def test_rounds_a_derived_price_as_the_list_says(
    market: Market, rounding: str, option: str, amount: str | None, expected: str
) -> None:
    product = market.product(None, standard_cost=Decimal(10))
    priced(
        market,
        product,
        method=Method.MARGIN_STANDARD,
        amount=None,
        percentage_rate=Decimal("0.35"),
        rounding=rounding,
        rounding_option=option,
        rounding_amount=amount and Decimal(amount),
    )

    line = add_line(draft(market), actor=market.rep, product=product)

    assert line.unit_price == Decimal(expected)


def test_each_unit_has_its_own_price_and_changing_it_looks_the_price_up(market: Market) -> None:
    product = market.product("2.00")
    dozen: Unit = UnitFactory.create(group=product.unit_group, name="dozen", factor=Decimal(12))
    priced(market, product, unit=dozen, amount=Decimal("21.00"))
    quote = draft(market)
    line = add_line(quote, actor=market.rep, product=product, quantity=Decimal(3))

    line = change_line(line, actor=market.rep, unit=dozen)

    quote.refresh_from_db()
    assert (line.unit, line.unit_price, quote.detail) == (dozen, Decimal("21.00"), Decimal(63))


@pytest.mark.parametrize(
    ("quantity", "discount", "net"),
    [("9", "0", "180.00"), ("10", "1", "190.00"), ("49", "1", "931.00"), ("50", "2", "900.00")],
)
def test_the_band_of_the_quantity_reduces_each_unit(
    market: Market, quantity: str, discount: str, net: str
) -> None:
    product = market.product(None)
    by_volume = bands(("10", "49", "0.05"), ("50", None, "0.10"))
    priced(market, product, amount=Decimal(20), discount_list=by_volume)

    line = add_line(draft(market), actor=market.rep, product=product, quantity=Decimal(quantity))

    assert (line.volume_discount, line.net) == (Decimal(discount), Decimal(net))


def test_another_quantity_may_fall_into_another_band(market: Market) -> None:
    product = market.product(None)
    by_volume = bands(("10", "49", "0.25"), ("50", None, "0.50"), kind="amount", currency="EUR")
    priced(market, product, amount=Decimal(20), discount_list=by_volume)
    line = add_line(draft(market), actor=market.rep, product=product, quantity=Decimal(10))
    assert line.volume_discount == Decimal("0.25")

    assert change_line(line, actor=market.rep, quantity=Decimal(50)).volume_discount == Decimal(
        "0.50"
    )
    assert change_line(line, actor=market.rep, quantity=Decimal(5)).volume_discount == 0


def test_an_inactive_discount_list_takes_nothing_off(market: Market) -> None:
    product = market.product(None)
    asleep = bands(("1", None, "0.10"), is_active=False)
    priced(market, product, amount=Decimal(20), discount_list=asleep)

    line = add_line(draft(market), actor=market.rep, product=product, quantity=Decimal(10))

    assert (line.volume_discount, line.net) == (0, Decimal(200))


def test_refuses_a_volume_discount_in_another_currency(market: Market) -> None:
    product = market.product(None)
    dollars = bands(("1", None, "0.50"), kind="amount", currency="USD")
    priced(market, product, amount=Decimal(20), discount_list=dollars)
    quote = draft(market)

    with pytest.raises(CurrencyMismatch, match="in USD, the document in EUR"):
        add_line(quote, actor=market.rep, product=product)

    assert not quote.lines.exists()


def test_a_typed_price_is_final_and_clearing_it_goes_back_to_the_list(market: Market) -> None:
    product = market.product(None)
    priced(market, product, amount=Decimal(20), discount_list=bands(("1", None, "0.10")))
    line = add_line(draft(market), actor=market.rep, product=product)
    assert (line.unit_price, line.volume_discount) == (20, 2)

    typed = change_line(line, actor=market.rep, unit_price=Decimal(19))
    assert (typed.price_source, typed.volume_discount, typed.net) == ("typed", 0, 19)

    back = change_line(line, actor=market.rep, unit_price=None)
    assert (back.price_source, back.unit_price, back.net) == ("list", 20, 18)


def test_costs_in_another_currency_are_converted_by_the_rate_of_the_day(market: Market) -> None:
    product = market.product(None, current_cost=Decimal(108), cost_currency="USD")
    priced(
        market, product, method=Method.MARKUP_CURRENT, amount=None, percentage_rate=Decimal("0.5")
    )
    today = market.company.today()
    ExchangeRate.objects.create(currency="USD", valid_on=today, rate=Decimal("1.08"))

    line = add_line(draft(market), actor=market.rep, product=product)

    assert line.unit_price == Decimal(150)


def test_refuses_a_cost_that_cannot_be_converted(market: Market) -> None:
    product = market.product(None, current_cost=Decimal(108), cost_currency="USD")
    priced(
        market, product, method=Method.MARKUP_CURRENT, amount=None, percentage_rate=Decimal("0.5")
    )
    quote = draft(market)

    with pytest.raises(NoExchangeRate, match="no exchange rate from USD to EUR") as refusal:
        add_line(quote, actor=market.rep, product=product)

    assert (refusal.value.code, refusal.value.field) == ("no_exchange_rate", "product")
    assert not quote.lines.exists()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"valid_to": dt.date(2020, 12, 31)}, "is not in force on"),
        ({"valid_from": dt.date(2100, 1, 1)}, "is not in force on"),
        ({"is_active": False}, "is not active: choose another"),
    ],
)
def test_refuses_new_lines_from_a_list_out_of_force(
    market: Market, fields: dict[str, Any], message: str
) -> None:
    product = market.product("20.00")
    quote = draft(market)
    for name, value in fields.items():
        setattr(market.price_list, name, value)
    market.price_list.save()

    with pytest.raises(InactivePriceList, match=message):
        add_line(quote, actor=market.rep, product=product)

    quote.refresh_from_db()
    assert (quote.version, quote.lines.count()) == (1, 0)


def test_agreed_prices_stay_whatever_the_quantity(market: Market) -> None:
    product = market.product(None)
    priced(market, product, amount=Decimal(20), discount_list=bands(("10", None, "0.10")))
    quote = draft(market)
    add_line(quote, actor=market.rep, product=product, quantity=Decimal(5))
    activate_quote(quote.pk, actor=market.rep)
    order = accept_quote(quote.pk, actor=market.rep)

    line = change_line(order.lines.get(), actor=market.rep, quantity=Decimal(10))

    assert (line.unit_price, line.volume_discount) == (20, 0)


def test_refuses_another_unit_while_prices_are_locked(market: Market) -> None:
    product = market.product("2.00")
    dozen = UnitFactory.create(group=product.unit_group, name="dozen", factor=Decimal(12))
    quote = draft(market)
    add_line(quote, actor=market.rep, product=product)
    activate_quote(quote.pk, actor=market.rep)
    order = accept_quote(quote.pk, actor=market.rep)

    with pytest.raises(PricesLocked, match="agreed in quote Q-"):
        change_line(order.lines.get(), actor=market.rep, unit=dozen)

    assert order.lines.get().unit == product.default_unit


def test_a_line_is_added_in_as_many_statements_whatever_is_there(market: Market) -> None:
    def statements(order: Order) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            add_line(order, actor=market.rep, product=market_products.pop())
        return len(captured)

    market_products = [market.product("20.00") for _ in range(12)]
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    first = statements(order)
    for _ in range(9):
        add_line(order, actor=market.rep, product=market_products.pop())

    assert statements(order) == first
