"""Permissions of connections: what each may report, and about which documents."""

from __future__ import annotations

from common.errors import DomainError
from common.sentences import Sentence
from common.sentences import sentence as _
from fulfilment.connectors.base import Record
from fulfilment.inbound.documents import UnknownDocument, find_record
from fulfilment.inbound.schemas import OPENING, IncomingMessage
from fulfilment.models import Connection, ExternalRef, Handoff
from sales.services.errors import WithoutOrder


class NotForThisConnection(DomainError):
    """The connection is not set up for such messages, or may not open an order of ours."""

    code = "not_for_this_connection"


def check_may_report(connection: Connection, message: IncomingMessage) -> Record | None:
    """Return the document of a message, or None if the message opens it.

    Refuses what a connection is not for, and documents that it was not sent and did not create.

    A document that is not known, or not yet, raises ``UnknownDocument``, unless the message opens
    it. So does one that is none of the connection's: whether it exists is not its business.
    """
    if not connection.may_report(message.type):
        raise NotForThisConnection(may_not_report(connection, message.type))
    if "order" in message.data and message.data["order"] is None:
        raise WithoutOrder(
            _(
                "%(document)s is about no order: have it posted for one in %(connection)s, "
                "or set this message aside.",
                document=message.subject,
                connection=connection,
            )
        )
    try:
        record = find_record(connection, message)
    except UnknownDocument:
        if message.type in OPENING:
            return None
        raise
    if _knows(connection, record):
        return record
    if message.type in OPENING:
        raise NotForThisConnection(never_sent(connection, message.subject))
    raise UnknownDocument(message.subject)


def never_sent(connection: Connection, subject: str) -> Sentence:
    """Say that a document is none of a connection's; for people here, not for the connection."""
    return _(
        "%(document)s was never sent to %(connection)s, which may not report on it.",
        document=subject,
        connection=connection,
    )


def may_not_report(connection: Connection, type_: str) -> Sentence:
    """Say that a connection is not set up for a type of message."""
    return _(
        "%(connection)s may not report %(type)s: "
        "tick it under “Reports as” of the connection if it should.",
        connection=connection,
        type=type_,
    )


def _knows(connection: Connection, record: Record) -> bool:
    """Return whether a document was handed to the connection, or has a reference of it."""
    sent = Handoff.objects.filter(lane__connection=connection, event__subject_id=record.id)
    named = ExternalRef.objects.filter(
        connection=connection, record_type=record.type, record_id=record.id
    )
    return sent.exists() or named.exists()
