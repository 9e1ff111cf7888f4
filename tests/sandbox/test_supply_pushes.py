"""The supply-chain system: what the pushes of Throughline change, and which it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.supply_messages import (
    FIRST,
    ID,
    NUMBER,
    ORDER_ID,
    SECOND,
    act,
    create,
    push,
    push_event,
    pushed_line,
    sent,
    the_order,
)
from tests.sandbox.throughline_stub import Client, event, invoice_event


def test_keeps_an_order_under_its_number_and_ids(supply: Client) -> None:
    ship_to = {"street": "Kai 1", "city": "Hamburg", "country": "DE"}
    message = push_event(
        placed_at="2026-11-22T01:20:00Z",
        ship_to=ship_to,
        requested_ship_date="2026-12-01",
        payment_terms="NET30",
        customer_reference="PO 4711",
    )

    reply = supply.push(message)

    assert (reply.status, reply.json) == (200, {"reference": ID, "id": ID, "sequence": 1})
    order = the_order(supply)
    assert order["lines"] == [
        {
            "id": "LOT-000001",
            "throughline_id": FIRST,
            "line_number": 1,
            "item": "PEN",
            "category": None,
            "description": "A pen",
            "unit": "pc",
            "requested_ship_date": None,
            "confirmed_ship_date": None,
            "quantity": "3",
            "cancelled": "0",
            "price": "20.00",
            "price_unit": "1",
            "discount": "3.33",
            "discount_percent": "0",
            "charge": "-0.01",
            "amount": "50.00",
            "tax_rate": "0.19",
            "tax": "9.50",
            "delivered": "0",
            "invoiced": "0",
            "returned": "0",
            "credited": "0",
            "status": "Open order",
        }
    ]
    del order["lines"]
    assert order == {
        "id": ID,
        "number": NUMBER,
        "throughline_id": ORDER_ID,
        "sequence": 1,
        "knows": 1,
        "cause": message["id"],
        "origin": "throughline",
        "company": "USMF",
        "currency": "EUR",
        "customer": "C-001",
        "invoice_customer": None,
        "name": None,
        "customer_reference": "PO 4711",
        "placed_at": "2026-11-22T01:20:00Z",
        "requested_ship_date": "2026-12-01",
        "requested_receipt_date": None,
        "confirmed_ship_date": None,
        "ship_to": ship_to,
        "bill_to": None,
        "payment_terms": "NET30",
        "delivery_terms": None,
        "delivery_mode": None,
        "prices_include_tax": False,
        "header_discount": "0.00",
        "header_charges": "0.00",
        "on_hold": False,
        "cancelled": False,
        "status": "Open order",
        "document_status": "None",
        "processing_status": "Active",
        "totals": {
            "lines": "50.00",
            "discount": "0.00",
            "charges": "0.00",
            "tax": "9.50",
            "total": "59.50",
        },
    }


def test_says_after_each_push_which_version_it_knows(supply: Client) -> None:
    first, second = push_event(1), push_event(2, customer_reference="PO 1")

    supply.push(first)
    supply.push(second)

    orders = [data["order"] for _type, data in sent(supply)]
    assert [type_ for type_, _data in sent(supply)] == ["supply.order.changed"] * 2
    assert [(o["sequence"], o["knows"], o["cause"]) for o in orders] == [
        (1, 1, first["id"]),
        (2, 2, second["id"]),
    ]


def test_names_no_cause_for_what_a_clerk_changes(supply: Client) -> None:
    push(supply)

    edited = act(supply, the_order(supply), "edit", name="Ours")
    push(supply, 2, knows=2)
    delivered = act(supply, edited, "deliver")

    assert (edited["knows"], edited["cause"]) == (1, None)
    assert (delivered["knows"], delivered["cause"]) == (2, None)


def test_answers_a_repeat_and_a_look_up_as_the_first_time(supply: Client) -> None:
    message = push_event()
    first = supply.push(message)
    push(supply, 2, customer_reference="PO 1")

    assert supply.push(message).json == first.json
    assert supply.find(message["id"]).json == first.json
    assert supply.ledger(message["id"]) == (2, 1)


def test_ignores_a_push_that_is_overtaken(supply: Client) -> None:
    push(supply, 2, customer_reference="new")

    assert push(supply, 1, customer_reference="old") == {"reference": ID, "id": ID, "sequence": 1}

    assert the_order(supply)["customer_reference"] == "new"


def test_keeps_what_is_not_sent_and_clears_what_is_null(supply: Client) -> None:
    push(supply, 1, customer_reference="PO 1", payment_terms="NET30", ship_to={"city": "Ulm"})
    line = {"throughline_id": FIRST, "quantity": "4"}

    push(supply, 2, lines=[line], payment_terms=None, ship_to=None)

    order = the_order(supply)
    assert (order["customer_reference"], order["payment_terms"]) == ("PO 1", None)
    assert order["ship_to"] is None
    assert (order["lines"][0]["quantity"], order["lines"][0]["price"]) == ("4", "20.00")


def test_keeps_lines_that_a_push_does_not_have(supply: Client) -> None:
    push(supply, 1, lines=[pushed_line(), pushed_line(SECOND, "INK")])

    push(supply, 2, lines=[pushed_line(SECOND, "INK", quantity="5")])

    assert [(line["item"], line["quantity"]) for line in the_order(supply)["lines"]] == [
        ("PEN", "3"),
        ("INK", "5"),
    ]


def test_finds_lines_by_id_and_numbers_them_by_itself(supply: Client) -> None:
    push(supply, 1, lines=[pushed_line(SECOND, "INK")])
    order = act(supply, the_order(supply), "add", item="CAP", quantity="1", price="1.00")
    lot = order["lines"][1]["id"]

    lines = [
        pushed_line(FIRST, "PEN"),
        pushed_line("third", "CAP", id=lot, quantity="2"),
        pushed_line(SECOND, "INK"),
    ]
    push(supply, 2, knows=order["sequence"], lines=lines)

    assert [
        (line["line_number"], line["id"], line["throughline_id"], line["quantity"])
        for line in the_order(supply)["lines"]
    ] == [
        (1, "LOT-000001", SECOND, "3"),
        (2, lot, "third", "2"),
        (3, "LOT-000003", FIRST, "3"),
    ]


def test_learns_the_ids_that_throughline_gives_to_an_order_made_here(supply: Client) -> None:
    order = create(supply)
    line = {"id": order["lines"][0]["id"], "throughline_id": FIRST, "quantity": "11"}

    answer = push(supply, 1, id=order["id"], number="SO-000001", knows=1, lines=[line])

    assert answer["id"] == order["id"]
    [kept] = supply.get("/orders")
    assert (kept["throughline_id"], kept["origin"]) == (ORDER_ID, "supply chain")
    assert [(each["throughline_id"], each["quantity"]) for each in kept["lines"]] == [(FIRST, "11")]


def test_takes_a_written_in_product_as_a_category(supply: Client) -> None:
    push(supply, lines=[pushed_line(item=None, category="Services")])

    [line] = the_order(supply)["lines"]
    assert (line["item"], line["category"]) == (None, "Services")


def test_holds_and_cancels_with_a_push(supply: Client) -> None:
    push(supply)

    push(supply, 2, action="held", on_hold=True)
    assert the_order(supply)["on_hold"] is True
    push(supply, 3, action="cancelled", on_hold=False, cancelled=True)

    order = the_order(supply)
    assert (order["on_hold"], order["cancelled"]) == (False, True)
    assert (order["status"], order["processing_status"]) == ("Cancelled", "Cancelled")
    assert order["lines"][0]["status"] == "Cancelled"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"lines": [pushed_line(quantity="1")]}, "under_delivered"),
        ({"lines": [pushed_line(cancelled="2")]}, "under_delivered"),
        ({"cancelled": True}, "already_delivered"),
    ],
)
def test_refuses_less_than_what_is_delivered(
    supply: Client, values: dict[str, Any], code: str
) -> None:
    push(supply)
    lots = [{"id": "LOT-000001", "quantity": "2"}]
    order = act(supply, the_order(supply), "deliver", lines=lots)

    reply = supply.push(push_event(2, **values))

    assert (reply.status, reply.json["code"]) == (409, code)
    assert the_order(supply) == order


def test_takes_a_push_of_a_line_of_which_too_much_is_delivered(supply: Client) -> None:
    push(supply)
    act(supply, the_order(supply), "deliver", part="over")

    push(supply, 2, customer_reference="PO 1")

    [line] = the_order(supply)["lines"]
    assert (line["quantity"], line["delivered"]) == ("3", "3.06")


@pytest.mark.parametrize(
    ("values", "detail"),
    [
        ({"currency": None}, "order.currency"),
        ({"version": "7"}, "order.version"),
        ({"lines": [pushed_line(quantity=3)]}, "order.lines[0].quantity"),
        ({"lines": [pushed_line(quantity="-1")]}, "order.lines[0].quantity"),
        ({"lines": [pushed_line(price_unit="0")]}, "order.lines[0].price_unit"),
        ({"lines": [pushed_line(discount_percent="101")]}, "order.lines[0].discount_percent"),
        ({"lines": [pushed_line(), pushed_line()]}, "names a line twice"),
        ({"lines": [pushed_line(item=None)]}, "either an item or a category"),
        ({"lines": [pushed_line(cancelled="4")]}, "has 3, of which 4 are not"),
        ({"requested_ship_date": "soon"}, "order.requested_ship_date"),
        ({"changes": [1]}, "changes must be a list"),
    ],
)
def test_refuses_what_it_cannot_read(supply: Client, values: dict[str, Any], detail: str) -> None:
    message = push_event()
    changes = {"changes": values.pop("changes")} if "changes" in values else {}
    message["data"] |= changes
    message["data"]["order"] |= values

    reply = supply.push(message)

    assert reply.status == 422
    assert detail in reply.json["detail"]
    assert supply.get("/orders") == []


def test_refuses_a_number_that_another_order_has(supply: Client) -> None:
    push(supply)

    reply = supply.push(push_event(order_id="another"))

    assert (reply.status, reply.json["code"]) == (409, "number_taken")


def test_notes_messages_that_are_not_about_orders(supply: Client) -> None:
    invoice = supply.push(invoice_event())
    other = event("quote.accepted", {}, source="/quotes/1", subject="Q-1", sequence=1)

    assert (invoice.status, invoice.json) == (202, {"reference": "NOTE-000001"})
    assert supply.push(other).status == 202
    assert sent(supply) == []


def test_refuses_a_wrong_signature(supply: Client) -> None:
    reply = supply.ask("POST", "/hooks/throughline", b"{}", {"webhook-id": "msg_1"})

    assert (reply.status, reply.json["code"]) == (401, "bad_signature")
