"""Drafts: defaults, terms and discounts of the head, and optimistic locking."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from common.errors import DomainError, NotEditable, SeveralErrors, StaleVersion
from sales.models import PriceList, Quote
from sales.pricing.errors import InvalidDiscount
from sales.services.documents.drafts import change_head, draft_order, draft_quote
from sales.services.documents.lines import add_line
from sales.services.order_invoices import invoice_order
from sales.services.quotes import activate_quote
from tests.factories import Market, PriceListFactory
from tests.sales.order_steps import placed
from tests.sales.written import written


def test_refuses_a_change_made_on_an_older_version(market: Market) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    change_head(order, actor=market.rep, expected_version=1, name="Bar refit, Nantes")
    with pytest.raises(StaleVersion):
        change_head(order, actor=market.rep, expected_version=1, name="Something else")
    order.refresh_from_db()
    assert (order.name, order.version) == ("Bar refit, Nantes", 2)


def test_refuses_a_price_list_in_another_currency(market: Market, quote: Quote) -> None:
    dollars = PriceListFactory.create(currency="USD")
    before = written(quote)

    with pytest.raises(DomainError, match="is in USD, the document in EUR") as refusal:
        change_head(quote, actor=market.rep, price_list=dollars)

    assert refusal.value.code == "currency_mismatch"
    assert written(quote) == before


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"discount_amount": Decimal("100.01")}, "lower it from €100.01 to €100.00 or less."),
        ({"discount_rate": Decimal("1.01")}, "between 0% and 100%"),
        ({"discount_rate": Decimal("-0.01")}, "between 0% and 100%"),
    ],
)
def test_refuses_a_header_discount_that_cannot_be(
    market: Market, quote: Quote, fields: dict[str, Any], message: str
) -> None:
    add_line(quote, actor=market.rep, product=market.product("100.00"))
    before = written(quote)

    with pytest.raises(InvalidDiscount, match=message) as refusal:
        change_head(quote, actor=market.rep, **fields)

    assert refusal.value.field in fields
    assert written(quote) == before


@pytest.mark.parametrize("field", ["discount_rate", "freight", "price_list"])
def test_refuses_to_change_figures_of_the_order_that_an_invoice_bills(
    market: Market, field: str
) -> None:
    order = placed(market)
    invoice = invoice_order(order.pk, actor=market.rep, what="all")
    values: dict[str, Any] = {
        "discount_rate": Decimal("0.1"),
        "freight": Decimal(5),
        "price_list": None,
    }
    before = written(invoice)

    with pytest.raises(NotEditable, match=f"This invoice bills {order.number} and") as refusal:
        change_head(invoice, actor=market.rep, **{field: values[field]})

    assert refusal.value.field == field
    assert written(invoice) == before
    assert change_head(invoice, actor=market.rep, name="First part").name == "First part"


def test_skips_a_default_list_out_of_force_and_names_the_way_on(market: Market) -> None:
    product = market.product("100.00")
    PriceList.objects.update(valid_to=dt.date(2020, 1, 1))

    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    add_line(quote, actor=market.rep, product=product)

    assert quote.price_list is None
    with pytest.raises(
        SeveralErrors, match="There is no price: choose a price list, or type a price"
    ) as refusal:
        activate_quote(quote.pk, actor=market.rep)
    assert [(error.code, error.field) for error in refusal.value.errors] == [
        ("missing_field", "price_list"),
        ("missing_price", "unit_price"),
    ]
