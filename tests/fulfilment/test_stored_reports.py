"""Stored reports: the next one about a document validates none of them, whatever their number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from fulfilment.inbound.stored_reports import fingerprint
from fulfilment.models import Discrepancy, InboundMessage
from sales.models import Invoice, Order, Product
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, send, shipment_event, submitted_order
from tests.fulfilment.messages import (
    credited,
    money,
    paid,
    posted,
    receive_from,
    returned,
    shortage,
    status_event,
    taken_back,
)

Message = dict[str, Any]
NO_LINE = "0199f3c1-0000-7000-8000-000000000000"


def shipped_again(order: Order, number: int) -> Message:
    return shipment_event(order, "WH-1", "shipped", str(number))


def shipped_apart(order: Order, number: int) -> Message:
    return shipment_event(order, f"WH-{number}", "shipped", "1")


def shipped_with_an_unknown_line(order: Order, number: int) -> Message:
    message = shipped_apart(order, number)
    message["data"]["lines"].append({"order_line": NO_LINE, "quantity": "1"})
    return message


def came_back_too_early(order: Order, number: int) -> Message:
    return returned(order, f"WH-R{number}", "0.5", shipment_ref="WH-9")


def short(order: Order, number: int) -> Message:
    return shortage(order, str(number))


def picking(order: Order, number: int) -> Message:
    return status_event(order, "picking")


def paid_apart(invoice: Invoice, number: int) -> Message:
    message = paid(invoice, "SI-1", "1.00")
    message["data"]["payment_ref"] = f"PAY-{number}"
    return message


def posted_again(invoice: Invoice, number: int) -> Message:
    return posted(invoice, "SI-1", total=f"{120 + number}.00")


def paid_an_impossible_amount(invoice: Invoice, number: int) -> Message:
    message = paid_apart(invoice, number)
    message["data"]["amount"] = money("-1.00")
    return message


def reversed_a_part(invoice: Invoice, number: int) -> Message:
    if number == 1:
        return paid(invoice, "SI-1", "100.00")
    return taken_back(invoice, "1.00", f"CB-{number}")


def reversed_what_was_not_paid(invoice: Invoice, number: int) -> Message:
    return taken_back(invoice, "1.00", f"CB-{number}", payment_ref=f"PAY-{number}")


def credited_a_part(invoice: Invoice, number: int) -> Message:
    Product.objects.update(decimals=2)
    line = [{"invoice_line": str(invoice.lines.get().pk), "quantity": "0.01"}]
    return credited(invoice, f"CR-{number}", "1.20", lines=line)


def credited_unclearly(invoice: Invoice, number: int) -> Message:
    return credited(invoice, f"CR-{number}", f"{number}.00")


def came_back(order: Order, number: int) -> Message:
    if number == 1:
        return shipment_event(order, "WH-1", "shipped", "100")
    return returned(order, f"WH-R{number}", "1")


OF_ORDERS: dict[Callable[[Order, int], Message], int] = {
    shipped_again: 36,
    shipped_apart: 36,
    shipped_with_an_unknown_line: 46,
    came_back: 35,
    came_back_too_early: 30,
    short: 25,
    picking: 15,
}
OF_THE_REQUEST = 50
"""At most so many more for each request, which may bring many reports."""
OF_INVOICES = {
    paid_apart: 30,
    paid_an_impossible_amount: 25,
    reversed_a_part: 30,
    reversed_what_was_not_paid: 26,
    posted_again: 28,
    credited_a_part: 71,
    credited_unclearly: 27,
}
"""How many statements a report takes, whatever came before it."""


def statements(far_end: FarEnd, message: Message) -> int:
    with CaptureQueriesContext(database) as captured:
        receive_from(far_end, message)
    return len(captured)


@pytest.mark.parametrize(("make", "exactly"), OF_ORDERS.items())
def test_each_report_of_an_order_takes_as_many_statements(
    market: Market, warehouse: FarEnd, make: Callable[[Order, int], Message], exactly: int
) -> None:
    order = submitted_order(market, "500")
    taken = [statements(warehouse, make(order, number)) for number in range(1, 15)]

    assert taken[4:] == [exactly] * 10


@pytest.mark.parametrize(("make", "exactly"), OF_INVOICES.items())
def test_each_report_of_an_invoice_takes_as_many_statements(
    invoice: Invoice, erp: FarEnd, make: Callable[[Invoice, int], Message], exactly: int
) -> None:
    taken = [statements(erp, make(invoice, number)) for number in range(1, 15)]

    assert taken[4:] == [exactly] * 10


@pytest.mark.parametrize("make", [shipped_with_an_unknown_line, picking])
def test_each_report_of_a_batch_takes_no_more_statements_than_one_alone(
    market: Market, warehouse: FarEnd, make: Callable[[Order, int], Message]
) -> None:
    order = submitted_order(market, "500")
    messages = [make(order, number) for number in range(1, 101)]

    with CaptureQueriesContext(database) as captured:
        answer = send(messages)

    assert len(answer.json()["results"]) == 100
    assert len(captured) <= 100 * OF_ORDERS[make] + OF_THE_REQUEST


def test_a_stored_report_is_not_validated_again(order: Order, warehouse: FarEnd) -> None:
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "4"))
    InboundMessage.objects.update(body={})

    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "3"))

    assert order.lines.get().shipped_quantity == 4


def test_a_report_of_an_earlier_schema_is_validated_once_more(
    order: Order, warehouse: FarEnd
) -> None:
    message = shipment_event(order, "WH-1", "shipped", "0") | {"correction": True}
    receive_from(warehouse, message)
    InboundMessage.objects.update(schema="earlier", validated_data=None, is_correction=False)

    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "3"))

    stored = InboundMessage.objects.get(message_id=message["id"])
    assert stored.schema == fingerprint()
    assert stored.is_correction
    assert stored.validated_data is not None
    assert stored.validated_data["lines"][0]["quantity"] == "0.00000"


def test_a_report_that_matches_its_schema_no_more_does_not_count(
    order: Order, warehouse: FarEnd
) -> None:
    message = shortage(order, "4")
    receive_from(warehouse, message)
    InboundMessage.objects.update(schema="earlier", body={"id": message["id"]})

    receive_from(warehouse, shortage(order, "0"))
    receive_from(warehouse, shortage(order, "0"))

    stored = InboundMessage.objects.get(message_id=message["id"])
    assert (stored.schema, stored.validated_data) == (fingerprint(), None)
    assert InboundMessage.objects.filter(validated_data__isnull=True).get() == stored
    assert not Discrepancy.objects.filter(resolved_at__isnull=True).exists()


def test_the_other_values_of_an_open_discrepancy_stay_empty(
    order: Order, warehouse: FarEnd
) -> None:
    for number in (1, 2):
        message = shipment_event(order, "WH-1", "shipped", "4")
        message["data"]["lines"][0] |= {"order_line": NO_LINE, "quantity": str(number)}
        receive_from(warehouse, message)

    kept = Discrepancy.objects.filter(compared__isnull=True, ours_parameters__isnull=True)
    assert kept.get().theirs == "2"
