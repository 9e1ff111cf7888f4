"""What messages do: out of order, repeated, too early, too late, contradicting."""

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
from tests.fulfilment.test_chain import paid, posted

SIX_REPORTS = [
    ("order", "accepted"),
    ("order", "packed"),
    ("WH-1", "packed"),
    ("WH-1", "shipped"),
    ("WH-2", "shipped"),
    ("WH-1", "delivered"),
]


def take(far_end: FarEnd, message: dict[str, Any]) -> str:
    return receive(far_end.connection, parse_message(message)).result


def six_messages(order: Order) -> list[dict[str, Any]]:
    """What a warehouse reports of an order of ten, in its own order."""
    messages = []
    for name, word in SIX_REPORTS:
        if name == "order":
            data = {"order": order.number, "status": word}
            messages.append(event("warehouse.order.status", data))
        else:
            quantity = "4" if name == "WH-1" else "6"
            messages.append(shipment_event(order, name, word, quantity))
    return messages


def picture(order: Order) -> dict[str, Any]:
    """Everything that must be the same whatever way the reports came."""
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


ALL_WAYS = list(itertools.permutations(range(6)))


@pytest.mark.parametrize(
    "ways",
    [
        pytest.param(random.Random(7).sample(ALL_WAYS, 24), id="24 of 720"),
        pytest.param(ALL_WAYS, id="all 720", marks=pytest.mark.faults),
    ],
)
def test_any_order_of_six_reports_with_repeats_ends_in_the_same_state(
    market: Market, warehouse: FarEnd, ways: list[tuple[int, ...]]
) -> None:
    first = submitted_order(market)
    for message in six_messages(first):
        assert take(warehouse, message) == "applied"
    expected = picture(first)
    assert expected["line"] == (Decimal(10), Decimal(4), Decimal(0))
    assert expected["order"] == ("submitted", "shipped", "shipped")

    for way in ways:
        order = submitted_order(market)
        messages = six_messages(order)
        for index in way:
            take(warehouse, messages[index])
        for index in reversed(way):
            assert take(warehouse, messages[index]) == "duplicate"
        assert picture(order) == expected, way


def test_a_late_report_is_stale_and_only_remembered(order: Order, warehouse: FarEnd) -> None:
    early, late = six_messages(order)[:2]
    take(warehouse, late)
    version = Order.objects.get().version

    assert take(warehouse, early) == "stale"

    order.refresh_from_db()
    assert (order.processing_status, order.version) == ("packed", version)
    assert set(InboundMessage.objects.values_list("result", flat=True)) == {"applied", "stale"}


def test_a_report_confirms_what_was_handed_over(order: Order, warehouse: FarEnd) -> None:
    drain()
    take(warehouse, six_messages(order)[0])

    assert Handoff.objects.get().state == Handoff.State.CONFIRMED


def test_a_report_that_overtakes_our_own_answer_is_applied(order: Order, warehouse: FarEnd) -> None:
    assert take(warehouse, six_messages(order)[0]) == "applied"
    drain()

    assert Handoff.objects.get().state == Handoff.State.ACCEPTED


def test_a_message_before_its_document_waits_for_it(market: Market, warehouse: FarEnd) -> None:
    year = market.company.today().year
    data = {"order": f"O-{year}-00001", "status": "accepted"}
    message = event("warehouse.order.status", data)
    assert take(warehouse, message) == "deferred"
    assert retry_deferred() == 0

    order = submitted_order(market)
    assert retry_deferred() == 1

    order.refresh_from_db()
    assert order.processing_status == "accepted"
    kept = InboundMessage.objects.get()
    assert (kept.result, kept.root_id, kept.give_up_at) == ("applied", order.pk, None)
    assert take(warehouse, message) == "duplicate"
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


def test_a_message_nobody_comes_for_is_set_aside_with_a_suggestion(
    order: Order, warehouse: FarEnd
) -> None:
    data = {"order": "ORD-1", "status": "accepted"}
    take(warehouse, event("warehouse.order.status", data))
    InboundMessage.objects.update(give_up_at=timezone.now() - dt.timedelta(seconds=1))

    retry_deferred()

    kept = InboundMessage.objects.get()
    assert kept.result == "quarantined"
    assert kept.detail == f"No document ORD-1 was created in time. Similar: {order.number}."


