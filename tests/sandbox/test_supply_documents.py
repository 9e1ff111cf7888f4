"""Documents of Throughline: the supply-chain system counts what was shipped and billed there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.supply_messages import FIRST, NUMBER, ORDER_ID, push, sent, the_order
from tests.sandbox.throughline_stub import Client, event

GOODS = {"number": "S-1", "posted_on": "2026-11-20"}
BILL = GOODS | {"due_on": None, "credits": None, "currency": "EUR", "prices_include_tax": False}
TOTALS = {"lines": "33.33", "discount": "1.00", "charges": "4.00", "tax": "6.14", "total": "42.47"}
counter = iter(range(2, 1000))


def document(kind: str, quantity: str, **fields: Any) -> dict[str, Any]:
    """A document of a quantity of the first line."""
    head = GOODS if kind in {"delivery", "return"} else BILL | {"totals": TOTALS}
    line = {"throughline_id": FIRST, "quantity": quantity}
    if "totals" in head:
        line |= {"amount": "33.33", "tax_rate": "0.19", "tax": "6.14"}
    order = {"throughline_id": ORDER_ID, "number": NUMBER}
    data = {"order": order, kind: head | {"lines": [line]} | fields}
    source = f"/orders/{ORDER_ID}"
    return event("shipment.recorded", data, source=source, subject=NUMBER, sequence=next(counter))


def take(supply: Client, kind: str, quantity: str, **fields: Any) -> Any:
    reply = supply.push(document(kind, quantity, **fields))
    assert reply.status == 200, reply.text
    return reply.json


def counted(supply: Client) -> list[str]:
    """How much is delivered, returned, invoiced and credited of the first line."""
    [line] = the_order(supply)["lines"]
    return [line[name] for name in ("delivered", "returned", "invoiced", "credited")]


def test_counts_each_kind_on_its_line(supply: Client) -> None:
    push(supply)
    knows = the_order(supply)["knows"]

    answer = take(supply, "delivery", "3")
    take(supply, "return", "-1", number="R-1", replace=True)
    take(supply, "invoice", "2", number="I-1")
    take(supply, "credit_note", "-1", number="C-1", credits="I-1", bill_again=False)

    order = the_order(supply)
    assert counted(supply) == ["3", "1", "2", "1"]
    assert (answer["reference"], answer["sequence"]) == ("S-1", order["sequence"] - 3)
    assert (order["document_status"], order["knows"]) == ("Invoice", knows)
    types = [each["type"] for each in supply.get("/documents")]
    assert types == ["delivery", "return", "invoice", "credit_note"]
    assert sent(supply)[-1][0] == "supply.order.changed"


def test_a_document_counts_instead_of_what_it_said_before(supply: Client) -> None:
    push(supply)
    take(supply, "delivery", "3")

    take(supply, "delivery", "2")

    assert counted(supply) == ["2", "0", "0", "0"]
    assert len(supply.get("/documents")) == 1


def test_a_line_of_a_bill_may_be_about_none_of_the_order(supply: Client) -> None:
    push(supply)
    line = {"quantity": "0", "amount": "33.33", "tax_rate": "0.19", "tax": "6.14"}

    take(supply, "invoice", "2", lines=[line])

    assert counted(supply) == ["0", "0", "0", "0"]


@pytest.mark.parametrize(
    ("is_pushed", "line", "refusal"),
    [
        (False, FIRST, (409, "unknown_order")),
        (True, "0199f3c1-0000-7000-8000-0000000000ff", (422, "unknown_line")),
    ],
)
def test_refuses_what_it_does_not_know(
    supply: Client, is_pushed: bool, line: str, refusal: tuple[int, str]
) -> None:
    if is_pushed:
        push(supply)

    lines = [{"throughline_id": line, "quantity": "3"}]
    reply = supply.push(document("delivery", "3", lines=lines))

    assert (reply.status, reply.json["code"]) == refusal
    assert supply.get("/documents") == []
