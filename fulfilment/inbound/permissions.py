"""Permissions of connections: what each may report, and about which documents."""

from __future__ import annotations

from common.errors import DomainError
from common.sentences import sentence as _
from fulfilment.connectors.base import Record
from fulfilment.inbound.documents import UnknownDocument, find_record
from fulfilment.inbound.schemas import OPENING, IncomingMessage
from fulfilment.models import Connection, ExternalRef, Handoff


class NotForThisConnection(DomainError):
    """The connection is not set up for such messages, or was never sent the document."""

    code = "not_for_this_connection"


class WithoutOrder(DomainError):
    """The document of another system is about no order."""

    code = "without_order"


def check_may_report(connection: Connection, message: IncomingMessage) -> None:
    """Refuse what a connection is not for, and documents that it was not sent and did not create.

    A document that is not known, or not yet, raises ``UnknownDocument``, unless the message opens
    it.
    """
    if not connection.may_report(message.type):
        raise NotForThisConnection(
            _(
                "%(connection)s may not report %(type)s: "
                "tick it under “Reports as” of the connection if it should.",
                connection=connection,
                type=message.type,
            )
        )
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
            return
        raise
    if not _knows(connection, record):
        raise NotForThisConnection(
            _(
                "%(document)s was never sent to %(connection)s, which may not report on it.",
                document=message.subject,
                connection=connection,
            )
        )


def _knows(connection: Connection, record: Record) -> bool:
    """Return whether a document was handed to the connection, or has a reference of it."""
    sent = Handoff.objects.filter(lane__connection=connection, event__subject_id=record.id)
    named = ExternalRef.objects.filter(
        connection=connection, record_type=record.type, record_id=record.id
    )
    return sent.exists() or named.exists()
