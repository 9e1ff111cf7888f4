"""The dialogs of a draft's lines: write-ins, and what a row does not show."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sales.models import Quote, TaxRate
from sales.services.documents.drafts import draft_quote
from sales.services.documents.lines import add_line
from tests.factories import Market, TaxCategoryFactory


@pytest.fixture
def quote(market: Market) -> Quote:
    market.category.tax_category = market.tax_category
    market.category.save()
    return draft_quote(actor=market.rep, account=market.account, name="Bar refit")


def at(quote: Quote, *line: Any) -> str:
    name = "line-edit" if line else "line-write-in"
    return reverse(f"sales:{name}", args=["quotes", quote.pk, *line])


def typed(market: Market, **fields: Any) -> dict[str, Any]:
    return {
        "description": "Counter",
        "product_category": market.category.pk,
        "quantity": "1",
        "unit_price": "10",
        **fields,
    }


def test_a_write_in_is_taxed_as_its_category_unless_a_rate_is_typed(
    rep: Client, market: Market, quote: Quote
) -> None:
    page = rep.get(at(quote)).content.decode()
    assert f"{market.category} (tax: {market.tax_category})" in page

    rep.post(at(quote), typed(market))
    rep.post(at(quote), typed(market, tax_rate="7.7", discount="10%"))

    lines = quote.lines.order_by("position")
    assert [(line.tax_category, line.tax_rate, line.gross) for line in lines] == [
        (market.tax_category, Decimal("0.2"), Decimal("12.00")),
        (market.tax_category, Decimal("0.077"), Decimal("9.69")),
    ]


def test_shows_a_write_in_as_it_stands_and_changes_it(
    rep: Client, market: Market, quote: Quote
) -> None:
    rep.post(at(quote), typed(market, discount="1.5"))
    line, reduced = quote.lines.get(), TaxCategoryFactory.create()
    TaxRate.objects.create(category=reduced, zone=market.zone, rate=Decimal("0.055"))

    form = rep.get(at(quote, line.pk)).context["form"]
    assert {name: form[name].value() for name in form.fields} == {
        "description": "Counter",
        "product_category": market.category.pk,
        "quantity": "1",
        "unit_price": "10.00",
        "discount": "1.5",
        "tax_category": None,
        "tax_rate": None,
    }
    answer = rep.post(at(quote, line.pk), typed(market, unit_price="20", tax_category=reduced.pk))

    assert answer.status_code == 302
    line.refresh_from_db()
    assert (line.unit_price, line.discount, line.tax_category) == (20, 0, reduced)
    assert (line.net, line.tax) == (20, Decimal("1.10"))


def test_changes_only_the_tax_of_a_product_s_line(
    rep: Client, market: Market, quote: Quote
) -> None:
    line = add_line(quote, actor=market.rep, product=market.product("100.00"))
    form = rep.get(at(quote, line.pk)).context["form"]
    assert list(form.fields) == ["tax_category", "tax_rate"]

    rep.post(at(quote, line.pk), {"tax_category": market.tax_category.pk, "tax_rate": "0"})

    line.refresh_from_db()
    assert (line.tax_rate, line.tax_rate_is_typed, line.price_source) == (0, True, "list")


def test_a_heading_has_no_details(rep: Client, market: Market, quote: Quote) -> None:
    line = add_line(quote, actor=market.rep, description="Machines", kind="section")

    assert rep.get(at(quote, line.pk)).status_code == 404
