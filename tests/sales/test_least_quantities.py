"""Least quantities: a change order does not go under what is shipped or billed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sales.models import Order, OrderChange
from sales.services.change_orders import Changes, change_order
from sales.services.draft_invoices import delete_draft_invoice
from sales.services.errors import QuantityBelowDone
from sales.services.order_invoices import invoice_order
from sales.services.order_progress import Progress, record_progress
from tests.factories import Market
from tests.sales.order_steps import submitted


@pytest.fixture
def order(market: Market) -> Order:
    """Ten at 19.99, 239.88 with tax."""
    return submitted(market, "10")


def test_refuses_to_go_under_what_is_shipped(market: Market, order: Order) -> None:
    line = order.lines.get()
    record_progress(order, {line.pk: Progress(Decimal(4))}, actor=market.rep)
    order.refresh_from_db()
    with pytest.raises(QuantityBelowDone) as refusal:
        change_order(order.pk, Changes(lines={line.pk: {"quantity": Decimal(3)}}), actor=market.rep)
    assert str(refusal.value) == (
        "Espresso machine: 4 are shipped or billed, so 3 is too few: "
        "give 4 at least, and return or credit what is not wanted any more."
    )
    line.refresh_from_db()
    assert line.quantity == Decimal(10)
    assert not OrderChange.objects.exists()


def test_names_the_draft_that_bills_what_is_to_be_reduced(market: Market, order: Order) -> None:
    line = order.lines.get()
    record_progress(order, {line.pk: Progress(Decimal(4))}, actor=market.rep)
    draft = invoice_order(order.pk, actor=market.rep, what="all")
    fewer = Changes(lines={line.pk: {"quantity": Decimal(5)}})

    with pytest.raises(QuantityBelowDone) as refusal:
        change_order(order.pk, fewer, actor=market.rep)
    with pytest.raises(QuantityBelowDone) as of_shipped:
        less = Changes(lines={line.pk: {"quantity": Decimal(3)}})
        change_order(order.pk, less, actor=market.rep)

    assert str(refusal.value) == (
        "Espresso machine: 10 are shipped, billed or on a draft, so 5 is too few: "
        "delete the draft of €239.88 first."
    )
    assert (refusal.value.drafts, of_shipped.value.drafts) == ([draft], [])
    delete_draft_invoice(draft.pk, actor=market.rep)
    change_order(order.pk, fewer, actor=market.rep)
    assert order.lines.get().quantity == 5