def test_more_than_was_ordered_is_a_conflict_and_changes_nothing(
    order: Order, warehouse: FarEnd
) -> None:
    take(warehouse, shipment_event(order, "WH-1", "shipped", "8"))
    before = picture(order)

    assert take(warehouse, shipment_event(order, "WH-2", "shipped", "3")) == "conflict"

    assert picture(order) == before
    found = Discrepancy.objects.get()
    assert (found.kind, found.record_number) == ("quantity", order.number)
    assert (found.ours, found.theirs, found.difference) == ("10", "11", "+1")


def test_a_line_of_another_order_is_a_conflict(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    other = submitted_order(market)
    message = shipment_event(other, "WH-1", "shipped", "1")
    message["data"]["order"] = order.number

    assert take(warehouse, message) == "conflict"

    assert not Shipment.objects.exists()


def test_what_leaves_after_a_cancellation_is_put_before_a_person(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    cancel_order(order.pk, actor=market.rep, reason="Changed plans")

    assert take(warehouse, shipment_event(order, "WH-1", "shipped", "1")) == "conflict"

    assert not Shipment.objects.exists()
    assert Discrepancy.objects.get().kind == "status"


def test_every_tracking_number_is_kept_and_the_latest_is_shown(
    order: Order, warehouse: FarEnd
) -> None:
    first = shipment_event(order, "WH-1", "shipped", "4")
    second = shipment_event(order, "WH-1", "delivered", "4")
    second["data"] |= {"carrier": "UPS", "tracking": "1Z999"}
    take(warehouse, second)
    take(warehouse, first)

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


def test_paid_before_posted_ends_like_posted_before_paid(invoice: Invoice, erp: FarEnd) -> None:
    assert take(erp, paid(invoice, "SI-1")) == "applied"
    assert take(erp, posted(invoice, "SI-1")) == "applied"

    invoice.refresh_from_db()
    assert (invoice.status, invoice.official_status) == ("paid", "paid")
    assert (invoice.official_number, invoice.official_total) == ("SI-1", invoice.total)
    assert Payment.objects.get().amount == invoice.total


def test_the_same_payment_under_two_messages_counts_once(invoice: Invoice, erp: FarEnd) -> None:
    take(erp, paid(invoice, "SI-1"))

    assert take(erp, paid(invoice, "SI-1")) == "applied"

    assert Payment.objects.count() == 1


def test_more_money_than_is_due_is_put_before_a_person(invoice: Invoice, erp: FarEnd) -> None:
    message = paid(invoice, "SI-1")
    message["data"]["amount"]["amount"] = "120.01"

    take(erp, message)

    invoice.refresh_from_db()
    assert (invoice.status, invoice.official_status) == ("issued", "paid")
    assert not Payment.objects.exists()
    found = Discrepancy.objects.get()
    assert (found.kind, found.ours, found.theirs) == ("payment", "120", "120.01")


def test_money_in_another_currency_is_a_conflict(invoice: Invoice, erp: FarEnd) -> None:
    message = posted(invoice, "SI-1")
    message["data"]["total"]["currency"] = "USD"

    assert take(erp, message) == "conflict"

    invoice.refresh_from_db()
    assert invoice.official_number == ""
    assert Discrepancy.objects.get().field == "currency"


def test_a_second_official_number_overwrites_nothing(invoice: Invoice, erp: FarEnd) -> None:
    take(erp, posted(invoice, "SI-1"))

    assert take(erp, posted(invoice, "SI-2")) == "conflict"

    invoice.refresh_from_db()
    assert invoice.official_number == "SI-1"
    assert Discrepancy.objects.get().theirs == "SI-2"


def test_a_difference_within_the_tolerance_is_none(invoice: Invoice, erp: FarEnd) -> None:
    erp.connection.config = {"tolerance": {"invoice_tax": "0.01", "invoice_total": "0.01"}}
    erp.connection.save()

    take(erp, posted(invoice, "SI-1", tax="20.01", total="120.01"))

    assert not Discrepancy.objects.exists()


def test_a_difference_that_goes_away_is_closed(invoice: Invoice, erp: FarEnd) -> None:
    take(erp, posted(invoice, "SI-1", tax="20.01", total="120.01"))
    take(erp, posted(invoice, "SI-1"))

    assert set(Discrepancy.objects.values_list("resolution", flat=True)) == {
        "Both values agree again."
    }


@pytest.mark.django_db(transaction=True)
def test_the_same_message_fifty_times_at_once_has_one_effect(httpserver: Any) -> None:
    order = submitted_order(Market())
    far_end = connect(httpserver, "warehouse", ["order.submitted"])
    message = parse_message(shipment_event(order, "WH-1", "shipped", "4"))
    results: list[str] = []
    gate = threading.Barrier(10)

    def report() -> None:
        gate.wait()
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
