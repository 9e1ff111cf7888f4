"""Order of arrival: whatever it is, and however often a message comes, the end is the same."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from django.db.models import Sum

from fulfilment.inbound.schemas import OPENING, SCHEMAS
from fulfilment.models import Discrepancy, InboundMessage, Parcel, Shipment
from sales.models import CustomerCreditEntry, Invoice, Order, Payment, PaymentTerms
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, shipment_event, submitted_order
from tests.fulfilment.invoice_reports import OF_INVOICES, Message, corrected
from tests.fulfilment.messages import (
    receive_from,
    returned,
    shortage,
    status_event,
)


def discrepancies(record: Order | Invoice) -> list[tuple[str, ...]]:
    """The open discrepancies of a document, and whose report each is, without what is its own."""
    about = InboundMessage.objects.filter(root_id=record.pk)
    first = about.earliest("sequence").sequence or 0
    lines = {str(pk) for pk in record.lines.values_list("pk", flat=True)}
    return sorted(
        (
            each.kind,
            each.part,
            "a line" if each.field in lines else each.field.replace(str(record), "number"),
            each.ours.replace(str(record), "number"),
            each.theirs.replace(str(record), "number"),
            f"report {(each.report.sequence or 0) - first}" if each.report else "no report",
        )
        for each in Discrepancy.objects.filter(
            record_id=record.pk, resolved_at__isnull=True
        ).select_related("report")
    )


def reports_that_need_a_person(record: Order | Invoice) -> list[tuple[str, ...]]:
    """The reports about a document that are listed for a person, with what is said of each."""
    about = InboundMessage.objects.filter(root_id=record.pk)
    first = about.earliest("sequence").sequence or 0
    waiting = about.filter(result__in=InboundMessage.REFUSED, resolved_at__isnull=True)
    return sorted(
        (each.display_detail.replace(str(record), "number"), f"{(each.sequence or 0) - first}")
        for each in waiting
    )


def state_of_order(order: Order) -> dict[str, Any]:
    order.refresh_from_db()
    return {
        "statuses": (order.status, order.fulfilment_status, order.processing_status),
        "lines": list(
            order.lines.order_by("position").values_list(
                "shipped_quantity", "delivered_quantity", "returned_quantity", "replaced_quantity"
            )
        ),
        "shipments": sorted(
            (
                each.reference,
                each.direction,
                each.status,
                each.carrier,
                each.tracking,
                each.shipped_at is not None,
                each.delivered_at is not None,
                each.is_replaced,
                each.returns.reference if each.returns else "",
                tuple(each.lines.order_by("order_line").values_list("quantity", flat=True)),
                tuple(
                    sorted(Parcel.objects.filter(shipment=each).values_list("tracking", "carrier"))
                ),
            )
            for each in Shipment.objects.filter(order=order).select_related("returns")
        ),
        "discrepancies": discrepancies(order),
        "need a person": reports_that_need_a_person(order),
    }


def state_of_invoice(invoice: Invoice) -> dict[str, Any]:
    invoice.refresh_from_db()
    settled = Counter[str]()
    for payment in Payment.objects.filter(invoice=invoice):
        settled[(payment.corrects or payment).reference] += payment.amount
    return {
        "status": (invoice.status, invoice.paid, invoice.credited, invoice.outstanding),
        "surplus": (invoice.moved_to_credit, invoice.to_refund, credit_from(invoice)),
        "official": (
            invoice.official_number.replace(str(invoice), "number"),
            invoice.official_status,
            invoice.official_issued_on,
            invoice.official_tax,
            invoice.official_total,
        ),
        "payments": {
            name.replace(str(invoice), "number"): amount
            for name, amount in settled.items()
            if name or amount
        },
        "discrepancies": discrepancies(invoice),
        "need a person": reports_that_need_a_person(invoice),
    }


def credit_from(invoice: Invoice) -> Decimal:
    """What the surplus of an invoice left the customer as credit."""
    entries = CustomerCreditEntry.objects.filter(payment__invoice=invoice)
    credit: Decimal = entries.aggregate(sum=Sum("amount", default=Decimal(0)))["sum"]
    return credit


def reports_of_status(order: Order) -> list[Message]:
    return [
        status_event(order, "packed"),
        status_event(order, "picking"),
        corrected(status_event(order, "accepted")),
        status_event(order, "picking"),
    ]


def reports_of_a_shipment(order: Order) -> list[Message]:
    messages = [
        shipment_event(order, "WH-1", "picked", "3", "2"),
        shipment_event(order, "WH-1", "delivered", "7", "2"),
        corrected(shipment_event(order, "WH-1", "packed", "4", "0")),
        shipment_event(order, "WH-1", "packed", "6", "0"),
        shipment_event(order, "WH-1", "shipped", "5", "1"),
    ]
    messages[-1]["data"] |= {"carrier": "UPS", "tracking": "1Z999"}
    return messages


def reports_of_a_parcel_that_is_corrected(order: Order) -> list[Message]:
    renamed = corrected(shipment_event(order, "WH-2", "shipped", "1", "0"))
    renamed["data"] |= {"carrier": "UPS", "tracking": "1Z999"}
    return [
        shipment_event(order, "WH-1", "delivered", "2", "0"),
        corrected(shipment_event(order, "WH-1", "packed", "2", "0")),
        shipment_event(order, "WH-2", "shipped", "1", "0"),
        renamed,
    ]


def reports_of_too_much(order: Order) -> list[Message]:
    unknown = shipment_event(order, "WH-2", "shipped", "4", "1")
    unknown["data"]["lines"][1]["order_line"] = "0199f3c1-0000-7000-8000-000000000000"
    return [
        shipment_event(order, "WH-1", "shipped", "8", "1"),
        unknown,
        shipment_event(order, "WH-2", "delivered", "3", "3"),
        shipment_event(order, "WH-3", "failed", "2", "0"),
    ]


def reports_of_returns(order: Order) -> list[Message]:
    return [
        shipment_event(order, "WH-1", "shipped", "6", "2"),
        returned(order, "WH-R1", "2", "1"),
        returned(order, "WH-R1", "4", "3", replace=True),
        corrected(returned(order, "WH-R1", "3", "1", replace=True)),
        shipment_event(order, "WH-2", "shipped", "6", "0"),
    ]


def reports_of_shortage(order: Order) -> list[Message]:
    return [
        shortage(order, "2", "1"),
        shortage(order, "5", "0", reason="Damaged"),
        shortage(order, "0"),
        status_event(order, "picking"),
    ]


def reports_of_a_return_before_its_shipment(order: Order) -> list[Message]:
    other = shipment_event(order, "WH-1", "delivered", "6", "2")
    other["data"] |= {"carrier": "UPS"}
    return [
        shipment_event(order, "WH-1", "shipped", "6", "2"),
        returned(order, "WH-R1", "2", "1", shipment_ref="WH-1"),
        other,
        returned(order, "WH-R2", "1", "0", shipment_ref="WH-2"),
    ]


def reports_of_a_part_of_a_unit(order: Order) -> list[Message]:
    return [
        shipment_event(order, "WH-1", "shipped", "9.5", "1"),
        shipment_event(order, "WH-2", "shipped", "0.5", "0"),
        returned(order, "WH-R1", "9", "0"),
        shipment_event(order, "WH-1", "shipped", "10", "1"),
        shortage(order, "0", "2"),
    ]


def reports_of_a_shortage_that_is_shipped(order: Order) -> list[Message]:
    return [
        shortage(order, reason="Strike"),
        shortage(order, "4", "3"),
        shipment_event(order, "WH-1", "shipped", "10", "1"),
        shipment_event(order, "WH-2", "shipped", "0", "1"),
        status_event(order, "picking"),
    ]


def reports_of_a_shortage_of_what_was_shipped(order: Order) -> list[Message]:
    return [
        shipment_event(order, "WH-1", "shipped", "10", "1"),
        shortage(order, "4", "1"),
        returned(order, "WH-R1", "2", "0", shipment_ref="WH-1", replace=True),
        shipment_event(order, "WH-2", "shipped", "2", "2"),
    ]


def reports_of_a_shipment_that_is_refused(order: Order) -> list[Message]:
    return [
        shipment_event(order, "WH-1", "shipped", "10", "3"),
        status_event(order, "packed"),
        shipment_event(order, "WH-1", "refused", "10", "3"),
        status_event(order, "picking"),
    ]


def reports_of_the_only_shipment_that_fails(order: Order) -> list[Message]:
    return [
        shipment_event(order, "WH-1", "picked", "4", "0"),
        shipment_event(order, "WH-1", "shipped", "4", "0"),
        shipment_event(order, "WH-1", "failed", "4", "0"),
        shipment_event(order, "WH-2", "packed", "4", "0"),
    ]


OF_ORDERS = [
    reports_of_status,
    reports_of_a_shipment,
    reports_of_a_parcel_that_is_corrected,
    reports_of_too_much,
    reports_of_returns,
    reports_of_a_return_before_its_shipment,
    reports_of_a_part_of_a_unit,
    reports_of_shortage,
    reports_of_a_shortage_that_is_shipped,
    reports_of_a_shortage_of_what_was_shipped,
    reports_of_a_shipment_that_is_refused,
    reports_of_the_only_shipment_that_fails,
]
SAMPLE = 5
"""So many orders of arrival show three quarters of those that three reports can come in."""


@cache
def arrivals(count: int, *, every: bool) -> list[tuple[int, ...]]:
    """Orders of arrival: all of them, or those that differ most in which of three comes when.

    The first is by sequence and the second backwards, which shows each two both ways round.
    """
    found = list(itertools.permutations(range(count)))
    if every or len(found) <= SAMPLE + 1:
        return found
    chosen = [found[0], found[-1]]
    while len(chosen) < SAMPLE:
        shown = {three for each in chosen for three in itertools.combinations(each, 3)}
        known = [sum(three in shown for three in itertools.combinations(each, 3)) for each in found]
        chosen.append(found[known.index(min(known))])
    return chosen


def send_all(far_end: FarEnd, messages: Sequence[Message], arrival: Sequence[int]) -> None:
    """Receive the messages in this order, each a second time somewhat later."""
    for place, index in enumerate(arrival):
        receive_from(far_end, messages[index])
        if place:
            assert receive_from(far_end, messages[arrival[place - 1]]) == "duplicate"


EVERY = [
    pytest.param(False, id="some"),
    pytest.param(True, id="all", marks=pytest.mark.exhaustive),
]


@pytest.mark.parametrize("every", EVERY)
@pytest.mark.parametrize("reports", OF_ORDERS)
def test_an_order_ends_the_same(
    market: Market,
    warehouse: FarEnd,
    reports: Callable[[Order], list[Message]],
    every: bool,
) -> None:
    ends = []
    for arrival in arrivals(len(reports(submitted_order(market, "10", "3"))), every=every):
        order = submitted_order(market, "10", "3")
        send_all(warehouse, reports(order), arrival)
        ends.append(state_of_order(order))
        assert ends[-1] == ends[0], arrival


@pytest.mark.parametrize("every", EVERY)
@pytest.mark.parametrize("reports", OF_INVOICES)
def test_an_invoice_ends_the_same(
    market: Market,
    erp: FarEnd,
    reports: Callable[[Invoice], list[Message]],
    every: bool,
) -> None:
    market.payment_terms.invoice_when = PaymentTerms.InvoiceWhen.PLACED
    market.payment_terms.save()

    def invoice() -> Invoice:
        return Invoice.objects.get(order=submitted_order(market, "1"))

    ends = []
    for arrival in arrivals(len(reports(invoice())), every=every):
        billed = invoice()
        send_all(erp, reports(billed), arrival)
        ends.append(state_of_invoice(billed))
        assert ends[-1] == ends[0], arrival


def test_reports_of_every_type_are_permuted(market: Market, order: Order, invoice: Invoice) -> None:
    """Whole snapshots of orders are permuted in test_remote_orders.py.

    Those that are deleted are in test_supply_deletions.py, documents of theirs in
    test_supply_message_order.py.
    """
    two_lines = submitted_order(market, "10", "3")
    messages = [message for make in OF_ORDERS for message in make(two_lines)]
    messages += [message for make in OF_INVOICES for message in make(invoice)]

    ours = {type_ for type_ in SCHEMAS.keys() - OPENING if not type_.startswith("supply.")}
    assert {message["type"] for message in messages} == ours
