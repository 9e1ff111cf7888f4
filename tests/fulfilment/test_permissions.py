"""What a connection may report, and about which documents."""

from __future__ import annotations

from django.utils import timezone
from pytest_httpserver import HTTPServer

from fulfilment.inbound.deferral import retry_deferred
from fulfilment.inbound.intake import apply_stored
from fulfilment.inbound.schemas import SCHEMAS
from fulfilment.models import Connection, ExternalRef, InboundMessage
from sales.models import Invoice, Order, Payment
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, connect, send, submitted_order
from tests.fulfilment.messages import paid, posted, receive_from, status_event

Result = InboundMessage.Result


def test_knows_the_duty_of_every_type_of_message() -> None:
    for name in SCHEMAS:
        assert name.partition(".")[0] in Connection.Duty.values


def test_does_not_let_a_warehouse_report_a_payment(
    invoice: Invoice, warehouse: FarEnd, erp: FarEnd
) -> None:
    answer = send(paid(invoice, "SI-1"), code="warehouse")

    assert answer.status_code == 200
    assert answer.json()["result"] == "quarantined"
    assert answer.json()["detail"] == (
        "Warehouse may not report erp.invoice.paid: "
        "tick it under “Reports as” of the connection if it should."
    )
    invoice.refresh_from_db()
    assert (invoice.status, invoice.paid) == (Invoice.Status.ISSUED, 0)
    assert not Payment.objects.exists()
    stored = InboundMessage.objects.get()
    assert (stored.result, stored.root_id) == (Result.QUARANTINED, invoice.pk)


def test_refuses_such_a_type_before_it_looks_for_the_document(erp: FarEnd) -> None:
    unknown = status_event(Order(number="O-2026-99999"))

    assert receive_from(erp, unknown) == Result.QUARANTINED


def test_answers_alike_of_a_document_that_it_was_not_sent_and_of_none(
    invoice: Invoice, httpserver: HTTPServer
) -> None:
    connect(httpserver, "other", ["invoice.issued"], reports_as=["erp"])
    theirs, nobodys = posted(invoice, "SI-1"), posted(invoice, "SI-1")
    nobodys["data"]["invoice"] = "INV-2026-99999"

    def answers() -> list[tuple[int, str, str]]:
        return [
            (
                answer.status_code,
                answer.json()["result"],
                answer.json()["detail"].replace(message["data"]["invoice"], "it"),
            )
            for message in (theirs, nobodys)
            for answer in (send(message, code="other"),)
        ]

    assert answers() == [(200, "deferred", "it is not known here yet.")] * 2
    InboundMessage.objects.update(give_up_at=timezone.now())
    assert retry_deferred() == 0
    repeated = "Needs a person before. No document it was created in time."
    assert answers() == [(200, "duplicate", repeated)] * 2
    invoice.refresh_from_db()
    assert invoice.official_number == ""
    assert InboundMessage.objects.get(message_id=theirs["id"]).display_detail == (
        f"No document {invoice.number} was created in time. "
        f"{invoice.number} was never sent to Other, which may not report on it."
    )


def test_lets_a_connection_report_on_a_document_that_it_created(
    market: Market, httpserver: HTTPServer
) -> None:
    order = submitted_order(market)
    shop = connect(httpserver, "shop", [], reports_as=["warehouse"])
    assert receive_from(shop, status_event(order, "packed")) == Result.DEFERRED
    assert retry_deferred() == 0

    ExternalRef.objects.create(
        connection=shop.connection, record_type="order", record_id=order.pk, external_id="S-1"
    )

    assert retry_deferred() == 1
    order.refresh_from_db()
    assert order.processing_status == "packed"


def test_applies_a_message_once_its_connection_may_report_it(
    order: Order, warehouse: FarEnd
) -> None:
    Connection.objects.update(reports_as=[])
    warehouse.connection.refresh_from_db()
    assert receive_from(warehouse, status_event(order, "packed")) == Result.QUARANTINED
    stored = InboundMessage.objects.get()

    Connection.objects.update(reports_as=["warehouse"])
    applied = apply_stored(stored.pk, Result.QUARANTINED)

    assert applied is not None
    assert applied.result == Result.APPLIED
    order.refresh_from_db()
    assert order.processing_status == "packed"


def test_still_waits_for_a_document_that_does_not_exist_yet(warehouse: FarEnd) -> None:
    unknown = status_event(Order(number="O-2026-99999"))

    assert receive_from(warehouse, unknown) == Result.DEFERRED
