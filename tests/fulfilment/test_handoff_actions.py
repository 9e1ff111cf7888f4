"""Operator actions on handoffs that cannot continue by themselves."""

from __future__ import annotations

import pytest

from common.errors import IllegalTransition, MissingField
from crm.models import User
from fulfilment.models import ExternalRef, Handoff, Lane
from fulfilment.outbound.drain import drain
from fulfilment.outbound.handoff_actions import (
    replay_all,
    replay_handoff,
    settle_handoff,
    skip_handoff,
    stuck_like,
)
from fulfilment.outbound.leases import claim
from sales.models import Order
from sales.services.orders import hold_order
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, refuse, submitted_order

State = Handoff.State


@pytest.fixture
def stuck(order: Order, market: Market, warehouse: FarEnd) -> Handoff:
    """A refused handoff, with a second one of the same order behind it."""
    hold_order(order.pk, actor=market.rep, reason="Credit check")
    refuse(warehouse)
    return Handoff.objects.get(state=State.NEEDS_ATTENTION)


def test_replays_with_the_same_body_and_unblocks_the_lane(
    stuck: Handoff, warehouse: FarEnd, clerk: User
) -> None:
    replay_handoff(stuck.pk, actor=clerk)
    drain()

    bodies = [request.get_data() for request in warehouse.received]
    assert len(bodies) == 8
    assert len(set(bodies[:7])) == 1
    assert set(Handoff.objects.values_list("state", flat=True)) == {State.ACCEPTED}
    stuck.refresh_from_db()
    assert stuck.resolution == f"Replayed by {clerk}"
    assert Lane.objects.get().pending == 0


def test_refuses_a_second_replay_while_it_is_queued(stuck: Handoff, clerk: User) -> None:
    replay_handoff(stuck.pk, actor=clerk)

    with pytest.raises(IllegalTransition, match="is queued already"):
        replay_handoff(stuck.pk, actor=clerk)

    assert Lane.objects.get().pending == 2


def test_replays_an_accepted_handoff_under_the_same_id(
    order: Order, warehouse: FarEnd, clerk: User
) -> None:
    drain()
    [handoff] = Handoff.objects.all()

    replay_handoff(handoff.pk, actor=clerk)
    drain()

    first, second = warehouse.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert Lane.objects.get().pending == 0


def test_refuses_while_it_is_being_sent(order: Order, warehouse: FarEnd, clerk: User) -> None:
    claim(64)

    with pytest.raises(IllegalTransition, match="being sent at this moment"):
        skip_handoff(Handoff.objects.get().pk, actor=clerk, reason="No")

    assert Handoff.objects.get().state == State.SENDING


def test_never_sends_a_skipped_handoff_and_sends_the_next_one(
    stuck: Handoff, warehouse: FarEnd, clerk: User
) -> None:
    skip_handoff(stuck.pk, actor=clerk, reason="They have it by phone")
    drain()

    assert [e["type"].rpartition(".")[2] for e in warehouse.events[6:]] == ["held"]
    stuck.refresh_from_db()
    assert stuck.state == State.SKIPPED
    assert stuck.resolution == f"Skipped by {clerk}: They have it by phone"


def test_refuses_to_skip_or_settle_without_a_reason(stuck: Handoff, clerk: User) -> None:
    for action in (skip_handoff, settle_handoff):
        with pytest.raises(MissingField):
            action(stuck.pk, actor=clerk, reason="  ")

    stuck.refresh_from_db()
    assert stuck.state == State.NEEDS_ATTENTION


def test_stores_the_reference_of_what_was_handled_outside(
    stuck: Handoff, order: Order, clerk: User
) -> None:
    settle_handoff(stuck.pk, actor=clerk, reason="Entered by hand", reference="WH-77")

    stuck.refresh_from_db()
    assert (stuck.state, stuck.reference) == (State.ACCEPTED, "WH-77")
    assert ExternalRef.objects.get(record_id=order.pk).external_id == "WH-77"


def test_replays_all_handoffs_with_the_same_cause(
    market: Market, warehouse: FarEnd, clerk: User
) -> None:
    for _ in range(3):
        submitted_order(market)
    refuse(warehouse, 3)
    other = submitted_order(market)
    refuse(warehouse, detail="Unknown customer")
    cause = "Warehouse refused: Unknown SKU AX-9"
    group = stuck_like(warehouse.connection, cause)
    assert group.count() == 3

    assert replay_all(group, actor=clerk) == 3
    drain()

    states = dict(Handoff.objects.values_list("event__subject_number", "state"))
    assert states.pop(other.number or "") == State.NEEDS_ATTENTION
    assert set(states.values()) == {State.ACCEPTED}
