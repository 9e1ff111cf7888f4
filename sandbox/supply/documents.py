"""Documents of Throughline, where it ships or bills: counted on the lines of the order here.

Each is kept under its number. One that comes again with other quantities counts instead of what it
said before. What goes back, goods or money, is below zero. A document edits no field of its order.
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.cloudevents import Event
from sandbox.errors import Refused
from sandbox.inbox import Answer
from sandbox.json_fields import Fields
from sandbox.supply.records import ZERO, Line, Order, Orders
from sandbox.supply.snapshots import Reports
from sandbox.supply.statuses import DocumentStatus, furthest

Count = Callable[[Line, Fields, Fields, int], None]
"""Counts a line of a document, or takes back what it counted before."""


class Documents:
    """Takes deliveries, returns, invoices and credit notes of Throughline."""

    def __init__(self, orders: Orders, reports: Reports) -> None:
        self._orders = orders
        self._reports = reports

    def take(self, event: Event, order: Order | None) -> Answer:
        """Count a document, and send the order back."""
        number = event.data.object(kind_of(event.data)).text("number")
        if order is None:
            raise Refused(409, "unknown_order", f"{number} is of an order that is not here.")
        self.count(order, event.data)
        order.cause = event.id
        self._orders.save(order)
        self._orders.keep_answer(event.id, order.sequence)
        self._reports.order_changed(order)
        return Answer(number)

    def count(self, order: Order, data: Fields) -> None:
        """Count a document and keep it, instead of what it said before; the order is not saved."""
        kind = kind_of(data)
        document = data.object(kind)
        number = document.text("number")
        before = self._orders.document(order, number)
        if before is not None:
            _count(order, kind, Fields(before, kind), -1)
        _count(order, kind, document, 1)
        order.document_status = furthest(order.document_status, COUNTS[kind][1])
        self._orders.keep_document(order, kind, number, data.raw(kind))


def kind_of(data: Fields) -> str:
    """Return the kind of the document that data have; empty if they have none."""
    return next((kind for kind in COUNTS if data.has(kind)), "")


def _count(order: Order, kind: str, document: Fields, sign: int) -> None:
    for fields in document.objects("lines"):
        line = _line(order, fields)
        if line is not None:
            COUNTS[kind][0](line, fields, document, sign)
        elif not document.has("totals"):
            raise Refused(422, "unknown_line", f"{order.number} has no such line.")
    if document.has("totals"):
        totals = document.object("totals")
        order.invoiced_discount += sign * totals.decimal("discount")
        order.invoiced_charges += sign * totals.decimal("charges")


def _line(order: Order, fields: Fields) -> Line | None:
    """Find a line by its id in either system; a line of an invoice may be about none."""
    ours, theirs = fields.optional_text("id"), fields.optional_text("throughline_id")
    found = (
        line
        for line in order.lines
        if (ours and line.id == ours) or (theirs and line.throughline_id == theirs)
    )
    return next(found, None)


def _deliver(line: Line, fields: Fields, _document: Fields, sign: int) -> None:
    line.delivered += sign * fields.decimal("quantity")
    line.picked = max(line.picked, line.delivered)


def _take_back(line: Line, fields: Fields, document: Fields, sign: int) -> None:
    quantity = -sign * fields.decimal("quantity")
    line.returned += quantity
    line.replaced += quantity if document.flag("replace") else ZERO


def _bill(line: Line, fields: Fields, _document: Fields, sign: int) -> None:
    line.invoiced += sign * fields.decimal("quantity")
    _add_amounts(line, fields, sign)


def _credit(line: Line, fields: Fields, document: Fields, sign: int) -> None:
    quantity = -sign * fields.decimal("quantity")
    line.credited += quantity
    line.billed_again += quantity if document.flag("bill_again") else ZERO
    _add_amounts(line, fields, sign)


def _add_amounts(line: Line, fields: Fields, sign: int) -> None:
    line.invoiced_amount += sign * fields.decimal("amount")
    line.invoiced_tax += sign * fields.decimal("tax")


COUNTS: dict[str, tuple[Count, DocumentStatus]] = {
    "delivery": (_deliver, DocumentStatus.PACKING_SLIP),
    "return": (_take_back, DocumentStatus.PACKING_SLIP),
    "invoice": (_bill, DocumentStatus.INVOICE),
    "credit_note": (_credit, DocumentStatus.INVOICE),
}
"""What each kind of document counts, and how far the order is then."""
