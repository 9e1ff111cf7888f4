"""The modes of the supply-chain system, and faults in its messages to Throughline."""

from __future__ import annotations

from tests.sandbox.supply_messages import (
    act,
    act_on_line,
    create,
    push_event,
    pushed_line,
    read_page,
    sent,
    set_modes,
)
from tests.sandbox.throughline_stub import Client, Receiver, wait_until

OFF = {
    "on_conflict": "refuse",
    "cursor": "counter",
    "reformatted": False,
    "lossy": False,
    "forgets_pushes": False,
    "forgets_reports": False,
    "unmarked": False,
}


def test_sets_the_modes_that_are_named(supply: Client) -> None:
    assert supply.get("/modes") == OFF

    set_modes(supply, on_conflict="named", forgetful=True)

    assert supply.get("/modes") == OFF | {
        "on_conflict": "named",
        "forgets_pushes": True,
        "forgets_reports": True,
    }


def test_refuses_a_mode_that_there_is_not(supply: Client) -> None:
    for value in ({"kind": True}, {"on_conflict": "shrug"}, {"cursor": 1}, {"lossy": "yes"}):
        reply = supply.post("/modes", {"unmarked": True} | value)
        assert (reply.status, reply.json["code"]) == (422, "malformed")

    assert supply.get("/modes") == OFF


def test_says_nothing_of_versions_while_it_is_unmarked(supply: Client) -> None:
    set_modes(supply, unmarked=True)
    supply.push(push_event())
    [order] = supply.get("/orders")
    act(supply, order, "deliver")

    for _type, data in sent(supply):
        assert data["order"].keys() & {"knows", "cause", "sequence"} == {"sequence"}
    assert "knows" not in read_page(supply, "0")["orders"][0]


def test_writes_the_same_values_in_another_way(supply: Client) -> None:
    supply.push(
        push_event(
            name="Été\nheiß",
            requested_ship_date="2026-12-01",
            ship_to={"street": "Kai 1", "country": "DE"},
            payment_terms="NET30",
            lines=[pushed_line(), pushed_line("second", "INK")],
        )
    )
    set_modes(supply, reformatted=True)

    [order] = supply.get("/orders")
    act(supply, order, "deliver")

    [(_, first), (_, changed), (_, delivery)] = sent(supply)
    plain, other = first["order"], changed["order"]
    assert list(other) == list(plain)[::-1]
    assert other["name"] == "E\u0301te\u0301\r\nheiß "
    assert other["requested_ship_date"] == "2026-12-01T00:00:00Z"
    assert other["ship_to"] == {"country": "Germany", "street": "Kai 1 "}
    assert (other["currency"], other["payment_terms"]) == ("eur", "net30")
    assert [line["item"] for line in other["lines"]] == ["INK", "PEN"]
    line = other["lines"][1]
    assert (line["quantity"], line["price"], line["charge"]) == ("3.000", "20.00000", "-0.01000")
    assert (line["line_number"], line["id"]) == (1, plain["lines"][0]["id"])
    assert other["totals"]["lines"] == "100.00000"
    assert delivery["delivery"]["lines"][1]["quantity"] == "3.000"
    assert read_page(supply, "0")["orders"] == [other]


def test_forgets_reports_but_not_what_they_are_about(supply: Client) -> None:
    set_modes(supply, forgets_reports=True)

    order = create(supply)
    act(supply, order, "deliver")

    assert sent(supply) == []
    [fed] = read_page(supply, "0")["orders"]
    assert fed["processing_status"] == "Delivered"


def test_goes_back_to_an_older_copy_of_its_data(supply: Client) -> None:
    supply.push(push_event())
    supply.post("/store/copy")
    [before] = supply.get("/orders")
    act_on_line(supply, before, "edit", quantity="9")
    newer = push_event(2, knows=2, customer_reference="PO 2")
    supply.push(newer)
    create(supply)

    assert supply.post("/store/restore").json == {"sequence": 1}

    assert supply.get("/orders") == [before]
    assert supply.find(newer["id"]).status == 404
    assert supply.push(push_event(3, knows=3)).json["sequence"] == 2
    assert supply.get("/orders")[0]["knows"] == 3


def test_refuses_to_go_back_without_a_copy(supply: Client) -> None:
    reply = supply.post("/store/restore")

    assert (reply.status, reply.json["code"]) == (409, "no_copy")


def test_sends_its_messages_signed(supply: Client, receiver: Receiver) -> None:
    order = create(supply)

    wait_until(lambda: receiver.received)

    [message] = receiver.received
    assert (message["type"], message["source"], message["subject"]) == (
        "supply.order.changed",
        "/supply",
        "SO-000001",
    )
    assert message["data"] == {"order": order}
    wait_until(lambda: supply.get("/outgoing")[0]["state"] == "delivered")


def test_sends_its_messages_late_repeated_and_in_another_order(
    supply: Client, receiver: Receiver
) -> None:
    supply.fault({"mode": "shuffle_reports", "seconds": 0.5}, {"mode": "duplicate_reports"})
    order = create(supply)
    for name in ("One", "Two", "Three", "Four"):
        act(supply, order, "edit", name=name)
    assert receiver.received == []

    wait_until(lambda: len(receiver.received) == 10)

    arrived = [message["data"]["order"]["sequence"] for message in receiver.received]
    assert arrived[::2] == arrived[1::2]
    assert sorted(arrived[::2]) == [1, 2, 3, 4, 5]
    assert arrived[::2] != [1, 2, 3, 4, 5]
