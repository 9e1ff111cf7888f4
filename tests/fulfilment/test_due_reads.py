"""Reads of orders that are due: an edit that does not come, and a system that does not tell."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone

from fulfilment.models import Connection, Discrepancy, Handoff, InboundMessage, SyncState
from fulfilment.outbound.drain import drain
from fulfilment.reconciliation.due_reads import TRIED_AGAIN, read_due_orders
from sales.models import Order
from sales.services.change_orders import Changes, change_order
from tests.factories import Market
from tests.fulfilment.supply import sold
from tests.fulfilment.supply_system import SupplySystem, connected_system, unreachable


@pytest.fixture
def system(market: Market, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SupplySystem:
    """The supply-chain system, with one mapped item AX-9 at 20.00."""
    return connected_system(market, monkeypatch, tmp_path)


def make_reads_due() -> None:
    """Let the pause before a read pass."""
    SyncState.objects.filter(read_due_at__isnull=False).update(read_due_at=timezone.now())


def edited(order: Order, market: Market, quantity: int) -> None:
    fields = {order.lines.get().pk: {"quantity": Decimal(quantity)}}
    change_order(order.pk, Changes(lines=fields), actor=market.rep)


def agreed(system: SupplySystem, market: Market) -> Order:
    """An order of three that both hold alike."""
    order = sold(market)
    drain()
    system.deliver()
    make_reads_due()
    read_due_orders()
    return order


def quantities(system: SupplySystem, order: Order) -> tuple[Decimal, str]:
    """What is ordered here, and there."""
    there = system.there(order.number or "")
    return order.lines.get().quantity, there["lines"][0]["quantity"]


def test_reads_an_edit_that_does_not_come_within_a_minute(
    system: SupplySystem, market: Market
) -> None:
    order = agreed(system, market)
    their_id = system.there(order.number or "")["id"]
    system.edit(their_id, customer_reference="PO-77")
    system.drop()
    edited(order, market, 5)
    drain()
    state = SyncState.objects.get()
    assert state.must_send_again
    assert state.read_due_at is not None
    wait = state.read_due_at - timezone.now()
    assert dt.timedelta(seconds=50) < wait <= dt.timedelta(minutes=1)
    system.reads.clear()
    assert (read_due_orders(), system.reads) == (0, [])

    make_reads_due()
    assert (read_due_orders(), system.reads) == (1, [their_id])
    drain()
    system.deliver()

    order.refresh_from_db()
    assert order.customer_reference == "PO-77"
    assert quantities(system, order) == (Decimal(5), "5")
    settled = SyncState.objects.get()
    assert (settled.must_send_again, settled.read_due_at) == (False, None)
    assert not Discrepancy.objects.exists()


def test_does_not_read_an_edit_that_comes(system: SupplySystem, market: Market) -> None:
    order = agreed(system, market)
    system.edit(system.there(order.number or "")["id"], customer_reference="PO-77")
    edited(order, market, 5)
    drain()

    system.deliver()

    assert SyncState.objects.get().read_due_at is None
    drain()
    assert quantities(system, order) == (Decimal(5), "5")


def test_a_system_that_cannot_be_read_is_tried_again_after_a_minute(
    system: SupplySystem, market: Market
) -> None:
    order = agreed(system, market)
    system.edit(system.there(order.number or "")["id"], customer_reference="PO-77")
    system.drop()
    edited(order, market, 5)
    drain()
    system.on_read = unreachable
    make_reads_due()

    assert read_due_orders() == 0

    state = SyncState.objects.get()
    assert state.read_due_at is not None
    assert state.read_due_at - timezone.now() > TRIED_AGAIN - dt.timedelta(seconds=10)
    assert system.connection.health.failures_in_row == 0
    system.connection.health.refresh_from_db()
    assert system.connection.health.failures_in_row == 1


def test_nothing_is_read_of_a_paused_connection(system: SupplySystem, market: Market) -> None:
    agreed(system, market)
    SyncState.objects.update(read_due_at=timezone.now())
    Connection.objects.update(status=Connection.Status.PAUSED)
    system.reads.clear()

    assert (read_due_orders(), system.reads) == (0, [])


def test_an_unmarked_message_older_than_our_push_is_not_merged(
    system: SupplySystem, market: Market
) -> None:
    order = agreed(system, market)
    system.set_modes(unmarked=True)
    their_id = system.there(order.number or "")["id"]
    system.edit(their_id, customer_reference="PO-77")
    [early] = system.reports()
    system.drop()
    system.set_modes(on_conflict="named")
    edited(order, market, 5)
    drain()
    system.drop()

    assert system.send(early) == InboundMessage.Result.STALE

    assert order.lines.get().quantity == Decimal(5)
    system.reads.clear()
    make_reads_due()
    assert (read_due_orders(), system.reads) == (1, [their_id])
    order.refresh_from_db()
    assert (order.customer_reference, order.lines.get().quantity) == ("PO-77", Decimal(5))
    assert quantities(system, order) == (Decimal(5), "5")
    state = SyncState.objects.get()
    assert (state.pushes, state.knows, state.read_due_at) == ([], order.version - 1, None)


def test_an_unmarked_message_is_merged_while_ours_waits_to_be_sent(
    system: SupplySystem, market: Market
) -> None:
    order = agreed(system, market)
    system.set_modes(unmarked=True, on_conflict="named")
    edited(order, market, 5)
    system.edit(system.there(order.number or "")["id"], customer_reference="PO-77")
    system.reads.clear()

    assert system.deliver() == ["applied"]

    order.refresh_from_db()
    assert (order.customer_reference, order.lines.get().quantity) == ("PO-77", Decimal(5))
    assert SyncState.objects.get().read_due_at is None
    drain()
    assert quantities(system, order) == (Decimal(5), "5")


def test_an_order_is_not_read_to_the_end_before_our_push_is_answered(
    system: SupplySystem, market: Market
) -> None:
    order = agreed(system, market)
    system.set_modes(unmarked=True)
    system.edit(system.there(order.number or "")["id"], customer_reference="PO-77")
    edited(order, market, 5)
    Handoff.objects.filter(state=Handoff.State.QUEUED).update(state=Handoff.State.SENDING)

    assert system.deliver() == ["stale"]
    make_reads_due()
    assert read_due_orders() == 1

    state = SyncState.objects.get()
    assert state.read_due_at is not None
    assert len(state.pushes) == 1
    assert order.lines.get().quantity == Decimal(5)
