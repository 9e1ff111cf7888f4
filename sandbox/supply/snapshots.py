"""Snapshots of orders as they are sent to Throughline, and the messages that carry them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sandbox.json_fields import plain
from sandbox.outgoing import Outgoing
from sandbox.supply.modes import Modes, ModeSettings, reformat
from sandbox.supply.records import Line, Order
from sandbox.supply.statuses import Status, processing_status

QUANTITIES = ("delivered", "invoiced", "returned", "credited")


def money(amount: Decimal, digits: int) -> str:
    """Write an amount with the decimals of its currency.

    >>> money(Decimal("3"), 2)
    '3.00'
    """
    return f"{amount.quantize(Decimal(1).scaleb(-digits)):f}"


def price_text(price: Decimal, digits: int) -> str:
    """Write a price with the decimals of its currency, or with more if it has more."""
    rounded = money(price, digits)
    return rounded if Decimal(rounded) == price else plain(price)


def snapshot(order: Order) -> dict[str, Any]:
    """Return the whole order; of one that is deleted only what says so."""
    if order.is_deleted:
        return identity(order) | {"deleted": True}
    return identity(order) | _head(order) | {"lines": [_line(order, each) for each in order.lines]}


def identity(order: Order) -> dict[str, Any]:
    """Return what every message says of an order: which it is, and its place in the order."""
    return {
        "id": order.id,
        "number": order.number,
        "throughline_id": order.throughline_id or None,
        "sequence": order.sequence,
        "knows": order.knows,
        "cause": order.cause or None,
    }


def _head(order: Order) -> dict[str, Any]:
    texts = (
        *("origin", "company", "currency", "customer", "invoice_customer", "name"),
        *("customer_reference", "placed_at", "requested_ship_date", "requested_receipt_date"),
        *("confirmed_ship_date", "ship_to", "bill_to"),
        *("payment_terms", "delivery_terms", "delivery_mode"),
    )
    totals = {name: money(amount, order.digits) for name, amount in order.totals().items()}
    return {
        **{name: getattr(order, name) or None for name in texts},
        "prices_include_tax": order.prices_include_tax,
        "header_discount": price_text(order.header_discount, order.digits),
        "header_charges": price_text(order.header_charges, order.digits),
        "on_hold": order.on_hold,
        "cancelled": order.cancelled,
        "status": str(order.status),
        "document_status": str(order.document_status),
        "processing_status": processing_status(order.status, order.document_status),
        "totals": totals,
    }


def _line(order: Order, line: Line) -> dict[str, Any]:
    amount = line.amount(order.digits)
    texts = (
        *("item", "category", "description", "unit"),
        *("requested_ship_date", "confirmed_ship_date"),
    )
    return {
        "id": line.id,
        "throughline_id": line.throughline_id or None,
        "line_number": line.line_number,
        **{name: getattr(line, name) or None for name in texts},
        "quantity": plain(line.quantity),
        "cancelled": plain(line.cancelled),
        "price": price_text(line.price, order.digits),
        "price_unit": plain(line.price_unit),
        "discount": price_text(line.discount, order.digits),
        "discount_percent": plain(line.discount_percent),
        "charge": price_text(line.charge, order.digits),
        "amount": money(amount, order.digits),
        "tax_rate": plain(line.tax_rate),
        "tax": money(order.tax_on(line, amount), order.digits),
        **{name: plain(getattr(line, name)) for name in QUANTITIES},
        "status": str(Status.CANCELLED if order.cancelled else line.status),
    }


def as_sent(value: dict[str, Any], modes: ModeSettings) -> dict[str, Any]:
    """Write an order as the modes have it; ``value`` is what ``snapshot`` or ``identity`` return.

    One that is unmarked says neither what it knows nor its cause.
    """
    if modes.unmarked:
        value = {name: each for name, each in value.items() if name not in {"knows", "cause"}}
    return reformat(value) if modes.reformatted else value


class Reports:
    """Queues the messages to Throughline, in the transaction of the change that each reports."""

    def __init__(self, outgoing: Outgoing, modes: Modes) -> None:
        self._outgoing = outgoing
        self._modes = modes

    def order_changed(self, order: Order) -> None:
        """Report an order as it is now, or that it is deleted."""
        type_ = "supply.order.deleted" if order.is_deleted else "supply.order.changed"
        self._report(type_, order, {"order": as_sent(snapshot(order), self._modes.now)})

    def posted(self, order: Order, kind: str, document: Mapping[str, Any]) -> None:
        """Report a document: a delivery, a return, an invoice or a credit note."""
        data = {"order": as_sent(identity(order), self._modes.now), kind: dict(document)}
        if self._modes.now.reformatted:
            data[kind] = reformat(data[kind])
        self._report(f"supply.{kind}.posted", order, data)

    def _report(self, type_: str, order: Order, data: dict[str, Any]) -> None:
        if not self._modes.now.forgets_reports:
            self._outgoing.report(type_, order.number, data)
