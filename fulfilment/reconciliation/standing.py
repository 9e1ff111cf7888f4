"""Standing of an order in two systems: whether both hold the same, and what was done if not.

One comparison is used everywhere, that of the merge. There are two repairs, both by the ordinary
way: their order is taken in, or ours is sent again. What neither mends is an open discrepancy.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q

from common.sentences import sentence as _
from fulfilment.connectors.base import Record
from fulfilment.models import (
    Connection,
    Discrepancy,
    ExternalRef,
    Handoff,
    InboundMessage,
    ReconcileFinding,
    SyncState,
)
from fulfilment.reconciliation.intake_of_reads import receive_read
from fulfilment.reconciliation.reads import OrderRead
from fulfilment.services.discrepancies import NewDiscrepancy, settle_discrepancies
from fulfilment.services.known_versions import forget_lost_pushes
from fulfilment.services.resent_orders import send_if_it_differs, will_differ
from fulfilment.services.sync_states import ORDER, lock_state
from sales.models import Order
from sales.services.documents.locks import lock_order

Standing = ReconcileFinding.Standing

ABSENT = object()
REPAIRED = frozenset({Standing.TAKEN_IN, Standing.SENT_AGAIN})


def find_order(connection: Connection, theirs: Mapping[str, Any]) -> uuid.UUID | None:
    """Find our order of a snapshot, by their id of it or by ours; None if it is not here."""
    known = ExternalRef.objects.filter(
        connection=connection, record_type=ORDER, external_id=theirs["id"]
    ).values("record_id")
    found = Q(pk__in=known)
    if own := theirs.get("throughline_id"):
        found |= Q(pk=own)
    return Order.objects.filter(found).values_list("pk", flat=True).first()


def look_at(connection: Connection, theirs: Mapping[str, Any]) -> Standing:
    """Say how an order of theirs stands, and change nothing."""
    order_id = find_order(connection, theirs)
    if order_id is None:
        return Standing.AGREES if is_gone(theirs) else Standing.MISSING_HERE
    state = state_of(connection, order_id)
    if is_news(state, theirs) or _is_under_way(connection, order_id):
        return Standing.IN_FLIGHT
    if _has_open(connection, order_id):
        return Standing.DIFFERS
    if is_gone(theirs):
        return Standing.AGREES
    order = Order.objects.get(pk=order_id)
    if state.pushes or will_differ(state, order):
        return Standing.IN_FLIGHT
    return Standing.AGREES


def settle(connection: Connection, read: OrderRead, order_id: uuid.UUID | None) -> Standing:
    """Bring an order that was read to the same on both sides, if no person has to decide.

    ``order_id`` is ours; None if it is not here.
    """
    theirs = read.value
    if theirs is None or (order_id is None and is_gone(theirs)):
        return _settle_missing(connection, read, order_id)
    is_taken_in = order_id is None or is_news(state_of(connection, order_id), theirs)
    if order_id is None or is_taken_in:
        receipt = receive_read(connection, theirs, read.began_at)
        order_id = find_order(connection, theirs)
        if order_id is None or state_of(connection, order_id).received_at is None:
            return Standing.MISSING_HERE
        if receipt.result == InboundMessage.Result.QUARANTINED:
            return Standing.DIFFERS
    return _settle_ours(connection, order_id, read, is_taken_in=is_taken_in)


@transaction.atomic
def _settle_ours(
    connection: Connection, order_id: uuid.UUID, read: OrderRead, *, is_taken_in: bool
) -> Standing:
    """Forget what they never applied, and send ours again if they do not hold it."""
    order = lock_order(order_id)
    state = lock_state(connection, order_id)
    _close_missing(connection, order_id)
    if _is_under_way(connection, order_id):
        return Standing.TAKEN_IN if is_taken_in else Standing.IN_FLIGHT
    if is_taken_in and state.read_due_at is not None:
        return Standing.IN_FLIGHT
    knows = (read.value or {}).get("knows")
    forget_lost_pushes(state, read.began_at, knows=knows, is_news=is_taken_in)
    if _has_open(connection, order_id):
        return Standing.DIFFERS
    if not is_gone(read.value or {}) and send_if_it_differs(state, order):
        return Standing.SENT_AGAIN
    return Standing.TAKEN_IN if is_taken_in else Standing.AGREES


@transaction.atomic
def _settle_missing(
    connection: Connection, read: OrderRead, order_id: uuid.UUID | None
) -> Standing:
    """Send an order that never arrived again; of one that is gone there, a person decides."""
    if order_id is None:
        return Standing.AGREES
    order = lock_order(order_id)
    state = lock_state(connection, order_id)
    if _is_under_way(connection, order_id):
        return Standing.IN_FLIGHT
    if state.received_at is None:
        forget_lost_pushes(state, read.began_at, knows=0, is_news=False)
        if not state.pushes:
            _forget_reference(connection, order_id)
            send_if_it_differs(state, order)
            return Standing.SENT_AGAIN
        return Standing.IN_FLIGHT
    settle_discrepancies(_missing(connection, order_id), [_gone(connection, order)])
    return Standing.MISSING_THERE


def is_gone(theirs: Mapping[str, Any]) -> bool:
    return bool(theirs.get("deleted"))


def state_of(connection: Connection, order_id: uuid.UUID) -> SyncState:
    """Read the state of an order; a new one, not saved, if there is none."""
    keys = {"connection": connection, "record_type": ORDER, "record_id": order_id}
    return SyncState.objects.filter(**keys).first() or SyncState(**keys)


def is_news(state: SyncState, theirs: Mapping[str, Any]) -> bool:
    """Whether their order is not the snapshot that we have of it."""
    kept = state.snapshot.get("order", {})
    is_other = kept.get("deleted") != theirs.get("deleted")
    return is_other or any(kept.get(name, ABSENT) != value for name, value in theirs.items())


def _is_under_way(connection: Connection, order_id: uuid.UUID) -> bool:
    waiting = Handoff.objects.filter(lane__connection=connection, lane__root_id=order_id)
    return waiting.filter(event__subject_id=order_id, state__in=Handoff.WAITING).exists()


def _has_open(connection: Connection, order_id: uuid.UUID) -> bool:
    return Discrepancy.objects.open().filter(connection=connection, record_id=order_id).exists()


def _missing(connection: Connection, order_id: uuid.UUID) -> Any:
    return Discrepancy.objects.filter(
        connection=connection, record_id=order_id, kind=Discrepancy.Kind.MISSING_THERE
    )


def _close_missing(connection: Connection, order_id: uuid.UUID) -> None:
    """Close what says that an order is missing there, once it is read there again."""
    settle_discrepancies(_missing(connection, order_id), [])


def _forget_reference(connection: Connection, order_id: uuid.UUID) -> None:
    """Forget the id that they gave to an order which they do not have."""
    ExternalRef.objects.filter(
        connection=connection, record_type=ORDER, record_id=order_id
    ).delete()


def _gone(connection: Connection, order: Order) -> NewDiscrepancy:
    return NewDiscrepancy(
        connection.pk,
        Discrepancy.Kind.MISSING_THERE,
        Record(ORDER, order.pk, order.number or ""),
        ours=order.get_status_display(),
        theirs="–",
        rule=_(
            "They had it and do not have it any more: cancel it here, or have it made there again."
        ),
    )
