"""Intake of many new orders at once: each keeps its message, and all of them wait or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from fulfilment.models import Handoff, InboundMessage, ReconcileRun
from fulfilment.reconciliation.runs import continue_runs, start_run
from sales.models import Order, SalesEvent
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd
from tests.fulfilment.supply_system import SupplySystem, connected_system

Purpose = ReconcileRun.Purpose


@pytest.fixture
def system(market: Market, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SupplySystem:
    """The supply-chain system, with one mapped item AX-9 at 20.00, and three orders of its own."""
    system = connected_system(market, monkeypatch, tmp_path)
    for number in range(3):
        system.enter(customer_reference=f"PO-{number}")
    system.drop()
    return system


def test_each_order_has_its_message_as_its_cause_and_goes_to_other_systems(
    system: SupplySystem, market: Market, warehouse: FarEnd
) -> None:
    start_run(system.connection, Purpose.FIRST_LOAD)

    continue_runs()

    for order in Order.objects.all():
        message = InboundMessage.objects.get(root_id=order.pk)
        event = SalesEvent.objects.get(subject_id=order.pk)
        assert (event.type, event.causation_id) == ("order.submitted", message.message_id)
        assert event.handoffs.get().lane.connection == warehouse.connection
    assert Handoff.objects.count() == 3


def test_nothing_is_taken_in_of_a_connection_that_may_not_report_it(
    system: SupplySystem, market: Market
) -> None:
    system.connection.reports_as = []
    system.connection.save()
    start_run(system.connection, Purpose.FIRST_LOAD)

    continue_runs()

    assert not Order.objects.exists()
    assert set(InboundMessage.objects.values_list("result", flat=True)) == {"quarantined"}
