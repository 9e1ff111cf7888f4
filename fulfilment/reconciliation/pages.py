"""Pages of orders that are compared at once: those that agree are found in a few statements.

What is not certain of one that way is left to the look at that order alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

from django.db.models import Prefetch, QuerySet

from fulfilment.models import (
    Connection,
    Discrepancy,
    ExternalRef,
    Handoff,
    InboundMessage,
    SyncState,
)
from fulfilment.reconciliation.snapshots import is_as_received
from fulfilment.services.order_sync.resent_orders import differs
from fulfilment.services.order_sync.sync_states import ORDER
from sales.models import Order, OrderLine

LINES = ("product", "product_category", "unit", "price_list_item", "tax_category")


def find_agreeing(connection: Connection, page: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return their ids of the orders that both hold alike; seven statements for any number."""
    ids = _our_ids(connection, page)
    orders, states = _orders(ids.values()), _states(connection, ids.values())
    undecided = _undecided(connection, ids.values())
    found = set()
    for theirs in page:
        key = ids.get(str(theirs.get("id")))
        order, state = (orders.get(key), states.get(key)) if key else (None, None)
        if order is None or state is None or key in undecided or theirs.get("deleted"):
            continue
        is_same = (order.number or "").strip() == str(theirs.get("number") or "").strip()
        is_known = not state.pushes and is_same and is_as_received(state, theirs)
        if is_known and not differs(state, order, list(order.lines.all()), ()):
            found.add(str(theirs["id"]))
    return found


def _our_ids(connection: Connection, page: Sequence[Mapping[str, Any]]) -> dict[str, uuid.UUID]:
    """Return our ids of the orders by theirs; none where the two say otherwise."""
    refs = ExternalRef.objects.filter(
        connection=connection,
        record_type=ORDER,
        external_id__in=[str(each.get("id")) for each in page],
    )
    known = dict(refs.values_list("external_id", "record_id"))
    for theirs in page:
        own = theirs.get("throughline_id")
        if own and str(known.get(str(theirs.get("id")))) != str(own):
            with suppress(KeyError):
                del known[str(theirs.get("id"))]
    return known


def _orders(keys: Collection[uuid.UUID]) -> dict[uuid.UUID, Order]:
    lines = OrderLine.objects.select_related(*LINES).order_by("position", "id")
    orders = Order.objects.select_related("company", "account__terms")
    orders = orders.prefetch_related(Prefetch("lines", lines))
    return orders.in_bulk(list(keys))


def _states(connection: Connection, keys: Collection[uuid.UUID]) -> dict[uuid.UUID, SyncState]:
    states = SyncState.objects.filter(
        connection=connection, record_type=ORDER, record_id__in=list(keys)
    )
    found = {state.record_id: state for state in states}
    for state in found.values():
        state.connection = connection
    return found


def _undecided(connection: Connection, keys: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Find the orders of which a message is under way or waits, or a person has to decide."""
    wanted = list(keys)
    under_way = Handoff.objects.filter(
        lane__connection=connection, lane__root_id__in=wanted, state__in=Handoff.WAITING
    )
    opened = Discrepancy.objects.open().filter(connection=connection, record_id__in=wanted)
    waiting = InboundMessage.objects.unapplied().filter(connection=connection, root_id__in=wanted)
    columns: list[tuple[QuerySet[Any], str]] = [
        (under_way, "lane__root_id"),
        (opened, "record_id"),
        (waiting, "root_id"),
    ]
    return {key for rows, name in columns for key in rows.values_list(name, flat=True)}
