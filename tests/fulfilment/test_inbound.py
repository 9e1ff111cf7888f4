"""Effects of inbound messages: out of order, repeated, early, late, or contradicting our data."""

from __future__ import annotations

import datetime as dt
import itertools
import random
import threading
from decimal import Decimal
from typing import Any

import pytest
from django.db import close_old_connections, connection
from django.utils import timezone

from fulfilment.inbound.deferral import retry_deferred
from fulfilment.inbound.intake import receive
from fulfilment.inbound.schemas import parse_message
from fulfilment.models import Discrepancy, Handoff, InboundMessage, Shipment
from fulfilment.outbound.drain import drain
from sales.models import Invoice, Order, Payment, PaymentTerms, SalesEvent
from sales.services.orders import cancel_order
from tests.database_assertions import history_of
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, connect, event, shipment_event, submitted_order
from tests.fulfilment.messages import paid, posted

SIX_REPORTS = [
    ("order", "accepted"),
    ("order", "packed"),
    ("WH-1", "packed"),
    ("WH-1", "shipped"),
    ("WH-2", "shipped"),
    ("WH-1", "delivered"),
]


def receive_from(far_end: FarEnd, message: dict[str, Any]) -> str:
    return receive(far_end.connection, parse_message(message)).result


def six_messages(order: Order) -> list[dict[str, Any]]:
    """The reports of a warehouse about an order of ten, in the order of events."""
    messages = []
    for name, status in SIX_REPORTS:
        if name == "order":
            data = {"order": order.number, "status": status}
            messages.append(event("warehouse.order.status", data))
        else:
            quantity = "4" if name == "WH-1" else "6"
            messages.append(shipment_event(order, name, status, quantity))
    return messages


def state_of(order: Order) -> dict[str, Any]:
    """The state that must be the same in whatever order the reports came."""
    order.refresh_from_db()
    line = order.lines.get()
    return {
        "order": (order.status, order.fulfilment_status, order.processing_status),
        "line": (line.shipped_quantity, line.delivered_quantity, line.returned_quantity),
        "shipments": sorted(
            (s.reference, s.status, s.carrier, s.tracking, s.lines.get().quantity)
            for s in Shipment.objects.filter(order=order)
        ),
        "billed": sorted(Invoice.objects.filter(order=order).values_list("total", flat=True)),
    }


PERMUTATIONS = list(itertools.permutations(range(6)))


@pytest.mark.parametrize(
    "orders",
    [
        pytest.param(random.Random(7).sample(PERMUTATIONS, 24), id="24 of 720"),
        pytest.param(PERMUTATIONS, id="all 720", marks=pytest.mark.faults),
    ],
)
def test_ends_in_the_same_state_after_any_order_and_repeats_of_six_reports(
    market: Market, warehouse: FarEnd, orders: list[tuple[int, ...]]
) -> None:
    first = submitted_order(market)
    for message in six_messages(first):
        assert receive_from(warehouse, message) == "applied"
    expected = state_of(first)
    assert expected["line"] == (Decimal(10), Decimal(4), Decimal(0))
    assert expected["order"] == ("submitted", "shipped", "shipped")

    for permutation in orders:
        order = submitted_order(market)
        messages = six_messages(order)
        for index in permutation:
            receive_from(warehouse, messages[index])
        for index in reversed(permutation):
            assert receive_from(warehouse, messages[index]) == "duplicate"
        assert state_of(order) == expected, permutation


def test_stores_a_late_report_as_stale_without_applying_it(order: Order, warehouse: FarEnd) -> None:
    early, late = six_messages(order)[:2]
    receive_from(warehouse, late)
    version = Order.objects.get().version

    assert receive_from(warehouse, early) == "stale"

    order.refresh_from_db()
    assert (order.processing_status, order.version) == ("packed", version)
    assert set(InboundMessage.objects.values_list("result", flat=True)) == {"applied", "stale"}


def test_confirms_the_handoff_of_a_reported_document(order: Order, warehouse: FarEnd) -> None:
    drain()
    receive_from(warehouse, six_messages(order)[0])

    assert Handoff.objects.get().state == Handoff.State.CONFIRMED


def test_applies_a_report_that_arrives_before_the_answer(order: Order, warehouse: FarEnd) -> None:
    assert receive_from(warehouse, six_messages(order)[0]) == "applied"
    drain()

    assert Handoff.objects.get().state == Handoff.State.ACCEPTED


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


def test_answers_conflict_for_more_than_was_ordered_and_changes_nothing(
    order: Order, warehouse: FarEnd
) -> None:
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "8"))
    before = state_of(order)

    assert receive_from(warehouse, shipment_event(order, "WH-2", "shipped", "3")) == "conflict"

    assert state_of(order) == before
    found = Discrepancy.objects.get()
    assert (found.kind, found.record_number) == ("quantity", order.number)
    assert (found.ours, found.theirs, found.difference) == ("10", "11", "+1")


