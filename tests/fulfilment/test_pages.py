"""Pages of orders that are compared at once: as many statements for forty as for four."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fulfilment.models import ReconcileRun
from fulfilment.reconciliation.pages import find_agreeing
from fulfilment.reconciliation.passes import read_page
from fulfilment.reconciliation.runs import start_run
from tests.factories import Market
from tests.fulfilment.supply_system import SupplySystem, connected_system
from tests.fulfilment.test_reconcile import agreeing, reference, their_id


@pytest.fixture
def system(market: Market, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SupplySystem:
    """The supply-chain system, with one mapped item AX-9 at 20.00."""
    return connected_system(market, monkeypatch, tmp_path)


def test_forty_orders_that_agree_take_as_many_statements_as_four(
    system: SupplySystem, market: Market
) -> None:
    counts = []
    for more in (4, 36):
        agreeing(system, market, more)
        run = start_run(system.connection, ReconcileRun.Purpose.ON_DEMAND, whole=True)
        with CaptureQueriesContext(connection) as captured:
            read_page(run)
        run.refresh_from_db()
        counts.append((run.agree, run.findings.count(), len(captured)))
        ReconcileRun.objects.all().delete()

    assert [each[:2] for each in counts] == [(4, 0), (40, 0)]
    assert counts[0][2] == counts[1][2]


def test_finds_no_order_that_is_not_certain_to_agree(system: SupplySystem, market: Market) -> None:
    first, second, third = agreeing(system, market, 3)
    system.edit(their_id(system, first), customer_reference="LOST")
    system.drop()
    reference(second, market, "OURS")
    page = system.feed.page("", "100")["orders"]

    assert find_agreeing(system.connection, page) == {their_id(system, third)}
