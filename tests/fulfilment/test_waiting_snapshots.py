"""Waiting snapshots: one message for each state of an order, until a newer one is applied."""

from __future__ import annotations

from pathlib import Path

import pytest

from fulfilment.models import InboundMessage, ReconcileRun
from fulfilment.reconciliation.runs import continue_runs, start_run
from fulfilment.reconciliation.sync_counts import orders_out_of_sync
from fulfilment.services.mappings import map_code
from fulfilment.services.order_sync.sync_statuses import SyncStatus, sync_of
from sales.models import Order
from tests.factories import Market
from tests.fulfilment.supply import Kind, mapped_product
from tests.fulfilment.supply_system import LINE, SupplySystem, connected_system
from tests.fulfilment.test_reconcile import agreeing, counts, run_through, sync_counts, their_id


@pytest.fixture
def system(market: Market, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SupplySystem:
    """The supply-chain system, with one mapped item AX-9 at 20.00."""
    return connected_system(market, monkeypatch, tmp_path)


@pytest.mark.parametrize("is_sent", [True, False])
def test_a_comparison_keeps_what_waits_once(
    system: SupplySystem, market: Market, is_sent: bool
) -> None:
    number = system.enter(LINE | {"item": "ZX-1"})["number"]
    if is_sent:
        assert system.deliver() == ["quarantined"]
    system.drop()

    for _ in range(3):
        assert counts(run_through(system, whole=True)) == {"missing_here": 1}

    assert InboundMessage.objects.get().result == "quarantined"
    mapped_product(system.connection, market, "ZX-1", "20.00")
    assert counts(run_through(system, whole=True)) == {"taken_in": 1}
    assert Order.objects.filter(number=number).exists()
    assert InboundMessage.objects.get().result == "applied"


def test_a_newer_snapshot_settles_the_older_that_wait(system: SupplySystem, market: Market) -> None:
    first, second = agreeing(system, market, 2)
    for order in (first, second):
        system.edit(their_id(system, order), payment_terms="ZZ-1")
        system.edit(their_id(system, order), payment_terms="ZZ-2")
    assert set(system.deliver()) == {"quarantined"}
    assert InboundMessage.objects.open().count() == 4

    system.edit(their_id(system, first), payment_terms="")
    assert system.deliver() == ["applied"]

    assert set(InboundMessage.objects.open().values_list("root_id", flat=True)) == {second.pk}
    settled = InboundMessage.objects.filter(root_id=first.pk, resolved_at__isnull=False)
    assert {each.display_resolution for each in settled} == {
        "What they sent of this order later was applied."
    }
    assert settled.count() == 2


def test_a_first_load_settles_what_waited_of_its_orders(
    system: SupplySystem, market: Market
) -> None:
    theirs = system.enter(payment_terms="ZZ-1")
    other = system.enter(payment_terms="ZZ-2")
    assert system.deliver() == ["quarantined", "quarantined"]
    system.edit(theirs["id"], payment_terms="")
    system.drop()
    start_run(system.connection, ReconcileRun.Purpose.FIRST_LOAD)

    continue_runs()

    assert Order.objects.get().number == theirs["number"]
    waiting = InboundMessage.objects.waiting()
    assert {each.subject for each in waiting} == {other["number"]}


def test_books_do_not_agree_while_a_message_about_an_order_waits(
    system: SupplySystem, market: Market
) -> None:
    [order] = agreeing(system, market)
    system.edit(their_id(system, order), payment_terms="ZZ-1")
    assert system.deliver() == ["quarantined"]

    assert (sync_counts(system).agree, sync_counts(system).differ) == (0, 1)
    [entry] = orders_out_of_sync(system.connection, 10)
    assert (entry.status, entry.order_id) == ("differs", order.pk)
    assert sync_of([order.pk])[order.pk].status == SyncStatus.NEEDS_MAPPING
    assert counts(run_through(system)) == {"differs": 1}

    map_code(system.connection, (Kind.PAYMENT_TERMS, "ZZ-1"), market.payment_terms)
    assert counts(run_through(system)) == {"taken_in": 1}
    assert (sync_counts(system).agree, sync_counts(system).differ) == (1, 0)
    assert sync_of([order.pk])[order.pk].status == SyncStatus.IN_SYNC
