"""Fan-out: the handoffs of an event are committed with it, with its body frozen."""

from __future__ import annotations

import pytest
from django.db import transaction
from pytest_httpserver import HTTPServer

from crm.actors import System
from demo.registration import register_connection
from fulfilment.models import Connection, Handoff, Payload
from fulfilment.outbound.drain import drain
from fulfilment.routes import ROUTES
from sales.models import Invoice, Order, PaymentTerms
from sales.services.change_orders import Changes, change_order
from sales.services.orders import hold_order, release_order, send_order_again
from tests.database_assertions import statements_of
from tests.factories import CompanyFactory, Market
from tests.fulfilment.conftest import (
    ORDER_EVENTS,
    SECRET_IN,
    SECRET_OUT,
    FarEnd,
    connect,
    shipment_event,
    submitted_order,
)
from tests.fulfilment.messages import credited, paid, receive_from


def test_sends_nothing_after_a_rollback(market: Market, warehouse: FarEnd) -> None:
    with transaction.atomic():
        submitted_order(market)
        transaction.set_rollback(True)

    assert drain() == 0
    assert warehouse.received == []
    assert not Handoff.objects.exists()


def test_sends_the_body_as_it_was_committed(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    change_order(order.pk, Changes(head={"name": "Terrace refit"}), actor=market.rep)

    drain()

    names = [event["data"]["order"]["name"] for event in warehouse.events]
    assert names == ["Bar refit", "Terrace refit"]


def test_sends_what_the_companies_that_a_connection_serves_do(
    market: Market, warehouse: FarEnd, httpserver: HTTPServer
) -> None:
    other = CompanyFactory.create()
    connect(httpserver, "supply", ORDER_EVENTS, companies=[other.pk])
    connect(httpserver, "erp", ORDER_EVENTS, companies=[other.pk, market.company.pk])

    submitted_order(market)

    codes = Handoff.objects.values_list("lane__connection__code", flat=True)
    assert sorted(codes) == ["erp", "warehouse"]


def test_sends_no_event_back_to_its_origin(order: Order, warehouse: FarEnd) -> None:
    assert warehouse.connection.code == "warehouse"
    queued = Handoff.objects.count()

    hold_order(order.pk, actor=System("Warehouse", "warehouse"), reason="Stock take")

    assert Handoff.objects.count() == queued


@pytest.mark.parametrize("connections", [1, 8])
def test_queues_with_the_same_number_of_statements_for_any_number_of_connections(
    market: Market, connections: int
) -> None:
    order = submitted_order(market)
    bare = statements_of(lambda: hold_order(order.pk, actor=market.rep, reason="Stock take"))
    for number in range(connections):
        register_connection(
            f"far-{number}",
            name=f"Far {number}",
            url="https://far.example/hooks",
            event_types=ORDER_EVENTS,
            secret_out=SECRET_OUT,
            secret_in=SECRET_IN,
        )

    queued = statements_of(lambda: release_order(order.pk, actor=market.rep))

    assert Handoff.objects.count() == connections
    assert queued - bare == 3  # the lines and the account of the snapshot, and one to queue it


def test_queues_for_each_connection_that_receives_the_type_with_one_body_per_version(
    market: Market, httpserver: HTTPServer
) -> None:
    connect(httpserver, "warehouse", ["order.submitted"])
    connect(httpserver, "archive", ["order.submitted"])
    connect(httpserver, "planning", ["order.submitted"])
    Connection.objects.filter(code="planning").update(payload_version=2)  # none exists yet
    connect(httpserver, "erp", ["invoice.issued"])
    connect(httpserver, "retired", ["order.submitted"], status=Connection.Status.DISABLED)

    submitted_order(market)

    queued = Handoff.objects.order_by("lane__connection__code")
    assert list(queued.values_list("lane__connection__code", "payload__version", "position")) == [
        ("archive", 1, 1),
        ("planning", 2, 1),
        ("warehouse", 1, 1),
    ]
    assert sorted(Payload.objects.values_list("version", flat=True)) == [1, 2]


def types_sent(far_end: FarEnd) -> list[str]:
    """The types of the events that a far end received, in order."""
    drain()
    return [event["type"].removeprefix("throughline.") for event in far_end.events]


def bill_per_shipment(market: Market) -> None:
    market.payment_terms.invoice_when = PaymentTerms.InvoiceWhen.PER_SHIPMENT
    market.payment_terms.save()


def test_tells_the_reporter_of_a_shipment_which_invoice_our_terms_made_of_it(
    market: Market, httpserver: HTTPServer
) -> None:
    bill_per_shipment(market)
    events = [str(name) for name in ROUTES]
    both = connect(httpserver, "both", events, reports_as=["warehouse"])
    order = submitted_order(market)

    receive_from(both, shipment_event(order, "WH-1", "shipped", "4"))

    assert types_sent(both) == ["order.submitted", "order.progressed", "invoice.issued"]
    assert both.events[2]["data"]["invoice"]["number"] == Invoice.objects.get().number


def test_spares_the_sender_of_a_payment_only_its_own_statement(
    invoice: Invoice, erp: FarEnd
) -> None:
    receive_from(erp, paid(invoice, "SI-1", "50.00"))
    assert types_sent(erp) == ["invoice.issued"]

    rest = paid(invoice, "SI-1", "80.00")
    rest["data"]["payment_ref"] = "PAY-2"
    receive_from(erp, rest)

    assert types_sent(erp) == ["invoice.issued", "invoice.paid"]
    assert erp.events[1]["data"]["invoice"]["moved_to_credit"]["amount"] == "10.00"


def test_tells_the_reporter_of_too_much_what_was_recorded(
    market: Market, httpserver: HTTPServer
) -> None:
    warehouse = connect(httpserver, "warehouse", ["order.submitted", "shipment.recorded"])
    order = submitted_order(market)
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "4"))
    assert types_sent(warehouse) == ["order.submitted"]

    receive_from(warehouse, shipment_event(order, "WH-2", "shipped", "7"))

    assert types_sent(warehouse) == ["order.submitted", "shipment.recorded"]


def test_spares_the_erp_the_credit_note_that_it_reported(invoice: Invoice, erp: FarEnd) -> None:
    receive_from(erp, credited(invoice, "CR-1"))

    assert types_sent(erp) == ["invoice.issued"]


def test_sends_an_order_again_to_the_connection_that_is_named(
    market: Market, warehouse: FarEnd, erp: FarEnd
) -> None:
    order = submitted_order(market)

    send_order_again(order.pk, actor=market.rep, to="erp")

    assert (types_sent(warehouse), types_sent(erp)) == (["order.submitted"], ["order.sent_again"])
    assert erp.events[0]["data"]["sent_to"] == "erp"
