"""Outcomes of handoffs: retried, refused for good, or in need of a person."""

from __future__ import annotations

from fulfilment.models import Handoff, Lane
from fulfilment.outbound.drain import drain
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
    assert handoff.cause == "Warehouse is not available (503)."
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
    assert refused.cause == "Warehouse refused: Unknown SKU AX-9"
    assert held.state == State.QUEUED
    assert Lane.objects.get().is_blocked
