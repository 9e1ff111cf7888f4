"""Stories of two systems that edit the same orders: what people type is lost in none of them.

Users on both sides, messages lost, repeated, late and out of order, workers that die. Each story
ends with both sides equal, or an open discrepancy that names the field.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import uuid
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
    run_state_machine_as_test,
)

from common.errors import DomainError
from fulfilment import connectors
from fulfilment.connectors.connector_pool import shared_pool
from fulfilment.connectors.engine import deliver
from fulfilment.models import Connection, Discrepancy, ReconcileRun, SyncState
from fulfilment.outbound.drain import drain
from fulfilment.outbound.leases import claim
from fulfilment.reconciliation.due_reads import read_due_orders
from fulfilment.reconciliation.runs import continue_runs, start_run
from fulfilment.sync.conflicts import Choice
from sales.models import Order
from sales.services.change_orders import Changes, change_order
from tests.factories import Market
from tests.fulfilment.conftest import make_due
from tests.fulfilment.decisions import decide_conflict
from tests.fulfilment.supply import sold
from tests.fulfilment.supply_system import connected_system, plugged_in

SEED = 20_261_130
FIELDS = ("customer_reference", "requested_on", "quantity")
MADE = ("here", "there")
ROUNDS = 12
"""So often everything is delivered before a story must have come to rest."""

orders = st.sampled_from(MADE)
fields = st.sampled_from(FIELDS)
numbers = st.integers(0, 5)
Key = tuple[str, str]


class TwoSides(RuleBasedStateMachine):
    """One order made here and one made there, users on both sides, and everything in between."""

    market: Market
    connection: Connection
    patch: pytest.MonkeyPatch
    folder: Path
    modes: dict[str, Any] = {}  # noqa: RUF012  # set by the tests

    def __init__(self) -> None:
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()
        shared_pool().close()
        path = self.folder / f"{uuid.uuid4().hex}.db"
        self.system = plugged_in(path, self.patch)
        self.system.connection = self.connection
        self.typed: dict[Key, list[str]] = {}
        self.replaced: set[tuple[Key, str]] = set()
        self.sent: list[dict[str, Any]] = []
        self.next_value = 10
        ours = sold(self.market)
        theirs = self.system.enter()["number"]
        drain()
        self.system.deliver()
        self.keys = {"here": ours.pk, "there": Order.objects.get(number=theirs).pk}
        self.system.set_modes(**self.modes)

    # People

    @rule(made=orders, field=fields)
    def edit_here(self, made: str, field: str) -> None:
        """A rep types a value that nobody typed before."""
        order, value = self._order(made), self._new_value(field)
        before = self._here(order)[field]
        with suppress(DomainError):
            change_order(order.pk, _change(order, field, value), actor=self.market.rep)
            self._note(made, field, before, value)

    @rule(made=orders, field=fields)
    def edit_there(self, made: str, field: str) -> None:
        """Their clerk types a value that nobody typed before."""
        there, value = self._snapshot(made), self._new_value(field)
        before = _values(there)[field]
        if field == "quantity":
            self.system.edit_line(there["id"], quantity=value)
        else:
            name = {"requested_on": "requested_ship_date"}.get(field, field)
            self.system.edit(there["id"], **{name: value})
        self._note(made, field, before, value)

    @precondition(lambda self: Discrepancy.objects.open().exists())
    @rule(number=numbers, choice=st.sampled_from((Choice.OURS, Choice.THEIRS)))
    def decide(self, number: int, choice: Choice) -> None:
        """A person decides a conflict, and sees both values."""
        found = list(Discrepancy.objects.open().order_by("id"))
        chosen = found[number % len(found)]
        if chosen.compared is None:
            return
        with suppress(DomainError):
            decide_conflict(chosen.pk, choice, actor=self.market.rep, reason="Asked them")

    # Messages

    @rule()
    def deliver_ours(self) -> None:
        """A worker delivers what is due."""
        drain()

    @rule(number=numbers)
    def crash(self, number: int) -> None:
        """A worker claims, delivers some messages of each lane, and dies."""
        for batch in claim(8):
            line = connectors.connect(batch.target)
            for handoff in batch.handoffs[:number]:
                asyncio.run(deliver(handoff, line, batch.target))
                if not handoff.is_done:
                    break

    @rule()
    def forget_ours(self) -> None:
        """They answer what is due, and keep nothing of it."""
        self.system.set_modes(forgets_pushes=True)
        drain()
        self.system.set_modes(forgets_pushes=False)

    @rule(data=st.data())
    def deliver_theirs(self, data: st.DataObject) -> None:
        """Their reports arrive, in any order."""
        waiting = self.system.reports()
        self.system.drop()
        for message in data.draw(st.permutations(waiting)):
            self._receive(message)

    @rule()
    def lose_theirs(self) -> None:
        """Their reports are answered, and nobody applied them."""
        self.system.drop()

    @precondition(lambda self: self.sent)
    @rule(number=numbers)
    def repeat_theirs(self, number: int) -> None:
        """The network repeats a report that arrived before."""
        self._receive(self.sent[-1 - number % len(self.sent)])

    @rule()
    def read(self) -> None:
        """What is due to be read there is read."""
        SyncState.objects.filter(read_due_at__isnull=False).update(read_due_at=timezone.now())
        read_due_orders()

    @rule()
    def pass_time(self) -> None:
        """Leases expire and pauses end."""
        make_due()

    # The end

    def teardown(self) -> None:
        """Without faults, both sides come to the same, or a discrepancy names the field."""
        try:
            self._come_to_rest()
            self._compare_all()
            self._come_to_rest()
            for made in MADE:
                for field in FIELDS:
                    self._check(made, field)
        finally:
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)
            self.system.store.close()

    def _come_to_rest(self) -> None:
        for _round in range(ROUNDS):
            make_due()
            drain()
            delivered = self.system.deliver()
            self.read()
            if not delivered and not SyncState.objects.filter(read_due_at__isnull=False).exists():
                break

    def _compare_all(self) -> None:
        start_run(self.connection, ReconcileRun.Purpose.ON_DEMAND, whole=True)
        continue_runs()
        ReconcileRun.objects.filter(ended_at=None).update(looks_again_at=timezone.now())
        continue_runs()
        assert not ReconcileRun.objects.filter(ended_at=None).exists()

    def _check(self, made: str, field: str) -> None:
        here, there = self._here(self._order(made))[field], _values(self._snapshot(made))[field]
        rows = list(Discrepancy.objects.filter(record_id=self.keys[made]))
        named = [each for each in rows if _is_about(each, field)]
        is_open = any(each.resolved_at is None for each in named)
        assert here == there or is_open, (made, field, here, there)
        shown = {value for each in named for value in _shown(each)}
        left = {here, there} | shown
        lost = [
            value
            for value in self.typed.get((made, field), ())
            if value not in left and ((made, field), value) not in self.replaced
        ]
        assert not lost, (made, field, lost, here, there)

    # What is where

    def _order(self, made: str) -> Order:
        return Order.objects.get(pk=self.keys[made])

    def _here(self, order: Order) -> dict[str, str]:
        return {
            "customer_reference": order.customer_reference,
            "requested_on": str(order.requested_on or ""),
            "quantity": f"{order.lines.get().quantity.normalize():f}",
        }

    def _snapshot(self, made: str) -> dict[str, Any]:
        return self.system.there(self._order(made).number or "")

    def _new_value(self, field: str) -> str:
        self.next_value += 1
        if field == "requested_on":
            return str(dt.date(2027, 1, 1) + dt.timedelta(days=self.next_value))
        return f"PO-{self.next_value}" if field == "customer_reference" else str(self.next_value)

    def _note(self, made: str, field: str, before: str, value: str) -> None:
        """Keep what was typed, and that whoever typed it saw what was there."""
        key = (made, field)
        self.typed.setdefault(key, []).append(value)
        self.replaced.add((key, before))

    def _receive(self, message: dict[str, Any]) -> None:
        self.system.send(message)
        self.sent.append(message)


def _change(order: Order, field: str, value: str) -> Changes:
    if field == "quantity":
        return Changes(lines={order.lines.get().pk: {"quantity": Decimal(value)}})
    typed = dt.date.fromisoformat(value) if field == "requested_on" else value
    head: Any = {field: typed}
    return Changes(head=head)


def _values(there: dict[str, Any]) -> dict[str, str]:
    return {
        "customer_reference": there["customer_reference"] or "",
        "requested_on": there["requested_ship_date"] or "",
        "quantity": there["lines"][0]["quantity"],
    }


def _is_about(found: Discrepancy, field: str) -> bool:
    return found.field == f"head.{field}" or found.field.endswith(f".{field}")


def _shown(found: Discrepancy) -> Iterator[str]:
    for value in (found.compared or {}).values():
        yield value if isinstance(value, str) else json.dumps(value)
    yield from (found.ours, found.theirs, found.base)


@pytest.fixture
def machine(market: Market, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> type[TwoSides]:
    """The stories, with a market and a connection."""

    class Stories(TwoSides):
        """The stories of one test."""

    Stories.market, Stories.patch, Stories.folder = market, monkeypatch, tmp_path
    Stories.connection = connected_system(market, monkeypatch, tmp_path).connection
    return Stories


def runs(examples: int, steps: int) -> Any:
    """Settings for this many stories of this many steps, reproducible by the seed."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )


def test_nothing_is_lost_in_a_few_stories(machine: type[TwoSides]) -> None:
    seed(SEED)(machine)
    run_state_machine_as_test(machine, settings=runs(8, 12))


@pytest.mark.exhaustive
def test_nothing_is_lost_in_many_long_stories(machine: type[TwoSides]) -> None:
    seed(SEED)(machine)
    run_state_machine_as_test(machine, settings=runs(200, 40))
