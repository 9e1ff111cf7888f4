"""Shipments, returns, invoices and credit notes of ours in a supply-chain system's words."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from fulfilment.models import Connection, Payload
from fulfilment.services.returns import record_return
from fulfilment.services.shipments import move_shipment, record_shipment
from sales.models import Invoice, Order
from sales.services.credit_notes import credit_invoice
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from tests.factories import Market
from tests.fulfilment.conftest import ORDER_EVENTS, FarEnd, connect
from tests.fulfilment.messages import receive_from
from tests.fulfilment.supply import map_market, mapped_product, sold
from tests.fulfilment.supply_system import SupplySystem

EVENTS = [*ORDER_EVENTS, "shipment.recorded", "invoice.issued", "invoice.credited"]


@pytest.fixture
def supply(market: Market, httpserver: HTTPServer) -> FarEnd:
    """A supply-chain system that hears what we ship and bill, with one mapped item AX-9."""
    far_end = connect(httpserver, "supply", EVENTS, kind=Connection.Kind.SUPPLY)
    map_market(far_end.connection, market)
    mapped_product(far_end.connection, market, "AX-9", "20.00")
    return far_end


def bodies() -> list[str]:
    """Every message to them, in order."""
    return list(Payload.objects.order_by("id").values_list("body", flat=True))


def said_last() -> dict[str, Any]:
    """What the last message says."""
    data: dict[str, Any] = json.loads(bodies()[-1])["data"]
    return data


def billed(order: Order, market: Market, quantity: str) -> Invoice:
    quantities = {line.pk: Decimal(quantity) for line in order.lines.all()}
    draft = invoice_order(order.pk, actor=market.rep, what="lines", quantities=quantities)
    return issue_invoice(draft.pk, actor=market.rep)


def test_a_shipment_is_a_delivery_once_it_left(supply: FarEnd, market: Market) -> None:
    order = sold(market)
    before = len(bodies())
    line = order.lines.get()

    planned = record_shipment(
        order.pk, actor=market.rep, lines={line.pk: Decimal(2)}, status="planned"
    )
    assert len(bodies()) == before
    move_shipment(planned.pk, actor=market.rep, status="shipped")

    order.refresh_from_db()
    assert said_last() == {
        "order": {
            "throughline_id": str(order.pk),
            "id": None,
            "number": order.number,
            "version": order.version,
            "knows": 0,
        },
        "delivery": {
            "number": planned.reference,
            "posted_on": dt.date.today().isoformat(),
            "lines": [{"id": None, "throughline_id": str(line.pk), "quantity": "2"}],
        },
    }


def test_what_goes_back_is_below_zero(supply: FarEnd, market: Market) -> None:
    order = sold(market)
    line = order.lines.get()
    record_shipment(order.pk, actor=market.rep, lines={line.pk: Decimal(3)})
    record_return(order.pk, actor=market.rep, lines={line.pk: Decimal(1)}, replace=True)

    returned = said_last()["return"]
    assert (returned["replace"], returned["lines"][0]["quantity"]) == (True, "-1")

    invoice = billed(order, market, "3")
    note = credit_invoice(
        invoice.pk,
        actor=market.rep,
        reason="Broken",
        quantities={invoice.lines.get().pk: Decimal(1)},
    )

    said = said_last()["credit_note"]
    assert (said["number"], said["credits"], said["bill_again"]) == (
        *(note.number, invoice.number),
        True,
    )
    assert said["totals"] == {
        "lines": "-20.00",
        "discount": "0.00",
        "charges": "0.00",
        "tax": "-4.00",
        "total": "-24.00",
    }


def test_they_have_our_documents_to_the_cent(
    supply: FarEnd, market: Market, tmp_path: Path
) -> None:
    order = sold(market, quantity=Decimal(3), discount_amount=Decimal("10.00"))
    line = order.lines.get()
    record_shipment(order.pk, actor=market.rep, lines={line.pk: Decimal(3)})
    first, second = billed(order, market, "1"), billed(order, market, "2")
    note = credit_invoice(second.pk, actor=market.rep, reason="Broken", bill_again=False)
    theirs = SupplySystem(tmp_path)

    for body in bodies() * 2:
        theirs.receive(body)

    there = theirs.known(str(order.number))
    bills = {bill["number"]: Decimal(bill["totals"]["total"]) for bill in theirs.bills(there)}
    assert bills == {
        first.number: first.total,
        second.number: second.total,
        note.number: -note.total,
    }
    [known] = there.lines
    assert (known.delivered, known.invoiced, known.credited) == (3, 3, 2)
    assert known.invoiced_amount == Decimal("16.67")
    order.refresh_from_db()
    before = order.version
    for message in theirs.messages():
        assert receive_from(supply, message) in {"applied", "stale"}
    order.refresh_from_db()
    assert order.version == before


def test_documents_of_theirs_are_not_sent_back(
    supply: FarEnd, market: Market, tmp_path: Path
) -> None:
    theirs = SupplySystem(tmp_path)
    there = theirs.enter({"item": "AX-9", "unit": "EA", "quantity": "3", "price": "20.00"})
    for action in ("deliver", "invoice", "credit"):
        fields = (
            {"lines": [{"id": there.lines[0].id, "quantity": "1"}]} if action == "credit" else {}
        )
        theirs.post(there, action, **fields)

    for message in theirs.messages():
        assert receive_from(supply, message) == "applied"

    assert Invoice.objects.count() == 2
    assert bodies() == []
