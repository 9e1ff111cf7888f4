"""Documents of inbound messages: found by our number, or by the connection's own reference."""

from __future__ import annotations

import pytest
from pytest_httpserver import HTTPServer

from fulfilment.connectors.base import Record
from fulfilment.inbound.deferral import retry_deferred
from fulfilment.inbound.documents import UnknownDocument, find_record
from fulfilment.inbound.schemas import parse_message
from fulfilment.models import InboundMessage
from fulfilment.outbound.drain import drain
from fulfilment.services.references import NewReference, store_references
from sales.models import Invoice, Order
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, connect, shipment_event, submitted_order
from tests.fulfilment.messages import paid, posted, receive_from, status_event


def refer(far_end: FarEnd, kind: str, document: Order | Invoice, reference: str) -> None:
    record = Record(kind, document.pk, document.number or "")
    store_references([NewReference(far_end.connection.pk, record, reference)])


def test_finds_an_order_by_the_reference_that_was_answered(order: Order, warehouse: FarEnd) -> None:
    drain()
    message = status_event(order, "picking")
    message["data"]["order"] = warehouse.known[next(iter(warehouse.known))]

    assert receive_from(warehouse, message) == "applied"

    order.refresh_from_db()
    assert order.processing_status == "picking"
    assert InboundMessage.objects.get().root_id == order.pk


def test_finds_an_invoice_by_the_reference_of_the_erp(invoice: Invoice, erp: FarEnd) -> None:
    refer(erp, "invoice", invoice, "ERP-77")
    message = paid(invoice, "SI-1")
    message["data"]["invoice"] = "ERP-77"

    assert receive_from(erp, message) == "applied"

    invoice.refresh_from_db()
    assert invoice.status == "paid"


def test_prefers_our_own_number(market: Market, warehouse: FarEnd) -> None:
    first, second = submitted_order(market), submitted_order(market)
    refer(warehouse, "order", first, second.number or "")

    found = find_record(warehouse.connection, parse_message(status_event(second)))

    assert found.id == second.pk


def test_knows_no_reference_of_another_connection(
    order: Order, warehouse: FarEnd, httpserver: HTTPServer
) -> None:
    other = connect(httpserver, "second", [])
    refer(other, "order", order, "W-1")
    message = status_event(order)
    message["data"]["order"] = "W-1"

    with pytest.raises(UnknownDocument):
        find_record(warehouse.connection, parse_message(message))


def test_applies_a_deferred_message_once_the_reference_is_known(
    order: Order, warehouse: FarEnd
) -> None:
    message = shipment_event(order, "WH-1", "shipped", "4")
    message["data"]["order"] = "W-1"
    assert receive_from(warehouse, message) == "deferred"

    refer(warehouse, "order", order, "W-1")

    assert retry_deferred() == 1
    assert order.lines.get().shipped_quantity == 4


def test_finds_an_invoice_by_the_official_number_that_was_posted(
    invoice: Invoice, erp: FarEnd, httpserver: HTTPServer
) -> None:
    receive_from(erp, posted(invoice, "SI-1"))
    message = paid(invoice, "SI-1")
    message["data"]["invoice"] = "SI-1"
    other = connect(httpserver, "second", [], reports_as=["erp"])

    assert receive_from(other, message) == "deferred"
    assert receive_from(erp, message) == "applied"

    invoice.refresh_from_db()
    assert invoice.status == "paid"
