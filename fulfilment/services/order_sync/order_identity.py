"""Identity of shared orders: which order of ours one of theirs is.

Their id alone does not say so: a system that went back to an older copy gives ids out anew.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.db.models import QuerySet

from common.sentences import Sentence
from common.sentences import sentence as _
from common.stored_sentences import columns
from fulfilment.connectors.base import Record
from fulfilment.models import Connection, Discrepancy, ExternalRef, Handoff, Lane, SyncState
from fulfilment.services.discrepancies import NewDiscrepancy, update_discrepancies
from fulfilment.services.order_sync.sync_states import ORDER, lock_state
from sales.models import Order
from sales.services.documents.locks import lock_order


def find_shared(
    connection: Connection, external_id: str, number: str, our_id: str | uuid.UUID | None
) -> uuid.UUID | None:
    """Find the order of ours that one of theirs is: by our id, or by their id and its number.

    It may be one that was deleted there before it was known here, and is no order of ours.
    """
    if our_id and Order.objects.filter(pk=our_id).exists():
        return uuid.UUID(str(our_id))
    known = claimant(connection, external_id)
    return known if known is not None and has_number(connection, known, number) else None


def claimant(connection: Connection, external_id: str) -> uuid.UUID | None:
    """Return our id of the order that is known by an id of theirs; None if none is."""
    return _claims(connection, external_id).first()


def claimed_by(connection: Connection, external_id: str) -> uuid.UUID:
    """Return our id of the order that is known by an id of theirs, which somebody claimed."""
    return _claims(connection, external_id).get()


def _claims(connection: Connection, external_id: str) -> QuerySet[Any, uuid.UUID]:
    refs = ExternalRef.objects.filter(
        connection=connection, record_type=ORDER, external_id=external_id
    )
    return refs.values_list("record_id", flat=True)


def has_number(connection: Connection, order_id: uuid.UUID, number: str) -> bool:
    """Whether an order has a number; one that is not here has that of their last snapshot."""
    here = Order.objects.filter(pk=order_id).values_list("number", flat=True).first()
    if here is None:
        states = SyncState.objects.filter(
            connection=connection, record_type=ORDER, record_id=order_id
        )
        here = states.values_list("snapshot__order__number", flat=True).first()
    return not here or here.strip() == number.strip()


def release_id(connection: Connection, external_id: str) -> None:
    """Free an id of theirs that another order has now; a person decides on the one that had it."""
    order_id = claimed_by(connection, external_id)
    order = Order.objects.filter(pk=order_id).first()
    if order is None:
        forget_reference(connection, order_id)
        return
    lock_order(order.pk)
    state = lock_state(connection, order.pk)
    forget_reference(connection, order.pk)
    state.held, state.snapshot, state.splits, state.pushes = {}, {}, {}, []
    state.snapshot_sequence, state.must_send_again, state.read_due_at = 0, False, None
    state.save()
    _supersede_pushes(connection, order)
    open_missing_there(connection, order)


def _supersede_pushes(connection: Connection, order: Order) -> None:
    """Never send what is queued with the id that another order has there now."""
    lanes = Lane.objects.filter(connection=connection, root_id=order.pk)
    lane = lanes.select_for_update(of=("self",), no_key=True).first()
    if lane is None:
        return
    reason = _(
        "Another order of %(connection)s has the id of %(order)s by now: cancel the order here, or "
        "change it, so that it is made there again under another id.",
        connection=connection,
        order=order,
    )
    lane.handoffs.filter(state__in=Handoff.WAITING).update(
        state=Handoff.State.SUPERSEDED, holds_lane=False, **columns("resolution", reason, 300)
    )
    lanes.update(pending=0, is_blocked=False, lease_token=None)


def names_another_order(handoff: Handoff) -> bool:
    """Whether the id of the order in a body in their words is that of another one by now."""
    connection = handoff.payload.connection
    if connection is None:
        return False
    order = json.loads(handoff.payload.body).get("data", {}).get("order") or {}
    known = claimant(connection, order["id"]) if order.get("id") else None
    return known is not None and str(known) != order.get("throughline_id")


def forget_reference(connection: Connection, order_id: uuid.UUID) -> None:
    """Forget the id that they gave to an order which they do not have."""
    ExternalRef.objects.filter(
        connection=connection, record_type=ORDER, record_id=order_id
    ).delete()


def missing_there(connection: Connection, order_id: uuid.UUID) -> QuerySet[Any]:
    """Return what says that an order is missing there."""
    return Discrepancy.objects.filter(
        connection=connection, record_id=order_id, kind=Discrepancy.Kind.MISSING_THERE
    )


def not_read_there(connection: Connection, order_id: uuid.UUID) -> QuerySet[Any]:
    """Return what says that an order is missing there, or cannot be read."""
    kinds = (Discrepancy.Kind.MISSING_THERE, Discrepancy.Kind.UNREADABLE)
    return Discrepancy.objects.filter(connection=connection, record_id=order_id, kind__in=kinds)


def open_unreadable(connection: Connection, order: Order, problem: str | Sentence) -> None:
    """Leave an order that cannot be read there to a person; it ends once it is read."""
    found = NewDiscrepancy(
        connection.pk,
        Discrepancy.Kind.UNREADABLE,
        Record(ORDER, order.pk, order.number or ""),
        ours=order.get_status_display(),
        theirs="–",
        rule=_("It cannot be read there: %(problem)s", problem=problem),
        stays_decided=False,
    )
    unreadable = not_read_there(connection, order.pk).filter(kind=Discrepancy.Kind.UNREADABLE)
    update_discrepancies(unreadable, [found])


def open_missing_there(connection: Connection, order: Order) -> None:
    """Leave an order that they do not have any more to a person."""
    found = NewDiscrepancy(
        connection.pk,
        Discrepancy.Kind.MISSING_THERE,
        Record(ORDER, order.pk, order.number or ""),
        ours=order.get_status_display(),
        theirs="–",
        rule=_(
            "%(connection)s had %(order)s and does not have it any more: cancel the order here, or "
            "change it, so that it is made there again.",
            connection=connection,
            order=order,
        ),
    )
    update_discrepancies(missing_there(connection, order.pk), [found])
