"""Reconcile runs: what was lost is found and repaired, what is on its way is left alone."""

from __future__ import annotations

import datetime as dt
import itertools
import math
import random
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from fulfilment.models import (
    Discrepancy,
    Handoff,
    ReconcileFinding,
    ReconcileRun,
    SyncState,
)
from fulfilment.outbound.drain import drain
from fulfilment.reconciliation.comparing import compare_now
from fulfilment.reconciliation.reads import CannotRead
from fulfilment.reconciliation.runs import (
    RunUnderWay,
    continue_runs,
    start_nightly_runs,
    start_run,
)
from fulfilment.reconciliation.sync_counts import SyncCounts, count_orders
from sales.models import Order
from sales.services.change_orders import Changes, change_order
from sandbox.supply.modes import ModeSettings
from sandbox.supply.snapshots import as_sent
from tests.factories import Market
from tests.fulfilment.supply import sold
from tests.fulfilment.supply_system import SupplySystem, connected_system, unreachable

Purpose = ReconcileRun.Purpose
FindingStatus = ReconcileFinding.Status


@pytest.fixture
def system(market: Market, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SupplySystem:
    """The supply-chain system, with one mapped item AX-9 at 20.00."""
    return connected_system(market, monkeypatch, tmp_path)


def run_through(system: SupplySystem, **options: Any) -> ReconcileRun:
    """Run a comparison to its end, without its pause."""
    run = start_run(system.connection, Purpose.ON_DEMAND, **options)
    return finish(run)


def finish(run: ReconcileRun) -> ReconcileRun:
    continue_runs()
    ReconcileRun.objects.filter(ended_at=None).update(looks_again_at=timezone.now())
    continue_runs()
    run.refresh_from_db()
    assert run.ended_at is not None
    return run


def counts(run: ReconcileRun) -> dict[str, int]:
    """What a run counted, without what it did not find."""
    names = ("agree", "taken_in", "sent_again", "in_flight", "differs", "missing_here")
    found = {name: getattr(run, name) for name in (*names, "missing_there")}
    return {name: number for name, number in found.items() if number}


def sync_counts(system: SupplySystem) -> SyncCounts:
    return count_orders([system.connection.pk])[system.connection.pk]


def reference(order: Order, market: Market, text: str) -> None:
    """Change an order here."""
    change_order(order.pk, Changes(head={"customer_reference": text}), actor=market.rep)


def their_id(system: SupplySystem, order: Order) -> str:
    return str(system.there(order.number or "")["id"])


def references(system: SupplySystem) -> tuple[list[str], list[str]]:
    """The customer's references here and there, by number."""
    here = Order.objects.order_by("number").values_list("customer_reference", flat=True)
    there = sorted(system.orders.newest_first(), key=lambda each: each.number)
    return list(here), [each.customer_reference for each in there]


def agreeing(system: SupplySystem, market: Market, count: int = 1) -> list[Order]:
    """Orders that both hold alike, made here and there in turn."""
    orders = []
    for number in range(count):
        if number % 2:
            made = system.enter()["number"]
            system.deliver()
            orders.append(Order.objects.get(number=made))
        else:
            orders.append(sold(market))
            drain()
            system.deliver()
    return orders


def test_says_that_all_agree_and_repairs_nothing(system: SupplySystem, market: Market) -> None:
    agreeing(system, market, 4)
    events = Handoff.objects.count()

    run = run_through(system)

    assert counts(run) == {"agree": 4}
    assert (run.read_count, run.reached_ceiling, run.problem) == (4, False, "")
    assert (sync_counts(system).agree, sync_counts(system).total) == (4, 4)
    assert Handoff.objects.count() == events
    assert not Discrepancy.objects.exists()


UNREADABLE: list[dict[str, Any]] = [
    *({"sequence": "many"}, {"sequence": 2**63}, {"knows": "all"}, {"throughline_id": "none"}),
    *({"number": None}, {"name": "a\x00"}, {"name": "\ud800"}, {"more": math.inf}),
]


def spoil(monkeypatch: pytest.MonkeyPatch, number: str | None, spoilt: dict[str, Any]) -> None:
    """Let an order be sent with other values whenever it is read."""

    def sent(order: dict[str, Any], now: ModeSettings) -> dict[str, Any]:
        found = as_sent(order, now)
        return found | spoilt if order["number"] == number else found

    for module in ("tests.fulfilment.supply_system", "sandbox.supply.feed"):
        monkeypatch.setattr(f"{module}.as_sent", sent)


@pytest.mark.parametrize("spoilt", UNREADABLE, ids=str)
def test_an_order_that_cannot_be_read_stops_no_run(
    system: SupplySystem, market: Market, monkeypatch: pytest.MonkeyPatch, spoilt: dict[str, Any]
) -> None:
    _first, bad, _last = agreeing(system, market, 3)
    spoil(monkeypatch, bad.number, spoilt)

    run = run_through(system)

    assert counts(run) == {"agree": 2, "differs": 1}
    assert run.read_count == 3
    with pytest.raises(CannotRead, match="answered with an order that cannot be read"):
        compare_now(system.connection, bad)


def test_an_order_without_an_id_stops_no_run(
    system: SupplySystem, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    _first, bad, _last = agreeing(system, market, 3)
    spoil(monkeypatch, bad.number, {"id": None})

    assert counts(run_through(system)) == {"agree": 2, "missing_here": 1}


def test_takes_in_what_they_changed_and_nobody_delivered(
    system: SupplySystem, market: Market
) -> None:
    ours, theirs = agreeing(system, market, 2)
    for order in (ours, theirs):
        system.edit(their_id(system, order), customer_reference="PO-77")
    lost = system.enter()["number"]
    assert system.drop() == 3

    run = run_through(system)

    assert counts(run) == {"taken_in": 3}
    assert Order.objects.filter(number=lost).exists()
    assert references(system) == (["PO-77", "PO-77", ""], ["PO-77", "PO-77", ""])
    assert counts(run_through(system)) == {"agree": 3}


def test_sends_again_what_they_answered_and_did_not_keep(
    system: SupplySystem, market: Market
) -> None:
    known, _theirs = agreeing(system, market, 2)
    system.set_modes(forgets_pushes=True)
    reference(known, market, "PO-77")
    unknown = sold(market)
    drain()
    assert not Handoff.objects.filter(state__in=Handoff.WAITING).exists()
    system.set_modes(forgets_pushes=False)

    run = run_through(system)

    assert counts(run) == {"agree": 1, "sent_again": 2}
    drain()
    assert system.deliver() == ["applied", "applied"]
    assert system.there(unknown.number or "")["throughline_id"] == str(unknown.pk)
    assert references(system)[0] == references(system)[1]
    assert counts(run_through(system, whole=True)) == {"agree": 3}
    assert not Discrepancy.objects.exists()


def test_leaves_alone_what_is_on_its_way(system: SupplySystem, market: Market) -> None:
    ours, theirs = agreeing(system, market, 2)
    system.edit(their_id(system, theirs), customer_reference="THEIRS")
    reference(ours, market, "OURS")
    run = start_run(system.connection, Purpose.ON_DEMAND)
    continue_runs()
    assert set(run.findings.values_list("status", flat=True)) == {FindingStatus.IN_FLIGHT}

    drain()
    system.deliver()
    finish(run)

    run.refresh_from_db()
    assert counts(run) == {"agree": 2}
    assert references(system)[0] == references(system)[1]


def test_what_changes_between_the_two_looks_is_in_flight(
    system: SupplySystem, market: Market
) -> None:
    _ours, theirs = agreeing(system, market, 2)
    system.edit(their_id(system, theirs), customer_reference="FIRST")
    run = start_run(system.connection, Purpose.ON_DEMAND)
    continue_runs()
    system.deliver()
    system.edit(their_id(system, theirs), customer_reference="SECOND")

    finish(run)

    run.refresh_from_db()
    assert counts(run) == {"agree": 1, "in_flight": 1}


def test_what_both_edited_is_left_to_a_person(system: SupplySystem, market: Market) -> None:
    [order] = agreeing(system, market)
    system.edit(their_id(system, order), customer_reference="THEIRS")
    system.drop()
    reference(order, market, "OURS")
    drain()

    run = run_through(system)

    assert counts(run) == {"differs": 1}
    found = Discrepancy.objects.get()
    assert (found.field, found.ours, found.theirs) == ("head.customer_reference", "OURS", "THEIRS")
    assert (sync_counts(system).differ, sync_counts(system).total) == (1, 1)


def test_an_order_that_is_gone_there_is_left_to_a_person(
    system: SupplySystem, market: Market
) -> None:
    [order] = agreeing(system, market)
    system.store.execute("delete from orders where id = ?", their_id(system, order))
    SyncState.objects.update(must_send_again=True)

    assert counts(run_through(system)) == {"missing_there": 1}

    found = Discrepancy.objects.get()
    assert (found.kind, found.record_number) == ("missing_there", order.number)
    assert sync_counts(system).missing_there == 1


def test_repairs_no_more_than_its_ceiling(system: SupplySystem, market: Market) -> None:
    system.connection.config = {"most_repairs": 2}
    system.connection.save()
    for _ in range(3):
        system.enter()
    system.drop()

    run = run_through(system)

    assert counts(run) == {"taken_in": 2, "missing_here": 1}
    assert run.reached_ceiling


def test_one_run_at_a_time_which_goes_on_after_a_crash(
    system: SupplySystem, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fulfilment.reconciliation.passes.PAGE", 2)
    agreeing(system, market, 5)
    pages = itertools.count()

    def die() -> None:
        if next(pages) == 1:
            raise RuntimeError("killed")

    system.on_read = die
    run = start_run(system.connection, Purpose.ON_DEMAND)
    with pytest.raises(RunUnderWay):
        start_run(system.connection, Purpose.NIGHTLY)
    assert start_nightly_runs() == 0
    with pytest.raises(RuntimeError):
        continue_runs()
    run.refresh_from_db()
    assert (run.read_count, run.agree) == (2, 2)
    held = timezone.now() + dt.timedelta(minutes=1)
    ReconcileRun.objects.update(lease_token=uuid.uuid4(), leased_until=held)
    assert not continue_runs()
    ReconcileRun.objects.update(leased_until=timezone.now())

    finish(run)

    run.refresh_from_db()
    assert (counts(run), run.read_count) == ({"agree": 5}, 5)


def test_a_system_that_does_not_answer_is_tried_again(system: SupplySystem, market: Market) -> None:
    agreeing(system, market)
    system.on_read = unreachable
    run = start_run(system.connection, Purpose.ON_DEMAND)

    assert continue_runs()

    run.refresh_from_db()
    assert (run.display_problem, run.ended_at) == ("Nobody answers.", None)
    assert not continue_runs()
    system.on_read = lambda: None
    ReconcileRun.objects.update(leased_until=None)
    finish(run)
    run.refresh_from_db()
    assert (counts(run), run.problem) == ({"agree": 1}, "")


def test_begins_where_the_run_before_the_last_one_ended(
    system: SupplySystem, market: Market
) -> None:
    agreeing(system, market)
    first = run_through(system)
    second = run_through(system)
    third = run_through(system)

    assert (first.first_cursor, second.first_cursor) == ("", "")
    assert third.first_cursor == first.cursor
    assert counts(third) == {}


def test_data_that_went_back_leave_what_differs_to_a_person(
    system: SupplySystem, market: Market, tmp_path: Path
) -> None:
    ours, theirs = agreeing(system, market, 2)
    reference(ours, market, "OLD")
    drain()
    system.deliver()
    copy = tmp_path / "copy.db"
    system.store.copy_to(copy)
    for order in (ours, theirs):
        reference(order, market, "NEW")
        drain()
        system.deliver()
    run_through(system)
    run_through(system)
    system.store.restore_from(copy)

    run = run_through(system)

    assert run.went_back
    assert counts(run) == {"differs": 1, "taken_in": 1}
    found = Discrepancy.objects.get()
    assert (found.field, found.ours, found.theirs) == ("head.customer_reference", "NEW", "OLD")


def test_finds_and_repairs_one_in_a_hundred_that_was_lost(
    system: SupplySystem, market: Market
) -> None:
    """One per cent of what was answered is lost, either way; late ones arrive before the end."""
    chance = random.Random(20_260_722)
    orders = agreeing(system, market, 12)
    lost: set[str] = set()
    for step in range(60):
        order = chance.choice([each for each in orders if each.number not in lost])
        is_lost = step % 20 == 7
        if chance.random() < 0.5:
            system.set_modes(forgets_pushes=is_lost)
            reference(order, market, f"ours {step}")
            drain()
            system.set_modes(forgets_pushes=False)
        else:
            system.edit(their_id(system, order), customer_reference=f"theirs {step}")
            if is_lost:
                system.drop()
        if is_lost:
            lost.add(order.number or "")
        system.deliver()
        drain()
        system.deliver()

    run = run_through(system)
    drain()
    system.deliver()

    assert run.taken_in + run.sent_again == len(lost) == 3
    assert run.agree == len(orders) - len(lost)
    here, there = references(system)
    assert here == there
    assert counts(run_through(system, whole=True)) == {"agree": 12}
    assert not Discrepancy.objects.exists()
    assert sync_counts(system).agree == 12


def test_quantities_agree_after_a_push_that_was_lost(system: SupplySystem, market: Market) -> None:
    [order] = agreeing(system, market)
    system.set_modes(forgets_pushes=True)
    fields = {order.lines.get().pk: {"quantity": Decimal(5)}}
    change_order(order.pk, Changes(lines=fields), actor=market.rep)
    drain()
    system.set_modes(forgets_pushes=False)

    assert counts(run_through(system)) == {"sent_again": 1}

    drain()
    assert system.there(order.number or "")["lines"][0]["quantity"] == "5"
