"""What another system holds of an order: its last snapshot, and what it knows of our pushes."""

from __future__ import annotations

from decimal import Decimal

from fulfilment.services.order_sync.sync_states import (
    add_push,
    held_after_pushes,
    keep_snapshot,
    lock_state,
    pushes_of,
    remembered,
)
from fulfilment.sync.residue import Split
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, submitted_order

RESIDUE = Split(Decimal("-0.01"), Decimal("0.00"))
FREIGHT, NAME = "head.freight", "head.name"


def test_a_push_counts_until_a_snapshot_knows_it(market: Market, warehouse: FarEnd) -> None:
    state = lock_state(warehouse.connection, submitted_order(market).pk)
    add_push(state, "evt_1", 2, {FREIGHT: "5.00"}, {"7": RESIDUE})
    add_push(state, "evt_2", 3, {NAME: "Bar"}, {})

    assert held_after_pushes(state) == {FREIGHT: "5.00", NAME: "Bar"}
    assert remembered(state) == {"7": RESIDUE}
    assert remembered(state, knows=1) == {}

    held = {FREIGHT: "5.00", NAME: "Refit"}
    keep_snapshot(state, held=held, received={}, splits={}, sequence=9, knows=2)

    assert [push.version for push in pushes_of(state)] == [3]
    assert (state.knows, state.snapshot_sequence) == (2, 9)
    assert remembered(state) == {"7": RESIDUE}
    assert held_after_pushes(state) == {FREIGHT: "5.00", NAME: "Bar"}
