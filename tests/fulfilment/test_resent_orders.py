"""Orders sent again: what is kept here, and what they refused, once their edit is here."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from fulfilment.models import Discrepancy, Handoff, InboundMessage, Lane, SyncState
from fulfilment.outbound.drain import drain
from sales.models import Order, SalesEvent
from sales.services.change_orders import Changes, change_order
from sales.services.orders import hold_order
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

State = Handoff.State


@pytest.fixture
def supply(market: Market, httpserver: HTTPServer) -> FarEnd:
    """The supply-chain system, with one mapped item AX-9 at 20.00."""
    far_end = connect_supply(httpserver, market)
    mapped_product(far_end.connection, market, "AX-9", "20.00")
    return far_end


@pytest.fixture
def agreed(supply: FarEnd, market: Market) -> tuple[Order, dict[str, Any]]:
    """An order that both hold alike, and their last snapshot of it."""
    order = sold(market)
    echo = answered(last_push())
    assert receive_from(supply, changed(echo)) == "applied"
    return order, echo


def sent_again(order: Order) -> int:
    return SalesEvent.objects.filter(subject_id=order.pk, type="order.sent_again").count()


def known(order: Order) -> dict[str, int]:
    order.refresh_from_db()
    return {"knows": order.version}


def behind(sequence: int) -> str:
    """Their answer to a push that does not know their last edit."""
    answer = {"code": "behind", "id": "5637144600", "sequence": sequence, "edited": ["name"]}
    return json.dumps(answer)


def test_they_are_sent_what_is_kept_here(
    agreed: tuple[Order, dict[str, Any]], supply: FarEnd
) -> None:
    order, echo = agreed

    receive_from(supply, changed(echo | {"sequence": 10_001, "name": "Renamed there"}))

    push = last_push()
    assert (order.name, sent_again(order)) == ("Bar refit", 1)
    assert (push["order"]["name"], push["changes"]) == ("Bar refit", ["name"])
    assert (push["order"]["knows"], push["sent_to"]) == (10_001, "supply")


def test_what_is_on_its_way_is_not_sent_twice(
    agreed: tuple[Order, dict[str, Any]], supply: FarEnd, market: Market
) -> None:
    order, echo = agreed
    change_order(order.pk, Changes(head={"name": "Renamed here"}), actor=market.rep)

    receive_from(supply, changed(echo | {"sequence": 10_001, "name": "Renamed there"}))

    assert sent_again(order) == 0
    assert last_push()["changes"] == ["name"]


def test_three_answers_stop_the_loop_and_say_so(
    agreed: tuple[Order, dict[str, Any]], supply: FarEnd, market: Market
) -> None:
    order, echo = agreed
    for number in range(1, 6):
        theirs = echo | {"sequence": 10_000 + number, "name": "Their name"} | known(order)
        receive_from(supply, changed(theirs))

    found = Discrepancy.objects.open().get()
    assert sent_again(order) == 3
    assert (found.kind, found.about, found.ours, found.theirs) == (
        "sent_back",
        "Name",
        "Bar refit",
        "Their name",
    )
    assert found.display_rule == (
        "It was sent 3 times and changed back each time: "
        "it is not sent again before somebody changes the order here."
    )

    hold_order(order.pk, actor=market.rep, reason="Credit check")
    theirs = echo | {"sequence": 10_007, "name": "Their name", "on_hold": True} | known(order)
    receive_from(supply, changed(theirs))

    assert sent_again(order) == 4
    assert not Discrepancy.objects.open().exists()


def test_a_loop_stops_though_they_hold_ours_after_each_answer(
    agreed: tuple[Order, dict[str, Any]], supply: FarEnd
) -> None:
    order, echo = agreed
    names = ("Their name", "Bar refit") * 5
    for number, name in enumerate(names, start=1):
        theirs = echo | {"sequence": 10_000 + number, "name": name} | known(order)
        receive_from(supply, changed(theirs))
        if number == 7:
            assert Discrepancy.objects.open().get().kind == "sent_back"

    assert sent_again(order) == 4
    assert not Discrepancy.objects.open().exists()


def test_a_push_that_is_behind_holds_nothing_up_and_follows_their_edit(
    agreed: tuple[Order, dict[str, Any]], supply: FarEnd, market: Market
) -> None:
    order, echo = agreed
    drain()
    supply.will_answer(409, behind(10_001))
    line = order.lines.get()
    change_order(order.pk, Changes(lines={line.pk: {"quantity": Decimal(4)}}), actor=market.rep)
    drain()

    refused = Handoff.objects.latest("id")
    lane, state = Lane.objects.get(), SyncState.objects.get()
    assert (refused.state, refused.display_cause) == (
        State.SUPERSEDED,
        "Supply edited it since: it is sent again once that edit is here.",
    )
    assert (lane.pending, lane.is_blocked) == (0, False)
    assert (state.must_send_again, state.pushes) == (True, [])

    receive_from(supply, changed(echo | {"sequence": 10_001, "customer_reference": "PO-9"}))
    drain()

    order.refresh_from_db()
    push = last_push()
    assert order.customer_reference == "PO-9"
    assert (push["order"]["knows"], push["order"]["lines"][0]["quantity"]) == (10_001, "4")
    assert f"lines.{line.pk}.quantity" in push["changes"]
    assert Handoff.objects.latest("id").state == State.ACCEPTED
    assert not SyncState.objects.get().must_send_again


def test_a_push_that_is_behind_an_edit_that_is_here_is_sent_again_at_once(
    agreed: tuple[Order, dict[str, Any]], supply: FarEnd, market: Market
) -> None:
    order, echo = agreed
    drain()
    line = order.lines.get()
    change_order(order.pk, Changes(lines={line.pk: {"quantity": Decimal(4)}}), actor=market.rep)
    receive_from(supply, changed(echo | {"sequence": 10_001, "customer_reference": "PO-9"}))
    supply.will_answer(409, behind(10_001))
    drain()

    assert sent_again(order) == 1
    assert f"lines.{line.pk}.quantity" in last_push()["changes"]


def test_a_field_in_conflict_is_sent_once_it_is_decided(
    agreed: tuple[Order, dict[str, Any]], supply: FarEnd, market: Market
) -> None:
    order, echo = agreed
    drain()
    supply.will_answer(409, behind(10_001))
    line = order.lines.get()
    change_order(order.pk, Changes(lines={line.pk: {"quantity": Decimal(4)}}), actor=market.rep)
    drain()

    theirs = echo | {"sequence": 10_001, "lines": [echo["lines"][0] | {"quantity": "5"}]}
    assert receive_from(supply, changed(theirs)) == "conflict"

    assert (sent_again(order), InboundMessage.objects.latest("id").is_open) == (0, True)


def test_other_systems_that_answer_so_refuse(
    warehouse: FarEnd, market: Market, order: Order
) -> None:
    warehouse.will_answer(409, behind(3))
    drain()

    assert Handoff.objects.latest("id").state == State.RETRYING
