"""Deferral of messages that come before their document."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone
from pytest_httpserver import HTTPServer

from fulfilment.inbound.deferral import retry_deferred, similar_numbers
from fulfilment.models import InboundMessage
from sales.models import Order, SalesEvent
from tests.concurrency import run_concurrently
from tests.database_assertions import history_of
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, connect, event, submitted_order
from tests.fulfilment.messages import receive_from


def test_defers_a_message_until_its_document_exists(market: Market, warehouse: FarEnd) -> None:
    year = market.company.today().year
    data = {"order": f"O-{year}-00001", "status": "accepted"}
    message = event("warehouse.order.status", data)
    assert receive_from(warehouse, message) == "deferred"
    assert retry_deferred() == 0

    order = submitted_order(market)
    assert retry_deferred() == 1

    order.refresh_from_db()
    assert order.processing_status == "accepted"
    stored = InboundMessage.objects.get()
    assert (stored.result, stored.root_id, stored.give_up_at) == ("applied", order.pk, None)
    assert receive_from(warehouse, message) == "duplicate"
    last = history_of(order).last()
    assert last is not None
    assert (last.processing_status, last.pgh_context.metadata) == (
        "accepted",
        {
            "actor_kind": "connection",
            "actor": "Warehouse",
            "connection": "warehouse",
            "message": message["id"],
        },
    )


def test_quarantines_a_message_after_a_day_with_similar_numbers(
    order: Order, warehouse: FarEnd
) -> None:
    data = {"order": "ORD-1", "status": "accepted"}
    receive_from(warehouse, event("warehouse.order.status", data))
    InboundMessage.objects.update(give_up_at=timezone.now() - dt.timedelta(seconds=1))

    retry_deferred()

    stored = InboundMessage.objects.get()
    assert stored.result == "quarantined"
    assert stored.detail == f"No document ORD-1 was created in time. Similar: {order.number}."


@pytest.mark.django_db(transaction=True)
def test_applies_a_deferred_message_once_when_two_workers_retry_it(httpserver: HTTPServer) -> None:
    market = Market()
    far_end = connect(httpserver, "warehouse", [])
    number = f"O-{market.company.today().year}-00001"
    data = {"order": number, "status": "accepted"}
    assert receive_from(far_end, event("warehouse.order.status", data)) == "deferred"
    submitted_order(market)

    applied = run_concurrently(retry_deferred, retry_deferred)

    assert sorted(applied) == [0, 1]
    assert SalesEvent.objects.filter(type="order.progressed").count() == 1


def test_suggests_numbers_with_the_same_ending_and_none_for_a_word(market: Market) -> None:
    orders = [submitted_order(market) for _ in range(2)]

    assert similar_numbers("ORDER-00002") == [orders[1].number]
    assert similar_numbers("order 2 (urgent)") == [orders[1].number]
    assert similar_numbers("ORDER-00012") == []
    assert similar_numbers("urgent") == []
