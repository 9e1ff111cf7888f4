"""Event recording: appends an event per change and calls the listeners."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypedDict, TypeVar

from django.db import connection, transaction

from crm.actors import Actor, System, actor_kind
from crm.history import name_actor
from sales.models import AnyDocument, Invoice, SalesEvent, kind_of

Kind = TypeVar("Kind", bound=AnyDocument)
Listener = Callable[[SalesEvent, AnyDocument], None]

_listeners: list[Listener] = []

SENT_TO = "sent_to"
"""What an event for one connection alone calls it in its data: the code of the connection."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What caused the changes being made: a message, a request, a run."""

    causation_id: str = ""
    correlation_id: str = ""


NO_CAUSE = Cause()
_cause: ContextVar[Cause] = ContextVar("cause", default=NO_CAUSE)
_is_ours: ContextVar[bool] = ContextVar("is_ours", default=False)


def current_cause() -> Cause:
    """Return what causes the changes that are being made."""
    return _cause.get()


@contextmanager
def caused_by(causation_id: str, correlation_id: str = "") -> Iterator[None]:
    """Store the cause on every event recorded inside."""
    token = _cause.set(Cause(causation_id, correlation_id or causation_id))
    try:
        yield
    finally:
        _cause.reset(token)


@contextmanager
def no_echo(is_ours: bool = True) -> Iterator[None]:
    """Record the events inside as our own: they are no echo, whoever's report caused them.

    An event that repeats what a connection stated is not sent back to it; what we make of the
    statement, such as an invoice by our terms, is.
    """
    token = _is_ours.set(is_ours or _is_ours.get())
    try:
        yield
    finally:
        _is_ours.reset(token)


def on_event(listener: Listener) -> None:
    """Add a listener that is called inside the transaction of every event, once."""
    if listener not in _listeners:
        _listeners.append(listener)


def record_event(
    type_: SalesEvent.Type,
    document: AnyDocument,
    *,
    actor: Actor,
    data: Mapping[str, object] | None = None,
    is_first: bool = False,
) -> SalesEvent:
    """Take the document to its next version and append the event of it.

    Refuses to run outside the transaction that makes it true. A new document's first event keeps
    version 1.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("record_event() must be called inside transaction.atomic()")
    name_actor(actor)
    if not is_first:
        document.version = _next_version(document)
    event = _new_event(type_, document, actor, data)
    event.save(force_insert=True)
    for listener in _listeners:
        listener(event, document)
    return event


def record_first_events(
    type_: SalesEvent.Type, documents: Mapping[Kind, Cause], *, actor: Actor
) -> None:
    """Append the first event of each new document, with its cause; one statement for all.

    Listeners are called for each.
    """
    name_actor(actor)
    events = []
    for document, cause in documents.items():
        event = _new_event(type_, document, actor)
        event.causation_id, event.correlation_id = cause.causation_id, cause.correlation_id
        events.append(event)
    SalesEvent.objects.bulk_create(events)
    for event, document in zip(events, documents, strict=True):
        for listener in _listeners:
            listener(event, document)


def _new_event(
    type_: SalesEvent.Type,
    document: AnyDocument,
    actor: Actor,
    data: Mapping[str, object] | None = None,
) -> SalesEvent:
    return SalesEvent(
        type=type_,
        data=dict(data or {}),
        **_subject(document),
        **_author(actor),
        causation_id=_cause.get().causation_id,
        correlation_id=_cause.get().correlation_id,
    )


def _next_version(document: AnyDocument) -> int:
    """Increment the version in the database; the copy in memory may be stale."""
    table = document._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET version = version + 1, updated_at = clock_timestamp() "  # noqa: S608  # our own table's name
            "WHERE id = %s RETURNING version",
            [document.pk],
        )
        (version,) = cursor.fetchone()
    return int(version)


class _Subject(TypedDict):
    """Of an event: the document it is about, and the order that document belongs to."""

    subject_type: str
    subject_id: uuid.UUID
    subject_number: str
    subject_version: int
    root_type: str
    root_id: uuid.UUID


class _Author(TypedDict):
    """Of an event: who caused it."""

    actor_kind: str
    actor_id: uuid.UUID | None
    actor_name: str
    origin: str


def _subject(document: AnyDocument) -> _Subject:
    own_type = kind_of(document).name
    order_id = document.order_id if isinstance(document, Invoice) else None
    return {
        "subject_type": own_type,
        "subject_id": document.pk,
        "subject_number": document.number or "",
        "subject_version": document.version,
        "root_type": "order" if order_id else own_type,
        "root_id": order_id or document.pk,
    }


def _author(actor: Actor) -> _Author:
    return {
        "actor_kind": actor_kind(actor),
        "actor_id": None if isinstance(actor, System) else actor.pk,
        "actor_name": str(actor)[:150],
        "origin": "" if _is_ours.get() or not isinstance(actor, System) else actor.connection,
    }
