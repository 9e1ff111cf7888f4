"""What a clerk of the supply-chain system edits on orders and lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, Inexact, localcontext
from typing import Any

from sandbox.cloudevents import utc_now
from sandbox.errors import Refused
from sandbox.json_fields import Fields
from sandbox.store import Store
from sandbox.supply.amounts import Currencies
from sandbox.supply.checks import check_order, has_progress, wanted_quantities
from sandbox.supply.fields import (
    CLERK_FIELDS,
    CLERK_LINE_FIELDS,
    FIRST_FIELDS,
    HEAD_FIELDS,
    LINE_FIELDS,
    read_sent,
)
from sandbox.supply.records import Line, Order, Orders
from sandbox.supply.snapshots import Reports

OrderAction = Callable[[Order, Fields], Iterable[str]]
LineAction = Callable[[Order, Line, Fields], Iterable[str]]


class Clerk:
    """Makes, edits, holds, cancels and deletes orders. Every action sends the order."""

    def __init__(self, store: Store, reports: Reports, currencies: Currencies) -> None:
        self._store = store
        self._orders = Orders(store)
        self._reports = reports
        self._currencies = currencies
        self.order_actions: Mapping[str, OrderAction] = {
            "edit": _edit,
            "add": self._add_line,
            "hold": _hold,
            "release": _release,
            "cancel": _cancel,
            "reopen": _reopen,
            "delete": _delete,
        }
        self.line_actions: Mapping[str, LineAction] = {
            "edit": _edit_line,
            "remove": _remove_line,
            "cancel": _cancel_line,
            "replace": _replace_item,
            "convert": _convert_unit,
        }

    def create(self, fields: Fields) -> Order:
        """Enter an order, under a number of this system."""
        with self._store.transaction():
            currency = fields.text("currency")
            order = Order(
                id=self._orders.next_id(),
                number=self._orders.next_document("SO"),
                company=fields.text("company"),
                currency=currency,
                customer=fields.text("customer"),
                digits=self._currencies.digits_of(currency),
                origin="supply chain",
                placed_at=utc_now().isoformat(),
                **read_sent(fields, {**HEAD_FIELDS, **_FIRST}),
            )
            for line in fields.objects("lines") if fields.has("lines") else []:
                self._add_line(order, line)
            check_order(order, {})
            self._save(order, ())
        return order

    def run(self, order_id: str, action: str, fields: Fields) -> Order:
        """Run an action on an order."""
        return self._change(order_id, action, self.order_actions[action], fields)

    def run_on_line(self, order_id: str, lot: str, action: str, fields: Fields) -> Order:
        """Run an action on a line."""

        def change(order: Order, values: Fields) -> Iterable[str]:
            return self.line_actions[action](order, order.line(lot), values)

        return self._change(order_id, action, change, fields)

    def _change(self, order_id: str, action: str, change: OrderAction, fields: Fields) -> Order:
        with self._store.transaction():
            order = self._orders.get(order_id)
            check_is_open(order, action)
            before = wanted_quantities(order)
            edited = sorted(change(order, fields))
            if not edited:
                raise Refused(409, "nothing_to_do", f"{order.number} is like this already.")
            check_order(order, before)
            self._save(order, edited)
        return order

    def _save(self, order: Order, edited: Iterable[str]) -> None:
        order.cause = ""
        self._orders.save(order, edited)
        self._reports.order_changed(order)

    def _add_line(self, order: Order, fields: Fields) -> list[str]:
        values = read_sent(fields, LINE_FIELDS)
        line = Line(self._orders.next_lot(), order.next_line_number(), **values)
        order.lines.append(line)
        return [f"lines.{line.id}"]


_FIRST = {name: read for name, read in FIRST_FIELDS.items() if name != "placed_at"}


def check_is_open(order: Order, action: str) -> None:
    """Refuse to change an order that is deleted or cancelled."""
    if order.is_deleted:
        raise Refused(409, "deleted", f"{order.number} is deleted.")
    if order.cancelled and action not in {"reopen", "delete"}:
        raise Refused(409, "cancelled", f"{order.number} is cancelled.")


def _set(record: Order | Line, values: Mapping[str, Any]) -> list[str]:
    """Set values and return the names of those that were others before."""
    edited = [name for name, value in values.items() if getattr(record, name) != value]
    for name in edited:
        setattr(record, name, values[name])
    return edited


def _set_on_line(line: Line, values: Mapping[str, Any]) -> list[str]:
    return [f"lines.{line.id}.{name}" for name in _set(line, values)]


def _edit(order: Order, fields: Fields) -> list[str]:
    return _set(order, read_sent(fields, CLERK_FIELDS))


def _hold(order: Order, fields: Fields) -> list[str]:
    return _set(order, {"on_hold": True})


def _release(order: Order, fields: Fields) -> list[str]:
    return _set(order, {"on_hold": False})


def _cancel(order: Order, fields: Fields) -> list[str]:
    return _set(order, {"cancelled": True})


def _reopen(order: Order, fields: Fields) -> list[str]:
    return _set(order, {"cancelled": False})


def _delete(order: Order, fields: Fields) -> list[str]:
    if has_progress(order):
        raise Refused(409, "already_delivered", f"{order.number} is partly delivered or invoiced.")
    order.is_deleted = True
    return ["deleted"]


def _edit_line(order: Order, line: Line, fields: Fields) -> list[str]:
    return _set_on_line(line, read_sent(fields, CLERK_LINE_FIELDS))


def _remove_line(order: Order, line: Line, fields: Fields) -> list[str]:
    if line.delivered or line.invoiced:
        detail = f"Line {line.line_number} of {order.number} is partly delivered or invoiced."
        raise Refused(409, "already_delivered", detail)
    order.lines.remove(line)
    return [f"lines.{line.id}"]


def _cancel_line(order: Order, line: Line, fields: Fields) -> list[str]:
    """Cancel what is not delivered yet."""
    return _set_on_line(line, {"cancelled": max(line.quantity - line.kept, Decimal(0))})


def _replace_item(order: Order, line: Line, fields: Fields) -> list[str]:
    """Put another item on the line, which stays the same line."""
    described = {"description": fields.optional_text("description")}
    return _set_on_line(line, {"item": fields.text("item"), "category": "", **described})


_QUANTITIES = (
    *("quantity", "cancelled", "picked", "delivered", "invoiced", "returned"),
    *("replaced", "credited", "billed_again"),
)


def _convert_unit(order: Order, line: Line, fields: Fields) -> list[str]:
    """Express a line in another unit, of which one is ``factor`` of the old: 24 pieces, 2 boxes."""
    factor = fields.decimal("factor")
    if factor <= 0:
        raise Refused(422, "factor", "factor must be above 0.")
    values: dict[str, Any] = {"unit": fields.text("unit")}
    values |= {name: getattr(line, name) * factor for name in ("price", "discount")}
    values |= {name: _exact(getattr(line, name), factor) for name in _QUANTITIES}
    return _set_on_line(line, values)


def _exact(quantity: Decimal, factor: Decimal) -> Decimal:
    with localcontext() as context:
        context.traps[Inexact] = True
        try:
            return quantity / factor
        except Inexact as error:
            detail = f"{quantity} is no exact quantity of units of {factor}."
            raise Refused(422, "factor", detail) from error
