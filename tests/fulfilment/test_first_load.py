"""First load of a connection: all that they have is taken in once, and nothing is sent back."""

from __future__ import annotations

import itertools
import time
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from fulfilment.models import Handoff, InboundMessage, ReconcileRun, SyncState
from fulfilment.outbound.drain import drain
from fulfilment.reconciliation.runs import continue_runs, start_run
from sales.models import Order, SalesEvent
from sales.services.integrity.verification import verify
from sales.services.orders import cancel_order
from tests.factories import Market
from tests.fulfilment.supply import sold
from tests.fulfilment.supply_system import LINE, SupplySystem, connected_system, unreachable

Purpose = ReconcileRun.Purpose


@pytest.fixture
def system(market: Market, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SupplySystem:
    """The supply-chain system, with one mapped item AX-9 at 20.00, and three orders of its own."""
    system = connected_system(market, monkeypatch, tmp_path)
    for number in range(3):
        system.enter(customer_reference=f"PO-{number}")
    system.drop()
    return system


def test_takes_in_all_orders_and_sends_none_back(system: SupplySystem, market: Market) -> None:
    run = start_run(system.connection, Purpose.FIRST_LOAD)

    assert continue_runs()

    run.refresh_from_db()
    assert (run.read_count, run.taken_in, run.agree, run.missing_here) == (3, 3, 0, 0)
    assert run.ended_at is not None
    here = Order.objects.order_by("number").values_list("number", "customer_reference", "origin")
    assert list(here) == [(f"SO-00000{n + 1}", f"PO-{n}", "supply") for n in range(3)]
    assert not Handoff.objects.exists()
    assert set(SalesEvent.objects.values_list("origin", flat=True)) == {"supply"}


def test_goes_on_where_it_was(
    system: SupplySystem, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fulfilment.reconciliation.passes.PAGE", 2)
    pages = itertools.count()

    def answer() -> None:
        if next(pages) == 1:
            unreachable()

    system.on_read = answer
    run = start_run(system.connection, Purpose.FIRST_LOAD)
    continue_runs()
    run.refresh_from_db()
    assert (run.read_count, run.display_problem) == (2, "Nobody answers.")
    ReconcileRun.objects.update(leased_until=timezone.now())

    continue_runs()

    run.refresh_from_db()
    assert (run.read_count, run.taken_in, run.problem) == (3, 3, "")
    assert run.ended_at is not None
    assert InboundMessage.objects.count() == 3


def test_sends_ours_only_if_that_is_wanted(system: SupplySystem, market: Market) -> None:
    SyncState.objects.all().delete()
    Handoff.objects.all().delete()
    system.connection.event_types = []
    system.connection.save()
    ours, cancelled = sold(market), sold(market)
    cancel_order(cancelled.pk, actor=market.rep, reason="Mistake")
    start_run(system.connection, Purpose.FIRST_LOAD)
    continue_runs()
    assert not Handoff.objects.exists()

    run = start_run(system.connection, Purpose.FIRST_LOAD, sends_ours=True)
    continue_runs()
    drain()

    run.refresh_from_db()
    assert (run.agree, run.taken_in, run.sent_again) == (3, 0, 1)
    assert system.there(ours.number or "")["throughline_id"] == str(ours.pk)
    assert system.deliver() == ["applied"]
    numbers = [each.number for each in system.orders.newest_first()]
    assert cancelled.number not in numbers


@pytest.mark.parametrize("more", [0, 40])
def test_more_orders_take_as_many_statements(
    system: SupplySystem, market: Market, more: int
) -> None:
    _enter(system, more)
    run = start_run(system.connection, Purpose.FIRST_LOAD)

    with CaptureQueriesContext(connection) as captured:
        continue_runs()

    run.refresh_from_db()
    assert (run.taken_in, len(captured)) == (3 + more, 47)


def test_those_that_are_refused_keep_no_other_out(system: SupplySystem, market: Market) -> None:
    _enter(system, 5)
    unmapped = system.enter(LINE | {"item": "ZZ-1"})
    without_prices = system.enter(currency="SEK")
    held, cancelled = system.enter(), system.enter()
    system.edit(held["id"], "hold")
    system.edit(cancelled["id"], "cancel")
    run = start_run(system.connection, Purpose.FIRST_LOAD)

    continue_runs()

    run.refresh_from_db()
    assert (run.read_count, run.taken_in, run.missing_here) == (12, 10, 2)
    here = Order.objects.all()
    assert here.count() == 10
    assert here.get(number=held["number"]).is_on_hold
    assert here.get(number=cancelled["number"]).status == "cancelled"
    assert set(InboundMessage.objects.values_list("subject", "result")) == {
        *((number, "applied") for number in here.values_list("number", flat=True)),
        (without_prices["number"], "quarantined"),
        (unmapped["number"], "quarantined"),
    }
    states = SyncState.objects.filter(received_at__isnull=False)
    assert states.count() == 10
    assert not any(verify().values())


def _enter(system: SupplySystem, orders: int) -> None:
    for _ in range(orders):
        system.enter()
    system.drop()


def test_keeps_the_rate_of_the_connection(system: SupplySystem, market: Market) -> None:
    system.connection.config = {"orders_a_minute": 180}
    system.connection.save()
    start_run(system.connection, Purpose.FIRST_LOAD)
    began = time.monotonic()

    continue_runs()

    assert time.monotonic() - began >= 1.0


def test_what_is_not_mapped_waits_and_is_counted(system: SupplySystem, market: Market) -> None:
    system.enter(LINE | {"item": "ZZ-1"})

    out = StringIO()
    call_command("first_load", "supply", stdout=out)

    assert out.getvalue().splitlines()[-1] == (
        "4 orders read: 0 agree, 3 taken in, 0 sent again, 0 in flight, 0 differ, "
        "1 missing here, 0 missing there."
    )
    waiting = InboundMessage.objects.get(result="quarantined")
    assert waiting.unmapped == ["product:ZZ-1"]


def test_the_command_says_why_it_ends(system: SupplySystem, market: Market) -> None:
    with pytest.raises(CommandError, match="There is no connection nobody"):
        call_command("first_load", "nobody")
    system.on_read = unreachable
    with pytest.raises(CommandError, match="Nobody answers"):
        call_command("first_load", "supply")
    with pytest.raises(CommandError, match="is compared already"):
        call_command("reconcile", "supply")
