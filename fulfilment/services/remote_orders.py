"""Orders of another system: their snapshots are taken in by the ordinary use cases.

A snapshot creates its order or is merged into it. One message makes one version, an echo none.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection as database
from django.utils import timezone

from common.identifiers import uuid7
from common.sentences import sentence as _
from crm.actors import System
from crm.models import Account
from fulfilment.connectors.base import Record
from fulfilment.dialects.supply import RemoteOrder, read_order
from fulfilment.models import Connection, ExternalRef, SyncState
from fulfilment.services.mappings import Kind, MappingTable
from fulfilment.services.order_edits import apply_edit, new_lines, read_edit
from fulfilment.services.order_values import values_of
from fulfilment.services.sync_states import (
    ORDER,
    keep_snapshot,
    line_ids,
    lock_state,
    open_conflicts,
    pushes_of,
    received_lines,
    remembered,
    snapshot_of,
)
from fulfilment.sync.arrivals import is_loop, is_stale, of_stale, round_trips
from fulfilment.sync.canonical import Notation, canonical, with_missing_lines
from fulfilment.sync.merge import Merge, base_of, merge
from sales.models import Order, OrderLine
from sales.services.documents.drafts import draft_order
from sales.services.documents.locks import lock_order
from sales.services.documents.totals import lines_of
from sales.services.orders import submit_order

CLAIM = """
INSERT INTO fulfilment_externalref
    (id, connection_id, record_type, record_id, external_id, external_number, is_provisional,
     created_at)
VALUES (%s, %s, 'order', %s, %s, %s, false, clock_timestamp())
ON CONFLICT (connection_id, record_type, external_id) DO NOTHING
"""
"""Who inserts their id of an order creates the order; others wait on the index, and merge."""


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of a snapshot."""

    record: Record
    has_changed: bool
    is_stale: bool = False
    merged: Merge | None = None


def take_in(connection: Connection, theirs: RemoteOrder) -> TakenIn:
    """Create the order of a snapshot, or merge the snapshot into it.

    Raises NotMapped for codes that are not mapped yet, and the refusals of our use cases.
    """
    mapped = MappingTable(connection, theirs.codes())
    order_id, is_new = _claim(connection, theirs)
    if is_new:
        return _create(connection, theirs, mapped, order_id)
    return _merge(connection, theirs, mapped, order_id)


def _claim(connection: Connection, theirs: RemoteOrder) -> tuple[uuid.UUID, bool]:
    """Find the order by their id, or claim their id for a new one."""
    refs = ExternalRef.objects.filter(
        connection=connection, record_type=ORDER, external_id=theirs.external_id
    )
    known = refs.values_list("record_id", flat=True).first()
    if known is not None:
        return known, False
    own = _own_order(theirs)
    order_id = own or uuid7()
    with database.cursor() as cursor:
        cursor.execute(
            CLAIM, [uuid7(), connection.pk, order_id, theirs.external_id, theirs.number]
        )
        is_claimed = cursor.rowcount == 1
    if not is_claimed:
        return refs.values_list("record_id", flat=True).get(), False
    return order_id, own is None


def _own_order(theirs: RemoteOrder) -> uuid.UUID | None:
    """Return our id if the order was made here; its first answer may come after its message."""
    if not theirs.our_id:
        return None
    return Order.objects.filter(pk=theirs.our_id).values_list("pk", flat=True).first()


def _create(
    connection: Connection, theirs: RemoteOrder, mapped: MappingTable, order_id: uuid.UUID
) -> TakenIn:
    actor = _sender(connection)
    ids = theirs.line_ids({}, ())
    currency = str(theirs.fields["currency"]).strip().upper()
    values = canonical(read_order(theirs, mapped, ids), _notation(connection, currency))
    account = Account.objects.get(pk=mapped[Kind.ACCOUNT, theirs.fields["customer"]])
    order = draft_order(
        actor=actor,
        account=account,
        name=values.get("head.name") or theirs.number,
        id=order_id,
        currency=currency,
        origin=connection.code,
    )
    state = lock_state(connection, order.pk)
    _keep(state, theirs, values, ids, {})
    return TakenIn(Record(ORDER, order.pk, order.number or ""), has_changed=True)


def _merge(
    connection: Connection, theirs: RemoteOrder, mapped: MappingTable, order_id: uuid.UUID
) -> TakenIn:
    order = lock_order(order_id)
    state = lock_state(connection, order_id)
    lines = lines_of(order)
    ours = values_of(order, lines, state.held)
    knows = _known_version(state, theirs)
    ids = theirs.line_ids(line_ids(state), {str(line.pk) for line in lines})
    notation = _notation(connection, order.currency)
    said = canonical(read_order(theirs, mapped, ids), notation, remembered(state, knows))
    record = Record(ORDER, order.pk, order.number or "")
    if is_stale(theirs.sequence, state.snapshot_sequence):
        return TakenIn(record, has_changed=False, is_stale=True)
    base = base_of(snapshot_of(state), pushes_of(state), knows)
    if theirs.has_lines:
        said = with_missing_lines(said, base)
    merged = merge(
        base,
        ours,
        said,
        made_here=order.origin != connection.code,
        answers=_answers(state, theirs),
        open_conflicts=open_conflicts(state),
    )
    edit = read_edit(merged.apply, order, lines)
    has_changed = apply_edit(
        order, edit, actor=_sender(connection), reason=f"{connection.name} {theirs.number}"
    )
    return TakenIn(record, has_changed, merged=merged)
