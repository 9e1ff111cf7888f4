"""More is reported than fits, by one of two connections: it stays that connection's own."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from django.db import transaction
from pytest_httpserver import HTTPServer

from fulfilment.models import Discrepancy, InboundMessage
from sales.models import Order
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, connect, shipment_event, submitted_order
from tests.fulfilment.messages import receive_from, returned

pytestmark = pytest.mark.django_db


@pytest.fixture
def first(httpserver: HTTPServer) -> FarEnd:
    return connect(httpserver, "first", ["order.submitted"], reports_as=["warehouse"])


@pytest.fixture
def second(first: FarEnd, httpserver: HTTPServer) -> FarEnd:
    return connect(httpserver, "second", ["order.submitted"], reports_as=["warehouse"])


@pytest.fixture
def order(market: Market, second: FarEnd) -> Order:
    """An order of ten that both connections were sent."""
    return submitted_order(market, "10")


def ends(order: Order, messages: list[tuple[FarEnd, dict[str, Any]]]) -> set[tuple[Any, ...]]:
    """What stays open after each order of arrival: whose, which values, which reports wait."""
    found = set()
    for arriving in permutations(messages):
        with transaction.atomic():
            for far_end, message in arriving:
                receive_from(far_end, message)
            open_rows = (
                Discrepancy.objects.open()
                .filter(kind="quantity")
                .values_list("connection__code", "ours", "theirs", "report__message_id")
            )
            waiting = InboundMessage.objects.filter(
                result__in=InboundMessage.REFUSED, resolved_at__isnull=True
            )
            found.add(
                (
                    tuple(sorted(open_rows)),
                    tuple(sorted(waiting.values_list("connection__code", "message_id"))),
                    order.lines.values_list("shipped_quantity", "returned_quantity").get(),
                )
            )
            transaction.set_rollback(True)
    return found


def test_a_return_of_what_never_left_stays_with_who_reported_it(
    order: Order, first: FarEnd, second: FarEnd
) -> None:
    early = returned(order, "R-1", "2")
    failed = shipment_event(order, "S-1", "failed", "4")

    [(rows, waiting, quantities)] = ends(order, [(first, early), (second, failed)])

    assert rows == (("first", "0", "2", early["id"]),)
    assert waiting == (("first", early["id"]),)
    assert quantities == (0, 0)


def test_answers_the_other_connection_about_its_own_report_only(
    order: Order, first: FarEnd, second: FarEnd
) -> None:
    assert receive_from(first, returned(order, "R-1", "2")) == "conflict"

    assert receive_from(second, shipment_event(order, "S-1", "failed", "4")) == "applied"
    [received] = InboundMessage.objects.filter(connection=second.connection)
    assert received.display_detail == "S-1 was not delivered: what it holds is open to ship again."


def test_a_shipment_of_another_one_makes_room_for_it(
    order: Order, first: FarEnd, second: FarEnd
) -> None:
    messages = [
        (first, returned(order, "R-1", "2")),
        (second, shipment_event(order, "S-1", "shipped", "4")),
    ]

    assert ends(order, messages) == {((), (), (4, 2))}


def test_what_both_ship_too_much_of_is_said_by_the_one_that_was_set_up_last(
    order: Order, first: FarEnd, second: FarEnd
) -> None:
    last = shipment_event(order, "S-1", "shipped", "7")
    messages = [(first, shipment_event(order, "S-1", "shipped", "6")), (second, last)]

    [(rows, waiting, quantities)] = ends(order, messages)

    assert rows == (("second", "10", "13", last["id"]),)
    assert waiting == (("second", last["id"]),)
    assert quantities == (10, 0)


def test_each_report_has_the_tolerance_of_its_own_connection(
    order: Order, first: FarEnd, second: FarEnd
) -> None:
    first.connection.config = {"over_delivery": "0.5"}
    first.connection.save()
    messages = [
        (first, shipment_event(order, "S-1", "shipped", "12")),
        (second, returned(order, "R-1", "1")),
    ]

    assert ends(order, messages) == {((), (), (10, 1))}
