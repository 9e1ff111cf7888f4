"""Orders that cannot be read in the second look of a comparison."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from django.utils import timezone

from fulfilment.errors import Refused
from fulfilment.models import Discrepancy, ReconcileRun
from fulfilment.reconciliation.runs import continue_runs, start_run
from tests.factories import Market
from tests.fulfilment.supply_system import SupplySystem, connected_system, unreachable
from tests.fulfilment.test_reconcile import (
    agreeing,
    counts,
    finish,
    run_through,
    sync_counts,
    their_id,
)


@pytest.fixture
def system(market: Market, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SupplySystem:
    """The supply-chain system, with one mapped item AX-9 at 20.00."""
    return connected_system(market, monkeypatch, tmp_path)


@pytest.fixture
def run(system: SupplySystem, market: Market) -> ReconcileRun:
    """A comparison after its first look, in which one of two orders did not agree."""
    first, _second = agreeing(system, market, 2)
    system.edit(their_id(system, first), customer_reference="LOST")
    system.drop()
    run = start_run(system.connection, ReconcileRun.Purpose.ON_DEMAND)
    continue_runs()
    return run


def refused() -> None:
    raise Refused("What Supply answered (200) is no page of orders that can be read.", status=200)


def test_an_order_that_cannot_be_read_differs_until_it_can(
    system: SupplySystem, run: ReconcileRun
) -> None:
    system.on_read = refused

    assert counts(finish(run)) == {"agree": 1, "differs": 1}

    found = Discrepancy.objects.open().get()
    assert (found.kind, found.record_id) == ("unreadable", run.findings.get().order_id)
    assert found.display_rule.startswith("It cannot be read there: What Supply answered (200)")
    assert sync_counts(system).differ == 1
    system.on_read = lambda: None
    assert counts(run_through(system, whole=True)) == {"agree": 1, "taken_in": 1}
    assert not Discrepancy.objects.open().exists()


def test_a_system_that_does_not_answer_is_asked_again(
    system: SupplySystem, run: ReconcileRun
) -> None:
    system.on_read = unreachable
    ReconcileRun.objects.update(looks_again_at=timezone.now())

    continue_runs()

    run.refresh_from_db()
    assert (run.display_problem, run.ended_at) == ("Nobody answers.", None)
    assert not Discrepancy.objects.exists()
    system.on_read = lambda: None
    ReconcileRun.objects.update(leased_until=None)
    assert counts(finish(run)) == {"agree": 1, "taken_in": 1}


def test_an_order_that_is_never_answered_does_not_hold_up_a_run_for_ever(
    system: SupplySystem, run: ReconcileRun
) -> None:
    system.on_read = unreachable
    ReconcileRun.objects.update(started_at=timezone.now() - dt.timedelta(hours=2))

    assert counts(finish(run)) == {"agree": 1, "differs": 1}

    assert Discrepancy.objects.open().get().kind == "unreadable"
