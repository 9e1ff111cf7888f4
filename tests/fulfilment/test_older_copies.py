"""Older copies: the other system went back to earlier data, or writes the same otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from fulfilment.models import Discrepancy, InboundMessage, SyncState
from fulfilment.outbound.drain import drain
from fulfilment.reconciliation.comparing import compare_now
from fulfilment.reconciliation.finding_status import FindingStatus
from sales.models import Order
from tests.factories import Market
from tests.fulfilment.supply_system import SupplySystem, connected_system
from tests.fulfilment.test_reconcile import (
    agreeing,
    counts,
    reference,
    run_through,
    sync_counts,
    their_id,
)


@pytest.fixture
def system(market: Market, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SupplySystem:
    """The supply-chain system, with one mapped item AX-9 at 20.00."""
    return connected_system(market, monkeypatch, tmp_path)


def lines_of_books(system: SupplySystem) -> tuple[int, int, int]:
    found = sync_counts(system)
    return found.agree, found.in_flight, found.differ


@pytest.fixture
def went_back(system: SupplySystem, market: Market, tmp_path: Path) -> list[Order]:
    """Orders of both sides, edited since the copy of theirs that was brought back."""
    orders = agreeing(system, market, 3)
    for order in orders:
        system.edit(their_id(system, order), customer_reference="OLD")
    system.deliver()
    run_through(system)
    run_through(system)
    system.store.copy_to(tmp_path / "copy.db")
    reference(orders[0], market, "OURS")
    drain()
    system.deliver()
    system.edit(their_id(system, orders[1]), customer_reference="THEIRS")
    system.deliver()
    system.store.restore_from(tmp_path / "copy.db")
    return orders


def test_orders_that_went_back_are_found_after_new_edits(
    system: SupplySystem, went_back: list[Order]
) -> None:
    for count in range(5):
        system.edit(their_id(system, went_back[2]), customer_reference=f"NEW {count}")
    system.drop()

    run = run_through(system)
    drain()
    system.deliver()

    assert run.went_back
    assert counts(run) == {"differs": 2, "taken_in": 1}
    found = Discrepancy.objects.order_by("ours").values_list("field", "ours", "theirs")
    name = "head.customer_reference"
    assert list(found) == [(name, "OURS", "OLD"), (name, "THEIRS", "OLD")]
    assert lines_of_books(system) == (1, 0, 2)


def test_an_order_that_went_back_differs_when_it_is_compared(
    system: SupplySystem, went_back: list[Order]
) -> None:
    found = [compare_now(system.connection, order).status for order in went_back]

    assert found == [FindingStatus.DIFFERS, FindingStatus.DIFFERS, FindingStatus.AGREES]
    assert lines_of_books(system) == (1, 0, 2)


def test_an_order_with_its_number_of_change_used_anew_differs(
    system: SupplySystem, went_back: list[Order]
) -> None:
    system.edit(their_id(system, went_back[0]), customer_reference="NEW")
    system.edit(their_id(system, went_back[1]), customer_reference="NEWER")
    system.drop()

    assert counts(run_through(system)) == {"differs": 2}

    found = Discrepancy.objects.order_by("ours").values_list("ours", "theirs")
    assert list(found) == [("OURS", "NEW"), ("THEIRS", "NEWER")]


@pytest.mark.parametrize("mode", ["reformatted", "unmarked"])
def test_orders_that_are_written_otherwise_agree(
    system: SupplySystem, market: Market, mode: str
) -> None:
    system.set_modes(**{mode: True})
    orders = agreeing(system, market, 2)
    run_through(system)
    system.set_modes(**{mode: False})
    received = InboundMessage.objects.count()

    assert counts(run_through(system)) == {"agree": 2}
    assert counts(run_through(system, whole=True)) == {"agree": 2}

    assert compare_now(system.connection, orders[0]).status is FindingStatus.AGREES
    assert InboundMessage.objects.count() == received


def test_a_message_of_older_data_with_a_higher_number_overwrites_nothing(
    system: SupplySystem, market: Market, tmp_path: Path
) -> None:
    [order] = agreeing(system, market)
    there = their_id(system, order)
    system.edit(there, customer_reference="OLD")
    system.deliver()
    system.store.copy_to(tmp_path / "copy.db")
    reference(order, market, "OURS")
    drain()
    system.deliver()
    system.store.restore_from(tmp_path / "copy.db")
    for count in range(5):
        system.edit(there, name=f"Edit {count}")

    results = system.deliver()

    order.refresh_from_db()
    assert results[-1] == "conflict"
    assert order.customer_reference == "OURS"
    found = Discrepancy.objects.open().get()
    assert (found.field, found.ours, found.theirs) == ("head.customer_reference", "OURS", "OLD")
    state = SyncState.objects.get(record_id=order.pk)
    assert (state.knows, state.held["head.customer_reference"]) == (
        system.there(order.number or "")["knows"],
        "OLD",
    )
