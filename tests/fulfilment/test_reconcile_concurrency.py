"""A connection is compared once at a time, and each run is gone on with by one worker."""

from __future__ import annotations

import datetime as dt
import uuid
from functools import partial
from pathlib import Path

import pytest
from django.utils import timezone

from fulfilment.models import ReconcileFinding, ReconcileRun
from fulfilment.outbound.drain import drain
from fulfilment.reconciliation.runs import RunUnderWay, continue_runs, start_run
from tests.concurrency import run_concurrently
from tests.factories import Market
from tests.fulfilment.supply import sold
from tests.fulfilment.supply_system import SupplySystem, connected_system

pytestmark = pytest.mark.django_db(transaction=True)

Purpose = ReconcileRun.Purpose


@pytest.fixture
def market(transactional_db: None) -> Market:
    return Market()


@pytest.fixture
def system(market: Market, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SupplySystem:
    """The supply-chain system, with one mapped item AX-9 at 20.00."""
    return connected_system(market, monkeypatch, tmp_path)


def test_of_runs_started_at_once_one_is(system: SupplySystem) -> None:
    results = run_concurrently(*[partial(start_run, system.connection, Purpose.ON_DEMAND)] * 4)

    refused = [each for each in results if isinstance(each, RunUnderWay)]
    assert len(refused) == 3
    assert ReconcileRun.objects.count() == 1


def test_workers_read_and_repair_each_order_once(system: SupplySystem, market: Market) -> None:
    for _ in range(3):
        sold(market)
    drain()
    system.deliver()
    for number in ("SO-1", "SO-2"):
        system.enter(name=number)
    system.drop()
    run = start_run(system.connection, Purpose.ON_DEMAND)

    first = run_concurrently(*[continue_runs] * 4)
    ReconcileRun.objects.update(looks_again_at=timezone.now())
    second = run_concurrently(*[continue_runs] * 4)

    run.refresh_from_db()
    assert first.count(True) == second.count(True) == 1
    assert (run.read_count, run.agree, run.taken_in) == (5, 3, 2)
    assert ReconcileFinding.objects.count() == 2


def test_a_worker_that_was_away_too_long_stops(system: SupplySystem) -> None:
    system.enter()
    system.drop()
    run = start_run(system.connection, Purpose.ON_DEMAND)
    continue_runs()
    ReconcileRun.objects.update(looks_again_at=timezone.now())
    other = uuid.uuid4()

    def take_over() -> None:
        later = timezone.now() + dt.timedelta(minutes=3)
        ReconcileRun.objects.update(lease_token=other, leased_until=later)

    def taken_over_meanwhile() -> None:
        run_concurrently(take_over)

    system.on_read = taken_over_meanwhile
    continue_runs()

    run.refresh_from_db()
    assert (run.ended_at, run.lease_token) == (None, other)
