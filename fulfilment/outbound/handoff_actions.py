"""Operator actions on handoffs: replay, skip, and settle what was handled outside."""

from __future__ import annotations

import datetime as dt
import uuid
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from common.errors import DomainError, IllegalTransition, MissingField
from common.sentences import Sentence
from common.sentences import sentence as _
from common.stored_sentences import Parameters, columns, written
from crm.actors import Actor
from fulfilment.connectors.base import Record
from fulfilment.models import Connection, Handoff, Lane
from fulfilment.routes import ROUTES
from fulfilment.services.order_sync.order_identity import names_another_order
from fulfilment.services.references import NewReference, store_references
from fulfilment.services.wakeups import wake_workers_after_commit

State = Handoff.State


class BeingSent(IllegalTransition):
    """The handoff is being sent at this moment."""

    code = "being_sent"


class IdTaken(IllegalTransition):
    """The other system gave the id of the order to another one."""

    code = "id_taken"


class WindowTooLarge(DomainError):
    """More handoffs were queued in the window of time than are sent again at once."""

    code = "window_too_large"


MOST_REPLAYED = 500
"""So many handoffs of a window of time are sent again at once."""

STUCK = frozenset({State.NEEDS_ATTENTION, State.RETRYING, State.UNKNOWN_OUTCOME})
"""States in which a handoff may be skipped or settled."""

REPLAYABLE = STUCK | {State.SKIPPED, State.SUPERSEDED, State.ACCEPTED, State.CONFIRMED}
"""States in which a handoff may be sent again, always with the same id and the same body."""


def check_replayable(handoff: Handoff) -> None:
    """Refuse to send again what is queued or being sent, and what names another order by now."""
    if handoff.state not in REPLAYABLE:
        raise IllegalTransition(
            gettext("%(handoff)s is %(state)s already.")
            % {"handoff": handoff, "state": handoff.get_state_display().lower()}
        )
    if names_another_order(handoff):
        raise IdTaken(
            gettext(
                "%(handoff)s is not sent again: another order there has its id by now. Cancel the "
                "order here, or change it, so that it is made there again."
            )
            % {"handoff": handoff}
        )


def check_can_set_aside(handoff: Handoff) -> None:
    """Refuse to skip or settle what was delivered, or has not been tried."""
    if handoff.state not in STUCK:
        raise IllegalTransition(
            gettext(
                "%(handoff)s is %(state)s: only what was tried and not delivered "
                "is skipped or marked as handled outside."
            )
            % {"handoff": handoff, "state": handoff.get_state_display().lower()}
        )


@transaction.atomic
def replay_handoff(handoff_id: uuid.UUID, *, actor: Actor) -> Handoff:
    """Send a handoff again, at once or behind what waits in its lane for a person.

    Refused while it is queued or being sent.
    """
    lane, handoff = _lock(handoff_id)
    check_replayable(handoff)
    unsure = handoff.state == State.UNKNOWN_OUTCOME or handoff.is_acknowledged
    handoff.state = State.UNKNOWN_OUTCOME if unsure else State.QUEUED
    handoff.refusal_count = 0
    handoff.holds_lane = False
    _resolve(handoff, _("Sent again by %(actor)s", actor=actor), "refusal_count")
    _release(lane)
    return handoff


@transaction.atomic
def skip_handoff(handoff_id: uuid.UUID, *, actor: Actor, reason: str) -> Handoff:
    """Never send a handoff; the ones behind it in the lane are sent."""
    resolution = _("Skipped by %(actor)s: %(reason)s", actor=actor, reason=reason.strip())
    return _set_aside(handoff_id, reason, State.SKIPPED, resolution)


@transaction.atomic
def settle_handoff(
    handoff_id: uuid.UUID, *, actor: Actor, reason: str, reference: str = ""
) -> Handoff:
    """Mark a handoff as handled outside Throughline, perhaps under a reference."""
    resolution = _("Handled outside by %(actor)s: %(reason)s", actor=actor, reason=reason.strip())
    handoff = _set_aside(handoff_id, reason, State.ACCEPTED, resolution)
    handoff.delivered_at = timezone.now()
    handoff.reference = reference.strip()[:100] or handoff.reference
    handoff.save(update_fields=["delivered_at", "reference"])
    if reference.strip() and ROUTES[handoff.event.type].opens_record:
        record = Record(
            handoff.event.subject_type, handoff.event.subject_id, handoff.event.subject_number
        )
        store_references([NewReference(handoff.lane.connection_id, record, handoff.reference)])
    return handoff


