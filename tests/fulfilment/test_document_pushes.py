"""Shipments, returns, invoices and credit notes of ours in a supply-chain system's words."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from fulfilment.models import Discrepancy, Payload, ReconcileRun, Shipment
from fulfilment.outbound.drain import drain
from fulfilment.reconciliation.runs import continue_runs, start_run
from fulfilment.services.returns import record_return
from fulfilment.services.shipments import move_shipment, record_shipment
from sales.models import Invoice, Order
from sales.services.change_orders import Changes, change_order
from sales.services.credit_notes import credit_invoice
from sales.services.integrity.verification import verify
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sandbox.cloudevents import parse_event
from tests.factories import Market
from tests.fulfilment.conftest import ORDER_EVENTS
from tests.fulfilment.supply import sold
from tests.fulfilment.supply_system import SupplySystem, connected_system

EVENTS = [*ORDER_EVENTS, "shipment.recorded", "invoice.issued", "invoice.credited", "invoice.paid"]


@pytest.fixture
def system(market: Market, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SupplySystem:
    """The supply-chain system, which hears what we ship and bill, with one mapped item AX-9."""
    system = connected_system(market, monkeypatch, tmp_path)
    system.connection.event_types = EVENTS
    system.connection.save()
    return system


@pytest.fixture
def order(system: SupplySystem, market: Market) -> Order:
    """An order of three at 20.00 with 10.00 off, which both hold alike."""
    order = sold(market, discount_amount=Decimal("10.00"))
    exchange(system)
    return order


def exchange(system: SupplySystem) -> None:
    """Deliver what is on its way, both ways."""
    drain()
    assert set(system.deliver()) <= {"applied", "stale", "echo"}


def sent() -> list[dict[str, Any]]:
    """The data of every message to them, in order."""
    bodies = Payload.objects.order_by("id").values_list("body", flat=True)
    return [json.loads(body)["data"] for body in bodies]


def ship(order: Order, market: Market, quantity: int, status: str = "shipped") -> Shipment:
    lines = {order.lines.get().pk: Decimal(quantity)}
    return record_shipment(order.pk, actor=market.rep, lines=lines, status=status)


def bill(order: Order, market: Market, quantity: int) -> Invoice:
    quantities = {order.lines.get().pk: Decimal(quantity)}
    draft = invoice_order(order.pk, actor=market.rep, what="lines", quantities=quantities)
    return issue_invoice(draft.pk, actor=market.rep)


def test_a_shipment_is_a_delivery_once_it_left(
    system: SupplySystem, order: Order, market: Market
) -> None:
    before = len(sent())
    planned = ship(order, market, 2, "planned")
    assert len(sent()) == before

    move_shipment(planned.pk, actor=market.rep, status="shipped")

    planned.refresh_from_db()
    there = system.there(order.number or "")
    [line] = there["lines"]
    assert sent()[-1] == {
        "order": {
            "throughline_id": str(order.pk),
            "id": there["id"],
            "number": order.number,
        },
        "delivery": {
            "number": planned.reference,
            "posted_on": order.company.today().isoformat(),
            "lines": [
                {"id": line["id"], "throughline_id": line["throughline_id"], "quantity": "2"}
            ],
        },
    }
    exchange(system)
    [line] = system.there(order.number or "")["lines"]
    assert line["delivered"] == "2"


def test_what_left_and_did_not_after_all_is_taken_back(
    system: SupplySystem, order: Order, market: Market
) -> None:
    shipped = ship(order, market, 2)
    exchange(system)

    move_shipment(shipped.pk, actor=market.rep, status="failed")
    exchange(system)

    assert sent()[-1]["delivery"]["lines"][0]["quantity"] == "0"
    [line] = system.there(order.number or "")["lines"]
    assert line["delivered"] == "0"
    assert [each["number"] for each in system.orders.documents()] == [shipped.reference]


def test_they_have_our_documents_to_the_cent_and_their_answer_makes_no_version(
    system: SupplySystem, order: Order, market: Market
) -> None:
    ship(order, market, 3)
    record_return(
        order.pk, actor=market.rep, lines={order.lines.get().pk: Decimal(1)}, replace=True
    )
    first, second = bill(order, market, 1), bill(order, market, 2)
    note = credit_invoice(second.pk, actor=market.rep, reason="Broken", bill_again=False)
    order.refresh_from_db()
    version = order.version

    exchange(system)

    bills = [each for each in system.orders.documents() if "totals" in each]
    assert [(each["type"], each["number"], each["totals"]["total"]) for each in bills] == [
        ("invoice", first.number, f"{first.total:.2f}"),
        ("invoice", second.number, f"{second.total:.2f}"),
        ("credit_note", note.number, f"-{note.total:.2f}"),
    ]
    assert (bills[2]["credits"], bills[2]["bill_again"]) == (second.number, False)
    assert sum(Decimal(each["totals"]["lines"]) for each in bills) == Decimal("16.67")
    [line] = system.there(order.number or "")["lines"]
    totals = ("delivered", "returned", "invoiced", "credited")
    assert [line[name] for name in totals] == ["3", "1", "3", "2"]
    order.refresh_from_db()
    assert order.version == version
    assert not any(verify().values())


def test_a_document_that_comes_again_counts_once(
    system: SupplySystem, order: Order, market: Market
) -> None:
    ship(order, market, 3)
    bill(order, market, 2)
    exchange(system)
    before = system.there(order.number or "")["lines"]

    again = json.loads(Payload.objects.latest("id").body) | {"id": "evt_again"}
    body = json.dumps(again).encode()
    system.intake.inbox.receive(parse_event(body, "evt_again"), body)

    assert system.there(order.number or "")["lines"] == before
    assert before[0]["invoiced"] == "2"


def test_a_document_never_claims_that_they_know_an_edit(
    system: SupplySystem, order: Order, market: Market
) -> None:
    system.set_modes(forgets_pushes=True)
    change_order(order.pk, Changes(head={"customer_reference": "OURS"}), actor=market.rep)
    drain()
    system.set_modes(forgets_pushes=False)

    ship(order, market, 2)
    exchange(system)

    order.refresh_from_db()
    assert order.customer_reference == "OURS"


def test_documents_of_theirs_are_not_sent_back(system: SupplySystem, market: Market) -> None:
    market.company.shipped_by = market.company.billed_by = "supply"
    market.company.save()
    there = system.enter()
    lines = [{"id": there["lines"][0]["id"], "quantity": "1"}]
    for action, fields in (("deliver", {}), ("invoice", {}), ("credit", {"lines": lines})):
        system.post(there["id"], action, **fields)

    assert system.deliver()
    drain()

    assert Invoice.objects.count() == 2
    assert sent() == []


@pytest.mark.parametrize("lost", ["delivery", "return", "invoice", "credit_note"])
def test_a_document_that_was_lost_is_found_and_sent_again(
    system: SupplySystem, order: Order, market: Market, lost: str
) -> None:
    line = order.lines.get().pk
    steps: dict[str, Callable[[], Any]] = {
        "delivery": lambda: ship(order, market, 3),
        "return": lambda: record_return(order.pk, actor=market.rep, lines={line: Decimal(1)}),
        "invoice": lambda: bill(order, market, 2),
        "credit_note": lambda: credit_invoice(
            order.invoices.get().pk, actor=market.rep, reason="Broken"
        ),
    }
    for kind, step in steps.items():
        system.set_modes(forgets_pushes=kind == lost)
        step()
        exchange(system)
    system.set_modes(forgets_pushes=False)

    first, second = compare(system), compare(system)

    assert (first.sent_again, second.sent_again, second.agree) == (1, 0, 1)
    types = [each["type"] for each in system.orders.documents()]
    assert sorted(types) == sorted(steps)
    [there] = system.there(order.number or "")["lines"]
    totals = ("delivered", "returned", "invoiced", "credited")
    assert [there[name] for name in totals] == ["3", "1", "2", "2"]
    assert not Discrepancy.objects.exists()


def compare(system: SupplySystem) -> ReconcileRun:
    """Compare all orders, without the pause between both looks."""
    run = start_run(system.connection, ReconcileRun.Purpose.ON_DEMAND, whole=True)
    continue_runs()
    ReconcileRun.objects.filter(ended_at=None).update(looks_again_at=timezone.now())
    continue_runs()
    exchange(system)
    run.refresh_from_db()
    return run
