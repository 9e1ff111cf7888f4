"""Orders sent again: where ours counts and they do not hold it, or they refused what was sent.

What is on its way to them already is not sent twice.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from common.sentences import sentence as _
from crm.actors import System
from fulfilment.connectors.base import Record
from fulfilment.exchanged_fields import name_of_field
from fulfilment.models import Connection, Discrepancy, SyncState
from fulfilment.services.discrepancies import NewDiscrepancy, update_discrepancies
from fulfilment.services.order_sync.document_pushes import lacks_documents
from fulfilment.services.order_sync.order_values import values_of
from fulfilment.services.order_sync.sync_states import (
    ORDER,
    held_after_pushes,
    lock_state,
    open_conflicts,
)
from fulfilment.sync.arrivals import MOST_ROUND_TRIPS, is_loop, round_trips
from fulfilment.sync.conflicts import named, outgoing
from fulfilment.sync.merge import Conflict, Merge, Values
from fulfilment.sync.policies import is_same, policy_of, with_origin
from sales.models import Order, OrderLine, SalesEvent
from sales.services.documents.locks import lock_order
from sales.services.orders import send_order_again
from sales.services.prices.pricing_input import lines_of

Pairs = Sequence[tuple[str, Any]]
"""Paths of fields, each with its canonical value."""

FILLED_IN = ("head.ship_to", "head.payment_terms")
"""What an order has from its account where nobody says otherwise."""

LONGEST_WAIT = dt.timedelta(minutes=1)
"""So long is waited for the snapshot of an edit of theirs, before it is read there."""


def answer_snapshot(
    state: SyncState,
    order: Order,
    merged: Merge,
    *,
    followed: Pairs = (),
    is_newer: bool,
    report: str = "",
) -> bool:
    """Send an order again after a merge if that is needed; returns whether it was.

    ``followed`` is what their edit changed here beside what it says. What they refused waits for a
    snapshot that is newer than the last. Saves the state. After three answers without an edit by a
    person none is sent, and a discrepancy says so; what follows from an edit of theirs is none.
    """
    is_unsent = _is_unsent(state, (*merged.tell_origin, *followed))
    state.round_trips = _round_trips(state, order, merged, is_unsent=is_unsent)
    stops = is_loop(state.round_trips)
    if merged.tell_origin or not stops:
        _show_loop(state, order, merged, stops=stops, report=report)
    must_send = state.must_send_again and is_newer
    state.must_send_again = state.must_send_again and not is_newer
    state.read_due_at = state.read_due_at if state.must_send_again else None
    state.save()
    if stops or not (is_unsent or (must_send and will_differ(state, order))):
        return False
    _send(state, order)
    return True


def _round_trips(state: SyncState, order: Order, merged: Merge, *, is_unsent: bool) -> int:
    """Count this answer; what is on its way is none, and a loop ends once they hold ours."""
    before = state.round_trips
    if merged.tell_origin and not is_unsent:
        return before
    edited = bool(before) and _is_edited(order, state.answered_version)
    stays = is_loop(before) and not merged.tell_origin and not edited
    if stays and will_differ(state, order):
        return before
    return round_trips(before, merged, edited=edited)


def record_stale_push(
    connection_id: uuid.UUID, record: Record, message_id: str, sequence: int | None
) -> None:
    """Forget a push that they refused since they edited the order, up to ``sequence``.

    It is sent again once that edit is here; at once if it is here already. An edit that does not
    come is read there.
    """
    with transaction.atomic():
        order = lock_order(record.id)
        state = lock_state(Connection.objects.get(pk=connection_id), order.pk)
        state.pushes = [push for push in state.pushes if push["message_id"] != message_id]
        is_here = sequence is not None and state.snapshot_sequence >= sequence
        state.must_send_again = not is_here
        state.read_due_at = None if is_here else timezone.now() + LONGEST_WAIT
        state.save(update_fields=["pushes", "must_send_again", "read_due_at", "updated_at"])
        if is_here and will_differ(state, order):
            _send(state, order)


def send_if_it_differs(state: SyncState, order: Order) -> bool:
    """Send an order again that they will not hold as we do; returns whether it was."""
    if not will_differ(state, order):
        return False
    _send(state, order)
    return True


def _send(state: SyncState, order: Order) -> None:
    connection = state.connection
    sent = send_order_again(
        order.pk, actor=System(connection.name, connection.code), to=connection.code
    )
    SyncState.objects.filter(pk=state.pk).update(answered_version=sent.version)


def _is_unsent(state: SyncState, due: Pairs) -> bool:
    """Whether nothing that is on its way says what they have to be sent."""
    held = held_after_pushes(state)
    return any(not _holds(held, path, value) for path, value in due)


def _holds(held: Mapping[str, Any], path: str, value: Any) -> bool:
    policy = policy_of(path)
    return policy is not None and path in held and is_same(policy.kind, held[path], value)


def _is_edited(order: Order, version: int) -> bool:
    """Whether a person changed the order after a version of it."""
    later = SalesEvent.objects.filter(subject_id=order.pk, subject_version__gt=version)
    return later.filter(actor_kind="person").exists()


def will_differ(state: SyncState, order: Order) -> bool:
    """Whether they will not hold our order, or our documents, once all that was sent has arrived.

    What the side that made the order keeps is not compared, nor what they left empty of one that
    they made, where it is here as the account has it.
    """
    order = Order.objects.get(pk=order.pk)
    return differs(state, order, lines_of(order), open_conflicts(state))


def differs(
    state: SyncState, order: Order, lines: Sequence[OrderLine], conflicts: Collection[Conflict]
) -> bool:
    """Whether they will not hold an order that is read already, with its lines and conflicts.

    No statement of its own where its account, company and lines are prefetched.
    """
    held = held_after_pushes(state)
    unlike = set(_unlike(state, order, held, lines, conflicts))
    made_here = not order.was_made_in(state.connection.code)
    left = unlike if made_here else unlike - filled_in(state.connection, order, held)
    return bool(left) or lacks_documents(state, order)


def followed_from(state: SyncState, order: Order, before: Values) -> Pairs:
    """Return what an edit of theirs changed here to another value than they hold.

    A discount in percent of the order, a volume discount or a promotion follows a quantity of
    theirs. ``before`` are our values without their edit. Of an order that they cancelled nothing is
    sent back.
    """
    now = Order.objects.get(pk=order.pk)
    if now.is_cancelled:
        return []
    unlike = _unlike(state, now, state.held, lines_of(now), open_conflicts(state))
    return [
        (path, value)
        for path, value in unlike.items()
        if path in state.held and path in before and before[path] != value
    ]


def _unlike(
    state: SyncState,
    order: Order,
    held: Values,
    lines: Sequence[OrderLine],
    conflicts: Collection[Conflict],
) -> Values:
    """Return our values of the fields that they are sent, and hold with another value."""
    connection = state.connection
    ours = values_of(order, lines, state.held, default_category=connection.default_category_id)
    sent = outgoing(ours, held, conflicts, connection.policies)
    made_here = not order.was_made_in(connection.code)
    return named(sent, held, with_origin(connection.policies, made_here))


def filled_in(connection: Connection, order: Order, held: Values) -> set[str]:
    """Find what they left empty of an order that they made, and the account says here.

    Nobody here has edited that. Two statements at most, none where they left nothing empty.
    """
    empty = {path for path in FILLED_IN if not held.get(path)}
    if not order.was_made_in(connection.code) or not empty:
        return set()
    found = set()
    if order.shipping_address == order.account.address("shipping"):
        found.add("head.ship_to")
    terms = getattr(order.account, "terms", None)
    if terms is not None and order.payment_terms_id == terms.payment_terms_id:
        found.add("head.payment_terms")
    return found & empty


def _show_loop(state: SyncState, order: Order, merged: Merge, *, stops: bool, report: str) -> None:
    """Open a discrepancy while the two systems change the order back and forth; else close it."""
    kind = Discrepancy.Kind.SENT_BACK
    found = [_loop(state, order, merged, report)] if stops else []
    opened = Discrepancy.objects.filter(
        connection=state.connection_id, record_id=order.pk, kind=kind
    )
    update_discrepancies(opened, found)


def _loop(state: SyncState, order: Order, merged: Merge, report: str) -> NewDiscrepancy:
    path, ours = merged.tell_origin[0]
    theirs = merged.held.get(path)
    return NewDiscrepancy(
        state.connection_id,
        Discrepancy.Kind.SENT_BACK,
        Record(ORDER, order.pk, order.number or ""),
        ours=str(ours)[:200],
        theirs=str(theirs)[:200],
        about=name_of_field(path),
        rule=_(
            "It was sent %(count)s times and changed back each time: "
            "it is not sent again before somebody changes the order here.",
            count=MOST_ROUND_TRIPS,
        ),
        report=report,
    )