def stuck_like(handoff: Handoff) -> QuerySet[Handoff]:
    """Return the handoffs of its connection that need attention for the same cause."""
    return _stuck(handoff.lane.connection).filter(
        _has_cause(handoff.cause, handoff.cause_parameters)
    )


def stuck_reason(connection: Connection, cause: str) -> QuerySet[Handoff]:
    """Return the handoffs of a connection that need attention for a cause, as a reader sees it."""
    stuck = _stuck(connection)
    found = stuck.order_by().values_list("cause", "cause_parameters").distinct()
    same = [_has_cause(*each) for each in found if written(*each) == cause]
    return stuck.filter(reduce(or_, same)) if same else stuck.none()


def _stuck(connection: Connection) -> QuerySet[Handoff]:
    stuck = Handoff.objects.filter(lane__connection=connection, state=State.NEEDS_ATTENTION)
    return stuck.order_by("id")


def _has_cause(cause: str, parameters: Parameters | None) -> Q:
    if parameters is None:
        return Q(cause=cause, cause_parameters__isnull=True)
    return Q(cause=cause, cause_parameters=parameters)


def sent_between(
    connection: Connection, since: dt.datetime, until: dt.datetime
) -> QuerySet[Handoff]:
    """Return the handoffs of a connection that were created in a window of time."""
    return Handoff.objects.filter(
        lane__connection=connection, created_at__gte=since, created_at__lt=until
    ).order_by("id")


def replay_all(handoffs: QuerySet[Handoff], *, actor: Actor) -> int:
    """Send many again, except those already queued or being sent; return how many.

    Lane after lane by their id, since a form holds all of them until it is done.
    """
    replayed = 0
    in_turn = handoffs.filter(state__in=REPLAYABLE).order_by("lane_id", "id")
    for key in list(in_turn.values_list("pk", flat=True)):
        try:
            replay_handoff(key, actor=actor)
        except IllegalTransition:
            continue  # replayed by somebody else meanwhile
        replayed += 1
    return replayed


@transaction.atomic
def replay_window(
    handoffs: QuerySet[Handoff], since: dt.datetime, until: dt.datetime, *, actor: Actor
) -> int:
    """Send again those of some handoffs that were created in a window of time; return how many."""
    found = handoffs.filter(created_at__gte=since, created_at__lt=until)
    if len(found.values_list("pk")[: MOST_REPLAYED + 1]) > MOST_REPLAYED:
        raise WindowTooLarge(
            gettext("More than %(most)d are in this window of time: choose a shorter one.")
            % {"most": MOST_REPLAYED}
        )
    return replay_all(found, actor=actor)


def _set_aside(
    handoff_id: uuid.UUID, reason: str, state: Handoff.State, resolution: Sentence
) -> Handoff:
    if not reason.strip():
        raise MissingField(gettext("Give a reason: it is kept with the handoff."), field="reason")
    lane, handoff = _lock(handoff_id)
    check_can_set_aside(handoff)
    handoff.state = state
    handoff.holds_lane = False
    _resolve(handoff, resolution)
    _release(lane)
    return handoff


def _resolve(handoff: Handoff, resolution: Sentence, *changed: str) -> None:
    """Save a new state with what was decided."""
    decided = columns("resolution", resolution, 300)
    for name, value in decided.items():
        setattr(handoff, name, value)
    handoff.save(update_fields=["state", "holds_lane", *changed, *decided])


def _lock(handoff_id: uuid.UUID) -> tuple[Lane, Handoff]:
    """Lock the lane, then the handoff; refused while a worker holds the lease."""
    lane_id = Handoff.objects.values_list("lane_id", flat=True).get(pk=handoff_id)
    lane = Lane.objects.select_for_update(of=("self",), no_key=True).get(pk=lane_id)
    handoff = (
        Handoff.objects.select_for_update(of=("self",), no_key=True)
        .select_related("event", "lane__connection")
        .get(pk=handoff_id)
    )
    if lane.is_leased:
        raise BeingSent(
            gettext("%(handoff)s is being sent at this moment: try again in a minute.")
            % {"handoff": handoff}
        )
    return lane, handoff


def _release(lane: Lane) -> None:
    """Let a lane go on, up to the first handoff that waits for a person."""
    in_line = lane.handoffs.in_line()
    first = in_line.first()
    Lane.objects.filter(pk=lane.pk).update(
        pending=in_line.count(),
        is_blocked=first is not None and first.holds_lane,
        due_at=timezone.now(),
        lease_token=None,
    )
    wake_workers_after_commit()
