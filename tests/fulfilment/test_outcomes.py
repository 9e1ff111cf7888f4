"""Outcomes of handoffs: retried, refused for good, or in need of a person."""

from __future__ import annotations

import uuid

import pytest
from django.utils import timezone

from fulfilment.connectors import Message
from fulfilment.connectors.engine import AttemptResult, InFlightHandoff
from fulfilment.models import Attempt, Handoff, Lane
from fulfilment.outbound.drain import drain
from fulfilment.outbound.outcomes import decide_outcome
from sales.models import Order
from sales.services.orders import hold_order
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, make_due, outcomes

State = Handoff.State


def test_retries_a_server_error_with_the_same_body_and_id(order: Order, warehouse: FarEnd) -> None:
    warehouse.will_answer(503)

    drain()
    handoff = Handoff.objects.get()
    assert (handoff.state, handoff.refusal_count) == (State.RETRYING, 0)
    assert handoff.display_cause == "Warehouse is not available (503)."
    make_due()
    drain()

    first, second = warehouse.received
    assert first.get_data() == second.get_data()
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert Handoff.objects.get().state == State.ACCEPTED
    assert outcomes() == [("push", "unreachable"), ("push", "done")]


def test_needs_attention_after_six_refusals(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    hold_order(order.pk, actor=market.rep, reason="Credit check")
    for _ in range(7):
        warehouse.will_answer(422, '{"detail": "Unknown SKU AX-9"}')
        drain()
        make_due()

    assert len(warehouse.received) == 6
    refused, held = Handoff.objects.order_by("position")
    assert (refused.state, refused.refusal_count) == (State.NEEDS_ATTENTION, 6)
    assert refused.display_cause == "Warehouse refused: Unknown SKU AX-9"
    assert held.state == State.QUEUED
    assert Lane.objects.get().is_blocked


@pytest.mark.parametrize(
    ("verb", "outcome", "state"),
    [
        (Attempt.Verb.PUSH, Attempt.Outcome.UNREACHABLE, State.RETRYING),
        (Attempt.Verb.PUSH, Attempt.Outcome.REFUSED, State.RETRYING),
        (Attempt.Verb.PUSH, Attempt.Outcome.UNKNOWN, State.UNKNOWN_OUTCOME),
        (Attempt.Verb.PUSH, Attempt.Outcome.NO_REFERENCE, State.UNKNOWN_OUTCOME),
        (Attempt.Verb.FIND, Attempt.Outcome.UNREACHABLE, State.UNKNOWN_OUTCOME),
    ],
)
def test_is_unsure_of_what_may_have_arrived(
    verb: Attempt.Verb, outcome: Attempt.Outcome, state: Handoff.State
) -> None:
    now = timezone.now()
    handoff = InFlightHandoff(uuid.uuid4(), Message("evt_1", "{}"))
    handoff.results.append(AttemptResult(verb, outcome, now, now))

    decided = decide_outcome(handoff)

    assert decided is not None
    assert decided.state == state
