"""Orders with trade-ins and rebates, and what invoices take off."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fulfilment.services.shipments import record_shipment
from sales.models import (
    DocumentLine,
    Invoice,
    Order,
    OrderLine,
)
from sales.services.documents.draft_fields import NewLineFields
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.orders import submit_order
from tests.factories import Market
from tests.sales.order_steps import billed, trade_in

DEDUCTION = DocumentLine.Kind.DEDUCTION
TWENTY = Decimal("0.2")


def drafted(market: Market, quantity: str = "10", price: str = "100.00", **terms: Any) -> Order:
    """Draft an order of machines."""
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit", **terms)
    product = market.product(price, decimals=2)
    add_line(order, actor=market.rep, product=product, quantity=Decimal(quantity))
    return order


def ordered(market: Market, off: str, **terms: Any) -> Order:
    """Submit an order of ten machines for 100.00 each with a trade-in."""
    order = drafted(market, **terms)
    trade_in(order, market, off)
    return submit_order(order.pk, actor=market.rep)


def lines(order: Order) -> tuple[OrderLine, OrderLine]:
    """Read the machines and the trade-in of an order."""
    machines, deduction = order.lines.order_by("position")
    return machines, deduction


def bill(order: Order, market: Market, quantity: str) -> Invoice:
    """Issue an invoice of so many machines."""
    chosen = {lines(order)[0].pk: Decimal(quantity)}
    return billed(order, market, what="lines", quantities=chosen)


def ship_all(order: Order, market: Market) -> None:
    """Ship all machines."""
    machines = lines(order)[0]
    record_shipment(order.pk, actor=market.rep, lines={machines.pk: machines.open_to_ship})


def taken_off(invoice: Invoice) -> list[tuple[Decimal, Decimal, Decimal, Decimal]]:
    """Return quantity, price, net and tax of the lines that take something off."""
    return [
        (line.quantity, line.unit_price, line.net, line.tax)
        for line in invoice.lines.filter(kind=DEDUCTION).order_by("position")
    ]


def figures(*values: str) -> tuple[Decimal, ...]:
    """Write figures as decimals."""
    return tuple(map(Decimal, values))


def addition(market: Market, price: str) -> NewLineFields:
    """A trade-in that a change order adds."""
    return {
        "kind": DEDUCTION,
        "description": "Another machine taken back",
        "unit_price": Decimal(price),
        "tax_category": market.tax_category,
    }
