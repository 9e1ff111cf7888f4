"""Operator actions on handoffs that cannot continue by themselves."""

from __future__ import annotations

import pytest

from common.errors import IllegalTransition, MissingField
from crm.models import User
from fulfilment.models import Connection, ExternalRef, Handoff, Lane
from fulfilment.outbound.completion import complete
from fulfilment.outbound.drain import drain
from fulfilment.outbound.handoff_actions import (
    replay_all,
    replay_handoff,
    sent_between,
    settle_handoff,
    skip_handoff,
    stuck_reason,
)
from fulfilment.outbound.leases import claim
from sales.models import Order
from sales.services.orders import hold_order, release_order
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, last_step, make_due, outcomes, refuse, submitted_order

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
    assert stuck.display_resolution == f"Sent again by {clerk}"
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
    assert stuck.display_resolution == f"Skipped by {clerk}: They have it by phone"


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
    group = stuck_reason(warehouse.connection, cause)
    assert group.count() == 3

    assert replay_all(group, actor=clerk) == 3
    drain()

    states = dict(Handoff.objects.values_list("event__subject_number", "state"))
    assert states.pop(other.number or "") == State.NEEDS_ATTENTION
    assert set(states.values()) == {State.ACCEPTED}


@pytest.fixture
def lane(order: Order, market: Market, warehouse: FarEnd) -> list[Handoff]:
    """An accepted handoff, one that the warehouse refused, and one behind it."""
    drain()
    hold_order(order.pk, actor=market.rep, reason="Credit check")
    refuse(warehouse)
    release_order(order.pk, actor=market.rep)
    return list(Handoff.objects.order_by("position"))


def states_of_lane() -> list[str]:
    return list(Handoff.objects.order_by("position").values_list("state", flat=True))


def lane_now() -> tuple[int, bool]:
    """How many handoffs the only lane counts, and whether it is blocked."""
    [lane] = Lane.objects.values_list("pending", "is_blocked")
    return lane


def test_replaying_an_earlier_one_sends_nothing_past_one_that_waits_for_a_person(
    lane: list[Handoff], warehouse: FarEnd, clerk: User
) -> None:
    sent = len(warehouse.received)

    replay_handoff(lane[0].pk, actor=clerk)
    assert lane_now() == (3, False)
    drain()
    make_due()
    drain()

    again = [request.headers["webhook-id"] for request in warehouse.received[sent:]]
    assert again == [lane[0].message_id]
    assert states_of_lane() == [State.ACCEPTED, State.NEEDS_ATTENTION, State.QUEUED]
    assert lane_now() == (2, True)


def test_replaying_a_window_leaves_a_lane_blocked_by_what_is_not_in_it(
    lane: list[Handoff], warehouse: FarEnd, clerk: User
) -> None:
    window = sent_between(warehouse.connection, lane[0].created_at, lane[1].created_at)

    assert replay_all(window, actor=clerk) == 1
    drain()

    assert states_of_lane() == [State.ACCEPTED, State.NEEDS_ATTENTION, State.QUEUED]
    assert lane_now() == (2, True)


def test_replaying_a_window_with_what_waits_for_a_person_sends_all_in_order(
    lane: list[Handoff], warehouse: FarEnd, clerk: User
) -> None:
    sent = len(warehouse.received)

    assert replay_all(Handoff.objects.order_by("-id"), actor=clerk) == 2
    drain()

    ids = [request.headers["webhook-id"] for request in warehouse.received[sent:]]
    assert ids == [each.message_id for each in lane]
    assert lane_now() == (0, False)


def test_two_refused_in_one_lane_are_decided_one_after_the_other(
    lane: list[Handoff], warehouse: FarEnd, clerk: User
) -> None:
    replay_handoff(lane[0].pk, actor=clerk)
    refuse(warehouse, detail="Unknown customer")
    assert states_of_lane() == [State.NEEDS_ATTENTION, State.NEEDS_ATTENTION, State.QUEUED]
    assert lane_now() == (3, True)

    skip_handoff(lane[0].pk, actor=clerk, reason="They have it by phone")
    drain()
    assert states_of_lane() == [State.SKIPPED, State.NEEDS_ATTENTION, State.QUEUED]
    assert lane_now() == (2, True)

    skip_handoff(lane[1].pk, actor=clerk, reason="They have it by phone")
    drain()
    assert states_of_lane() == [State.SKIPPED, State.SKIPPED, State.ACCEPTED]
    assert lane_now() == (0, False)


def test_a_later_one_that_is_replayed_waits_behind_one_that_waits_for_a_person(
    lane: list[Handoff], warehouse: FarEnd, clerk: User
) -> None:
    Handoff.objects.filter(pk=lane[2].pk).update(state=State.SUPERSEDED)
    sent = len(warehouse.received)

    replay_handoff(lane[2].pk, actor=clerk)
    assert lane_now() == (2, True)
    drain()

    assert len(warehouse.received) == sent
    assert states_of_lane() == [State.ACCEPTED, State.NEEDS_ATTENTION, State.QUEUED]
    assert lane_now() == (2, True)


def test_one_that_the_connection_skips_holds_up_nothing(
    lane: list[Handoff], order: Order, market: Market, warehouse: FarEnd, clerk: User
) -> None:
    Connection.objects.update(skips_refused=True)
    replay_handoff(lane[1].pk, actor=clerk)
    refuse(warehouse)
    assert states_of_lane() == [State.ACCEPTED, State.NEEDS_ATTENTION, State.ACCEPTED]
    assert lane_now() == (0, False)

    replay_handoff(lane[0].pk, actor=clerk)
    hold_order(order.pk, actor=market.rep, reason="Credit check")
    drain()

    assert states_of_lane() == [
        State.ACCEPTED,
        State.NEEDS_ATTENTION,
        State.ACCEPTED,
        State.ACCEPTED,
    ]
    assert lane_now() == (0, False)


def test_looks_up_first_what_had_an_unknown_outcome(
    order: Order, warehouse: FarEnd, clerk: User
) -> None:
    """A request that was under way when its worker stopped has no attempt on record."""
    [batch] = claim(64)
    batch.handoffs[0].is_started = True
    complete([last_step(batch)])
    warehouse.take(batch.handoffs[0].message.id)
    assert states_of_lane() == [State.UNKNOWN_OUTCOME]
    assert outcomes() == []

    replay_handoff(batch.handoffs[0].handoff_id, actor=clerk)
    drain()

    assert warehouse.received == []
    assert outcomes() == [("find", "found")]
    assert states_of_lane() == [State.ACCEPTED]


def test_never_sends_again_what_was_accepted_without_a_reference(
    order: Order, warehouse: FarEnd, clerk: User
) -> None:
    warehouse.will_answer(200, "<html>OK</html>")
    for _ in range(6):
        drain()
        make_due()
    assert states_of_lane() == [State.NEEDS_ATTENTION]
    [request] = warehouse.received
    warehouse.take(request.headers["webhook-id"])

    replay_handoff(Handoff.objects.get().pk, actor=clerk)
    drain()

    assert len(warehouse.received) == 1
    assert states_of_lane() == [State.ACCEPTED]


def test_counts_refusals_anew_after_a_replay(
    stuck: Handoff, warehouse: FarEnd, clerk: User
) -> None:
    warehouse.will_answer(422)

    replay_handoff(stuck.pk, actor=clerk)
    drain()

    stuck.refresh_from_db()
    assert (stuck.state, stuck.refusal_count) == (State.RETRYING, 1)
