"""The dice of the supply-chain system: a clerk who works at random."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sandbox.endpoints import Settings
from sandbox.json_fields import Fields
from sandbox.outgoing import Outgoing
from sandbox.store import Store
from sandbox.supply.amounts import Currencies
from sandbox.supply.clerk import Clerk
from sandbox.supply.dice import WEIGHTS, Dice
from sandbox.supply.modes import Modes
from sandbox.supply.postings import Postings
from sandbox.supply.records import SCHEMA, Orders
from sandbox.supply.snapshots import Reports, snapshot
from sandbox.supply.web import build_supply
from tests.sandbox.conftest import Start
from tests.sandbox.throughline_stub import wait_until


def _dice(path: Path, seed: int) -> tuple[Dice, Orders]:
    store = Store(path, SCHEMA)
    reports = Reports(Outgoing(store, "/supply"), Modes())
    clerk, postings = Clerk(store, reports, Currencies()), Postings(store, reports)
    return Dice(Orders(store), clerk, postings, seed), Orders(store)


def _without_moments(orders: Orders) -> list[dict[str, Any]]:
    return [snapshot(order) | {"placed_at": ""} for order in orders.newest_first()]


def test_works_at_random_the_same_way_for_the_same_seed(tmp_path: Path) -> None:
    (one, first), (two, second) = _dice(tmp_path / "1", 7), _dice(tmp_path / "2", 7)
    other, third = _dice(tmp_path / "3", 8)

    turns = [dice.roll() for dice in (one, two, other) for _turn in range(400)]

    assert turns[:400] == turns[400:800] != turns[800:]
    assert _without_moments(first) == _without_moments(second) != _without_moments(third)
    done = {turn for turn in turns if ":" not in turn}
    assert done == set(WEIGHTS)


def test_refuses_a_turn_only_for_a_rule(tmp_path: Path) -> None:
    dice, orders = _dice(tmp_path / "store", 49)

    codes = {turn.partition(": ")[2] for turn in (dice.roll() for _turn in range(600))}

    assert codes - {""} <= {
        *("already_delivered", "cancelled", "deleted", "factor", "nothing_to_do", "on_hold"),
        *("too_many", "under_delivered", "cancelled_above_quantity"),
    }
    assert all(order.lines or order.sequence for order in orders.newest_first())


def test_takes_turns_by_itself(
    start: Start, settings_for: Callable[..., Settings], tmp_path: Path
) -> None:
    supply = start(lambda: build_supply(tmp_path / "supply.db", settings_for("supply", 0.05)))

    wait_until(lambda: len(supply.get("/outgoing")) > 5)


def test_enters_orders_like_those_that_were_pushed(tmp_path: Path) -> None:
    dice, orders = _dice(tmp_path / "store", 3)
    store = Store(tmp_path / "store", SCHEMA)
    reports = Reports(Outgoing(store, "/supply"), Modes())
    line = {"item": "TL-1", "quantity": "1", "price": "1.00"}
    values = {"company": "DEMF", "currency": "CHF", "customer": "C-77", "lines": [line]}
    Clerk(store, reports, Currencies()).create(Fields(values, ""))

    while len(orders.newest_first()) < 2:
        dice.roll()

    newest = orders.newest_first()[0]
    assert (newest.company, newest.currency, newest.customer) == ("DEMF", "CHF", "C-77")
