"""The dialogs of a draft's lines: write-ins, trade-ins, and what a row does not show."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sales.models import Quote, TaxRate
from sales.services.documents.drafts import draft_quote
from sales.services.documents.lines import add_line
from tests.factories import Market, TaxCategoryFactory
from tests.sales.order_steps import trade_in
from tests.web.refusals import NO_DISCOUNTS, PRICE_UNITS
from web.record_urls import record_url


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


@pytest.mark.parametrize("discount", NO_DISCOUNTS)
def test_refuses_a_discount_of_a_write_in_that_is_none(
    rep: Client, market: Market, quote: Quote, discount: str
) -> None:
    answer = rep.post(at(quote), typed(market, discount=discount))

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["discount"])
    assert not quote.lines.exists()


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


def test_a_trade_in_is_typed_as_what_it_takes_off(
    rep: Client, market: Market, quote: Quote
) -> None:
    address = reverse("sales:line-deduction", args=["quotes", quote.pk])
    assert address in rep.get(record_url(quote)).text
    assert "discount" not in rep.get(address).context["form"].fields

    answer = rep.post(address, typed(market, description="Old machine", quantity="2"))

    assert answer.status_code == 302
    line = quote.lines.get()
    assert (line.kind, line.unit_price, line.net, line.tax) == ("deduction", -10, -20, -4)
    page = rep.get(record_url(quote)).text
    row = page[page.index(f'id="line-{line.pk}"') :]
    assert re.search(r'name="unit_price".*?value="10.00"', row[: row.index("</tr>")], re.DOTALL)
    assert 'name="discount"' not in row[: row.index("</tr>")]
    assert "−€20.00" in row[: row.index("</tr>")]

    rep.post(reverse("sales:line-change", args=["quotes", quote.pk, line.pk]),
             {"description": "Old machine", "quantity": "1", "unit_price": "15"})  # fmt: skip
    line.refresh_from_db()
    assert (line.unit_price, line.net) == (-15, -15)


def test_shows_a_trade_in_as_it_stands_and_changes_only_what_differs(
    rep: Client, market: Market, quote: Quote
) -> None:
    line = trade_in(quote, market, "12.5")

    form = rep.get(at(quote, line.pk)).context["form"]
    assert {name: form[name].value() for name in form.fields} == {
        "description": "Old machine taken back",
        "quantity": "1",
        "unit_price": "12.50",
        "product_category": None,
        "tax_category": market.tax_category.pk,
        "tax_rate": None,
    }
    as_it_stands = {
        "description": "Older machine",
        "quantity": "1",
        "unit_price": "12.5",
        "tax_category": market.tax_category.pk,
    }
    rep.post(at(quote, line.pk), as_it_stands)

    line.refresh_from_db()
    assert (line.description, line.unit_price, line.price_source) == (
        "Older machine", Decimal("-12.5"), "typed",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "cell", "reason"),
    [
        ({"unit_price": "-10"}, "unit_price", "is at least 0; you entered −10."),
        ({"product_category": ""}, "tax_category", "or a tax category: choose one"),
        ({"unit_price": "50"}, "unit_price", "counts as a discount: all together this comes to"),
    ],
)
def test_says_beside_the_input_why_a_trade_in_is_refused(
    rep: Client, market: Market, quote: Quote, fields: dict[str, Any], cell: str, reason: str
) -> None:
    add_line(quote, actor=market.rep, product=market.product("100.00"))
    market.rep.discount_limit_rate = Decimal("0.1")
    market.rep.save()

    page = rep.post(
        reverse("sales:line-deduction", args=["quotes", quote.pk]), typed(market, **fields)
    )

    assert page.status_code == 422
    assert reason in str(page.context["form"].errors[cell])
    assert quote.lines.count() == 1


def test_a_negative_price_is_refused_in_a_row_and_a_write_in(
    rep: Client, market: Market, quote: Quote
) -> None:
    line = add_line(quote, actor=market.rep, product=market.product("100.00"))
    row = {"description": "Machine", "quantity": "1", "unit_price": "-1"}

    answers = [
        rep.post(at(quote), typed(market, unit_price="-1")),
        rep.post(
            reverse("sales:line-change", args=["quotes", quote.pk, line.pk]),
            row,
            headers={"HX-Request": "true"},
        ),
    ]

    assert [answer.status_code for answer in answers] == [422, 422]
    line.refresh_from_db()
    assert (line.unit_price, quote.lines.count()) == (100, 1)


def test_changes_the_tax_of_a_product_s_line_and_leaves_its_price(
    rep: Client, market: Market, quote: Quote
) -> None:
    line = add_line(quote, actor=market.rep, product=market.product("3.99", price_quantity="100"))
    form = rep.get(at(quote, line.pk)).context["form"]
    assert {name: form[name].value() for name in form.fields} == {
        "unit_price": "3.99 / 100",
        "tax_category": market.tax_category.pk,
        "tax_rate": None,
    }

    as_it_stands = {"unit_price": "3.99 / 100", "tax_category": market.tax_category.pk}
    rep.post(at(quote, line.pk), {**as_it_stands, "tax_rate": "0"})

    line.refresh_from_db()
    assert (line.tax_rate, line.tax_rate_is_typed, line.price_source) == (0, True, "list")


@pytest.mark.parametrize(
    ("typed", "price", "source"),
    [
        ("4.10 / 1000", (Decimal("4.10"), 1000), "typed"),
        ("4.10", (Decimal("4.10"), 1), "typed"),
        ("", (Decimal("3.99"), 100), "list"),
    ],
)
def test_changes_a_product_s_price_and_the_units_it_is_for(
    rep: Client,
    market: Market,
    quote: Quote,
    typed: str,
    price: tuple[Decimal, int],
    source: str,
) -> None:
    line = add_line(quote, actor=market.rep, product=market.product("3.99", price_quantity="100"))

    rep.post(at(quote, line.pk), {"unit_price": typed, "tax_category": market.tax_category.pk})

    line.refresh_from_db()
    assert ((line.unit_price, line.price_quantity), line.price_source) == (price, source)


def test_a_write_in_may_be_priced_for_many(rep: Client, market: Market, quote: Quote) -> None:
    rep.post(at(quote), typed(market, quantity="1500", unit_price="12.50 / 1000"))

    line = quote.lines.get()
    assert (line.price_quantity, line.net) == (1000, Decimal("18.75"))
    assert rep.get(at(quote, line.pk)).context["form"]["unit_price"].value() == "12.50 / 1000"


@pytest.mark.parametrize(
    ("price", "reason"),
    [
        ("12.50 / 0", PRICE_UNITS),
        ("12.50 / -100", PRICE_UNITS),
        ("12.50 / 1000001", PRICE_UNITS),
        ("12.50 / NaN", "Unit price is not a number: enter one, such as 12.50."),
        ("12.50 / 0.000001", "Unit price has at most 5 decimals: round it."),
        (
            "12.50 / 1E+9999999",
            "Write all digits of the number, without an exponent: 100000, not 1e5.",
        ),
        ("12.50 /", "Type 12.50, or 12.50 / 100 for the price of 100 units."),
        ("/ 100", "Type 12.50, or 12.50 / 100 for the price of 100 units."),
        ("12.50 / 100 / 2", "Unit price is not a number: enter one, such as 12.50."),
        ("-1 / 100", "Unit price is at least 0; you entered −1."),
        ("twelve", "Unit price is not a number: enter one, such as 12.50."),
    ],
)
def test_refuses_what_is_no_price(
    rep: Client, market: Market, quote: Quote, price: str, reason: str
) -> None:
    answer = rep.post(at(quote), typed(market, unit_price=price))

    assert answer.context["form"].errors == {"unit_price": [reason]}
    assert not quote.lines.exists()


def test_says_what_a_typed_discount_comes_off(rep: Client, market: Market, quote: Quote) -> None:
    discount = rep.get(at(quote)).context["form"]["discount"]
    assert (discount.label, discount.help_text) == (
        "Discount",
        "10 for money, 10% for a percentage.",
    )

    Quote.objects.update(discount_method="per_unit")

    discount = rep.get(at(quote)).context["form"]["discount"]
    assert (discount.label, discount.help_text) == (
        "Discount of each",
        "10 off each unit, 10% for a percentage.",
    )


def test_a_heading_has_no_details(rep: Client, market: Market, quote: Quote) -> None:
    line = add_line(quote, actor=market.rep, description="Machines", kind="section")

    assert rep.get(at(quote, line.pk)).status_code == 404
