"""Due reads: orders that are read there because their snapshot did not come, or does not tell."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Sequence

from django.db import transaction

from fulfilment.models import Connection, ExternalRef, SyncState
from fulfilment.reconciliation.finding_status import repair
from fulfilment.reconciliation.reads import OrderRead, database_now, read_orders, readable
from fulfilment.services.order_sync.sync_states import ORDER

MOST = 32
"""Orders that are read at once."""

TRIED_AGAIN = dt.timedelta(minutes=1)
"""After this time an order is read again, if it could not be read or a worker died."""


def read_due_orders() -> int:
    """Read the orders that are due, and take them in; returns how many were read."""
    due = _claim()
    connections = Connection.objects.select_related("health").in_bulk(due)
    wanted = {connections[key]: list(orders.values()) for key, orders in due.items()}
    count = 0
    for connection, reads in (read_orders(wanted) if wanted else {}).items():
        for order_id, read in zip(due[connection.pk], reads, strict=True):
            count += _take(connection, order_id, read)
    return count


@transaction.atomic
def _claim() -> dict[uuid.UUID, dict[uuid.UUID, str]]:
    """Claim due orders by connection: ours, each with the id that it has there."""
    now = database_now()
    due = (
        SyncState.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(
            read_due_at__lte=now,
            record_type=ORDER,
            connection__in=Connection.objects.filter(readable()),
        )
        .order_by("read_due_at")[:MOST]
    )
    states = list(due)
    SyncState.objects.filter(pk__in=[each.pk for each in states]).update(
        read_due_at=now + TRIED_AGAIN
    )
    named = _their_ids(states)
    claimed: defaultdict[uuid.UUID, dict[uuid.UUID, str]] = defaultdict(dict)
    for state in states:
        if key := named.get((state.connection_id, state.record_id)):
            claimed[state.connection_id][state.record_id] = key
    return claimed


def _their_ids(states: Sequence[SyncState]) -> dict[tuple[uuid.UUID, uuid.UUID], str]:
    refs = ExternalRef.objects.filter(
        record_type=ORDER, record_id__in=[each.record_id for each in states]
    )
    rows = refs.values_list("connection", "record_id", "external_id")
    return {(connection, record): external for connection, record, external in rows}


def _take(connection: Connection, order_id: uuid.UUID, read: OrderRead) -> bool:
    if read.error is not None:
        return False
    repair(connection, read, order_id)
    return True
