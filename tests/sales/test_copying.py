"""Copying a document into the next one: the same figures under a new identity."""

from __future__ import annotations

from decimal import Decimal

import pytest

from crm.models import CustomField
from sales.models import DocumentLine, Order, OrderLine, Quote, SalesEvent
from sales.services.documents.copying import copy_head, copy_lines
from sales.services.documents.drafts import draft_quote
from sales.services.documents.lines import add_line
from sales.services.events import record_event
from sales.services.quotes import activate_quote
from tests.database_assertions import statements_of
from tests.factories import Market

FIGURES = ("detail", "discount", "freight", "tax", "total", "discount_rate", "currency")
LINE_FIGURES = (
    "position",
    "description",
    "quantity",
    "unit_price",
    "net",
    "header_discount",
    "tax",
)


@pytest.fixture
def quote(market: Market) -> Quote:
    """An active quote of two lines, with 2.5 % off everything and freight."""
    draft = draft_quote(
        actor=market.rep,
        account=market.account,
        name="Bar refit",
        discount_rate=Decimal("0.025"),
        freight=Decimal("5.00"),
    )
    for price, quantity in (("19.99", "3"), ("0.335", "7")):
        product = market.product(price)
        add_line(draft, actor=market.rep, product=product, quantity=Decimal(quantity))
    return activate_quote(draft.pk, actor=market.rep)


def figures(record: Quote | Order | DocumentLine, *names: str) -> list[object]:
    return [getattr(record, name) for name in names]


def test_copies_terms_and_figures_of_a_head_but_not_its_number(quote: Quote) -> None:
    order = copy_head(quote, Order, name="Bar refit, Nantes")

    assert figures(order, *FIGURES) == figures(quote, *FIGURES)
    assert (order.account_id, order.price_list_id) == (quote.account_id, quote.price_list_id)
    assert (order.name, order.number, order.version) == ("Bar refit, Nantes", None, 1)
    assert order.pk != quote.pk
    assert order._state.adding


def test_takes_over_custom_values_for_which_the_next_kind_has_a_field(quote: Quote) -> None:
    for record_type, key in (("quote", "dock"), ("quote", "lift"), ("order", "dock")):
        CustomField.objects.create(
            record_type=record_type, key=key, label=key.title(), kind=CustomField.Kind.TEXT
        )
    quote.custom = {"dock": "B7", "lift": "yes"}

    assert copy_head(quote, Order).custom == {"dock": "B7"}
    assert copy_head(quote, Quote).custom == {"dock": "B7", "lift": "yes"}


def test_copies_lines_in_one_statement_and_keeps_bundles_together(
    market: Market, quote: Quote
) -> None:
    order = copy_head(quote, Order)
    order.save(force_insert=True)
    record_event(SalesEvent.Type.ORDER_DRAFTED, order, actor=market.rep, is_first=True)
    bundle, part = quote.lines.order_by("position")
    part.bundle_line = bundle
    copies: list[OrderLine] = []

    def copy() -> None:
        copies.extend(
            copy_lines(
                [bundle, part], OrderLine, order=order, extra=lambda line: {"quote_line": line}
            )
        )

    assert statements_of(copy) == 1

    for copied, line in zip(copies, (bundle, part), strict=True):
        assert figures(copied, *LINE_FIGURES) == figures(line, *LINE_FIGURES)
        assert (copied.order, copied.quote_line) == (order, line)
    assert [copied.bundle_line for copied in copies] == [None, copies[0]]