def test_answers_conflict_for_a_line_of_another_order(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    other = submitted_order(market)
    message = shipment_event(other, "WH-1", "shipped", "1")
    message["data"]["order"] = order.number

    assert receive_from(warehouse, message) == "conflict"

    assert not Shipment.objects.exists()


def test_opens_a_discrepancy_for_a_shipment_of_a_cancelled_order(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    cancel_order(order.pk, actor=market.rep, reason="Changed plans")

    assert receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "1")) == "conflict"

    assert not Shipment.objects.exists()
    assert Discrepancy.objects.get().kind == "status"


def test_stores_every_tracking_number_and_shows_the_latest(order: Order, warehouse: FarEnd) -> None:
    first = shipment_event(order, "WH-1", "shipped", "4")
    second = shipment_event(order, "WH-1", "delivered", "4")
    second["data"] |= {"carrier": "UPS", "tracking": "1Z999"}
    receive_from(warehouse, second)
    receive_from(warehouse, first)

    shipment = Shipment.objects.get()
    assert (shipment.carrier, shipment.tracking) == ("UPS", "1Z999")
    assert set(shipment.parcels.values_list("tracking", flat=True)) == {"1Z999", "TRACK-WH-1"}


@pytest.fixture
def invoice(market: Market, erp: FarEnd) -> Invoice:
    """An issued invoice over 120.00 EUR."""
    market.payment_terms.invoice_when = PaymentTerms.InvoiceWhen.PLACED
    market.payment_terms.save()
    submitted_order(market, "1")
    return Invoice.objects.get()


def test_ends_in_the_same_state_when_paid_comes_before_posted(
    invoice: Invoice, erp: FarEnd
) -> None:
    assert receive_from(erp, paid(invoice, "SI-1")) == "applied"
    assert receive_from(erp, posted(invoice, "SI-1")) == "applied"

    invoice.refresh_from_db()
    assert (invoice.status, invoice.official_status) == ("paid", "paid")
    assert (invoice.official_number, invoice.official_total) == ("SI-1", invoice.total)
    assert Payment.objects.get().amount == invoice.total


def test_counts_the_same_payment_in_two_messages_once(invoice: Invoice, erp: FarEnd) -> None:
    receive_from(erp, paid(invoice, "SI-1"))

    assert receive_from(erp, paid(invoice, "SI-1")) == "applied"

    assert Payment.objects.count() == 1


def test_opens_a_discrepancy_for_more_money_than_is_due(invoice: Invoice, erp: FarEnd) -> None:
    message = paid(invoice, "SI-1")
    message["data"]["amount"]["amount"] = "120.01"

    receive_from(erp, message)

    invoice.refresh_from_db()
    assert (invoice.status, invoice.official_status) == ("issued", "paid")
    assert not Payment.objects.exists()
    found = Discrepancy.objects.get()
    assert (found.kind, found.ours, found.theirs) == ("payment", "120", "120.01")


def test_answers_conflict_for_another_currency(invoice: Invoice, erp: FarEnd) -> None:
    message = posted(invoice, "SI-1")
    message["data"]["total"]["currency"] = "USD"

    assert receive_from(erp, message) == "conflict"

    invoice.refresh_from_db()
    assert invoice.official_number == ""
    assert Discrepancy.objects.get().field == "currency"


def test_answers_conflict_for_a_second_official_number(invoice: Invoice, erp: FarEnd) -> None:
    receive_from(erp, posted(invoice, "SI-1"))

    assert receive_from(erp, posted(invoice, "SI-2")) == "conflict"

    invoice.refresh_from_db()
    assert invoice.official_number == "SI-1"
    assert Discrepancy.objects.get().theirs == "SI-2"


def test_opens_no_discrepancy_within_the_tolerance(invoice: Invoice, erp: FarEnd) -> None:
    erp.connection.config = {"tolerance": {"invoice_tax": "0.01", "invoice_total": "0.01"}}
    erp.connection.save()

    receive_from(erp, posted(invoice, "SI-1", tax="20.01", total="120.01"))

    assert not Discrepancy.objects.exists()


def test_closes_a_discrepancy_whose_values_agree_again(invoice: Invoice, erp: FarEnd) -> None:
    receive_from(erp, posted(invoice, "SI-1", tax="20.01", total="120.01"))
    assert {each.decision for each in Discrepancy.objects.all()} == {""}

    receive_from(erp, posted(invoice, "SI-1"))

    assert {(each.resolution, each.decision) for each in Discrepancy.objects.all()} == {
        ("", "Both values agree again.")
    }


@pytest.mark.django_db(transaction=True)
def test_applies_the_same_message_once_when_it_comes_fifty_times_at_once(httpserver: Any) -> None:
    order = submitted_order(Market())
    far_end = connect(httpserver, "warehouse", ["order.submitted"])
    message = parse_message(shipment_event(order, "WH-1", "shipped", "4"))
    results: list[str] = []
    barrier = threading.Barrier(10)

    def report() -> None:
        barrier.wait()
        results.extend(receive(far_end.connection, message).result for _ in range(5))
        connection.close()

    threads = [threading.Thread(target=report) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    close_old_connections()

    assert sorted(results) == ["applied"] + ["duplicate"] * 49
    assert SalesEvent.objects.filter(type="shipment.recorded").count() == 1
    assert order.lines.get().shipped_quantity == 4
