"""Any story of edits, deliveries, losses, repeats, delays, crashes and replays ends well."""

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
from fulfilment import connectors
from fulfilment.connectors.connector_pool import shared_pool
from fulfilment.connectors.engine import deliver
from fulfilment.models import Attempt, Handoff, Lane
from fulfilment.outbound.drain import drain
from fulfilment.outbound.handoff_actions import replay_handoff
from fulfilment.outbound.leases import claim
from fulfilment.services.connections import register_connection
from sales.services.orders import hold_order, release_order
from tests.factories import Market
from tests.faults.conftest import SEED
from tests.faults.memory import Fate, Memory
from tests.fulfilment.conftest import ORDER_EVENTS, SECRET_IN, SECRET_OUT, make_due, submitted_order

ORDERS = 2
MOST_ROUNDS = 40

numbers = st.integers(0, ORDERS - 1)


class Story(RuleBasedStateMachine):
    """Two orders, one other system, and everything that may happen between them."""

    market: Market
    patch: pytest.MonkeyPatch

    def __init__(self) -> None:
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()
        self.there = Memory()
        shared_pool().close()
        self.patch.setitem(connectors.KINDS, "webhook", self.there.connector)
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
    def edit_in_vain(self, number: int) -> None:
        """A rep changes an order, and the change is rolled back."""
        with transaction.atomic():
            self.edit(number)
            transaction.set_rollback(True)
        self.orders[number].refresh_from_db()

    @rule(number=numbers, fate=st.sampled_from(Fate))
    def appoint(self, number: int, fate: Fate) -> None:
        """The next message about an order will meet this fate; a refusal is meant."""
        times = 6 if fate is Fate.REFUSED else 1
        self.there.fates[f"/orders/{self.orders[number].pk}"].extend([fate] * times)

    @rule()
    def deliver(self) -> None:
        """A worker carries what is due."""
        drain()

    @rule(carried=st.integers(0, 3))
    def crash(self, carried: int) -> None:
        """A worker claims, carries so many messages of each lane, and dies."""
        for batch in claim(64):
            line = connectors.connect(batch.target)
            for handoff in batch.handoffs[:carried]:
                asyncio.run(deliver(handoff, line, batch.target))
                if not handoff.is_done:
                    break

    @precondition(lambda self: self.there.seen)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        """The network repeats something that arrived before."""
        known = sorted(self.there.seen)
        message_id = known[data.draw(st.integers(0, len(known) - 1))]
        assert not self.there.take(Handoff.objects.get(message_id=message_id).payload.body)

    @rule()
    def arrive_late(self) -> None:
        """Something arrives after we gave up on it."""
        self.there.arrive_late()

    @rule()
    def pass_time(self) -> None:
        """Leases run out and pauses end."""
        make_due()

    @rule()
    def replay(self) -> None:
        """A person presses replay on whatever waits for one."""
        for handoff in Handoff.objects.filter(state=Handoff.State.NEEDS_ATTENTION):
            with suppress(IllegalTransition):
                replay_handoff(handoff.pk, actor=self.market.rep)

    @invariant()
    def nothing_is_repeated_invented_or_out_of_order(self) -> None:
        """Whatever has happened so far, the other side holds only what is true, in order."""
        assert (self.there.repeats, self.there.disorder) == (0, 0)
        ours = set(Handoff.objects.values_list("message_id", flat=True))
        assert set(self.there.seen) <= ours

    @invariant()
    def every_lane_counts_what_waits(self) -> None:
        """A lane that counts wrong is claimed for ever, or never."""
        waiting = Count("handoffs", filter=Q(handoffs__state__in=Handoff.WAITING))
        assert not Lane.objects.annotate(waiting=waiting).exclude(pending=F("waiting")).exists()

    def teardown(self) -> None:
        """All is well again: everything arrives, once, and is written down."""
        try:
            self.there.fates.clear()
            for _ in range(MOST_ROUNDS):
                self.pass_time()
                self.replay()
                drain()
                if not Handoff.objects.filter(state__in=Handoff.WAITING).exists():
                    break
            self.nothing_is_repeated_invented_or_out_of_order()
            states = dict(Handoff.objects.values_list("message_id", "state"))
            assert set(states.values()) == {Handoff.State.ACCEPTED}
            assert set(states) == set(self.there.seen)
            assert set(Attempt.objects.values_list("handoff__message_id", flat=True)) == set(states)
        finally:
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)


@pytest.fixture
def story(db: None, monkeypatch: pytest.MonkeyPatch) -> type[Story]:
    """The machine, with a market to play in and a warehouse to tell."""
    register_connection(
        "warehouse",
        name="Warehouse",
        url="http://warehouse.example/hooks",
        event_types=ORDER_EVENTS,
        secret_out=SECRET_OUT,
        secret_in=SECRET_IN,
    )
    Story.market, Story.patch = Market(), monkeypatch
    return Story


def plays(examples: int, steps: int) -> Any:
    """So many stories of so many steps, the same ones for the same seed."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.core
def test_a_few_stories_end_well(story: type[Story]) -> None:
    seed(SEED)(story)
    run_state_machine_as_test(story, settings=plays(12, 15))


@pytest.mark.faults
def test_many_long_stories_end_well(story: type[Story]) -> None:
    seed(SEED)(story)
    run_state_machine_as_test(story, settings=plays(150, 40))
