"""A supply-chain system's messages about orders, and the mapping of its codes."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pytest_httpserver import HTTPServer

from fulfilment.models import Connection, Payload
from fulfilment.models import Mapping as MappingRow
from fulfilment.services.mappings import map_code
from sales.models import Order, Product
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.orders import submit_order
from tests.factories import Market
from tests.fulfilment.conftest import ORDER_EVENTS, FarEnd, connect, event
from tests.fulfilment.messages import receive_from

Kind = MappingRow.Kind
sequences = itertools.count(100)


def connect_supply(server: HTTPServer, market: Market) -> FarEnd:
    """Register a supply-chain system that knows the market's company, account and terms."""
    far_end = connect(server, "supply", ORDER_EVENTS, kind=Connection.Kind.SUPPLY)
    map_market(far_end.connection, market)
    return far_end


def map_market(connection: Connection, market: Market) -> None:
    """Map their codes for a market's company, account, category and terms."""
    map_code(connection, (Kind.COMPANY, "USMF"), market.company)
    map_code(connection, (Kind.ACCOUNT, "C-001"), market.account)
    map_code(connection, (Kind.CATEGORY, "PARTS"), market.category)
    map_code(connection, (Kind.PAYMENT_TERMS, "NET30"), market.payment_terms)


def mapped_product(connection: Connection, market: Market, code: str, price: str) -> Product:
    """Put a product on the list, and map their item and their unit "EA" to it."""
    product = market.product(price)
    map_code(connection, (Kind.PRODUCT, code), product)
    map_code(connection, (Kind.UNIT, "EA"), product.default_unit)
    return product


def their_line(lot: str = "LOT-000001", **fields: Any) -> dict[str, Any]:
    """A line of theirs: three of an item at 20.00, 3.33 off each, and a charge of −0.01."""
    return {
        "id": lot,
        "throughline_id": None,
        "line_number": 1,
        "item": "AX-9",
        "category": None,
        "unit": "EA",
        "description": "Grinder",
        "quantity": "3",
        "cancelled": "0",
        "price": "20.00",
        "price_unit": "1",
        "discount": "3.33",
        "discount_percent": "0",
        "charge": "-0.01",
        "amount": "50.00",
        "tax_rate": "0.2",
        "delivered": "0",
        "invoiced": "0",
        "status": "Open order",
    } | fields


