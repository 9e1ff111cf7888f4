"""The supply-chain system: confirming, picking, delivering and invoicing in parts, and back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sandbox.cloudevents import utc_now
from sandbox.supply.statuses import (
    DocumentStatus,
    Status,
    furthest,
    line_status,
    order_status,
    processing_status,
)
from tests.sandbox.supply_messages import act, create, push_event, refuse, sent
from tests.sandbox.throughline_stub import Client

LOT = "LOT-000001"


def words(order: Any) -> tuple[str, str, str]:
    return order["status"], order["document_status"], order["processing_status"]


def quantity(lot: str, amount: str) -> list[dict[str, str]]:
    return [{"id": lot, "quantity": amount}]


def test_confirms_with_a_date(supply: Client) -> None:
    order = create(supply, requested_ship_date="2026-12-01")

    confirmed = act(supply, order, "confirm")
    again = act(supply, order, "confirm", on="2026-12-05")

    assert words(confirmed) == ("Open order", "Confirmation", "Confirmed")
    assert confirmed["confirmed_ship_date"] == "2026-12-01"
    assert confirmed["lines"][0]["confirmed_ship_date"] == "2026-12-01"
    assert again["lines"][0]["confirmed_ship_date"] == "2026-12-05"
    assert [type_ for type_, _data in sent(supply)] == ["supply.order.changed"] * 3


def test_picks_what_is_open(supply: Client) -> None:
    order = create(supply)

    assert words(act(supply, order, "pick", lines=quantity(LOT, "4"))) == (
        "Open order",
        "Picking list",
        "Picked",
    )
    act(supply, order, "pick")
    assert refuse(supply, f"/orders/{order['id']}/pick") == (409, "nothing_to_do")


def test_delivers_in_parts(supply: Client) -> None:
    order = create(supply)

    part = act(supply, order, "deliver", part="half")
    whole = act(supply, order, "deliver")

    assert words(part) == ("Open order", "Packing slip", "Partially Delivered")
    assert words(whole) == ("Delivered", "Packing slip", "Delivered")
    assert (part["lines"][0]["delivered"], whole["lines"][0]["delivered"]) == ("5", "10")
    assert [type_ for type_, _data in sent(supply)[1:]] == [
        *("supply.order.changed", "supply.delivery.posted"),
        *("supply.order.changed", "supply.delivery.posted"),
    ]
    assert sent(supply)[-1][1] == {
        "order": {
            "id": order["id"],
            "number": "SO-000001",
            "throughline_id": None,
            "sequence": 3,
            "knows": 0,
            "cause": None,
        },
        "delivery": {
            "number": "PS-000002",
            "posted_on": utc_now().date().isoformat(),
            "lines": [
                {
                    "id": LOT,
                    "throughline_id": None,
                    "line_number": 1,
                    "item": "PEN",
                    "category": None,
                    "description": None,
                    "unit": "pc",
                    "quantity": "5",
                    "delivered": "10",
                }
            ],
        },
    }


def test_delivers_up_to_two_percent_too_much(supply: Client) -> None:
    order = create(supply)

    over = act(supply, order, "deliver", part="over")

    assert over["lines"][0]["delivered"] == "10.2"
    path = f"/orders/{order['id']}/deliver"
    assert refuse(supply, path, lines=quantity(LOT, "0.1")) == (409, "too_many")
    billed = act(supply, order, "invoice")
    assert words(billed) == ("Invoiced", "Invoice", "Invoiced")
    assert sent(supply)[-1][1]["invoice"]["totals"]["total"] == "122.40"


def test_hides_what_is_delivered_behind_what_is_invoiced(supply: Client) -> None:
    order = create(supply)
    act(supply, order, "deliver", part="half")

    partly = act(supply, order, "invoice", lines=quantity(LOT, "2"))
    confirmed = act(supply, order, "confirm")
    act(supply, order, "deliver")
    delivered = act(supply, order, "deliver", part="over")

    assert words(partly) == ("Open order", "Invoice", "Partially Invoiced")
    assert words(confirmed) == words(partly)
    assert words(delivered) == ("Delivered", "Invoice", "Delivered and Partially Invoiced")


def test_invoices_in_parts_that_add_up_to_the_order(supply: Client) -> None:
    line = {"item": "PEN", "quantity": "3", "price": "20.00", "discount": "3.33"}
    order = create(
        supply,
        lines=[line | {"charge": "-0.01", "tax_rate": "0.19"}],
        header_discount="1.00",
        header_charges="4.90",
    )
    act(supply, order, "deliver")

    for _part in range(3):
        act(supply, order, "invoice", lines=quantity(LOT, "1"))

    invoices = supply.get("/documents")[1:]
    assert [invoice["number"] for invoice in invoices] == ["SI-000001", "SI-000002", "SI-000003"]
    assert [each["totals"] for each in invoices] == [
        _totals("16.67", "0.33", "4.90", "3.10", "24.34"),
        _totals("16.66", "0.34", "0.00", "3.11", "19.43"),
        _totals("16.67", "0.33", "0.00", "3.10", "19.44"),
    ]
    assert supply.get(f"/orders/{order['id']}")["totals"] == _totals(
        *("50.00", "1.00", "4.90", "9.31", "63.21")
    )


def _totals(lines: str, discount: str, charges: str, tax: str, total: str) -> dict[str, str]:
    return {"lines": lines, "discount": discount, "charges": charges, "tax": tax, "total": total}


def test_says_what_an_invoice_bills(supply: Client) -> None:
    supply.push(push_event(invoice_customer="C-002"))
    [order] = supply.get("/orders")
    act(supply, order, "deliver")

    act(supply, order, "invoice", part="half")

    type_, data = sent(supply)[-1]
    lines = data["invoice"].pop("lines")
    assert type_ == "supply.invoice.posted"
    assert data["order"]["throughline_id"] == order["throughline_id"]
    assert (data["order"]["knows"], data["order"]["cause"]) == (1, None)
    assert data["invoice"].pop("posted_on") < data["invoice"].pop("due_on")
    assert data["invoice"] == {
        "number": "SI-000001",
        "credits": None,
        "invoice_customer": "C-002",
        "currency": "EUR",
        "prices_include_tax": False,
        "totals": _totals("16.67", "0.00", "0.00", "3.17", "19.84"),
    }
    assert [(line["quantity"], line["amount"], line["tax"]) for line in lines] == [
        ("1", "16.67", "3.17")
    ]


def test_invoices_the_price_that_the_line_has_by_then(supply: Client) -> None:
    order = create(supply)
    act(supply, order, "deliver")
    act(supply, order, "invoice", part="half")

    supply.post(f"/orders/{order['id']}/lines/{LOT}/edit", {"price": "13.00"})
    act(supply, order, "invoice")

    totals = [each["totals"]["total"] for each in supply.get("/documents")[1:]]
    assert totals == ["60.00", "70.00"]


def test_takes_goods_back_and_credits_them(supply: Client) -> None:
    order = create(supply, header_charges="4.90")
    act(supply, order, "deliver")
    act(supply, order, "invoice")

    returned = act(supply, order, "return", lines=quantity(LOT, "2"))
    credited = act(supply, order, "credit")

    assert returned["lines"][0]["returned"] == "2"
    assert (credited["lines"][0]["invoiced"], credited["lines"][0]["credited"]) == ("10", "2")
    assert words(credited) == ("Invoiced", "Invoice", "Invoiced")
    (first, back), (second, note) = [sent(supply)[i] for i in (-3, -1)]
    assert (first, second) == ("supply.return.posted", "supply.credit_note.posted")
    assert (back["return"]["number"], back["return"]["lines"][0]["quantity"]) == (
        "RMA-000001",
        "-2",
    )
    assert back["return"]["lines"][0]["returned"] == "2"
    assert (note["credit_note"]["number"], note["credit_note"]["credits"]) == (
        "SC-000001",
        "SI-000001",
    )
    assert note["credit_note"]["lines"][0]["quantity"] == "-2"
    assert note["credit_note"]["totals"] == _totals("-24.00", "0.00", "0.00", "0.00", "-24.00")


def test_credits_without_a_return_down_to_nothing(supply: Client) -> None:
    order = create(supply, header_charges="4.90", header_discount="0.10")
    act(supply, order, "deliver")
    act(supply, order, "invoice", part="half")
    act(supply, order, "invoice")

    act(supply, order, "credit", lines=quantity(LOT, "10"), invoice="SI-000001")

    documents = supply.get("/documents")[1:]
    assert documents[-1]["credits"] == "SI-000001"
    assert [each["totals"]["total"] for each in documents] == ["64.85", "59.95", "-124.80"]


def test_refuses_more_than_is_open(supply: Client) -> None:
    order = create(supply)
    path = f"/orders/{order['id']}"

    assert refuse(supply, f"{path}/invoice") == (409, "nothing_to_do")
    assert refuse(supply, f"{path}/return") == (409, "nothing_to_do")
    assert refuse(supply, f"{path}/credit") == (409, "nothing_to_do")
    act(supply, order, "deliver", lines=quantity(LOT, "4"))
    for action in ("invoice", "return"):
        assert refuse(supply, f"{path}/{action}", lines=quantity(LOT, "5")) == (409, "too_many")
    act(supply, order, "invoice")
    more = refuse(supply, f"{path}/credit", lines=quantity(LOT, "5"))
    assert more == (409, "too_many")
    unknown = refuse(supply, f"{path}/credit", lines=quantity(LOT, "1"), invoice="SI-9")
    assert unknown == (422, "unknown_invoice")
    assert refuse(supply, f"{path}/deliver", lines=quantity(LOT, "-1")) == (422, "malformed")
    assert refuse(supply, f"{path}/deliver", lines=quantity("LOT-9", "1")) == (422, "unknown_line")
    assert refuse(supply, f"{path}/deliver", part="most") == (422, "malformed")


@pytest.mark.parametrize(
    ("status", "document", "word"),
    [
        (Status.OPEN, DocumentStatus.NONE, "Active"),
        (Status.OPEN, DocumentStatus.CONFIRMATION, "Confirmed"),
        (Status.OPEN, DocumentStatus.PICKING_LIST, "Picked"),
        (Status.OPEN, DocumentStatus.PACKING_SLIP, "Partially Delivered"),
        (Status.DELIVERED, DocumentStatus.PACKING_SLIP, "Delivered"),
        (Status.OPEN, DocumentStatus.INVOICE, "Partially Invoiced"),
        (Status.DELIVERED, DocumentStatus.INVOICE, "Delivered and Partially Invoiced"),
        (Status.INVOICED, DocumentStatus.INVOICE, "Invoiced"),
        (Status.CANCELLED, DocumentStatus.NONE, "Cancelled"),
        (Status.CANCELLED, DocumentStatus.CONFIRMATION, "Cancelled"),
    ],
)
def test_derives_the_processing_status(status: Status, document: DocumentStatus, word: str) -> None:
    assert processing_status(status, document) == word


def test_derives_the_status_of_an_order_from_its_lines() -> None:
    assert order_status([]) is Status.OPEN
    assert order_status([Status.INVOICED, Status.OPEN]) is Status.OPEN
    assert order_status([Status.INVOICED, Status.DELIVERED]) is Status.DELIVERED
    assert order_status([Status.INVOICED, Status.CANCELLED]) is Status.INVOICED
    assert order_status([Status.CANCELLED, Status.CANCELLED]) is Status.CANCELLED
    assert line_status(Decimal(0), Decimal(0), Decimal(0)) is Status.CANCELLED


def test_keeps_the_furthest_document() -> None:
    invoice, slip = DocumentStatus.INVOICE, DocumentStatus.PACKING_SLIP

    assert furthest(invoice, slip) is furthest(slip, invoice) is invoice
