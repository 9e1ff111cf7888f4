"""Orders sent again: where ours counts and they do not hold it, or they refused what was sent.

What is on its way to them already is not sent twice.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from common.sentences import sentence as _
from crm.actors import System
from fulfilment.connectors.base import Record
from fulfilment.exchanged_fields import name_of_field
from fulfilment.models import Connection, Discrepancy, SyncState
from fulfilment.services.discrepancies import NewDiscrepancy, settle_discrepancies
from fulfilment.services.order_values import values_of
from fulfilment.services.sync_states import (
    ORDER,
    held_after_pushes,
    lock_state,
    open_conflicts,
)
from fulfilment.sync.arrivals import MOST_ROUND_TRIPS, is_loop, round_trips
from fulfilment.sync.disputes import named, outgoing
from fulfilment.sync.merge import Merge, Values
from fulfilment.sync.policies import is_same, policy_of, with_origin
from sales.models import AccountTerms, Order, SalesEvent
from sales.services.documents.locks import lock_order
from sales.services.orders import send_order_again
from sales.services.prices.pricing_input import lines_of

LONGEST_WAIT = dt.timedelta(minutes=1)
"""So long is waited for the snapshot of an edit of theirs, before it is read there."""


def answer_snapshot(
    state: SyncState, order: Order, merged: Merge, *, is_newer: bool, report: str = ""
) -> bool:
    """Send an order again after a merge if that is needed; returns whether it was.

    What they refused waits for a snapshot that is newer than the last. Saves the state. After three
    answers in a row without an edit by a person none is sent, and a discrepancy says so.
    """
    is_unsent = _is_unsent(state, merged)
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


def note_behind(
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


def _is_unsent(state: SyncState, merged: Merge) -> bool:
    """Whether nothing that is on its way says what was kept."""
    held = held_after_pushes(state)
    return any(not _holds(held, path, value) for path, value in merged.tell_origin)


def _holds(held: Mapping[str, Any], path: str, value: Any) -> bool:
    policy = policy_of(path)
    return policy is not None and path in held and is_same(policy.kind, held[path], value)


def _is_edited(order: Order, version: int) -> bool:
    """Whether a person changed the order after a version of it."""
    later = SalesEvent.objects.filter(subject_id=order.pk, subject_version__gt=version)
    return later.filter(actor_kind="person").exists()


def will_differ(state: SyncState, order: Order) -> bool:
    """Whether they will not hold our order once all that was sent has arrived.

    What the side that made the order keeps is not compared, nor what they left empty of one that
    they made, where it is here as the account has it.
    """
    held = held_after_pushes(state)
    order = Order.objects.get(pk=order.pk)
    connection = state.connection
    ours: Values = values_of(
        order, lines_of(order), state.held, default_category=connection.default_category_id
    )
    made_here = order.origin != connection.code
    sent = outgoing(ours, held, open_conflicts(state), connection.policies)
    unlike = set(named(sent, held, with_origin(connection.policies, made_here)))
    return bool(unlike if made_here else unlike - set(_filled_in(order, unlike, held)))


def _filled_in(order: Order, unlike: Collection[str], held: Values) -> Iterator[str]:
    """Find what they left empty of an order that they made, and the account says here."""
    empty = {path for path in unlike if not held.get(path)}
    if "head.ship_to" in empty and order.shipping_address == order.account.address("shipping"):
        yield "head.ship_to"
    terms = AccountTerms.objects.filter(account=order.account_id)
    if "head.payment_terms" in empty and order.payment_terms_id in terms.values_list(
        "payment_terms", flat=True
    ):
        yield "head.payment_terms"


def _show_loop(state: SyncState, order: Order, merged: Merge, *, stops: bool, report: str) -> None:
    """Open a discrepancy while the two systems change the order back and forth; else close it."""
    kind = Discrepancy.Kind.SENT_BACK
    found = [_loop(state, order, merged, report)] if stops else []
    opened = Discrepancy.objects.filter(
        connection=state.connection_id, record_id=order.pk, kind=kind
    )
    settle_discrepancies(opened, found)


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
            "It was sent %(count)s times in a row and came back changed: "
            "it is not sent again before somebody changes the order here.",
            count=MOST_ROUND_TRIPS,
        ),
        report=report,
    )
