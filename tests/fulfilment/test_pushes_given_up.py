"""Pushes that a person gave up: nobody takes them for what the other system holds."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pytest_httpserver import HTTPServer

from fulfilment.models import Handoff
from fulfilment.outbound.drain import drain
from fulfilment.outbound.handoff_actions import skip_handoff
from sales.services.change_orders import Changes, change_order
from sales.services.orders import hold_order, release_order
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd
from tests.fulfilment.messages import receive_from
from tests.fulfilment.supply import (
    answered,
    changed,
    connect_supply,
    last_push,
    mapped_product,
    sold,
)


@pytest.fixture
def supply(market: Market, httpserver: HTTPServer) -> FarEnd:
    """The supply-chain system, with one mapped item AX-9 at 20.00."""
    far_end = connect_supply(httpserver, market)
    mapped_product(far_end.connection, market, "AX-9", "20.00")
    return far_end


def test_a_push_that_was_skipped_is_no_base_and_is_named_again(
    supply: FarEnd, market: Market
) -> None:
    order = sold(market)
    drain()
    echo = answered(last_push(), id="REF-000001")
    assert receive_from(supply, changed(echo)) == "applied"
    line = order.lines.get()
    change_order(order.pk, Changes(lines={line.pk: {"quantity": Decimal(4)}}), actor=market.rep)
    hold_order(order.pk, actor=market.rep, reason="Credit check")
    assert last_push()["changes"] == ["on_hold"]
    supply.will_answer(422, '{"code": "unreadable"}')
    drain()
    skip_handoff(Handoff.objects.order_by("-id")[1].pk, actor=market.rep, reason="Too late")
    drain()

    order.refresh_from_db()
    theirs = echo | {"sequence": 10_001, "knows": order.version, "on_hold": True}
    assert receive_from(supply, changed(theirs)) == "applied"

    assert order.lines.get().quantity == 4  # their 3 is no edit: the 4 never reached them
    release_order(order.pk, actor=market.rep)
    assert {f"lines.{line.pk}.quantity", "on_hold"} <= set(last_push()["changes"])
