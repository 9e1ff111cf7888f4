"""Conflicts of an order that two systems edit: what a decision changes, and what it tells them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from common.errors import DomainError, MissingField, NotEditable, StaleVersion
from fulfilment.models import Discrepancy
from fulfilment.services.discrepancies import AlreadyResolved
from fulfilment.sync.conflicts import Choice
from sales.models import Order, OrderChange, SalesEvent
from sales.services.change_orders import Changes, change_order
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd
from tests.fulfilment.decisions import decide_conflict, read_conflict
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


def snapshot(echo: dict[str, Any], sequence: int, **line: Any) -> dict[str, Any]:
    """Their snapshot with other values of its line."""
    return echo | {"sequence": sequence, "lines": [echo["lines"][0] | line]}


@pytest.fixture
def conflicting(supply: FarEnd, market: Market) -> tuple[Order, dict[str, Any]]:
    """An order of three of which four are wanted here, five there; and their echo of it."""
    order = sold(market)
    echo = answered(last_push())
    receive_from(supply, changed(echo))
    line = order.lines.get()
    change_order(order.pk, Changes(lines={line.pk: {"quantity": Decimal(4)}}), actor=market.rep)
    assert receive_from(supply, changed(snapshot(echo, 10_001, quantity="5"))) == "conflict"
    return order, echo


def quantity(order: Order) -> Decimal:
    found: Decimal = order.lines.get().quantity
    return found


def events(order: Order) -> list[str]:
    return list(
        SalesEvent.objects.filter(subject_id=order.pk).order_by("id").values_list("type", flat=True)
    )


def test_ours_changes_nothing_here_and_is_sent(
    conflicting: tuple[Order, dict[str, Any]], market: Market
) -> None:
    order, _echo = conflicting
    before = order.changes.count()

    found = decide_conflict(
        Discrepancy.objects.get().pk, Choice.OURS, actor=market.rep, reason="Agreed by phone"
    )

    assert (quantity(order), order.changes.count()) == (Decimal(4), before)
    assert (found.choice, found.decided_by) == ("ours", market.rep)
    assert found.decision == f"{market.rep} chose 4: Agreed by phone"
    assert events(order)[-1] == "order.sent_again"
    push = last_push()
    assert (push["order"]["lines"][0]["quantity"], push["sent_to"]) == ("4", "supply")
    assert f"lines.{order.lines.get().pk}.quantity" in push["changes"]


def test_theirs_is_one_change_order_by_the_person(
    conflicting: tuple[Order, dict[str, Any]], market: Market
) -> None:
    order, _echo = conflicting

    found = decide_conflict(
        Discrepancy.objects.get().pk, Choice.THEIRS, actor=market.rep, reason="They counted"
    )

    change = OrderChange.objects.latest("id")
    assert (quantity(order), change.changed_by_name) == (Decimal(5), str(market.rep))
    assert change.reason == "They counted"
    assert found.choice == "theirs"
    assert events(order)[-1] == "order.changed"
    push = last_push()
    assert push["order"]["lines"][0]["quantity"] == "5"
    assert f"lines.{order.lines.get().pk}.quantity" in push["changes"]  # a 4 is on its way


def test_another_value_is_changed_here_and_sent_once(
    conflicting: tuple[Order, dict[str, Any]], market: Market
) -> None:
    order, _echo = conflicting

    decide_conflict(
        Discrepancy.objects.get().pk,
        Choice.OTHER,
        actor=market.rep,
        reason="In the middle",
        other=Decimal("4.50") + Decimal("1.50"),
    )

    assert quantity(order) == 6
    assert events(order)[-1] == "order.changed"
    assert last_push()["order"]["lines"][0]["quantity"] == "6"


def test_the_answer_to_a_decision_opens_nothing(
    conflicting: tuple[Order, dict[str, Any]], supply: FarEnd, market: Market
) -> None:
    order, echo = conflicting
    decide_conflict(Discrepancy.objects.get().pk, Choice.OURS, actor=market.rep, reason="Agreed")
    order.refresh_from_db()
    count = len(events(order))

    answer = snapshot(echo, 10_002, quantity="4") | {"knows": order.version}
    assert receive_from(supply, changed(answer)) == "applied"

    assert not Discrepancy.objects.open().exists()
    assert (quantity(order), len(events(order))) == (Decimal(4), count)


def test_the_same_values_in_conflict_later_are_asked_about_anew(
    conflicting: tuple[Order, dict[str, Any]], supply: FarEnd, market: Market
) -> None:
    order, echo = conflicting
    decide_conflict(Discrepancy.objects.get().pk, Choice.OURS, actor=market.rep, reason="Agreed")
    order.refresh_from_db()
    line = order.lines.get()
    known = {"knows": order.version}
    receive_from(supply, changed(snapshot(echo, 10_002, quantity="9") | known))
    assert quantity(order) == 9
    fields = {line.pk: {"quantity": Decimal(4)}}
    change_order(order.pk, Changes(lines=fields), actor=market.rep)

    result = receive_from(supply, changed(snapshot(echo, 10_003, quantity="5") | known))

    assert result == "conflict"
    assert Discrepancy.objects.open().get().compared == {"base": "9", "ours": "4", "theirs": "5"}


def test_is_refused_when_a_newer_value_came_in_between(
    conflicting: tuple[Order, dict[str, Any]], supply: FarEnd, market: Market
) -> None:
    order, echo = conflicting
    found = Discrepancy.objects.get()
    seen = read_conflict(found).seen
    receive_from(supply, changed(snapshot(echo, 10_002, quantity="7")))

    with pytest.raises(StaleVersion, match="4 here, 7 in Supply"):
        decide_conflict(found.pk, Choice.THEIRS, actor=market.rep, reason="Five", seen=seen)

    assert quantity(order) == 4
    assert Discrepancy.objects.open().exists()


def test_our_own_edit_in_between_is_a_newer_value_too(
    conflicting: tuple[Order, dict[str, Any]], market: Market
) -> None:
    order, _echo = conflicting
    found = Discrepancy.objects.get()
    seen = read_conflict(found).seen
    fields = {order.lines.get().pk: {"quantity": Decimal(8)}}
    change_order(order.pk, Changes(lines=fields), actor=market.rep)

    with pytest.raises(StaleVersion, match="8 here, 5 in Supply"):
        decide_conflict(found.pk, Choice.OURS, actor=market.rep, reason="Four", seen=seen)


@pytest.mark.parametrize(("reason", "error"), [("", MissingField), ("Again", AlreadyResolved)])
def test_needs_a_reason_and_is_decided_once(
    conflicting: tuple[Order, dict[str, Any]],
    market: Market,
    reason: str,
    error: type[DomainError],
) -> None:
    found = Discrepancy.objects.get()
    if reason:
        decide_conflict(found.pk, Choice.OURS, actor=market.rep, reason="First")
    with pytest.raises(error):
        decide_conflict(found.pk, Choice.OURS, actor=market.rep, reason=reason)


def test_a_currency_is_never_taken_from_them(
    conflicting: tuple[Order, dict[str, Any]], supply: FarEnd, market: Market
) -> None:
    Discrepancy.objects.update(
        field="head.currency", compared={"base": "EUR", "ours": "EUR", "theirs": "USD"}
    )

    with pytest.raises(NotEditable, match="Currency stays as it is once an order is made"):
        decide_conflict(
            Discrepancy.objects.get().pk, Choice.THEIRS, actor=market.rep, reason="They said so"
        )

    assert Discrepancy.objects.open().exists()
