"""Lines that the other system has in another unit: converted exactly, or asked about."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_httpserver import HTTPServer

from fulfilment.models import Discrepancy, InboundMessage, Shipment
from fulfilment.outbound.drain import drain
from fulfilment.services.mappings import map_code
from fulfilment.services.returns import record_return
from fulfilment.services.shipments import record_shipment
from fulfilment.sync.conflicts import Choice
from sales.models import Invoice, Order, SalesEvent, Unit, UnitGroup
from sales.services.change_orders import Changes, change_order
from sales.services.credit_notes import credit_invoice
from sales.services.integrity.verification import verify
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from tests.factories import Market
from tests.fulfilment.conftest import ORDER_EVENTS
from tests.fulfilment.decisions import decide_conflict, read_conflict
from tests.fulfilment.messages import receive_from
from tests.fulfilment.supply import (
    Kind,
    changed,
    connect_supply,
    last_push,
    mapped_product,
    sold,
    their_line,
    their_order,
)
from tests.fulfilment.supply_system import SupplySystem, connected_system, settle

EVENTS = [*ORDER_EVENTS, "shipment.recorded", "invoice.issued"]


@pytest.fixture
def system(market: Market, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SupplySystem:
    """The supply-chain system, in which a case is twelve pieces; it hears what we ship and bill."""
    system = connected_system(market, monkeypatch, tmp_path)
    case = Unit.objects.create(group=UnitGroup.objects.get(), name="case", factor=12)
    map_code(system.connection, (Kind.UNIT, "CASE"), case)
    system.connection.event_types = EVENTS
    system.connection.save()
    return system


def convert(system: SupplySystem, order: Order, factor: str = "12", unit: str = "CASE") -> None:
    """Their clerk has the line in cases from now on."""
    there = system.there(order.number or "")
    system.edit_line(there["id"], "convert", unit=unit, factor=factor)


@pytest.fixture
def order(system: SupplySystem, market: Market) -> Order:
    """24 pieces at 20.00 with 10.00 off, which they have as two cases."""
    order = sold(market, quantity=Decimal(24), discount_amount=Decimal("10.00"))
    settle(system)
    convert(system, order)
    settle(system)
    order.refresh_from_db()
    return order


def here(order: Order) -> tuple[Any, ...]:
    line = order.lines.get()
    assert line.unit is not None
    price = Decimal(line.unit_price or 0) / line.price_quantity
    return (line.unit.factor, line.wanted_quantity, price, line.discount, line.net)


def theirs(system: SupplySystem, order: Order, *names: str) -> list[str]:
    [line] = system.there(order.number or "")["lines"]
    return [line[name] for name in names]


def change(order: Order, market: Market, **fields: Any) -> None:
    change_order(order.pk, Changes(lines={order.lines.get().pk: fields}), actor=market.rep)


def test_a_line_in_another_unit_of_the_group_is_the_same_line(
    system: SupplySystem, order: Order
) -> None:
    events = list(
        SalesEvent.objects.filter(subject_id=order.pk).order_by("id").values_list("type", flat=True)
    )

    assert here(order) == (1, 24, Decimal(20), Decimal("10.00"), Decimal("470.00"))
    assert theirs(system, order, "unit", "quantity", "amount") == ["CASE", "2", "470.00"]
    assert not Discrepancy.objects.exists()
    assert events == ["order.drafted", "order.draft_changed", "order.submitted"]


def test_an_edit_of_theirs_is_taken_in_our_unit(system: SupplySystem, order: Order) -> None:
    there = system.there(order.number or "")
    system.edit_line(there["id"], quantity="3", price="250.00")
    settle(system)

    line = order.lines.get()
    assert (line.quantity, line.unit_price, line.price_quantity) == (36, 250, 12)
    assert line.net == Decimal(theirs(system, order, "amount")[0])
    assert not Discrepancy.objects.exists()


def test_an_edit_of_ours_is_said_in_their_unit(
    system: SupplySystem, order: Order, market: Market
) -> None:
    change(order, market, quantity=Decimal(36), unit_price=Decimal("19.99"))
    settle(system)

    names = ("unit", "quantity", "price", "price_unit", "amount")
    assert theirs(system, order, *names) == ["CASE", "3", "239.88", "1", "709.64"]
    assert order.lines.get().net == Decimal("709.64")
    assert not Discrepancy.objects.exists()


@pytest.mark.parametrize("mode", ["refuse", "named", "overwrite"])
def test_what_is_no_exact_number_of_theirs_is_said_in_our_unit(
    system: SupplySystem, order: Order, market: Market, mode: str
) -> None:
    system.set_modes(on_conflict=mode)
    change(order, market, quantity=Decimal(25))
    change(order, market, unit_price=Decimal("21.00"))
    settle(system)

    names = ("unit", "quantity", "price", "price_unit", "amount")
    assert theirs(system, order, *names) == ["EA", "25", "21.00", "1", "515.00"]
    assert here(order) == (1, 25, Decimal(21), Decimal("10.00"), Decimal("515.00"))
    assert not Discrepancy.objects.exists()


def in_unit(unit: str, quantity: str, price: str, amount: str) -> dict[str, Any]:
    """Their snapshot of an order of one line, in a unit."""
    figures = {"price": price, "discount": "0", "charge": "0", "amount": amount}
    return changed(their_order(their_line(unit=unit, quantity=quantity, **figures)))


def test_what_is_no_exact_number_of_ours_is_asked_about(
    market: Market, httpserver: HTTPServer
) -> None:
    supply = connect_supply(httpserver, market)
    mapped_product(supply.connection, market, "AX-9", "20.00")
    case = Unit.objects.create(group=UnitGroup.objects.get(), name="case", factor=12)
    map_code(supply.connection, (Kind.UNIT, "CASE"), case)
    receive_from(supply, in_unit("CASE", "2", "240.00", "480.00"))
    order = Order.objects.get()

    assert receive_from(supply, in_unit("EA", "24", "20.00", "480.00")) == "applied"
    assert here(order) == (12, 2, Decimal(240), Decimal(0), Decimal("480.00"))
    assert receive_from(supply, in_unit("EA", "36", "19.00", "684.00")) == "applied"
    assert here(order) == (12, 3, Decimal(228), Decimal(0), Decimal("684.00"))
    assert not Discrepancy.objects.exists()

    assert receive_from(supply, in_unit("EA", "25", "19.00", "475.00")) == "conflict"

    assert here(order) == (12, 3, Decimal(228), Decimal(0), Decimal("684.00"))
    found = Discrepancy.objects.open().get()
    assert (found.field, found.difference) == (f"line.{order.lines.get().pk}.unit", "25 × 19")


def test_the_charge_and_the_split_they_wrote_come_back_as_they_were(
    system: SupplySystem, order: Order, market: Market
) -> None:
    before = system.there(order.number or "")["lines"]
    change_order(order.pk, Changes(head={"customer_reference": "PO-9"}), actor=market.rep)
    settle(system)

    assert last_push()["order"]["lines"][0]["unit"] == "CASE"
    after = system.there(order.number or "")["lines"]
    assert {k: (v, after[0][k]) for k, v in before[0].items() if v != after[0][k]} == {}


def test_what_left_and_came_back_there_counts_in_our_unit(
    system: SupplySystem, market: Market, order: Order
) -> None:
    market.company.shipped_by = market.company.billed_by = "supply"
    market.company.save()
    there = system.there(order.number or "")["id"]
    system.post(there, "deliver")
    system.post(there, "invoice")
    system.post(there, "return", lines=[{"id": _lot(system, order), "quantity": "1"}])
    system.post(there, "credit")
    settle(system)

    line = order.lines.get()
    assert (line.shipped_quantity, line.returned_quantity) == (24, 12)
    assert (line.invoiced_quantity, line.credited_quantity) == (24, 12)
    assert [bill.total for bill in order.invoices.order_by("id")] == [
        Decimal("564.00"),
        Decimal("282.00"),
    ]
    assert not Discrepancy.objects.open().exists()
    assert not InboundMessage.objects.waiting().exists()
    assert not any(verify().values())


def _lot(system: SupplySystem, order: Order) -> str:
    [lot] = theirs(system, order, "id")
    return lot


def test_our_documents_are_said_in_their_unit(
    system: SupplySystem, order: Order, market: Market
) -> None:
    line = order.lines.get().pk
    shipment = record_shipment(
        order.pk, actor=market.rep, lines={line: Decimal(24)}, status="shipped"
    )
    draft = invoice_order(order.pk, actor=market.rep, what="lines", quantities={line: Decimal(12)})
    invoice = issue_invoice(draft.pk, actor=market.rep)
    record_return(order.pk, actor=market.rep, lines={line: Decimal(12)}, returns=shipment)
    credit_invoice(invoice.pk, actor=market.rep, reason="Broken")
    settle(system)

    counted = ("delivered", "returned", "invoiced", "credited")
    assert theirs(system, order, *counted) == ["2", "1", "1", "1"]
    assert not Discrepancy.objects.exists()


def test_what_cannot_be_said_in_their_unit_is_asked_about_and_sent_once_it_can(
    system: SupplySystem, order: Order, market: Market
) -> None:
    line = order.lines.get()
    shipment = record_shipment(
        order.pk, actor=market.rep, lines={line.pk: Decimal(5)}, status="shipped"
    )
    settle(system)

    found = Discrepancy.objects.open().get()
    assert (found.kind, found.part, found.field) == ("unit", shipment.reference, str(line.pk))
    assert (found.ours, found.theirs) == ("5 pc", "CASE")
    assert theirs(system, order, "delivered") == ["0"]

    change(order, market, quantity=Decimal(25))
    settle(system)

    assert theirs(system, order, "unit", "quantity", "delivered") == ["EA", "25", "5"]
    assert not Discrepancy.objects.open().exists()


def test_figures_that_go_with_a_unit_in_conflict_are_shown_and_must_have_been_seen(
    system: SupplySystem, order: Order, market: Market, client: Client
) -> None:
    weights = UnitGroup.objects.create(name="Weights")
    map_code(
        system.connection,
        (Kind.UNIT, "KG"),
        Unit.objects.create(group=weights, name="kg", factor=1),
    )
    convert(system, order, factor="0.5", unit="KG")
    settle(system)
    found = Discrepancy.objects.open().get()
    seen = read_conflict(found).seen
    assert found.difference == "4 × 120 − 10.00"

    there = system.there(order.number or "")
    system.edit_line(there["id"], quantity="5")
    settle(system)
    found.refresh_from_db()
    assert found.difference == "5 × 120 − 12.52"
    assert read_conflict(found).seen != seen
    client.force_login(market.rep)
    page = client.get(f"/orders/{order.pk}/conflicts/supply/").content.decode()
    assert "<bdi>Supply holds kg: 5 × 120 − 12.52.</bdi>" in page

    decide_conflict(found.pk, Choice.OURS, actor=market.rep, reason="As sold")
    settle(system)
    assert theirs(system, order, "unit", "quantity") == ["EA", "24"]
    assert Shipment.objects.count() == Invoice.objects.count() == 0
    drain()
