"""What a handoff waits for: a person, its connection, one before it, or the next try."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from common.formatting import format_time
from fulfilment.models import Connection, Handoff, Health
from sales.models import SalesEvent

State = Handoff.State
Status = Connection.Status


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a handoff is not delivered yet; ``behind`` is the handoff that must go first."""

    text: str
    behind: uuid.UUID | None = None

    def __str__(self) -> str:
        return self.text


def wait_of(handoff: Handoff) -> Wait | None:
    """Say what a handoff, read ``with_wait``, waits for; nothing if it does not wait."""
    if handoff.state not in Handoff.WAITING:
        return None
    if handoff.state == State.NEEDS_ATTENTION:
        return Wait(gettext("A person must send it again, skip it, or mark it as handled outside."))
    if _is_being_sent(handoff):
        return Wait(gettext("It is being sent now."))
    connection = handoff.lane.connection
    if connection.status != Status.ACTIVE:
        return Wait(_inactive(connection))
    if handoff.first_in_lane and handoff.first_in_lane["id"] != str(handoff.pk):
        return _wait_behind(handoff.first_in_lane)
    return Wait(_paused(connection) or _next_try(handoff))


def _is_being_sent(handoff: Handoff) -> bool:
    return handoff.lane.is_leased and handoff.state == State.SENDING


def _inactive(connection: Connection) -> str:
    """Say what must happen before anything is sent to a connection."""
    texts = {
        Status.PAUSED: gettext("%(connection)s is paused: it is sent once that is resumed."),
        Status.UNVERIFIED: gettext(
            "%(connection)s is not verified: it is sent once its address answered the challenge."
        ),
        Status.DISABLED: gettext("%(connection)s is disabled: it is sent once that is resumed."),
        Status.GONE: gettext(
            "The address of %(connection)s is gone: it is sent once the URL is corrected."
        ),
        Status.AUTH_FAILED: gettext(
            "%(connection)s does not accept our signature: it is tried again at %(time)s, "
            "and at once when the secret is rotated."
        ),
    }
    until = connection.health.not_before or timezone.now()
    values = {"connection": connection, "time": format_time(until)}
    return texts[Status(connection.status)] % values


def _wait_behind(first: dict[str, Any]) -> Wait:
    """Name the handoff that goes first, so that the external system gets all in order."""
    values = {"event": SalesEvent(type=first["type"], subject_number=first["number"])}
    text = gettext("It is sent after “%(event)s”, which is not delivered yet.")
    if first["holds_lane"]:
        text = gettext("It is sent after “%(event)s”, which was refused and needs a person.")
    return Wait(text % values, uuid.UUID(first["id"]))


def _paused(connection: Connection) -> str:
    """Say until when nothing is sent to a connection; empty if it may be used."""
    health = connection.health
    if health.not_before is None or health.not_before <= timezone.now():
        return ""
    time = format_time(health.not_before)
    if health.breaker == Health.Breaker.CLOSED:
        values = {"connection": connection, "time": time}
        return gettext("%(connection)s asked for a pause until %(time)s.") % values
    return gettext("%(reason)s It is tried again at %(time)s.") % {
        "reason": health.display_last_failure,
        "time": time,
    }


def _next_try(handoff: Handoff) -> str:
    lane = handoff.lane
    if lane.due_at > timezone.now():
        return gettext("It is tried again at %(time)s.") % {"time": format_time(lane.due_at)}
    return gettext("It is due, and sent as soon as %(connection)s has a place free.") % {
        "connection": lane.connection
    }
