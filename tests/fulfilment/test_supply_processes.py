"""Two-way order sync end to end, with a Celery worker and the sandbox's supply-chain system."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from fulfilment.models import Connection, Discrepancy, Handoff, InboundMessage
from fulfilment.services.returns import record_return
from fulfilment.services.shipments import record_shipment
from sales.models import Order, OrderLine, Product, SalesEvent
from sales.services.change_orders import Changes, change_order
from sales.services.credit_notes import credit_invoice
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.integrity.verification import verify
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.orders import submit_order
from tests.factories import Market
from tests.fulfilment.conftest import ORDER_EVENTS
from tests.fulfilment.processes import Sandbox, celery_worker, eventually, sandbox
from tests.fulfilment.supply import map_market, mapped_product

pytestmark = pytest.mark.django_db(transaction=True)

LINE = {
    "item": "AX-9",
    "unit": "EA",
    "quantity": "3",
    "price": "20.00",
    "discount": "3.33",
    "charge": "-0.01",
    "tax_rate": "0.2",
}
"""Three at 20.00 with 10.00 off, as a supply-chain system writes it."""


@pytest.fixture
def market(transactional_db: None) -> Market:
    """A company that sells, an account that buys."""
    return Market()


@pytest.fixture
def supply(market: Market, live_server: LiveServer, tmp_path: Path) -> Iterator[Sandbox]:
    """The sandbox's supply-chain system, with one mapped item AX-9 at 20.00."""
    kind = Connection.Kind.SUPPLY
    with sandbox("supply", ORDER_EVENTS, live_server.url, tmp_path, kind=kind) as system:
        connection = Connection.objects.get()
        map_market(connection, market)
        mapped_product(connection, market, "AX-9", "20.00")
        yield system


