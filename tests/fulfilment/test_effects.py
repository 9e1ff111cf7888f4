"""Effects of inbound messages: in any order, repeated, or contradicting our data."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from decimal import Decimal
from typing import Any

import pytest

from fulfilment.models import Discrepancy, InboundMessage, Shipment
from sales.models import CustomerCreditEntry, Invoice, Order, Payment
from sales.services.orders import cancel_order, submit_order
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, shipment_event, submitted_order
from tests.fulfilment.messages import paid, posted, receive_from, status_event
from tests.sales.order_steps import drafted, trade_in

SIX_REPORTS = [
    ("order", "accepted"),
    ("order", "packed"),
    ("WH-1", "packed"),
    ("WH-1", "shipped"),
    ("WH-2", "shipped"),
    ("WH-1", "delivered"),
]


def six_messages(order: Order) -> list[dict[str, Any]]:
    """The reports of a warehouse about an order of ten, in the order of events."""
    messages = []
    for name, status in SIX_REPORTS:
        if name == "order":
            messages.append(status_event(order, status))
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
        pytest.param(PERMUTATIONS, id="all 720", marks=pytest.mark.exhaustive),
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


def test_records_what_fits_of_more_than_was_ordered_and_answers_conflict(
    order: Order, warehouse: FarEnd
) -> None:
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "8"))

    assert receive_from(warehouse, shipment_event(order, "WH-2", "shipped", "3")) == "conflict"

    assert state_of(order)["line"] == (10, 0, 0)
    assert state_of(order)["order"] == ("submitted", "shipped", "shipped")
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


def test_answers_conflict_for_a_shipped_trade_in(market: Market, warehouse: FarEnd) -> None:
    draft = drafted(market, "10")
    trade_in(draft, market, "50.00")
    order = submit_order(draft.pk, actor=market.rep)
    message = shipment_event(order, "WH-1", "shipped", "10", "1")

    assert receive_from(warehouse, message) == "conflict"

    order.refresh_from_db()
    shipped = order.lines.order_by("position").values_list("shipped_quantity", flat=True)
    assert (order.fulfilment_status, list(shipped)) == ("shipped", [10, 0])


def test_opens_a_discrepancy_for_a_shipment_of_a_cancelled_order(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    cancel_order(order.pk, actor=market.rep, reason="Changed plans")

    assert receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "1")) == "conflict"

    assert not Shipment.objects.exists()
    assert Discrepancy.objects.get().kind == "status"


def test_changes_nothing_by_a_status_of_a_cancelled_order(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    cancel_order(order.pk, actor=market.rep, reason="Changed plans")
    before = state_of(order)

    assert receive_from(warehouse, status_event(order, "packed")) == "applied"

    assert state_of(order) == before
    assert InboundMessage.objects.get().display_detail == f"{order} was cancelled meanwhile."


def test_stores_every_tracking_number_and_shows_the_latest(order: Order, warehouse: FarEnd) -> None:
    first = shipment_event(order, "WH-1", "shipped", "4")
    second = shipment_event(order, "WH-1", "delivered", "4")
    second["data"] |= {"carrier": "UPS", "tracking": "1Z999"}
    receive_from(warehouse, second)
    receive_from(warehouse, first)

    shipment = Shipment.objects.get()
    assert (shipment.carrier, shipment.tracking) == ("UPS", "1Z999")
    assert set(shipment.parcels.values_list("tracking", flat=True)) == {"1Z999", "TRACK-WH-1"}


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


def test_takes_more_money_than_is_due_as_customer_credit(invoice: Invoice, erp: FarEnd) -> None:
    receive_from(erp, paid(invoice, "SI-1", amount="120.01"))

    invoice.refresh_from_db()
    assert (invoice.status, invoice.official_status) == ("paid", "paid")
    assert CustomerCreditEntry.objects.get().amount == Decimal("0.01")
    found = Discrepancy.objects.get()
    assert (found.kind, found.ours, found.theirs) == ("overpaid", "120", "120.01")


def test_opens_a_discrepancy_for_a_reference_with_another_amount(
    invoice: Invoice, erp: FarEnd
) -> None:
    receive_from(erp, paid(invoice, "SI-1", amount="50.00"))

    receive_from(erp, paid(invoice, "SI-1", amount="60.00"))

    invoice.refresh_from_db()
    assert (invoice.status, invoice.paid) == ("partly_paid", 50)
    found = Discrepancy.objects.get()
    assert (found.kind, found.ours, found.theirs) == ("payment", "50", "60")
    assert (found.field, found.difference) == (f"PAY-{invoice.number}", "+10")
    assert InboundMessage.objects.latest("id").display_detail.startswith(
        f"PAY-{invoice.number} is recorded with €50.00 of "
    )


@pytest.mark.parametrize("days", [-2, 2])
def test_opens_a_discrepancy_for_a_day_that_cannot_be(
    invoice: Invoice, erp: FarEnd, days: int
) -> None:
    message = paid(invoice, "SI-1")
    day = invoice.company.today() + dt.timedelta(days=days)
    message["data"]["paid_on"] = day.isoformat()

    receive_from(erp, message)

    assert not Payment.objects.exists()
    assert Discrepancy.objects.get().kind == "payment"


def test_answers_conflict_for_another_currency(invoice: Invoice, erp: FarEnd) -> None:
    message = posted(invoice, "SI-1")
    message["data"]["total"]["currency"] = "USD"

    assert receive_from(erp, message) == "conflict"

    invoice.refresh_from_db()
    assert invoice.official_number == ""
    assert Discrepancy.objects.get().field == "currency"


def test_takes_a_second_official_number_and_names_the_first(invoice: Invoice, erp: FarEnd) -> None:
    receive_from(erp, posted(invoice, "SI-1"))

    assert receive_from(erp, posted(invoice, "SI-2")) == "applied"

    invoice.refresh_from_db()
    assert invoice.official_number == "SI-2"
    assert Discrepancy.objects.get().theirs == "SI-1"


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


def test_a_report_of_a_part_of_a_whole_unit_opens_a_discrepancy(
    order: Order, warehouse: FarEnd
) -> None:
    report = shipment_event(order, "WH-1", "shipped", "1.5")

    assert receive_from(warehouse, report) == "conflict"

    line = order.lines.get()
    found = Discrepancy.objects.get()
    assert (found.kind, found.ours, found.theirs, found.difference) == (
        Discrepancy.Kind.QUANTITY,
        "10",
        "1.5",
        "-8.5",
    )
    assert (found.field, found.record_id) == (str(line.pk), order.pk)
    assert line.shipped_quantity == 0
    assert not Shipment.objects.exists()