def their_order(*lines: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    """A snapshot of an order of theirs, later than all before."""
    return {
        "id": "5637144577",
        "number": "SO-000123",
        "throughline_id": None,
        "sequence": next(sequences),
        "knows": 0,
        "cause": None,
        "company": "USMF",
        "currency": "EUR",
        "customer": "C-001",
        "name": "Grinders for the quay",
        "customer_reference": "PO-77",
        "placed_at": "2026-11-01T08:00:00Z",
        "requested_ship_date": "2026-12-01",
        "ship_to": {"street": "Quai 4", "postal_code": "69001", "city": "Lyon", "country": "FR"},
        "payment_terms": "NET30",
        "prices_include_tax": False,
        "header_discount": "0.00",
        "header_charges": "4.00",
        "on_hold": False,
        "cancelled": False,
        "processing_status": "Active",
        "totals": {"lines": "50.00", "discount": "0.00", "charges": "4.00", "tax": "10.00",
                   "total": "64.00"},
        "lines": list(lines) or [their_line()],
    } | fields  # fmt: skip


def second_line(**fields: Any) -> dict[str, Any]:
    """A second line of theirs: two at 20.00."""
    plain = {"quantity": "2", "discount": "0", "charge": "0", "amount": "40.00"}
    return their_line("LOT-000002", **plain | fields)


def take_two_lines(supply: FarEnd, **fields: Any) -> tuple[Order, dict[str, Any]]:
    """Take in an order of three and two, and return it here and there."""
    theirs = their_order(their_line(), second_line(), **fields)
    assert receive_from(supply, changed(theirs)) == "applied"
    return Order.objects.get(number=theirs["number"]), theirs


def moved(order: Order) -> list[tuple[Any, ...]]:
    """How much of each line is shipped, returned and replaced."""
    columns = ("shipped_quantity", "returned_quantity", "replaced_quantity")
    return list(order.lines.order_by("position").values_list(*columns))


def changed(order: Mapping[str, Any]) -> dict[str, Any]:
    """The message that carries a snapshot."""
    return event("supply.order.changed", {"order": dict(order)}, subject=order["number"][:100])


def every_supply_message(order: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """A message of each type about an order of theirs, by its type."""
    messages = (
        changed(order),
        deleted(order),
        delivery(order, "PS-1", _1="2"),
        back(order, "RMA-1", _1="1", replace=True),
        bill("invoice", order, "SI-1"),
        bill("credit_note", order, "SC-1", credits="SI-1", bill_again=True, reason="Broken"),
    )
    return {each["type"]: each for each in messages}


def there(order: Order) -> str:
    """Write what an order comes to, line by line."""
    lines = order.lines.order_by("position")
    return ", ".join(f"{line.quantity.normalize():f}={line.net:.2f}" for line in lines)


def sold(market: Market, **line: Any) -> Order:
    """An order of three at 20.00, as typed."""
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    fields = {"quantity": Decimal(3)} | line
    add_line(order, actor=market.rep, product=Product.objects.get(), **fields)
    return submit_order(order.pk, actor=market.rep)


def last_push() -> dict[str, Any]:
    """The data of the last message to them."""
    data: dict[str, Any] = json.loads(Payload.objects.latest("id").body)["data"]
    return data


def answered(push: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Their snapshot once a push is applied: its fields, with ids of their own."""
    lines = [
        {**line, "id": f"LOT-{number}", "line_number": number, "delivered": "0", "invoiced": "0"}
        for number, line in enumerate(push["order"]["lines"], start=1)
    ]
    sent = {name: value for name, value in push["order"].items() if name != "version"}
    order = their_order(*lines) | sent | {"id": "5637144600", "lines": lines}
    return order | {"sequence": 10_000, "knows": push["order"]["version"]} | fields


def deleted(order: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    """The message that an order of theirs is deleted, later than all before."""
    names = ("id", "number", "throughline_id", "knows", "cause")
    facts = {name: order[name] for name in names} | {"sequence": next(sequences), "deleted": True}
    return event("supply.order.deleted", {"order": facts | fields}, subject=order["number"])


def about(order: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    """What a document says of its order: which it is, as it was just before."""
    names = ("id", "number", "throughline_id", "sequence", "knows", "cause")
    return {name: order[name] for name in names} | fields


def goods(
    kind: str, order: Mapping[str, Any], number: str, lots: Mapping[str, str], **fields: Any
) -> dict[str, Any]:
    """A delivery or a return of theirs: a quantity of each lot."""
    lines = [{"id": lot, "throughline_id": None, "quantity": each} for lot, each in lots.items()]
    document = {"number": number, "posted_on": "2026-11-20", "lines": lines} | fields
    data = {"order": about(order), kind: document}
    return event(f"supply.{kind}.posted", data, subject=order["number"])


def delivery(order: Mapping[str, Any], number: str, **lots: str) -> dict[str, Any]:
    """Goods that left, by the last digit of the lot: ``_1="2"``."""
    return goods("delivery", order, number, _by_lot(lots))


def back(
    order: Mapping[str, Any], number: str, *, replace: bool = False, **lots: str
) -> dict[str, Any]:
    """Goods that came back, below zero."""
    negative = {lot: f"-{each}" for lot, each in _by_lot(lots).items()}
    return goods("return", order, number, negative, replace=replace)


def _by_lot(lots: Mapping[str, str]) -> dict[str, str]:
    return {f"LOT-00000{lot.removeprefix('_')}": each for lot, each in lots.items()}


def bill(kind: str, order: Mapping[str, Any], number: str, **fields: Any) -> dict[str, Any]:
    """An invoice, or a credit note, of one unit of the first lot at 16.67."""
    sign = "-" if kind == "credit_note" else ""
    line = {"id": "LOT-000001", "throughline_id": None, "tax_rate": "0.2"}
    line |= {"quantity": f"{sign}1", "amount": f"{sign}16.67", "tax": f"{sign}3.33"}
    totals = {"lines": f"{sign}16.67", "discount": "0.00", "charges": "0.00"}
    totals |= {"tax": f"{sign}3.33", "total": f"{sign}20.00"}
    document = {
        "number": number,
        "posted_on": "2026-11-20",
        "due_on": "2026-12-20",
        "currency": "EUR",
        "prices_include_tax": False,
        "lines": [line | {"invoiced": "1", "credited": "0" if kind == "invoice" else "1"}],
        "totals": totals,
    }
    data = {"order": about(order), kind: document | fields}
    return event(f"supply.{kind}.posted", data, subject=order["number"])
