"""Lines of drafts: a refused change names the line and field, and writes nothing."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from common.errors import DomainError, MissingField
from sales.models import (
    PriceListItem,
    Quote,
)
from sales.pricing.errors import (
    QuantityNotAllowed,
)
from sales.services.documents.drafts import draft_order, draft_quote
from sales.services.documents.lines import add_line, change_line
from tests.factories import Market, PriceListItemFactory, UnitFactory
from tests.sales.written import written


@pytest.fixture
def quote(market: Market) -> Quote:
    return draft_quote(actor=market.rep, account=market.account, name="Bar refit")


@pytest.mark.parametrize(
    ("fields", "code", "field", "message"),
    [
        ({"quantity": Decimal("1.5")}, "quantity_not_allowed", "quantity", "Only whole units"),
        ({"quantity": Decimal(-1)}, "invalid_quantity", "quantity", "cannot be negative"),
        ({"unit": None}, "missing_unit", "unit", "Choose the unit of ESP-"),
        ({"description": ""}, "missing_field", "description", "no description"),
        ({"unit_price": Decimal(-1)}, "invalid_amount", "unit_price", "cannot be negative"),
        ({"discount_rate": Decimal("1.01")}, "invalid_discount", "discount", "between 0% and 100%"),
        ({"quantity": Decimal(10) ** 16}, "invalid_quantity", "quantity", "at most 15 digits"),
        ({"unit_price": Decimal("NaN")}, "invalid_amount", "unit_price", "at most 15 digits"),
        ({"tax_rate": Decimal(19)}, "invalid_rate", "tax_rate", "between 0% and 100%, not 1,900%"),
        (
            {"discount_amount": Decimal(101)},
            "invalid_discount",
            "discount",
            "does not fit a line of",
        ),
        (
            {"discount_amount": Decimal(-1)},
            "invalid_discount",
            "discount",
            "does not fit a line of",
        ),
        (
            {"discount_amount": Decimal(1), "discount_rate": Decimal("0.1")},
            "invalid_discount",
            "discount",
            "not both",
        ),
    ],
)
def test_refuses_a_change_that_breaks_a_rule_of_its_line(
    market: Market, quote: Quote, fields: dict[str, Any], code: str, field: str, message: str
) -> None:
    line = add_line(quote, actor=market.rep, product=market.product("100.00"))
    before = written(quote)

    with pytest.raises(DomainError, match=message) as refusal:
        change_line(line, actor=market.rep, **fields)

    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert refusal.value.line == str(line.pk)
    assert written(quote) == before


def test_refuses_a_unit_of_another_group(market: Market, quote: Quote) -> None:
    before = written(quote)

    with pytest.raises(DomainError, match="is not sold per kg") as refusal:
        add_line(
            quote,
            actor=market.rep,
            product=market.product("100.00"),
            unit=UnitFactory.create(name="kg"),
        )

    assert (refusal.value.code, refusal.value.field) == ("wrong_unit", "unit")
    assert written(quote) == before


def test_refuses_a_fraction_where_the_list_sells_whole_units(market: Market, quote: Quote) -> None:
    product = market.product(None, decimals=2)
    PriceListItemFactory.create(
        price_list=market.price_list, product=product, selling=PriceListItem.Selling.WHOLE
    )
    before = written(quote)

    with pytest.raises(DomainError, match=r"Only whole units are sold, not 1\.5") as refusal:
        add_line(quote, actor=market.rep, product=product, quantity=Decimal("1.5"))

    assert (refusal.value.code, refusal.value.field) == ("quantity_not_allowed", "quantity")
    assert written(quote) == before


def test_refuses_a_product_that_is_not_sold(market: Market, quote: Quote) -> None:
    product = market.product("100.00", active_to=dt.date(2020, 1, 1))

    with pytest.raises(DomainError, match=f"{product.sku} is not sold on") as refusal:
        add_line(quote, actor=market.rep, product=product)

    assert (refusal.value.code, refusal.value.field) == ("inactive_product", "product")
    assert not quote.lines.exists()


def test_a_write_in_needs_a_product_category(market: Market, quote: Quote) -> None:
    with pytest.raises(MissingField, match="needs a product category") as refusal:
        add_line(quote, actor=market.rep, description="Counter", unit_price=Decimal(10))

    assert refusal.value.field == "product_category"
    assert not quote.lines.exists()


def test_refuses_a_fraction_of_what_is_sold_whole(market: Market) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    with pytest.raises(QuantityNotAllowed):
        add_line(order, actor=market.rep, product=market.product(), quantity=Decimal("1.5"))
    assert not order.lines.exists()
