"""Finding status of an order in two systems: whether both hold the same, and what was done if not.

One comparison is used everywhere, that of the merge. There are two repairs, both by the ordinary
way: their order is taken in, or ours is sent again. What neither mends is an open discrepancy.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from fulfilment.models import (
    Connection,
    Discrepancy,
    Handoff,
    InboundMessage,
    ReconcileFinding,
    SyncState,
)
from fulfilment.reconciliation.intake_of_reads import receive_read
from fulfilment.reconciliation.reads import OrderRead
from fulfilment.reconciliation.snapshots import forget_base, is_news, is_older
from fulfilment.services.discrepancies import update_discrepancies
from fulfilment.services.order_sync.known_versions import forget_lost_pushes
from fulfilment.services.order_sync.order_identity import (
    find_shared,
    forget_reference,
    not_read_there,
    open_missing_there,
    open_unreadable,
)
from fulfilment.services.order_sync.resent_orders import send_if_it_differs, will_differ
from fulfilment.services.order_sync.sync_states import ORDER, lock_state
from sales.models import Order
from sales.services.documents.locks import lock_order

FindingStatus = ReconcileFinding.Status

REPAIRED = frozenset({FindingStatus.TAKEN_IN, FindingStatus.SENT_AGAIN})


def find_order(connection: Connection, theirs: Mapping[str, Any]) -> uuid.UUID | None:
    """Find our order of a snapshot; None if it is not here."""
    found = find_shared(
        connection,
        str(theirs["id"]),
        str(theirs.get("number") or ""),
        theirs.get("throughline_id"),
    )
    return existing_id(found)


def existing_id(order_id: uuid.UUID | None) -> uuid.UUID | None:
    """Return the id of an order that is here; None of one that is not, or not any more."""
    is_here = order_id is not None and Order.objects.filter(pk=order_id).exists()
    return order_id if is_here else None


def status_of_theirs(connection: Connection, theirs: Mapping[str, Any]) -> FindingStatus:
    """Return the status of an order of theirs, and change nothing."""
    order_id = find_order(connection, theirs)
    if order_id is None:
        return FindingStatus.AGREES if is_gone(theirs) else FindingStatus.MISSING_HERE
    state = state_of(connection, order_id)
    if is_news(state, theirs) or _is_under_way(connection, order_id):
        return FindingStatus.IN_FLIGHT
    if _has_open(connection, order_id):
        return FindingStatus.DIFFERS
    if is_gone(theirs):
        return FindingStatus.AGREES
    order = Order.objects.get(pk=order_id)
    if state.pushes or will_differ(state, order):
        return FindingStatus.IN_FLIGHT
    return FindingStatus.DIFFERS if _has_waiting(connection, order_id) else FindingStatus.AGREES


def repair(connection: Connection, read: OrderRead, order_id: uuid.UUID | None) -> FindingStatus:
    """Bring an order that was read to the same on both sides, if no person has to decide.

    ``order_id`` is ours; None if it is not here. Another one may have its id there by now.
    """
    theirs = read.value
    if theirs is None or (order_id is None and is_gone(theirs)):
        return _repair_missing(connection, read, order_id)
    if order_id is not None and find_order(connection, theirs) != order_id:
        repair(connection, read, find_order(connection, theirs))
        return _repair_missing(connection, read, order_id)
    is_taken_in = order_id is None or is_news(state_of(connection, order_id), theirs)
    if order_id is not None and is_taken_in and is_older(state_of(connection, order_id), theirs):
        if _is_under_way(connection, order_id):
            return FindingStatus.IN_FLIGHT
        is_taken_in = forget_base(connection, read, state_of(connection, order_id))
    if order_id is None or is_taken_in:
        receipt = receive_read(connection, theirs, read.began_at)
        order_id = find_order(connection, theirs)
        if order_id is None or state_of(connection, order_id).received_at is None:
            return FindingStatus.MISSING_HERE
        if receipt.result == InboundMessage.Result.QUARANTINED:
            return FindingStatus.DIFFERS
    return _repair_ours(connection, order_id, read, is_taken_in=is_taken_in)


@transaction.atomic
def _repair_ours(
    connection: Connection, order_id: uuid.UUID, read: OrderRead, *, is_taken_in: bool
) -> FindingStatus:
    """Forget what they never applied, and send ours again if they do not hold it."""
    order = lock_order(order_id)
    state = lock_state(connection, order_id)
    _close_missing(connection, order_id)
    if _is_under_way(connection, order_id):
        return _while_under_way(connection, order_id, is_taken_in=is_taken_in)
    if is_taken_in and state.read_due_at is not None:
        return FindingStatus.IN_FLIGHT
    knows = (read.value or {}).get("knows")
    forget_lost_pushes(state, read.began_at, knows=knows, is_news=is_taken_in)
    if _has_open(connection, order_id):
        return FindingStatus.DIFFERS
    if not is_gone(read.value or {}) and send_if_it_differs(state, order):
        return FindingStatus.SENT_AGAIN
    if _has_waiting(connection, order_id):
        return FindingStatus.DIFFERS
    return FindingStatus.TAKEN_IN if is_taken_in else FindingStatus.AGREES


def _while_under_way(
    connection: Connection, order_id: uuid.UUID, *, is_taken_in: bool
) -> FindingStatus:
    if _has_open(connection, order_id):
        return FindingStatus.DIFFERS
    return FindingStatus.TAKEN_IN if is_taken_in else FindingStatus.IN_FLIGHT


@transaction.atomic
def _repair_missing(
    connection: Connection, read: OrderRead, order_id: uuid.UUID | None
) -> FindingStatus:
    """Send an order that never arrived again; of one that is gone there, a person decides."""
    if order_id is None:
        return FindingStatus.AGREES
    order = lock_order(order_id)
    state = lock_state(connection, order_id)
    if _is_under_way(connection, order_id):
        return FindingStatus.IN_FLIGHT
    if state.received_at is None:
        forget_lost_pushes(state, read.began_at, knows=0, is_news=False)
        if not state.pushes:
            forget_reference(connection, order_id)
            send_if_it_differs(state, order)
            return FindingStatus.SENT_AGAIN
        return FindingStatus.IN_FLIGHT
    open_missing_there(connection, order)
    return FindingStatus.MISSING_THERE


@transaction.atomic
def leave_unread(
    connection: Connection, read: OrderRead, order_id: uuid.UUID | None
) -> FindingStatus:
    """Leave an order that cannot be read there to a person."""
    if order_id is None:
        return FindingStatus.MISSING_HERE
    open_unreadable(connection, lock_order(order_id), read.problem)
    return FindingStatus.DIFFERS


def is_gone(theirs: Mapping[str, Any]) -> bool:
    return bool(theirs.get("deleted"))


def state_of(connection: Connection, order_id: uuid.UUID) -> SyncState:
    """Read the state of an order; a new one, not saved, if there is none."""
    keys = {"connection": connection, "record_type": ORDER, "record_id": order_id}
    return SyncState.objects.filter(**keys).first() or SyncState(**keys)


def _is_under_way(connection: Connection, order_id: uuid.UUID) -> bool:
    waiting = Handoff.objects.filter(lane__connection=connection, lane__root_id=order_id)
    return waiting.filter(event__subject_id=order_id, state__in=Handoff.WAITING).exists()


def _has_open(connection: Connection, order_id: uuid.UUID) -> bool:
    """Whether a person has to decide something of an order."""
    return Discrepancy.objects.open().filter(connection=connection, record_id=order_id).exists()


def _has_waiting(connection: Connection, order_id: uuid.UUID) -> bool:
    """Whether a message about an order could not be applied, and waits for a person."""
    waiting = InboundMessage.objects.unapplied()
    return waiting.filter(connection=connection, root_id=order_id).exists()


def _close_missing(connection: Connection, order_id: uuid.UUID) -> None:
    """Close what says that an order is missing or unreadable there, once it is read again."""
    update_discrepancies(not_read_there(connection, order_id), [])
