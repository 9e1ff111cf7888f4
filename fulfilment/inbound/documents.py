"""Documents of inbound messages: by our number or by theirs, and what a message did to them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from common.errors import DomainError
from common.sentences import Sentence, joined
from crm.actors import System
from fulfilment.connectors.base import Record
from fulfilment.inbound.schemas import IncomingMessage, InvalidMessage, parse_message
from fulfilment.models import Connection, ExternalRef, InboundMessage
from fulfilment.services.discrepancies import NewDiscrepancy
from fulfilment.sync.reports import Report
from sales.models.document_kinds import REPORTED_KINDS, DocumentKind

Result = InboundMessage.Result

POSTED = "erp.invoice.posted"

COUNTED = (Result.APPLIED, Result.STALE, Result.ECHO, Result.CONFLICT)
"""Results of messages that say something about their document."""


class UnknownDocument(Exception):
    """The message is about a document that does not exist, or not yet."""


class DataConflict(DomainError):
    """The message contradicts our data; a person decides its ``discrepancies``."""

    code = "data_conflict"

    def __init__(self, message: str | Sentence, *discrepancies: NewDiscrepancy) -> None:
        super().__init__(message)
        self.discrepancies = discrepancies


@dataclass(frozen=True, slots=True)
class Effect:
    """The effect of a message: on which document, whether it changed anything, and a remark.

    It is in conflict if a part of what was reported could not be taken.
    """

    record: Record
    has_changed: bool
    detail: str | Sentence = ""
    is_conflict: bool = False
    is_passed_over: bool = False
    """Whether something newer is read instead."""


ApplyEffect = Callable[[Connection, IncomingMessage], Effect]


def find_record(connection: Connection, message: IncomingMessage) -> Record:
    """Find the document of a message by our number, or by the connection's own reference."""
    kind = next(kind for kind in REPORTED_KINDS if kind.name in message.data)
    documents = kind.model._default_manager
    found = (
        documents.filter(number=message.subject).first()
        or documents.filter(named_by(connection, kind, message.subject)).order_by("id").first()
    )
    if found is None:
        raise UnknownDocument(message.subject)
    return Record(kind.name, found.pk, found.number or "")


def named_by(connection: Connection, kind: DocumentKind, name: str) -> Q:
    """Make the condition that a connection calls a document by this name."""
    refs = ExternalRef.objects.filter(connection=connection, record_type=kind.name)
    named = refs.filter(Q(external_id=name) | Q(external_number=name)).values("record_id")
    theirs = Q(pk__in=named)
    if kind.official_number:
        posted = InboundMessage.objects.filter(connection=connection, type=POSTED)
        theirs |= Q(**{kind.official_number: name}, pk__in=posted.values("root_id"))
    return theirs & Q(number__isnull=False)


def has_arrived() -> Q:
    """Make the condition that the document of a deferred message exists now."""
    subject = OuterRef("subject")
    refs = ExternalRef.objects.filter(connection=OuterRef("connection"))
    found = Q(Exists(refs.filter(Q(external_id=subject) | Q(external_number=subject))))
    for kind in REPORTED_KINDS:
        found |= Q(Exists(kind.model._default_manager.filter(kind.is_called(subject))))
    return found


def reports_on(
    connection: Connection,
    record: Record,
    message: IncomingMessage,
    *types: str,
    any_part: bool = False,
    part: str | None = None,
) -> dict[uuid.UUID, list[Report]]:
    """Return what each connection has said about a document so far, this message included.

    By default what is of the message's own type, and only about the same shipment, return, credit
    or payment; or about another ``part``, or about any.
    """
    wanted = types or (message.type,)
    about = message.part if part is None else part
    stored = InboundMessage.objects.filter(
        root_id=record.id, type__in=wanted, result__in=COUNTED, resolution=""
    )
    if not any_part:
        stored = stored.filter(part=about)
    is_own = message.type in wanted and (any_part or message.part == about)
    found = {connection.pk: [as_report(message)] if is_own else []}
    for each in stored.exclude(connection=connection, message_id=message.id):
        if (report := _report_of(each)) is not None:
            found.setdefault(each.connection_id, []).append(report)
    return found


def reports_of(
    connection: Connection,
    record: Record,
    message: IncomingMessage,
    *types: str,
    any_part: bool = False,
    part: str | None = None,
) -> list[Report]:
    """Return what this connection has said about a document so far, this message included."""
    found = reports_on(connection, record, message, *types, any_part=any_part, part=part)
    return found[connection.pk]


def _report_of(stored: InboundMessage) -> Report | None:
    try:
        return as_report(parse_message(stored.body))
    except InvalidMessage:
        return None  # received when its schema was another one


def as_report(message: IncomingMessage) -> Report:
    """Return a message as one report among others."""
    return Report(message.sequence, message.id, message.data, message.is_correction, message.type)


def sender(connection: Connection) -> System:
    """Return the connection as the actor of what it reports."""
    return System(connection.name, connection.code)


def rules_for(message: IncomingMessage, found: Iterable[NewDiscrepancy]) -> list[str | Sentence]:
    """Return why a person decides what this very message said, not what others did."""
    return [each.rule for each in found if each.report == message.id and each.rule]


def sentences(found: Iterable[str | Sentence]) -> str | Sentence:
    """Join sentences, each only once, as many as the remark of a message may hold."""
    return joined(found, 500)
