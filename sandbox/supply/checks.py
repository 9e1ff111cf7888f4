"""Rules that a change of an order keeps, whoever makes it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from sandbox.errors import Refused
from sandbox.json_fields import plain
from sandbox.supply.records import ZERO, Line, Order


def wanted_quantities(order: Order) -> dict[str, Decimal]:
    """Return what is wanted of each lot, to compare with afterwards."""
    return {line.id: line.wanted for line in order.lines}


def check_order(order: Order, before: Mapping[str, Decimal]) -> None:
    """Refuse lines that are not whole, and less than what is delivered of a line.

    ``before`` is what was wanted before the change: what was delivered above that may stay.
    """
    for line in order.lines:
        _check_line(line)
        least = max(line.delivered - line.returned, line.invoiced - line.credited)
        if line.wanted < min(least, before.get(line.id, ZERO)):
            detail = (
                f"Line {line.line_number} of {order.number} cannot become {plain(line.wanted)}:"
                f" {plain(least)} are delivered or invoiced."
            )
            raise Refused(409, "under_delivered", detail)
    if order.cancelled and has_progress(order):
        raise Refused(409, "already_delivered", f"{order.number} is partly delivered or invoiced.")


def has_progress(order: Order) -> bool:
    """Whether anything of an order is delivered or invoiced."""
    return any(line.delivered or line.invoiced for line in order.lines)


def _check_line(line: Line) -> None:
    name = f"Line {line.line_number}"
    if bool(line.item) == bool(line.category):
        raise Refused(422, "item_or_category", f"{name} must have either an item or a category.")
    if line.cancelled > line.quantity:
        detail = f"{name} has {plain(line.quantity)}, of which {plain(line.cancelled)} are not."
        raise Refused(422, "cancelled_above_quantity", detail)
