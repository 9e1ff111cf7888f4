"""Billing with the goods: whatever comes first, a return too, the figures end the same."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db.models import F, Sum
from pytest_httpserver import HTTPServer

from fulfilment.inbound.deferral import retry_deferred
from sales.models import Invoice, Order, PaymentTerms
from sales.services.credit_notes import credit_invoice
from sales.services.integrity.verification import verify
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, shipment_event, submitted_order
from tests.fulfilment.messages import credited, receive_from, returned
from tests.fulfilment.supply import connect_supply, mapped_product
from tests.fulfilment.supply_trading import LINE, Message, SupplyTrading, part
from tests.fulfilment.test_message_order import EVERY, arrivals, send_all
from tests.fulfilment.test_supply_message_order import ROUNDS, snapshot_and_documents

When = PaymentTerms.InvoiceWhen
WITH_GOODS = [pytest.param(when, id=when) for when in (When.PER_SHIPMENT, When.FULFILLED)]
MOVED = ("shipped_quantity", "returned_quantity", "replaced_quantity", "drafted_quantity")
BILLED = ("invoiced_quantity", "returned_unbilled_quantity", "closed_returned_quantity")


def figures(order: Order, when: PaymentTerms.InvoiceWhen) -> dict[str, Any]:
    """What was billed of an order in all, and of each line; verified.

    Billed when everything left, what came back before is not billed; otherwise it is, and is left
    to be credited. So only what is billed once that is credited is compared.
    """
    order.refresh_from_db()
    lines = order.lines.order_by("position")
    assert not any(verify().values())
    if when == When.FULFILLED:
        billed = F("invoiced_quantity") + F("returned_unbilled_quantity")
        return {"lines": list(lines.values_list(*MOVED, billed - F("returned_quantity")))}
    return {
        "status": order.billing_status,
        "billed": billed_in_all(order),
        "lines": list(lines.values_list(*MOVED, *BILLED)),
    }


def billed_in_all(order: Order) -> Decimal:
    """The sum of the issued invoices; nothing else was issued."""
    issued = order.invoices.filter(number__isnull=False)
    assert not issued.exclude(kind=Invoice.Kind.INVOICE).exists()
    billed: Decimal = issued.aggregate(sum=Sum("total", default=Decimal(0)))["sum"]
    return billed


def a_return_of_one_shipment(order: Order) -> list[Message]:
    return [
        shipment_event(order, "WH-1", "shipped", "6", "3"),
        returned(order, "WH-R1", "2", "1", shipment_ref="WH-1"),
        shipment_event(order, "WH-2", "shipped", "4", "0"),
    ]


def a_replaced_return(order: Order) -> list[Message]:
    return [
        shipment_event(order, "WH-1", "shipped", "10", "3"),
        returned(order, "WH-R1", "4", "0", shipment_ref="WH-1", replace=True),
        shipment_event(order, "WH-2", "shipped", "4", "0"),
        returned(order, "WH-R2", "0", "2", shipment_ref="WH-1"),
    ]


def all_comes_back(order: Order) -> list[Message]:
    return [
        shipment_event(order, "WH-1", "delivered", "10", "3"),
        returned(order, "WH-R1", "10", "0"),
        returned(order, "WH-R2", "0", "3"),
    ]


@pytest.mark.parametrize("every", EVERY)
@pytest.mark.parametrize("when", WITH_GOODS)
@pytest.mark.parametrize("story", [a_return_of_one_shipment, a_replaced_return, all_comes_back])
def test_reports_of_a_warehouse_are_billed_the_same(
    market: Market,
    warehouse: FarEnd,
    story: Callable[[Order], list[Message]],
    when: PaymentTerms.InvoiceWhen,
    every: bool,
) -> None:
    market.payment_terms.invoice_when = when
    market.payment_terms.save()
    ends = []
    for arrival in arrivals(len(story(submitted_order(market, "10", "3"))), every=every):
        order = submitted_order(market, "10", "3")
        send_all(warehouse, story(order), arrival)
        ends.append(figures(order, when))
        assert ends[-1] == ends[0], arrival
    if when == When.PER_SHIPMENT:
        assert ends[0]["billed"] == Decimal("1560.00")


def test_what_came_back_before_everything_left_is_not_billed_and_else_credited(
    market: Market, warehouse: FarEnd
) -> None:
    """What depends on arrival: an issued invoice stays, and a credit note makes it equal."""
    market.payment_terms.invoice_when = When.FULFILLED
    market.payment_terms.save()
    early, late = submitted_order(market, "10", "3"), submitted_order(market, "10", "3")

    send_all(warehouse, a_return_of_one_shipment(early), (0, 1, 2))
    send_all(warehouse, a_return_of_one_shipment(late), (0, 2, 1))

    assert (billed_in_all(early), billed_in_all(late)) == (Decimal("1200.00"), Decimal("1560.00"))
    invoice = late.invoices.get()
    back = dict(invoice.lines.values_list("pk", "order_line__returned_quantity"))
    credit = credit_invoice(
        invoice.pk, actor=market.rep, reason="Returned", quantities=back, bill_again=False
    )
    assert credit.total == Decimal("360.00")


@pytest.mark.parametrize("bill_again", [False, True])
def test_a_return_and_its_credit_end_the_same(
    market: Market, warehouse: FarEnd, erp: FarEnd, bill_again: bool
) -> None:
    """The credit note of an invoice that there is not yet waits; the others come in any order."""
    market.payment_terms.invoice_when = When.PER_SHIPMENT
    market.payment_terms.save()
    ends = []
    for arrival in ("src", "scr", "rsc"):
        order = submitted_order(market, "2", price="1290.00")
        messages = {
            "s": shipment_event(order, "WH-1", "shipped", "2"),
            "r": returned(order, "WH-R1", "1", shipment_ref="WH-1"),
        }
        for report in arrival:
            if report == "c":
                invoice = order.invoices.get()
                half = [{"invoice_line": str(invoice.lines.get().pk), "quantity": "1"}]
                note = f"{invoice}-CR"
                credit = credited(invoice, note, "1548.00", lines=half, bill_again=bill_again)
                assert receive_from(erp, credit) == "applied"
            else:
                receive_from(warehouse, messages[report])
        order.refresh_from_db()
        bills = order.invoices.order_by("kind").values_list("kind", "total", "credited")
        line = order.lines.values_list(*MOVED, *BILLED, "credited_quantity", "closed_quantity")
        ends.append((order.billing_status, order.status, list(bills), line.get()))
        assert ends[-1] == ends[0], arrival
    assert [total for _kind, total, _credited in ends[0][2]] in (
        [Decimal("1548.00"), Decimal("3096.00")],
        [Decimal("3096.00"), Decimal("1548.00")],
    )


def posted_return(theirs: SupplyTrading) -> list[Message]:
    """Half of an order comes back, and is not delivered once more."""
    there = theirs.enter(LINE | {"quantity": "2"})
    theirs.post(there, "deliver")
    theirs.post(there, "return", lines=part(there, _0="1"))
    return theirs.messages()


def posted_replacement(theirs: SupplyTrading) -> list[Message]:
    """A part comes back and is delivered once more, another part comes back for good."""
    there = theirs.enter(LINE | {"quantity": "4"}, LINE | {"quantity": "2"})
    theirs.post(there, "deliver", lines=part(there, _0="3"))
    theirs.post(there, "return", lines=part(there, _0="1"), replace=True)
    theirs.post(there, "deliver")
    theirs.post(there, "return", lines=part(there, _1="1"))
    return theirs.messages()


@pytest.mark.parametrize("every", EVERY)
@pytest.mark.parametrize("when", WITH_GOODS)
@pytest.mark.parametrize("story", [posted_return, posted_replacement])
def test_documents_of_a_supply_system_are_billed_the_same(
    market: Market,
    httpserver: HTTPServer,
    tmp_path: Path,
    story: Callable[[SupplyTrading], list[Message]],
    when: PaymentTerms.InvoiceWhen,
    every: bool,
) -> None:
    supply = connect_supply(httpserver, market)
    mapped_product(supply.connection, market, "AX-9", "25.00")
    market.company.shipped_by = "supply"
    market.company.save()
    market.payment_terms.invoice_when = when
    market.payment_terms.save()
    theirs = SupplyTrading(tmp_path)
    ends = []
    entered, documents = snapshot_and_documents(story(theirs))
    for arrival in arrivals(len(documents), every=every):
        receive_from(supply, entered)
        for index in (*arrival, *arrival[::-1]):
            receive_from(supply, documents[index])
        for _round in range(ROUNDS):
            retry_deferred()
        order = Order.objects.latest("id")
        ends.append(figures(order, when))
        assert ends[-1] == ends[0], arrival
        entered, documents = snapshot_and_documents(story(theirs))
    if when == When.PER_SHIPMENT:
        assert ends[0]["billed"] == Order.objects.earliest("id").total
