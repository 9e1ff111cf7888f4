"""Postings of the supply-chain system: confirmations, deliveries, returns, invoices, credit notes.

A delivery, a return, an invoice or a credit note is a document of its own, with what it is about
and the totals so far. What goes back, goods or money, is below zero.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from sandbox.cloudevents import utc_now
from sandbox.errors import Malformed, Refused
from sandbox.json_fields import Fields, plain
from sandbox.store import Store
from sandbox.supply.amounts import part_of
from sandbox.supply.clerk import check_is_open
from sandbox.supply.records import ZERO, Line, Order, Orders, foot
from sandbox.supply.snapshots import Reports, money
from sandbox.supply.statuses import DocumentStatus, furthest

OVER_DELIVERY = Decimal("1.02")
"""So much of what is wanted may be delivered."""
DAYS_TO_PAY = 30

Quantities = dict[str, Decimal]
Posted = tuple[str, dict[str, Any]] | None
"""The kind of a document and its JSON; None where an action makes none."""
Posting = Callable[[Order, Fields], Posted]


class Postings:
    """Takes orders through confirmation, picking, delivery and invoicing, in parts."""

    def __init__(self, store: Store, reports: Reports) -> None:
        self._store = store
        self._orders = Orders(store)
        self._reports = reports
        self.actions: Mapping[str, Posting] = {
            "confirm": self._confirm,
            "pick": self._pick,
            "deliver": self._deliver,
            "return": self._take_back,
            "invoice": self._invoice,
            "credit": self._credit,
        }

    def run(self, order_id: str, action: str, fields: Fields) -> Order:
        """Post a step of an order and send the order, and then the document if there is one."""
        with self._store.transaction():
            order = self._orders.get(order_id)
            check_is_open(order, action)
            if order.on_hold:
                raise Refused(409, "on_hold", f"{order.number} is on hold.")
            posted = self.actions[action](order, fields)
            order.cause = ""
            self._orders.save(order)
            self._reports.order_changed(order)
            if posted is not None:
                kind, document = posted
                self._orders.keep_document(order, kind, document["number"], document)
                self._reports.posted(order, kind, document)
        return order

    def _confirm(self, order: Order, fields: Fields) -> Posted:
        given = fields.day("on").isoformat() if fields.has("on") else ""
        day = given or order.requested_ship_date or _today().isoformat()
        order.confirmed_ship_date = day
        for line in order.lines:
            line.confirmed_ship_date = given or line.requested_ship_date or day
        order.document_status = furthest(order.document_status, DocumentStatus.CONFIRMATION)
        return None

    def _pick(self, order: Order, fields: Fields) -> Posted:
        for lot, quantity in _chosen(order, fields, _open_to_pick).items():
            order.line(lot).picked += quantity
        order.document_status = furthest(order.document_status, DocumentStatus.PICKING_LIST)
        return None

    def _deliver(self, order: Order, fields: Fields) -> Posted:
        quantities = _chosen(order, fields, _open_to_deliver, _most_to_deliver)
        for lot, quantity in quantities.items():
            line = order.line(lot)
            line.delivered += quantity
            line.picked = max(line.picked, line.delivered)
        order.document_status = furthest(order.document_status, DocumentStatus.PACKING_SLIP)
        return "delivery", self._goods("PS", order, quantities, "delivered")

    def _take_back(self, order: Order, fields: Fields) -> Posted:
        quantities = _chosen(order, fields, _open_to_return)
        is_replaced = bool(fields.flag("replace"))
        for lot, quantity in quantities.items():
            line = order.line(lot)
            line.returned += quantity
            line.replaced += quantity if is_replaced else ZERO
        back = {lot: -quantity for lot, quantity in quantities.items()}
        goods = self._goods("RMA", order, back, "returned")
        return "return", {**goods, "replace": is_replaced}

    def _goods(
        self, series: str, order: Order, quantities: Quantities, so_far: str
    ) -> dict[str, Any]:
        lines = [
            _line_reference(order.line(lot))
            | {"quantity": plain(quantity), so_far: plain(getattr(order.line(lot), so_far))}
            for lot, quantity in quantities.items()
        ]
        return {**self._document(series), "lines": lines}

    def _invoice(self, order: Order, fields: Fields) -> Posted:
        quantities = _chosen(order, fields, _open_to_invoice)
        for lot, quantity in quantities.items():
            order.line(lot).invoiced += quantity
        order.document_status = furthest(order.document_status, DocumentStatus.INVOICE)
        return "invoice", self._bill("SI", order, quantities, None)

    def _credit(self, order: Order, fields: Fields) -> Posted:
        quantities = _chosen(order, fields, _open_to_credit, _most_to_credit)
        is_billed_again = bool(fields.flag("bill_again"))
        for lot, quantity in quantities.items():
            line = order.line(lot)
            line.credited += quantity
            line.billed_again += quantity if is_billed_again else ZERO
        back = {lot: -quantity for lot, quantity in quantities.items()}
        note = self._bill("SC", order, back, self._credited_invoice(order, fields))
        return "credit_note", {**note, "bill_again": is_billed_again}

    def _credited_invoice(self, order: Order, fields: Fields) -> str:
        numbers = [
            document["number"]
            for document in self._orders.documents()
            if document["order"] == order.id and document["type"] == "invoice"
        ]
        named = fields.optional_text("invoice") or numbers[-1]
        if named not in numbers:
            raise Refused(422, "unknown_invoice", f"{order.number} has no invoice {named}.")
        return named

    def _bill(
        self, series: str, order: Order, quantities: Quantities, credits_: str | None
    ) -> dict[str, Any]:
        lines = [_billed_line(order, order.line(lot), each) for lot, each in quantities.items()]
        amount = sum((Decimal(line["amount"]) for line in lines), ZERO)
        tax = sum((Decimal(line["tax"]) for line in lines), ZERO)
        totals = foot(order, amount, *_header_parts(order), tax)
        return {
            **self._document(series),
            "due_on": (_today() + dt.timedelta(days=DAYS_TO_PAY)).isoformat(),
            "credits": credits_,
            "invoice_customer": order.invoice_customer or order.customer,
            "currency": order.currency,
            "prices_include_tax": order.prices_include_tax,
            "lines": lines,
            "totals": {name: money(each, order.digits) for name, each in totals.items()},
        }

    def _document(self, series: str) -> dict[str, Any]:
        number = self._orders.next_document(series)
        return {"number": number, "posted_on": _today().isoformat()}


def _today() -> dt.date:
    return utc_now().date()


def _line_reference(line: Line) -> dict[str, Any]:
    return {
        "id": line.id,
        "throughline_id": line.throughline_id or None,
        "line_number": line.line_number,
        "item": line.item or None,
        "category": line.category or None,
        "description": line.description or None,
        "unit": line.unit or None,
    }


def _billed_line(order: Order, line: Line, quantity: Decimal) -> dict[str, Any]:
    """Bill a quantity: what the line comes to by now, less what was billed of it before.

    So the parts of a line add up to its amount, to the smallest unit.
    """
    amount = part_of(
        line.amount(order.digits), line.invoiced - line.credited, line.wanted, order.digits
    )
    tax = order.tax_on(line, amount)
    billed = {
        "quantity": plain(quantity),
        "amount": money(amount - line.invoiced_amount, order.digits),
        "tax_rate": plain(line.tax_rate),
        "tax": money(tax - line.invoiced_tax, order.digits),
        "invoiced": plain(line.invoiced),
        "credited": plain(line.credited),
    }
    line.invoiced_amount, line.invoiced_tax = amount, tax
    return _line_reference(line) | billed


def _header_parts(order: Order) -> tuple[Decimal, Decimal]:
    """Bill the header discount in proportion, and the charges with the first invoice."""
    invoiced = sum((line.invoiced_amount for line in order.lines), ZERO)
    is_billed = any(line.invoiced > line.credited for line in order.lines)
    discount = part_of(order.header_discount, invoiced, order.lines_amount, order.digits)
    charges = order.header_charges if is_billed else ZERO
    parts = discount - order.invoiced_discount, charges - order.invoiced_charges
    order.invoiced_discount, order.invoiced_charges = discount, charges
    return parts


def _open_to_pick(line: Line) -> Decimal:
    return line.wanted - max(line.picked, line.delivered) + line.replaced


def _open_to_deliver(line: Line) -> Decimal:
    return line.wanted - line.kept


def _most_to_deliver(line: Line) -> Decimal:
    return line.wanted * OVER_DELIVERY - line.kept


def _open_to_return(line: Line) -> Decimal:
    return line.delivered - line.returned


def _open_to_invoice(line: Line) -> Decimal:
    return line.kept - line.invoiced + line.billed_again


def _open_to_credit(line: Line) -> Decimal:
    return min(line.returned - line.replaced, line.invoiced) - line.credited


def _most_to_credit(line: Line) -> Decimal:
    return line.invoiced - line.credited


def _chosen(
    order: Order,
    fields: Fields,
    open_: Callable[[Line], Decimal],
    most: Callable[[Line], Decimal] | None = None,
) -> Quantities:
    """Return the quantities that are named, or all that is open.

    ``part`` says *half* of that, or *over* for as much as is allowed.
    """
    most = most or open_
    if fields.has("lines"):
        quantities = _named(order, fields.objects("lines"), most)
    else:
        part = fields.optional_text("part")
        if part not in {"", "half", "over"}:
            raise Malformed("part must be half or over.")
        measure = most if part == "over" else open_
        quantities = {line.id: _part(measure(line), part) for line in order.lines}
    found = {lot: quantity for lot, quantity in quantities.items() if quantity > 0}
    if not found:
        raise Refused(409, "nothing_to_do", f"Nothing of {order.number} is open for this.")
    return found


def _named(order: Order, lines: Iterable[Fields], most: Callable[[Line], Decimal]) -> Quantities:
    quantities: Quantities = {}
    for named in lines:
        line, quantity = order.line(named.text("id")), named.decimal("quantity")
        quantities[line.id] = quantities.get(line.id, ZERO) + quantity
        if quantity < 0:
            raise Malformed(f"{named.where('quantity')} must not be negative.")
        if quantities[line.id] > most(line):
            detail = (
                f"Line {line.line_number} has {plain(most(line))} left,"
                f" not {plain(quantities[line.id])}."
            )
            raise Refused(409, "too_many", detail)
    return quantities


def _part(quantity: Decimal, part: str) -> Decimal:
    """Return half of a quantity in whole units, if it is two or more, or all of it."""
    return quantity // 2 if part == "half" and quantity >= 2 else quantity
