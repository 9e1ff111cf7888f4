"""Differences of a quote since its last approval, of this revision or an earlier one."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from crm.models import User
from sales.models import Product, Quote
from sales.services import quote_differences
from sales.services.approvals import review_quote
from sales.services.documents import content_hash
from sales.services.documents.drafts import change_head
from sales.services.documents.lines import add_line, change_line, remove_line
from sales.services.quotes import activate_quote, revise_quote
from tests.approvals import decide
from tests.factories import Market
from tests.sales.quote_steps import quoted

TENTH = Decimal("0.1")
OTHER_NAMES = {"product_id": "sku"}


@pytest.fixture
def quote(market: Market) -> Quote:
    return quoted(market, "1", discount_rate=Decimal("0.15"))


def changes(quote: Quote) -> list[tuple[str, str, Any, Any]]:
    review = review_quote(Quote.objects.get(pk=quote.pk))
    return [(each["what"], each["field"], each["before"], each["after"]) for each in review.changes]


def cups(market: Market) -> Product:
    return market.product("5.00", name="Cups")


def test_lists_what_changed_since_the_last_yes(market: Market, quote: Quote, manager: User) -> None:
    line = quote.lines.get()
    decide(quote, actor=manager)
    change_line(line, actor=market.rep, quantity=Decimal(2), unit_price=Decimal(95))
    decide(quote, actor=manager, approved=False, comment="No")
    extra = add_line(quote, actor=market.rep, product=cups(market))
    change_head(quote, actor=market.rep, discount_rate=TENTH)

    assert changes(quote) == [
        ("", "discount_rate", "0", "0.1"),
        ("", "total", "102", "179.82"),
        ("Espresso machine", "quantity", "1", "2"),
        ("Espresso machine", "unit_price", "100", "95"),
        ("Espresso machine", "net", "85", "161.5"),
        ("Cups", "added", None, "5"),
    ]

    decide(quote, actor=manager)
    assert changes(quote) == []
    remove_line(extra, actor=market.rep)
    assert ("Cups", "removed", "5", None) in changes(quote)


def test_compares_with_the_approval_of_an_earlier_revision(
    market: Market, quote: Quote, manager: User
) -> None:
    add_line(quote, actor=market.rep, product=cups(market))
    decide(quote, actor=manager)
    activate_quote(quote.pk, actor=market.rep)
    revised = revise_quote(quote.pk, actor=market.rep)
    assert changes(revised) == []

    change_line(revised.lines.earliest("position"), actor=market.rep, quantity=Decimal(3))

    assert changes(revised) == [
        ("", "total", "108", "312"),
        ("Espresso machine", "quantity", "1", "3"),
        ("Espresso machine", "net", "85", "255"),
    ]


def test_lists_what_is_said_in_an_own_column_of_quotes(
    market: Market, quote: Quote, manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(quote, actor=manager)  # before quotes had the columns
    monkeypatch.setattr(Quote, "own_columns", (*Quote.own_columns, "valid_from", "notes"))
    assert changes(quote) == []

    Quote.objects.filter(pk=quote.pk).update(valid_from=dt.date(2026, 12, 1), notes="By hand")

    assert changes(quote) == [
        ("", "notes", "", "By hand"),
        ("", "valid_from", None, "2026-12-01"),
    ]
    decide(quote, actor=manager)
    assert changes(quote) == []


def test_compares_all_that_the_approval_is_bound_to() -> None:
    hashed = {OTHER_NAMES.get(name, name.removesuffix("_id")) for name in content_hash.LINE}

    assert hashed - {"charge_amount"} == set(quote_differences.LINE)  # no quote has a charge


def test_lists_what_a_price_is_for_and_reads_approvals_from_before_it_was_kept(
    market: Market, quote: Quote, manager: User
) -> None:
    decide(quote, actor=manager)
    approval = quote.approvals.get()
    del approval.content["lines"][0]["price_quantity"]
    del approval.content["head"]["rounding"], approval.content["head"]["discount_method"]
    approval.save()
    assert changes(quote) == []

    change_line(quote.lines.get(), actor=market.rep, price_quantity=Decimal(10))

    assert changes(quote) == [
        ("", "total", "102", "10.2"),
        ("Espresso machine", "price_quantity", "1", "10"),
        ("Espresso machine", "net", "85", "8.5"),
    ]
