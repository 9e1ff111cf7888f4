"""Orders that are deleted in the supply-chain system: cancelled here, or asked about."""

from __future__ import annotations

from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from fulfilment.inbound.schemas import InvalidMessage, parse_message
from fulfilment.models import Discrepancy, ExternalRef, Handoff, InboundMessage, SyncState
from fulfilment.services.shipments import record_shipment
from fulfilment.sync.conflicts import Choice
from sales.models import Order
from sales.services.change_orders import Changes, change_order
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd
from tests.fulfilment.decisions import decide_conflict
from tests.fulfilment.messages import receive_from
from tests.fulfilment.supply import (
    changed,
    connect_supply,
    deleted,
    mapped_product,
    their_line,
    their_order,
)


@pytest.fixture
def supply(market: Market, httpserver: HTTPServer) -> FarEnd:
    """The supply-chain system, with one mapped item AX-9 at 25.00."""
    far_end = connect_supply(httpserver, market)
    mapped_product(far_end.connection, market, "AX-9", "25.00")
    return far_end


def take(supply: FarEnd) -> tuple[Order, dict[str, Any]]:
    """Take in an order of theirs, and return it here and there."""
    theirs = their_order()
    assert receive_from(supply, changed(theirs)) == "applied"
    return Order.objects.get(), theirs


def test_an_order_that_nobody_edited_here_is_cancelled(supply: FarEnd) -> None:
    order, theirs = take(supply)

    assert receive_from(supply, deleted(theirs)) == "applied"

    order.refresh_from_db()
    state = SyncState.objects.get()
    assert (order.status, order.cancelled_reason) == (
        "cancelled",
        "Supply SO-000123 is deleted there",
    )
    assert (order.lines.get().cancelled_quantity, state.held["head.is_cancelled"]) == (3, True)
    assert state.snapshot["order"]["customer_reference"] == "PO-77"
    assert not Handoff.objects.exists()
    assert not Discrepancy.objects.exists()


def test_their_reason_is_kept(supply: FarEnd) -> None:
    order, theirs = take(supply)

    receive_from(supply, deleted(theirs, reason="Entered twice"))

    order.refresh_from_db()
    assert order.cancelled_reason == "Supply SO-000123 is deleted there: Entered twice"


def test_a_deletion_does_not_beat_a_newer_edit_here(supply: FarEnd, market: Market) -> None:
    order, theirs = take(supply)
    change_order(order.pk, Changes(head={"customer_reference": "OURS"}), actor=market.rep)

    assert receive_from(supply, deleted(theirs)) == "conflict"

    order.refresh_from_db()
    found = Discrepancy.objects.get()
    assert (order.status, order.customer_reference) == ("submitted", "OURS")
    assert (found.kind, found.field) == ("status", "head.is_cancelled")
    assert found.compared == {"base": False, "ours": False, "theirs": True}

    decide_conflict(found.pk, Choice.THEIRS, actor=market.rep, reason="They are right")

    order.refresh_from_db()
    assert order.status == "cancelled"


def test_an_edit_that_they_knew_when_they_deleted_is_no_newer_one(
    supply: FarEnd, market: Market
) -> None:
    order, theirs = take(supply)
    change_order(order.pk, Changes(head={"customer_reference": "OURS"}), actor=market.rep)
    order.refresh_from_db()

    assert receive_from(supply, deleted(theirs, knows=order.version)) == "applied"

    order.refresh_from_db()
    assert order.status == "cancelled"


def test_what_is_shipped_here_is_asked_about(supply: FarEnd, market: Market) -> None:
    order, theirs = take(supply)
    record_shipment(order.pk, actor=market.rep, lines={order.lines.get().pk: Decimal(1)})

    assert receive_from(supply, deleted(theirs)) == "conflict"

    order.refresh_from_db()
    assert order.status == "submitted"
    assert Discrepancy.objects.get().kind == "status"
    assert InboundMessage.objects.latest("id").display_detail == (
        "Supply deleted SO-000123, which was edited, shipped or billed here: decide on the page "
        "of the order whether it is cancelled here too. "
        "One side cancelled what the other changed or ships: a person decides."
    )


@pytest.mark.parametrize("arrival", list(permutations(range(3))))
def test_a_deletion_ends_the_same_in_whatever_order_it_comes(
    supply: FarEnd, arrival: tuple[int, ...]
) -> None:
    first = their_order()
    second = their_order(their_line(quantity="5", amount="83.34"))
    messages = [changed(first), changed(second), deleted(second)]

    results = [receive_from(supply, messages[each]) for each in (*arrival, *arrival)]

    assert not Order.objects.exclude(status="cancelled").exists()
    assert set(results) <= {"applied", "stale", "duplicate"}
    assert ExternalRef.objects.filter(record_type="order").count() == 1


def test_an_order_that_was_deleted_before_it_was_known_is_not_made(supply: FarEnd) -> None:
    theirs = their_order()

    assert receive_from(supply, deleted(theirs)) == "applied"
    receive_from(supply, changed(theirs))

    assert not Order.objects.exists()
    assert SyncState.objects.get().snapshot_sequence > theirs["sequence"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"deleted": False}, "deleted"), ({"sequence": "late"}, "sequence"), ({"id": ""}, "id")],
)
def test_refuses_what_deletes_nothing(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidMessage) as refused:
        parse_message(deleted(their_order(), **wrong))

    assert list(refused.value.errors_by_field["data"]["order"]) == [field]
