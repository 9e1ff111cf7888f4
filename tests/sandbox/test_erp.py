"""The ERP: receiving, posting and settling invoices."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sandbox.endpoints import Settings
from sandbox.erp.taxes import TaxLine, TaxRounding, tax_of
from sandbox.erp.web import build_erp
from tests.sandbox.conftest import Start
from tests.sandbox.throughline_stub import (
    Client,
    Receiver,
    invoice_event,
    money,
    order_event,
    wait_until,
)

REF = "ERP-000001"
NUMBER = "INV-2026-00033"


def test_stores_an_invoice(erp: Client) -> None:
    reply = erp.push(invoice_event())

    assert (reply.status, reply.json) == (200, {"reference": REF})
    assert erp.get(f"/invoices/{REF}") == {
        "reference": REF,
        "kind": "invoice",
        "invoice_id": "invoice INV-2026-00033",
        "number": NUMBER,
        "order_number": "O-2026-00042",
        "account": "Nordwind <GmbH>",
        "currency": "EUR",
        "issued_on": "2026-11-22",
        "due_on": "2026-12-22",
        "net": money("100.00"),
        "tax": money("19.00"),
        "total": money("119.00"),
        "sent_tax": money("19.00"),
        "sent_total": money("119.00"),
        "paid": money("0.00"),
        "credited": money("0.00"),
        "credits": "",
        "state": "received",
        "official_number": "",
        "payment_ref": "",
        "lines": [
            {
                "sku": "PEN",
                "description": "A pen",
                "quantity": "4",
                "tax_rate": "0.19",
                "net": "100.00",
            }
        ],
        "differs": False,
    }


def test_takes_an_invoice_without_an_order(erp: Client) -> None:
    event = invoice_event()
    event["data"]["invoice"] |= {"order": None, "due_on": None}

    assert erp.push(event).status == 200
    assert erp.get(f"/invoices/{REF}")["order_number"] == ""


def test_stores_a_repeat_once(erp: Client) -> None:
    event = invoice_event()

    assert [erp.push(event).json for _ in range(2)] == [{"reference": REF}] * 2
    assert len(erp.get("/invoices")) == 1
    assert erp.ledger(event["id"]) == (2, 1)


def test_recognises_an_invoice_under_another_message(erp: Client) -> None:
    erp.push(invoice_event())

    again = erp.push(invoice_event(sequence=2))
    other = erp.push(invoice_event(sequence=3, lines=[("50.00", "0.19")]))

    assert again.json == {"reference": REF}
    assert (other.status, other.json["code"]) == (409, "issued_before")
    assert len(erp.get("/invoices")) == 1


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"issued_on": "soon"}, 'data.invoice.issued_on must be a day such as "2026-11-22".'),
        ({"totals": None}, "data.invoice.totals must be an object."),
        ({"lines": [{}]}, "data.invoice.lines[0].id must be a text that is not empty."),
    ],
)
def test_says_what_is_wrong_with_an_invoice(
    erp: Client, change: dict[str, object], detail: str
) -> None:
    event = invoice_event()
    event["data"]["invoice"] |= change

    reply = erp.push(event)

    assert (reply.status, reply.json["detail"]) == (422, detail)
    assert erp.get("/invoices") == []


def test_notes_events_that_are_not_for_an_erp(erp: Client) -> None:
    reply = erp.push(order_event())

    assert (reply.status, reply.json) == (202, {"reference": "ERP-NOTE-000001"})
    assert erp.get("/invoices") == []


def test_posts_under_an_official_number(erp: Client, receiver: Receiver) -> None:
    erp.push(invoice_event())

    posted = erp.post(f"/invoices/{REF}/post")

    assert posted.json["official_number"] == "SI-2026-000001"
    assert posted.json["state"] == "posted"
    wait_until(lambda: receiver.received)
    assert receiver.received[0]["type"] == "erp.invoice.posted"
    assert receiver.received[0]["source"] == "/erp"
    assert receiver.received[0]["subject"] == NUMBER
    assert receiver.received[0]["data"] == {
        "invoice": NUMBER,
        "official_number": "SI-2026-000001",
        "status": "posted",
        "issued_on": "2026-11-22",
        "tax": money("19.00"),
        "total": money("119.00"),
    }


def test_numbers_without_gaps_in_the_order_of_posting(erp: Client) -> None:
    for number in ("INV-1", "INV-2", "INV-3"):
        erp.push(invoice_event(number=number))

    posted = [erp.post(f"/invoices/ERP-00000{n}/post").json for n in (3, 1)]
    assert erp.post("/invoices/ERP-000001/post").status == 409
    posted.append(erp.post("/invoices/ERP-000002/post").json)

    assert [(p["number"], p["official_number"]) for p in posted] == [
        ("INV-3", "SI-2026-000001"),
        ("INV-1", "SI-2026-000002"),
        ("INV-2", "SI-2026-000003"),
    ]


def test_takes_a_payment(erp: Client, receiver: Receiver) -> None:
    erp.push(invoice_event())
    erp.post(f"/invoices/{REF}/post")

    paid = erp.post(f"/invoices/{REF}/pay")

    assert (paid.json["state"], paid.json["payment_ref"]) == ("paid", "PAY-000001")
    wait_until(lambda: len(receiver.received) == 2)
    assert receiver.received[1]["type"] == "erp.invoice.paid"
    assert receiver.received[1]["data"] == {
        "invoice": NUMBER,
        "official_number": "SI-2026-000001",
        "status": "paid",
        "payment_ref": "PAY-000001",
        "amount": money("119.00"),
        "paid_on": dt.datetime.now(tz=dt.UTC).date().isoformat(),
    }


def test_takes_no_payment_before_posting_nor_twice(erp: Client) -> None:
    erp.push(invoice_event())
    assert erp.post(f"/invoices/{REF}/pay").status == 409
    assert erp.get("/outgoing") == []

    erp.post(f"/invoices/{REF}/post")
    erp.post(f"/invoices/{REF}/pay")
    assert erp.post(f"/invoices/{REF}/pay").status == 409
    assert len(erp.get("/outgoing")) == 2


def test_records_a_payment_sent_by_throughline_and_still_posts(erp: Client) -> None:
    erp.push(invoice_event())
    erp.push(invoice_event("paid", sequence=2))

    posted = erp.post(f"/invoices/{REF}/post").json

    assert (posted["state"], posted["official_number"]) == ("paid", "SI-2026-000001")
    assert erp.post(f"/invoices/{REF}/pay").status == 409


def test_takes_a_discount_for_paying_early_as_settled(erp: Client) -> None:
    offer = {"rate": "0.02", "until": "2026-12-02", "discount": money("2.38")}
    parts = [{"due_on": "2026-12-22", "amount": money("119.00")}]
    event_data: dict[str, Any] = {"early_payment": offer, "instalments": parts}
    erp.push(invoice_event(**event_data))
    erp.post(f"/invoices/{REF}/post")

    event_data |= {"paid": money("116.62"), "discounted": money("2.38")}
    erp.push(invoice_event("paid", sequence=2, **event_data))

    [invoice] = erp.get("/invoices")
    assert invoice["state"] == "paid"


@pytest.mark.parametrize("name", ["paid_from_credit", "written_off"])
def test_takes_what_settles_an_invoice_otherwise(erp: Client, name: str) -> None:
    erp.push(invoice_event())
    erp.post(f"/invoices/{REF}/post")

    figures = {"paid": money("30.00"), "moved_to_credit": money("1.00")}
    settled: dict[str, Any] = figures | {"refunded": money("0.00"), "written_off": money("90.00")}
    erp.push(invoice_event(name, sequence=2, **settled))

    [invoice] = erp.get("/invoices")
    assert (invoice["state"], invoice["paid"]) == ("paid", money("119.00"))


def test_refuses_the_payment_of_an_unknown_invoice(erp: Client) -> None:
    assert erp.push(invoice_event("paid")).status == 404


def test_records_the_outstanding_amount(erp: Client, receiver: Receiver) -> None:
    erp.push(invoice_event())
    erp.push(invoice_event("paid", sequence=2, paid=money("20.00")))
    erp.push(credit_note("10.00", "11.90"))
    erp.post(f"/invoices/{REF}/post")

    paid = erp.post(f"/invoices/{REF}/pay").json

    assert (paid["state"], paid["paid"], paid["credited"]) == (
        "paid",
        money("107.10"),
        money("11.90"),
    )
    wait_until(lambda: len(receiver.received) == 2)
    assert receiver.received[1]["data"]["amount"] == money("87.10")


def test_has_no_outstanding_amount_on_a_credited_invoice(erp: Client) -> None:
    erp.push(credit_note("100.00", "119.00"))
    erp.push(invoice_event())
    erp.post("/invoices/ERP-000002/post")

    assert erp.get("/invoices/ERP-000002")["state"] == "credited"
    assert erp.post("/invoices/ERP-000002/pay").status == 409


def test_credits_the_named_invoice(erp: Client) -> None:
    erp.push(invoice_event())
    erp.push(credit_note("100.00", "119.00"))

    reply = erp.push(invoice_event("credited", sequence=2))

    assert (reply.status, reply.json) == (200, {"reference": REF})
    assert [invoice["state"] for invoice in erp.get("/invoices")] == ["received", "credited"]


def credit_note(net: str, total: str) -> dict[str, Any]:
    """Return the event of a credit note on the invoice."""
    return invoice_event(
        number="CN-2026-00004",
        lines=[(net, "0.19")],
        totals={"total": total},
        kind="credit_note",
        credits=f"invoice {NUMBER}",
    )


@pytest.mark.parametrize(
    "event_data",
    [
        credit_note("100.00", "119.00"),
        invoice_event("credited", number="CN-2026-00004"),
    ],
)
def test_gives_credit_memos_numbers_of_their_own(
    erp: Client, receiver: Receiver, event_data: dict[str, Any]
) -> None:
    erp.push(invoice_event())
    erp.push(event_data)

    memo = erp.post("/invoices/ERP-000002/post").json

    assert (memo["kind"], memo["official_number"]) == ("credit memo", "SC-2026-000001")
    assert erp.post("/invoices/ERP-000002/pay").status == 409
    wait_until(lambda: receiver.received)
    assert receiver.received[0]["data"]["invoice"] == "CN-2026-00004"


def test_shows_where_its_arithmetic_differs(erp: Client) -> None:
    erp.push(invoice_event(lines=[("0.50", "0.05")], totals={"tax": "0.03", "total": "0.53"}))

    invoice = erp.get(f"/invoices/{REF}")

    assert (invoice["tax"], invoice["total"]) == (money("0.02"), money("0.52"))
    assert invoice["differs"] is True


def test_spreads_a_header_discount_and_adds_freight(erp: Client) -> None:
    erp.push(
        invoice_event(
            lines=[("60.00", "0.19"), ("40.00", "0.07")],
            totals={
                "detail": "100.00",
                "discount": "10.00",
                "pre_freight": "90.00",
                "freight": "5.00",
                "tax": "12.78",
                "total": "107.78",
            },
        )
    )

    assert erp.get(f"/invoices/{REF}")["differs"] is False


@pytest.mark.parametrize(
    ("currency", "lines", "discount", "document", "line"),
    [
        ("EUR", [("0.50", "0.19"), ("0.50", "0.19")], "0", "0.19", "0.20"),
        ("EUR", [("0.50", "0.05")], "0", "0.02", "0.02"),
        ("JPY", [("105", "0.1"), ("105", "0.1")], "0", "21", "20"),
        ("KWD", [("1.001", "0.05"), ("2.002", "0.05")], "0", "0.150", "0.150"),
        ("EUR", [("100", "0.19"), ("100", "0.07")], "20", "23.40", "23.40"),
        ("EUR", [("-100", "0.19")], "-10", "-17.10", "-17.10"),
        ("EUR", [], "0", "0", "0"),
    ],
)
def test_computes_tax_independently(
    currency: str, lines: list[tuple[str, str]], discount: str, document: str, line: str
) -> None:
    given = [TaxLine(Decimal(net), Decimal(rate)) for net, rate in lines]

    taxes = [tax_of(given, Decimal(discount), currency, how) for how in TaxRounding]

    assert taxes == [Decimal(document), Decimal(line)]


def test_gives_the_header_discount_on_what_is_sold() -> None:
    sold = [TaxLine(Decimal(900), Decimal("0.2")), TaxLine(Decimal(100), Decimal("0.07"))]
    trade_in = TaxLine(Decimal(-300), Decimal("0.2"), is_sold=False)

    taxes = [tax_of([*sold, trade_in], Decimal(100), "EUR", how) for how in TaxRounding]

    assert taxes == [Decimal("108.30")] * 2  # 20 % of 510 and 7 % of 90


def test_posts_and_records_payments_automatically(
    start: Start, settings_for: Callable[..., Settings], tmp_path: Path, receiver: Receiver
) -> None:
    settings = settings_for("erp", auto_seconds=0.05)
    erp = start(lambda: build_erp(tmp_path / "erp.db", settings, auto_pay=True))

    erp.push(invoice_event())
    erp.push(invoice_event(number="CN-1", kind="credit_note"))

    wait_until(lambda: len(receiver.received) == 3)
    assert sorted(receiver.summaries()) == ["CN-1 posted", f"{NUMBER} paid", f"{NUMBER} posted"]
