"""Documents of Throughline, where it ships or bills: counted on the lines of the order here.

Each is kept under its number and counted once. What goes back, goods or money, is below zero.
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

Count = Callable[[Line, Fields, Fields], None]


class Documents:
    """Takes deliveries, returns, invoices and credit notes of Throughline."""

    def __init__(self, orders: Orders, reports: Reports) -> None:
        self._orders = orders
        self._reports = reports

    def take(self, event: Event) -> Answer | None:
        """Count a document, and send the order back; None for an event that carries none."""
        kind = next((name for name in COUNTS if event.data.has(name)), None)
        if kind is None:
            return None
        named = event.data.object("order")
        order = self._orders.find(named.text("throughline_id"), named.optional_text("id"))
        if order is None:
            detail = f"There is no order {named.text('number')} here yet."
            raise Refused(409, "unknown_order", detail)
        document = event.data.object(kind)
        number = document.text("number")
        if not self._orders.has_document(number):
            self._count(order, kind, document)
            order.knows = max(order.knows, named.integer("version"))
            order.cause = event.id
            self._orders.keep_document(order, kind, number, event.data.raw(kind))
            self._orders.save(order)
            self._reports.order_changed(order)
        self._orders.keep_answer(event.id, order.sequence)
        return Answer(number)

    def _count(self, order: Order, kind: str, document: Fields) -> None:
        count, reached = COUNTS[kind]
        for fields in document.objects("lines"):
            line = _line(order, fields)
            if line is not None:
                count(line, fields, document)
        if document.has("totals"):
            totals = document.object("totals")
            order.invoiced_discount += totals.decimal("discount")
            order.invoiced_charges += totals.decimal("charges")
        order.document_status = furthest(order.document_status, reached)


def _line(order: Order, fields: Fields) -> Line | None:
    """Find a line by its id in either system; a line of a bill may be about none."""
    names = fields.optional_text("throughline_id"), fields.optional_text("id")
    found = (
        line
        for line in order.lines
        if (names[0] and line.throughline_id == names[0]) or (names[1] and line.id == names[1])
    )
    return next(found, None)


def _deliver(line: Line, fields: Fields, document: Fields) -> None:
    line.delivered += fields.decimal("quantity")
    line.picked = max(line.picked, line.delivered)


def _take_back(line: Line, fields: Fields, document: Fields) -> None:
    quantity = -fields.decimal("quantity")
    line.returned += quantity
    line.replaced += quantity if document.flag("replace") else ZERO


def _bill(line: Line, fields: Fields, document: Fields) -> None:
    line.invoiced += fields.decimal("quantity")
    _add_amounts(line, fields)


def _credit(line: Line, fields: Fields, document: Fields) -> None:
    quantity = -fields.decimal("quantity")
    line.credited += quantity
    line.billed_again += quantity if document.flag("bill_again") else ZERO
    _add_amounts(line, fields)


def _add_amounts(line: Line, fields: Fields) -> None:
    line.invoiced_amount += fields.decimal("amount")
    line.invoiced_tax += fields.decimal("tax")


COUNTS: dict[str, tuple[Count, DocumentStatus]] = {
    "delivery": (_deliver, DocumentStatus.PACKING_SLIP),
    "return": (_take_back, DocumentStatus.PACKING_SLIP),
    "invoice": (_bill, DocumentStatus.INVOICE),
    "credit_note": (_credit, DocumentStatus.INVOICE),
}
"""What each kind of document counts, and how far the order is then."""
