"""Lines of which nothing is wanted any more, as they are pushed: with what was ordered of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from fulfilment.models import Connection, SyncState
from fulfilment.services.order_sync.order_values import uncancelled_lines
from fulfilment.services.order_sync.sync_states import received_lines
from fulfilment.services.order_sync.units import factors_of, ordered_there
from fulfilment.sync.policies import is_removal
from sales.models import Order, OrderLine

ZERO = Decimal(0)


def ordered_quantities(
    state: SyncState, lines: Sequence[OrderLine], sent: Mapping[str, Any]
) -> dict[str, Decimal]:
    """Return what was ordered of each line that is pushed, by our id.

    A line of which nothing is wanted is left out where they do not have it: they removed it, or
    were never sent it.
    """
    received, factors = received_lines(state), factors_of(state)
    ordered = {}
    for line in lines:
        key, path = str(line.pk), _path(line)
        there = ordered_there(received.get(key, {}), factors.get(key))
        last = _last_quantity(state, path, there)
        is_new = path not in state.held and line.cancelled_quantity
        if key in received or last or is_new or not is_removal(path, sent[path]):
            ordered[key] = line.cancelled_quantity or last
    return ordered


def cancelled_values(
    connection: Connection,
    order: Order,
    lines: Sequence[OrderLine],
    ordered: Mapping[str, Decimal],
    held: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the values of cancelled lines as they are without that, by their paths.

    Of a line that was set to none, which has no discount here, the discount stays theirs.
    """
    cancelled = [line for line in lines if not line.wanted_quantity and str(line.pk) in ordered]
    discounts = [f"line.{line.pk}.discount" for line in cancelled if not line.quantity]
    values = uncancelled_lines(
        order, cancelled, ordered, default_category=connection.default_category_id
    )
    return values | {path: held[path] for path in discounts if path in held}


def _last_quantity(state: SyncState, path: str, there: Decimal) -> Decimal:
    """Return the last quantity above none of a line that one side sent the other."""
    pushed = [push["values"].get(path) for push in reversed(state.pushes)]
    sent = (Decimal(each or 0) for each in (*pushed, state.held.get(path), there))
    return next(filter(None, sent), ZERO)


def _path(line: OrderLine) -> str:
    return f"line.{line.pk}.quantity"
