"""The supply-chain system: pushes that do not know an edit, and pushes that it loses."""

from __future__ import annotations

import pytest

from tests.sandbox.supply_messages import (
    FIRST,
    ID,
    NUMBER,
    SECOND,
    act,
    act_on_line,
    push,
    push_event,
    pushed_line,
    sent,
    set_modes,
    the_order,
)
from tests.sandbox.throughline_stub import Client


def test_refuses_a_push_that_does_not_know_an_edit(supply: Client) -> None:
    push(supply)
    edited = act(supply, the_order(supply), "edit", requested_ship_date="2026-12-24")

    message = push_event(2, knows=1, customer_reference="PO 1")
    reply = supply.push(message)

    assert (reply.status, reply.json) == (
        409,
        {
            "status": 409,
            "code": "behind",
            "detail": f"{NUMBER} was edited here since 1: requested_ship_date.",
            "id": ID,
            "sequence": 2,
            "edited": ["requested_ship_date"],
        },
    )
    assert the_order(supply) == edited
    assert len(sent(supply)) == 2


def test_takes_the_push_once_it_knows_the_edit(supply: Client) -> None:
    push(supply)
    act_on_line(supply, the_order(supply), "edit", quantity="5")
    supply.push(push_event(2, knows=1))

    push(supply, 3, knows=2, customer_reference="PO 1", lines=[pushed_line(quantity="5")])

    order = the_order(supply)
    assert (order["customer_reference"], order["lines"][0]["quantity"]) == ("PO 1", "5")
    assert (order["sequence"], order["knows"]) == (3, 3)


@pytest.mark.parametrize("action", ["confirm", "pick", "deliver"])
def test_does_not_refuse_for_what_is_not_an_edit(supply: Client, action: str) -> None:
    push(supply)
    act(supply, the_order(supply), action)

    push(supply, 2, knows=1, customer_reference="PO 1")


def test_sets_only_what_a_push_names(supply: Client) -> None:
    set_modes(supply, on_conflict="named")
    push(supply, lines=[pushed_line(), pushed_line(SECOND, "INK")])
    act(supply, the_order(supply), "edit", requested_ship_date="2026-12-24")
    act_on_line(supply, the_order(supply), "edit", quantity="5")

    push(
        supply,
        2,
        knows=1,
        changes=["customer_reference", f"lines.{FIRST}.price", "lines.third"],
        customer_reference="PO 1",
        requested_ship_date="2026-12-01",
        lines=[pushed_line(price="21.00"), pushed_line("third", "CAP")],
    )

    order = the_order(supply)
    assert (order["customer_reference"], order["requested_ship_date"]) == ("PO 1", "2026-12-24")
    assert [(line["item"], line["quantity"], line["price"]) for line in order["lines"]] == [
        ("PEN", "5", "21.00"),
        ("INK", "3", "20.00"),
        ("CAP", "3", "20.00"),
    ]


def test_names_everything_when_it_names_nothing(supply: Client) -> None:
    set_modes(supply, on_conflict="named")
    push(supply)
    act_on_line(supply, the_order(supply), "edit", quantity="5")

    push(supply, 2, knows=1)

    assert the_order(supply)["lines"][0]["quantity"] == "3"


def test_overwrites_all_that_a_push_has(supply: Client) -> None:
    set_modes(supply, on_conflict="overwrite")
    push(supply, requested_ship_date="2026-12-01")
    act(supply, the_order(supply), "edit", requested_ship_date="2026-12-24")
    act(supply, the_order(supply), "add", item="CAP", quantity="1", price="1.00")

    push(supply, 2, knows=1, changes=["customer_reference"], requested_ship_date="2026-12-01")

    order = the_order(supply)
    assert order["requested_ship_date"] == "2026-12-01"
    assert [line["item"] for line in order["lines"]] == ["PEN"]


@pytest.mark.parametrize("mode", ["refuse", "named", "overwrite"])
def test_never_brings_a_deleted_order_back(supply: Client, mode: str) -> None:
    set_modes(supply, on_conflict=mode)
    push(supply)
    act(supply, the_order(supply), "delete")

    reply = supply.push(push_event(2, knows=1))

    assert (reply.status, reply.json["code"], reply.json["sequence"]) == (409, "deleted", 2)


def test_loses_what_a_lossy_system_does_not_keep(supply: Client) -> None:
    set_modes(supply, lossy=True)

    push(supply, payment_terms="NET30", name="A very long name of an order of ours")

    order = the_order(supply)
    assert (order["payment_terms"], order["name"]) == (None, "A very long name of an order o")
    assert (order["lines"][0]["discount"], order["lines"][0]["amount"]) == ("3.30", "50.09")


def test_forgets_pushes_that_it_answers(supply: Client) -> None:
    push(supply)
    set_modes(supply, forgets_pushes=True)
    message = push_event(2, customer_reference="PO 1")

    assert supply.push(message).json == {"reference": ID, "id": ID, "sequence": 2}
    another = supply.push(push_event(order_id="another", number="O-2"))

    assert another.json == {"reference": "5637144578", "id": "5637144578", "sequence": 2}
    assert [order["sequence"] for order in supply.get("/orders")] == [1]
    assert supply.find(message["id"]).json["sequence"] == 2
    assert len(sent(supply)) == 1


def test_opens_another_record_when_it_forgets_that_a_message_is_a_repeat(supply: Client) -> None:
    message = push_event()
    supply.push(message)
    supply.fault({"mode": "forget_idempotency", "times": 1})

    supply.push(message)

    assert [order["id"] for order in supply.get("/orders")] == ["5637144578", ID]
    assert supply.ledger(message["id"]) == (2, 2)
