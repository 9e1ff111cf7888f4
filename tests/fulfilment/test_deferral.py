"""Deferral of messages that come before their document."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.db import OperationalError
from django.utils import timezone
from pytest_httpserver import HTTPServer

from fulfilment.inbound import deferral
from fulfilment.inbound.deferral import retry_deferred, similar_numbers
from fulfilment.inbound.documents import Effect, UnknownDocument
from fulfilment.inbound.effects import EFFECTS
from fulfilment.inbound.intake import MessageResult, apply_stored
from fulfilment.inbound.schemas import IncomingMessage
from fulfilment.models import Connection, InboundMessage
from fulfilment.monitoring.alerts import alerts_for
from fulfilment.monitoring.metrics import collect_metrics
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
    assert (
        stored.display_detail == f"No document ORD-1 was created in time. Similar: {order.number}."
    )


@pytest.mark.django_db(transaction=True)
def test_applies_a_deferred_message_once_when_two_workers_retry_it(httpserver: HTTPServer) -> None:
    market = Market()
    far_end = connect(httpserver, "warehouse", ["order.submitted"])
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


def number_of_the_next_order(market: Market) -> str:
    return f"O-{market.company.today().year}-00001"


@pytest.mark.parametrize("length", [61, 81, 100])
def test_applies_a_deferred_message_whose_id_is_long(
    market: Market, warehouse: FarEnd, length: int
) -> None:
    data = {"order": number_of_the_next_order(market), "status": "accepted"}
    message = event("warehouse.order.status", data, id="m" * length)
    assert receive_from(warehouse, message) == "deferred"
    order = submitted_order(market)

    assert retry_deferred() == 1

    order.refresh_from_db()
    assert order.processing_status == "accepted"
    assert SalesEvent.objects.get(type="order.progressed").causation_id == "m" * length


def test_goes_on_with_the_others_when_one_message_fails_unexpectedly(
    market: Market, warehouse: FarEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = number_of_the_next_order(market)
    for status in ("accepted", "picking", "packed"):
        receive_from(
            warehouse, event("warehouse.order.status", {"order": number, "status": status})
        )
    submitted_order(market)
    apply = EFFECTS["warehouse.order.status"]

    def fail_once(connection: Connection, message: IncomingMessage) -> Effect:
        if message.data["status"] == "picking":
            raise ZeroDivisionError("by accident")
        return apply(connection, message)

    monkeypatch.setitem(EFFECTS, "warehouse.order.status", fail_once)

    assert retry_deferred() == 3

    assert Order.objects.get().processing_status == "packed"
    failed = InboundMessage.objects.get(result="quarantined")
    assert failed.body["data"]["status"] == "picking"
    assert failed.display_detail.startswith("An unexpected error (ZeroDivisionError) kept it")
    [alert] = alerts_for(collect_metrics())
    assert (alert.code, alert.connection) == ("quarantined", "warehouse")


def test_quarantines_a_stored_message_that_matches_its_schema_no_more(
    market: Market, warehouse: FarEnd
) -> None:
    number = number_of_the_next_order(market)
    for status in ("accepted", "packed"):
        receive_from(
            warehouse, event("warehouse.order.status", {"order": number, "status": status})
        )
    first = InboundMessage.objects.earliest("id")
    first.body["data"] = {"order": number, "status": "half way"}
    first.save()
    submitted_order(market)

    assert retry_deferred() == 2

    first.refresh_from_db()
    assert (first.result, first.display_detail) == (
        "quarantined",
        "The event does not match its schema: mend the fields that errors names.",
    )
    assert Order.objects.get().processing_status == "packed"


def test_takes_turns_when_many_messages_cannot_be_placed(
    market: Market, warehouse: FarEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deferral, "BATCH", 2)
    Connection.objects.update(reports_as=["warehouse", "erp"])
    warehouse.connection.refresh_from_db()
    orders = [submitted_order(market) for _ in range(2)]
    for _ in range(3):  # an invoice by the number of an order never comes
        data = {
            "invoice": orders[0].number,
            "official_number": "SI-1",
            "status": "paid",
            "payment_ref": "P-1",
            "amount": {"amount": "1.00", "currency": "EUR"},
            "paid_on": "2026-11-22",
        }
        assert receive_from(warehouse, event("erp.invoice.paid", data)) == "deferred"
    monkeypatch.setitem(
        EFFECTS, "erp.invoice.paid", lambda *_: (_ for _ in ()).throw(UnknownDocument("X"))
    )
    InboundMessage.objects.update(tried_at=timezone.now() - dt.timedelta(minutes=1))
    late = {"order": orders[1].number, "status": "accepted"}
    InboundMessage.objects.create(
        connection=warehouse.connection,
        message_id="late",
        type="warehouse.order.status",
        subject=orders[1].number or "",
        sequence=1,
        body=event("warehouse.order.status", late, id="late"),
        result="deferred",
    )

    assert retry_deferred() == 1

    orders[1].refresh_from_db()
    assert orders[1].processing_status == "accepted"


def test_tries_only_messages_whose_document_is_there(
    market: Market, warehouse: FarEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deferral, "BATCH", 1)
    number = number_of_the_next_order(market)
    for name in ("X-1", number):
        data = {"order": name, "status": "accepted"}
        receive_from(warehouse, event("warehouse.order.status", data))
    submitted_order(market)

    assert retry_deferred() == 1

    assert Order.objects.get().processing_status == "accepted"


def test_goes_on_with_the_others_when_the_database_fails_for_one(
    market: Market, warehouse: FarEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = number_of_the_next_order(market)
    for status in ("accepted", "packed"):
        data = {"order": number, "status": status}
        receive_from(warehouse, event("warehouse.order.status", data))
    submitted_order(market)
    first = InboundMessage.objects.earliest("id")

    def fail_once(key: uuid.UUID, *results: InboundMessage.Result) -> MessageResult | None:
        if key == first.pk:
            raise OperationalError("deadlock detected")
        return apply_stored(key, *results)

    monkeypatch.setattr(deferral, "apply_stored", fail_once)

    assert retry_deferred() == 1

    assert Order.objects.get().processing_status == "packed"
    first.refresh_from_db()
    assert first.result == "deferred"
