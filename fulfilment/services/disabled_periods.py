"""Disabled periods: from when to when nothing was queued for a connection, and what that was."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from fulfilment.models import Connection, DisabledPeriod, Handoff
from sales.models import SalesEvent
from sales.models.document_kinds import DOCUMENT_KINDS


@dataclass(frozen=True, slots=True)
class Missed:
    """Events that were not queued for a connection, and the numbers of their documents."""

    events: int
    documents: Sequence[str]


def begin_period(connection: Connection) -> None:
    """Note that nothing is queued for a connection from now on; once until it is resumed."""
    DisabledPeriod.objects.get_or_create(
        connection=connection, ended_at=None, defaults={"began_at": timezone.now()}
    )


def end_period(connection: Connection) -> Missed:
    """Note that events are queued again, and keep what was not; nothing if none is open."""
    period = DisabledPeriod.objects.filter(connection=connection, ended_at=None).first()
    if period is None:
        return Missed(0, ())
    period.ended_at = timezone.now()
    missed = missed_between(connection, period.began_at, period.ended_at)
    period.events, period.documents = missed.events, list(missed.documents)
    period.save(update_fields=["ended_at", "events", "documents"])
    return missed


def missed_in(period: DisabledPeriod) -> Missed:
    """Return what was not queued in a period, up to now if it is not over."""
    if period.ended_at is not None:
        return Missed(period.events, period.documents)
    return missed_between(period.connection, period.began_at, timezone.now())


def missed_between(connection: Connection, began_at: dt.datetime, ended_at: dt.datetime) -> Missed:
    """Read the events that a connection would have received, and has no handoff of."""
    queued = Handoff.objects.filter(event=OuterRef("pk"), lane__connection=connection)
    missed = (
        _events_for(connection)
        .filter(
            _of_companies(connection),
            ~Exists(queued),
            type__in=connection.event_types,
            occurred_at__range=(began_at, ended_at),
        )
        .exclude(origin=connection.code)
    )
    numbers = list(missed.order_by("id").values_list("subject_number", flat=True))
    return Missed(len(numbers), list(dict.fromkeys(filter(None, numbers))))


def _events_for(connection: Connection) -> QuerySet[SalesEvent]:
    """Return all events; for the endpoint of a partner those of documents that it may see."""
    partner = connection.partner
    return SalesEvent.objects.visible_to(partner) if partner else SalesEvent.objects.all()


def _of_companies(connection: Connection) -> Q:
    """Keep the events of documents of the companies that the connection serves."""
    if not connection.companies:
        return Q()
    kept = Q(pk__in=())
    for kind in DOCUMENT_KINDS:
        ours = kind.model.objects.filter(company__in=connection.companies)
        kept |= Q(subject_id__in=ours.values("pk"))
    return kept
