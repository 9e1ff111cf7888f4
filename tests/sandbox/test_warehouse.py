"""The warehouse: receiving, holding, shipping and cancelling orders."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.endpoints import Settings
from sandbox.warehouse.shipping import assign_carrier
from sandbox.warehouse.web import build_warehouse
from tests.sandbox.conftest import Start
from tests.sandbox.throughline_stub import (
    INK,
    PEN,
    Client,
    Receiver,
    event,
    invoice_event,
    order_event,
    wait_until,
)

REF = "WH-000001"
NUMBER = "O-2026-00042"


def report(warehouse: Client, status: str, *lines: tuple[str, str], **more: str) -> Any:
    """Report a step that must succeed."""
    value: dict[str, Any] = {"status": status} | more
    if lines:
        value["lines"] = [{"order_line": key, "quantity": q} for key, q in lines]
    reply = warehouse.post(f"/orders/{REF}/report", value)
    assert reply.status == 200, reply.text
    return reply.json


def refuse(warehouse: Client, value: Any) -> tuple[int, str]:
    """Report a step that must be refused; returns status and detail."""
    before = warehouse.get(f"/orders/{REF}"), len(warehouse.get("/outgoing"))
    reply = warehouse.post(f"/orders/{REF}/report", value)
    assert (warehouse.get(f"/orders/{REF}"), len(warehouse.get("/outgoing"))) == before
    return reply.status, reply.json["detail"]


def test_stores_an_order(warehouse: Client) -> None:
    warehouse.push(order_event())

    assert warehouse.get("/orders") == [
        {
            "reference": REF,
            "order_id": "order of O-2026-00042",
            "number": NUMBER,
            "version": 1,
            "state": "new",
            "held": False,
            "hold_reason": "",
            "name": "Office supplies",
            "account": {"id": "a-1", "name": "Nordwind <GmbH>"},
            "ship_to": {"street": "Kai 1", "city": "Hamburg", "country": "DE"},
            "requested_on": "2026-12-01",
            "lines": [_line(PEN, 1, "PEN", "A pen", "10"), _line(INK, 2, "INK", "A ink", "1")],
            "shipments": [],
        }
    ]
    assert warehouse.get(f"/orders/{REF}") == warehouse.get("/orders")[0]


def _line(key: str, position: int, sku: str, description: str, ordered: str) -> dict[str, Any]:
    return {
        "order_line": key,
        "position": position,
        "kind": "product",
        "sku": sku,
        "description": description,
        "unit": "pc",
        "ordered": ordered,
        "shipped": "0",
        "open": ordered,
    }


@pytest.mark.parametrize("kind", ["section", "note", "deduction"])
def test_ignores_what_is_no_goods(warehouse: Client, kind: str) -> None:
    event_data = order_event()
    event_data["data"]["order"]["lines"][1] |= {"kind": kind, "quantity": "1"}

    warehouse.push(event_data)

    assert [line["sku"] for line in warehouse.get(f"/orders/{REF}")["lines"]] == ["PEN"]


def test_reports_each_step_of_an_order(warehouse: Client, receiver: Receiver) -> None:
    warehouse.push(order_event())

    states = [report(warehouse, "accepted")["state"], report(warehouse, "picked")["state"]]
    states += [report(warehouse, "packed")["state"], report(warehouse, "shipped")["state"]]
    states += [report(warehouse, "delivered")["state"]]

    assert states == ["accepted", "picking", "packed", "shipped", "delivered"]
    wait_until(lambda: len(receiver.received) == 5)
    assert receiver.summaries() == [
        f"{NUMBER} accepted",
        f"{NUMBER} picking",
        f"{NUMBER} packed",
        f"{NUMBER} {REF}-1 shipped",
        f"{NUMBER} {REF}-1 delivered",
    ]


def test_reports_a_shipment_with_its_lines_and_tracking(
    warehouse: Client, receiver: Receiver
) -> None:
    warehouse.push(order_event())

    report(warehouse, "shipped", (PEN, "4"))

    wait_until(lambda: len(receiver.received) == 4)
    carrier, tracking = assign_carrier(f"{REF}-1")
    assert receiver.received[-1]["type"] == "warehouse.shipment.reported"
    assert receiver.received[-1]["source"] == "/warehouse"
    assert receiver.received[-1]["subject"] == NUMBER
    assert receiver.received[-1]["sequence"] == "00000000000000000004"
    assert receiver.received[-1]["data"] == {
        "order": NUMBER,
        "shipment_ref": f"{REF}-1",
        "status": "shipped",
        "carrier": carrier,
        "tracking": tracking,
        "lines": [{"order_line": PEN, "quantity": "4"}],
    }


def test_assigns_a_shipment_always_the_same_tracking() -> None:
    assert assign_carrier("WH-000001-1") == assign_carrier("WH-000001-1")
    assert assign_carrier("WH-000001-1") != assign_carrier("WH-000001-2")
    assert len(assign_carrier("WH-000001-1")[1]) == 12


def test_takes_a_carrier_and_tracking_that_are_typed(warehouse: Client) -> None:
    warehouse.push(order_event())

    order = report(warehouse, "shipped", carrier="Bike", tracking="B-1")

    assert [(s["carrier"], s["tracking"]) for s in order["shipments"]] == [("Bike", "B-1")]


def test_ships_in_parts_and_keeps_the_rest_open(warehouse: Client, receiver: Receiver) -> None:
    warehouse.push(order_event())

    part = report(warehouse, "shipped", (PEN, "4"))
    rest = report(warehouse, "shipped")

    assert (part["state"], [line["open"] for line in part["lines"]]) == ("part shipped", ["6", "1"])
    assert (rest["state"], [line["open"] for line in rest["lines"]]) == ("shipped", ["0", "0"])
    assert [shipment["lines"] for shipment in rest["shipments"]] == [
        [{"order_line": PEN, "quantity": "4"}],
        [{"order_line": PEN, "quantity": "6"}, {"order_line": INK, "quantity": "1"}],
    ]


def test_moves_the_shipment_that_holds_just_these_quantities(warehouse: Client) -> None:
    warehouse.push(order_event())
    report(warehouse, "picked", (PEN, "4"))

    report(warehouse, "packed", (PEN, "4"))
    order = report(warehouse, "shipped", (PEN, "4"))

    assert [(s["shipment_ref"], s["status"]) for s in order["shipments"]] == [
        (f"{REF}-1", "shipped")
    ]


def test_moves_the_shipment_that_is_named(warehouse: Client) -> None:
    warehouse.push(order_event())
    report(warehouse, "shipped", (PEN, "4"))
    report(warehouse, "shipped", (PEN, "1"))

    order = report(warehouse, "delivered", shipment_ref=f"{REF}-2")

    assert [s["status"] for s in order["shipments"]] == ["shipped", "delivered"]
    assert order["state"] == "part shipped"


@pytest.mark.parametrize(
    ("value", "refusal"),
    [
        ({"status": "shipped", "lines": [{"order_line": PEN, "quantity": "11"}]},
         (409, "Line 1 has 10 open, not 11.")),
        ({"status": "shipped", "lines": [{"order_line": "x", "quantity": "1"}]},
         (422, f"{REF} has no line x.")),
        ({"status": "shipped", "lines": [{"order_line": PEN, "quantity": "0"}]},
         (422, "lines must name at least one quantity above 0.")),
        ({"status": "shipped", "lines": [{"order_line": PEN, "quantity": "-1"}]},
         (422, "lines[0].quantity must not be negative.")),
        ({"status": "delivered"}, (409, f"No shipment of {REF} can become delivered now.")),
        ({"status": "packed", "shipment_ref": "WH-9"}, (409, "WH-9 cannot become packed now.")),
        ({"status": "eaten"},
         (422, "status must be one of accepted, picked, packed, shipped, delivered.")),
        ([], (422, "The body must be an object.")),
    ],
)  # fmt: skip
def test_refuses_a_step_that_makes_no_sense(
    warehouse: Client, value: Any, refusal: tuple[int, str]
) -> None:
    warehouse.push(order_event())

    assert refuse(warehouse, value) == refusal


def test_refuses_to_ship_twice(warehouse: Client) -> None:
    warehouse.push(order_event())
    report(warehouse, "shipped")

    assert refuse(warehouse, {"status": "shipped"}) == (409, f"Nothing of {REF} is open.")


def test_answers_404_for_an_unknown_order(warehouse: Client) -> None:
    assert warehouse.ask("GET", "/orders/WH-7").status == 404
    assert warehouse.post("/orders/WH-7/report", {"status": "shipped"}).status == 404


def test_takes_a_change_of_what_is_open(warehouse: Client) -> None:
    warehouse.push(order_event())
    report(warehouse, "shipped", (PEN, "4"))

    reply = warehouse.push(order_event("changed", 2, pens="5", inks="none"))

    assert reply.json == {"reference": REF}
    [line] = warehouse.get(f"/orders/{REF}")["lines"]
    assert (line["ordered"], line["shipped"], line["open"]) == ("5", "4", "1")


@pytest.mark.parametrize("pens", ["3", "none"])
def test_refuses_a_change_under_what_is_shipped(warehouse: Client, pens: str) -> None:
    warehouse.push(order_event())
    report(warehouse, "shipped", (PEN, "4"))

    reply = warehouse.push(order_event("changed", 2, pens=pens))

    assert (reply.status, reply.json["code"]) == (409, "under_shipped")
    assert reply.json["detail"].endswith("4 are already shipped.")
    order = warehouse.get(f"/orders/{REF}")
    assert (order["version"], order["lines"][0]["ordered"]) == (1, "10")


def test_takes_a_refused_change_once_it_fits(warehouse: Client) -> None:
    warehouse.push(order_event())
    change = order_event("changed", 2, pens="3")
    report(warehouse, "picked", (PEN, "4"))
    assert warehouse.push(change).status == 409

    warehouse.push(order_event("changed", 2, pens="4"))
    assert warehouse.push(change).status == 409
    assert warehouse.ledger(change["id"]) == (2, 0)


def test_waits_while_an_order_is_held(warehouse: Client) -> None:
    warehouse.push(order_event())

    warehouse.push(order_event("held", 2, reason="Credit limit"))
    order = warehouse.get(f"/orders/{REF}")
    assert (order["held"], order["hold_reason"]) == (True, "Credit limit")
    assert refuse(warehouse, {"status": "shipped"}) == (409, f"{REF} is on hold.")

    warehouse.push(order_event("released", 3))
    assert report(warehouse, "shipped")["held"] is False


def test_cancels_what_has_not_left(warehouse: Client) -> None:
    warehouse.push(order_event())
    report(warehouse, "picked", (PEN, "4"))

    reply = warehouse.push(order_event("cancelled", 2))

    assert reply.status == 200
    order = warehouse.get(f"/orders/{REF}")
    assert (order["state"], order["shipments"]) == ("cancelled", [])
    assert refuse(warehouse, {"status": "shipped"}) == (409, f"{REF} is cancelled.")


def test_refuses_to_cancel_what_has_left(warehouse: Client) -> None:
    warehouse.push(order_event())
    report(warehouse, "shipped", (PEN, "1"))

    reply = warehouse.push(order_event("cancelled", 2))

    assert (reply.status, reply.json["code"]) == (409, "already_shipped")
    assert warehouse.get(f"/orders/{REF}")["state"] == "part shipped"


def test_creates_an_order_from_any_of_its_events(warehouse: Client) -> None:
    reply = warehouse.push(order_event("held", 4, reason="Wait"))

    assert reply.json == {"reference": REF}
    assert warehouse.get(f"/orders/{REF}")["held"] is True


def test_notes_what_is_not_for_a_warehouse(warehouse: Client) -> None:
    first = warehouse.push(invoice_event())
    again = warehouse.push(invoice_event("paid", sequence=2))
    quote = warehouse.push(
        event("quote.accepted", {}, source="/quotes/1", subject="Q-1", sequence=1)
    )

    assert (first.status, first.json) == (202, {"reference": "WH-NOTE-000001"})
    assert (again.status, again.json) == (202, {"reference": "WH-NOTE-000001"})
    assert (quote.status, quote.json) == (202, {"reference": "WH-NOTE-000002"})
    assert warehouse.get("/orders") == []


def test_answers_202_to_a_repeat_of_a_noted_event(warehouse: Client) -> None:
    sent = invoice_event()

    answers = [
        warehouse.push(sent),
        warehouse.push(sent),
        warehouse.find(sent["id"]),
    ]

    assert [(a.status, a.json["reference"]) for a in answers] == [(202, "WH-NOTE-000001")] * 3


def test_notes_progress_under_the_reference_of_the_order(warehouse: Client) -> None:
    warehouse.push(order_event())

    reply = warehouse.push(order_event("progressed", 5))

    assert (reply.status, reply.json) == (202, {"reference": REF})
    change = warehouse.push(order_event("changed", 4, pens="7"))
    assert change.status == 200
    assert warehouse.get(f"/orders/{REF}")["lines"][0]["ordered"] == "7"


@pytest.mark.parametrize("is_on_hold", [True, False])
def test_reads_a_hold_from_the_order_itself(warehouse: Client, is_on_hold: bool) -> None:
    warehouse.push(order_event("held" if not is_on_hold else "submitted", 1))
    event_data = order_event("changed", 2)
    event_data["data"]["order"]["is_on_hold"] = is_on_hold

    warehouse.push(event_data)

    assert warehouse.get(f"/orders/{REF}")["held"] is is_on_hold


def test_ships_automatically_in_two_parts(
    start: Start, settings_for: Callable[..., Settings], tmp_path: Path, receiver: Receiver
) -> None:
    settings = settings_for("warehouse", auto_seconds=0.05)
    warehouse = start(lambda: build_warehouse(tmp_path / "w.db", settings))

    warehouse.push(order_event())
    wait_until(lambda: len(receiver.received) == 7)

    assert receiver.summaries() == [
        f"{NUMBER} accepted",
        f"{NUMBER} picking",
        f"{NUMBER} packed",
        f"{NUMBER} {REF}-1 shipped",
        f"{NUMBER} {REF}-2 shipped",
        f"{NUMBER} {REF}-1 delivered",
        f"{NUMBER} {REF}-2 delivered",
    ]
    assert [event["data"]["lines"] for event in receiver.received[3:5]] == [
        [{"order_line": PEN, "quantity": "5"}],
        [{"order_line": PEN, "quantity": "5"}, {"order_line": INK, "quantity": "1"}],
    ]


def test_continues_when_a_finished_order_grows(
    start: Start, settings_for: Callable[..., Settings], tmp_path: Path, receiver: Receiver
) -> None:
    settings = settings_for("warehouse", auto_seconds=0.05)
    warehouse = start(lambda: build_warehouse(tmp_path / "w.db", settings))
    warehouse.push(order_event(pens="1"))
    wait_until(lambda: warehouse.get(f"/orders/{REF}")["state"] == "delivered")
    time.sleep(0.3)  # by now nobody looks at the order any more

    warehouse.push(order_event("changed", 2, pens="2"))

    wait_until(lambda: len(warehouse.get(f"/orders/{REF}")["shipments"]) == 2)
    wait_until(lambda: warehouse.get(f"/orders/{REF}")["state"] == "delivered")
