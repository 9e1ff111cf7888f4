"""State machine test: random edits, deliveries, losses, repeats, delays, crashes and replays."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Count, F, Q
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from common.errors import IllegalTransition
from demo.registration import register_connection
from fulfilment import connectors
from fulfilment.connectors.connector_pool import shared_pool
from fulfilment.connectors.engine import deliver
from fulfilment.models import Attempt, Handoff, Lane
from fulfilment.outbound.drain import drain
from fulfilment.outbound.handoff_actions import replay_handoff
from fulfilment.outbound.leases import claim
from sales.services.orders import hold_order, release_order
from tests.factories import Market
from tests.faults.conftest import SEED
from tests.faults.in_memory_connector import DeliveryFault, InMemorySystem
from tests.fulfilment.conftest import ORDER_EVENTS, SECRET_IN, SECRET_OUT, make_due, submitted_order

ORDERS = 2
MOST_DRAINS = 40

numbers = st.integers(0, ORDERS - 1)


class DeliveryMachine(RuleBasedStateMachine):
    """Two orders, one external system, and everything that may happen between them."""

    market: Market
    patch: pytest.MonkeyPatch

    def __init__(self) -> None:
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()
        self.system = InMemorySystem()
        shared_pool().close()
        self.patch.setitem(connectors.KINDS, "webhook", self.system.connector)
        self.orders = [submitted_order(self.market) for _ in range(ORDERS)]

    @rule(number=numbers)
    def edit(self, number: int) -> None:
        """A rep changes an order."""
        order = self.orders[number]
        if order.is_on_hold:
            release_order(order.pk, actor=self.market.rep)
        else:
            hold_order(order.pk, actor=self.market.rep, reason="Stock take")
        order.refresh_from_db()

    @rule(number=numbers)
    def edit_and_roll_back(self, number: int) -> None:
        """A rep changes an order, and the change is rolled back."""
        with transaction.atomic():
            self.edit(number)
            transaction.set_rollback(True)
        self.orders[number].refresh_from_db()

    @rule(number=numbers, fault=st.sampled_from(DeliveryFault))
    def plan_fault(self, number: int, fault: DeliveryFault) -> None:
        """The next message about an order has this fault; a refusal is repeated."""
        times = 6 if fault is DeliveryFault.REFUSED else 1
        self.system.faults[f"/orders/{self.orders[number].pk}"].extend([fault] * times)

    @rule()
    def deliver(self) -> None:
        """A worker delivers what is due."""
        drain()

    @rule(delivered=st.integers(0, 3))
    def crash(self, delivered: int) -> None:
        """A worker claims, delivers this many messages of each lane, and dies."""
        for batch in claim(64):
            line = connectors.connect(batch.target)
            for handoff in batch.handoffs[:delivered]:
                asyncio.run(deliver(handoff, line, batch.target))
                if not handoff.is_done:
                    break

    @precondition(lambda self: self.system.received)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        """The network repeats a message that arrived before."""
        known = sorted(self.system.received)
        message_id = known[data.draw(st.integers(0, len(known) - 1))]
        assert not self.system.receive(Handoff.objects.get(message_id=message_id).payload.body)

    @rule()
    def arrive_late(self) -> None:
        """A message arrives after its timeout."""
        self.system.arrive_late()

    @rule()
    def pass_time(self) -> None:
        """Leases expire and pauses end."""
        make_due()

    @rule()
    def replay(self) -> None:
        """A person replays what needs attention."""
        for handoff in Handoff.objects.filter(state=Handoff.State.NEEDS_ATTENTION):
            with suppress(IllegalTransition):
                replay_handoff(handoff.pk, actor=self.market.rep)

    @invariant()
    def nothing_is_repeated_invented_or_out_of_order(self) -> None:
        """The external system has only our messages, once and in order."""
        assert (self.system.repeats, self.system.out_of_order) == (0, 0)
        ours = set(Handoff.objects.values_list("message_id", flat=True))
        assert set(self.system.received) <= ours

    @invariant()
    def every_lane_counts_what_waits(self) -> None:
        """A lane with a wrong count would be claimed for ever, or never."""
        waiting = Count("handoffs", filter=Q(handoffs__state__in=Handoff.WAITING))
        assert not Lane.objects.annotate(waiting=waiting).exclude(pending=F("waiting")).exists()

    def teardown(self) -> None:
        """Without faults, everything arrives once and is recorded."""
        try:
            self.system.faults.clear()
            for _ in range(MOST_DRAINS):
                self.pass_time()
                self.replay()
                drain()
                if not Handoff.objects.filter(state__in=Handoff.WAITING).exists():
                    break
            self.nothing_is_repeated_invented_or_out_of_order()
            states = dict(Handoff.objects.values_list("message_id", "state"))
            assert set(states.values()) == {Handoff.State.ACCEPTED}
            assert set(states) == set(self.system.received)
            assert set(Attempt.objects.values_list("handoff__message_id", flat=True)) == set(states)
        finally:
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)


@pytest.fixture
def machine(db: None, monkeypatch: pytest.MonkeyPatch) -> type[DeliveryMachine]:
    """The state machine, with a market and a connection to the warehouse."""
    register_connection(
        "warehouse",
        name="Warehouse",
        url="http://warehouse.example/hooks",
        event_types=ORDER_EVENTS,
        secret_out=SECRET_OUT,
        secret_in=SECRET_IN,
    )
    DeliveryMachine.market, DeliveryMachine.patch = Market(), monkeypatch
    return DeliveryMachine


def runs(examples: int, steps: int) -> Any:
    """Settings for this many runs of this many steps, reproducible by the seed."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.core
def test_keeps_the_invariants_in_a_few_runs(machine: type[DeliveryMachine]) -> None:
    seed(SEED)(machine)
    run_state_machine_as_test(machine, settings=runs(12, 15))


@pytest.mark.faults
def test_keeps_the_invariants_in_many_long_runs(machine: type[DeliveryMachine]) -> None:
    seed(SEED)(machine)
    run_state_machine_as_test(machine, settings=runs(150, 40))