@pytest.fixture
def worker(supply: Sandbox, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A Celery worker with its beat."""
    with celery_worker(tmp_path / "beat") as process:
        yield process


def entered(supply: Sandbox) -> tuple[Order, str]:
    """An order that their clerk enters, taken in here; with its id there."""
    head = {"company": "USMF", "currency": "EUR", "customer": "C-001", "name": "Grinders"}
    theirs = supply.ask("POST", "/orders", head | {"lines": [LINE]})
    order = eventually(
        lambda: Order.objects.filter(number=theirs["number"]).first(), "their order here"
    )
    return order, theirs["id"]


def sold(market: Market, **line: Any) -> Order:
    """An order of one line that a rep submits here."""
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, **line)
    return submit_order(order.pk, actor=market.rep)


def there(supply: Sandbox, order: Order) -> dict[str, Any]:
    """An order of ours as they have it, once its message has come back and is applied."""

    def find() -> dict[str, Any] | None:
        known = supply.ask("GET", "/orders")
        return next((each for each in known if each["number"] == order.number), None)

    found: dict[str, Any] = eventually(find, "our order there")
    settle(supply)
    return found


def settle(supply: Sandbox) -> None:
    """Wait until nothing is on its way, in either direction."""
    waiting = Handoff.objects.filter(state__in=Handoff.WAITING)
    eventually(lambda: not waiting.exists(), "an empty queue here")

    def all_delivered() -> bool:
        return all(each["state"] == "delivered" for each in supply.ask("GET", "/outgoing"))

    eventually(all_delivered, "an empty queue there")
    results = set(InboundMessage.objects.values_list("result", "detail"))
    assert results <= {("applied", "")}, results


def events_of(order: Order) -> list[str]:
    """The types of what happened to an order."""
    return list(SalesEvent.objects.filter(subject_id=order.pk).values_list("type", flat=True))


def total_of(order: Order) -> tuple[Decimal, Decimal]:
    """What an order comes to, without and with tax."""
    order.refresh_from_db()
    return order.detail, order.total


def test_an_order_entered_there_appears_here_to_the_cent(
    supply: Sandbox, worker: subprocess.Popen[str]
) -> None:
    order, their_id = entered(supply)

    theirs = supply.ask("GET", f"/orders/{their_id}")
    line = order.lines.get()
    assert (line.quantity, line.unit_price, line.discount, line.charge, line.net) == (
        Decimal(3),
        Decimal("20.00"),
        Decimal("10.00"),
        Decimal(0),
        Decimal("50.00"),
    )
    assert total_of(order) == (Decimal("50.00"), Decimal(theirs["totals"]["total"]))
    settle(supply)
    assert (events_of(order), supply.ledger()) == (["order.submitted"], [])


def test_an_order_submitted_here_appears_there_and_its_echo_makes_no_version(
    supply: Sandbox, worker: subprocess.Popen[str], market: Market
) -> None:
    order = sold(
        market, product=Product.objects.get(), quantity=Decimal(3), discount_amount=Decimal("10.00")
    )
    before = order.version

    theirs = there(supply, order)

    [line] = theirs["lines"]
    assert (line["item"], line["unit"], line["quantity"], line["price"]) == (
        "AX-9",
        "EA",
        "3",
        "20.00",
    )
    assert (line["discount"], line["charge"], line["amount"]) == ("3.33", "-0.01", "50.00")
    assert (Decimal(theirs["totals"]["lines"]), Decimal(theirs["totals"]["total"])) == total_of(
        order
    )
    assert (order.version, supply.ledger()) == (before, [("throughline.order.submitted", 1, 1)])
    states = Handoff.objects.values_list("state", flat=True)
    assert list(states) == [Handoff.State.CONFIRMED]


@pytest.mark.parametrize("made", ["here", "there"])
def test_an_edit_on_each_side_arrives_on_the_other(
    made: str, supply: Sandbox, worker: subprocess.Popen[str], market: Market
) -> None:
    if made == "here":
        order = sold(
            market,
            product=Product.objects.get(),
            quantity=Decimal(3),
            discount_amount=Decimal("10.00"),
        )
        their_id = there(supply, order)["id"]
    else:
        order, their_id = entered(supply)

    lot = supply.ask("GET", f"/orders/{their_id}")["lines"][0]["id"]
    supply.ask("POST", f"/orders/{their_id}/lines/{lot}/edit", {"quantity": "5"})
    line: OrderLine = eventually(lambda: order.lines.filter(quantity=5).first(), "their quantity")
    assert (line.discount, line.net) == (Decimal("16.66"), Decimal("83.34"))
    settle(supply)

    changes = Changes(lines={line.pk: {"quantity": Decimal(6)}}, head={"customer_reference": "PO"})
    change_order(order.pk, changes, actor=market.rep)

    def has_ours() -> bool:
        theirs = supply.ask("GET", f"/orders/{their_id}")
        return (theirs["lines"][0]["quantity"], theirs["customer_reference"]) == ("6", "PO")

    eventually(has_ours, "our quantity there")
    settle(supply)
    theirs = supply.ask("GET", f"/orders/{their_id}")
    order.refresh_from_db()
    assert theirs["knows"] == order.version
    assert (Decimal(theirs["totals"]["lines"]), Decimal(theirs["totals"]["total"])) == total_of(
        order
    )
    differing = Discrepancy.objects.values_list("kind", "field", "base", "ours", "theirs")
    assert not list(differing)


def test_a_write_in_arrives_as_its_category(
    supply: Sandbox, worker: subprocess.Popen[str], market: Market
) -> None:
    order = sold(
        market,
        description="Custom shelf",
        unit_price=Decimal(50),
        product_category=market.category,
        tax_rate=Decimal("0.2"),
    )

    [line] = there(supply, order)["lines"]

    assert (line["item"], line["category"], line["description"], line["amount"]) == (
        None,
        "PARTS",
        "Custom shelf",
        "50.00",
    )


def test_what_is_delivered_and_billed_there_is_here_to_the_cent(
    supply: Sandbox, worker: subprocess.Popen[str], market: Market
) -> None:
    market.company.shipped_by = market.company.billed_by = Connection.objects.get().code
    market.company.save()
    order, their_id = entered(supply)
    lot = supply.ask("GET", f"/orders/{their_id}")["lines"][0]["id"]

    def post(action: str, quantity: str) -> None:
        lines = [{"id": lot, "quantity": quantity}]
        supply.ask("POST", f"/orders/{their_id}/{action}", {"lines": lines})

    for action, quantity in (("deliver", "3"), ("invoice", "2"), ("return", "1"), ("invoice", "1")):
        post(action, quantity)
    post("credit", "1")
    eventually(lambda: order.invoices.filter(kind="credit_note").exists(), "their credit note")
    settle(supply)

    documents = [each for each in supply.ask("GET", "/documents") if "totals" in each]
    theirs = {each["number"]: abs(Decimal(each["totals"]["total"])) for each in documents}
    assert dict(order.invoices.values_list("number", "total")) == theirs
    line = order.lines.get()
    assert (line.shipped_quantity, line.returned_quantity) == (3, 1)
    assert (line.invoiced_quantity, line.credited_quantity) == (3, 1)
    assert line.open_to_bill == 0
    order.refresh_from_db()
    assert (order.fulfilment_status, order.status) == ("partly_returned", "completed")
    assert not any(verify().values())


def test_what_we_ship_and_bill_is_there_to_the_cent(
    supply: Sandbox, worker: subprocess.Popen[str], market: Market
) -> None:
    events = [*ORDER_EVENTS, "shipment.recorded", "invoice.issued", "invoice.credited"]
    Connection.objects.update(event_types=events)
    order = sold(
        market, product=Product.objects.get(), quantity=Decimal(3), discount_amount=Decimal("10.00")
    )
    their_id = there(supply, order)["id"]
    line = order.lines.get()

    record_shipment(order.pk, actor=market.rep, lines={line.pk: Decimal(3)})
    for quantity in (2, 1):
        wanted = {line.pk: Decimal(quantity)}
        draft = invoice_order(order.pk, actor=market.rep, what="lines", quantities=wanted)
        invoice = issue_invoice(draft.pk, actor=market.rep)
    record_return(order.pk, actor=market.rep, lines={line.pk: Decimal(1)})
    credit_invoice(invoice.pk, actor=market.rep, reason="Broken", bill_again=False)
    settle(supply)

    documents = supply.ask("GET", "/documents")
    theirs = {
        each["number"]: abs(Decimal(each["totals"]["total"]))
        for each in documents
        if "totals" in each
    }
    assert dict(order.invoices.values_list("number", "total")) == theirs
    assert [each["type"] for each in documents] == [
        *("delivery", "invoice", "invoice", "return", "credit_note"),
    ]
    [line_there] = supply.ask("GET", f"/orders/{their_id}")["lines"]
    totals = ("delivered", "returned", "invoiced", "credited")
    assert [line_there[name] for name in totals] == ["3", "1", "3", "1"]
    assert not Discrepancy.objects.exists()
    assert not any(verify().values())
