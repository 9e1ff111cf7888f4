"""Documents of inbound messages: by our number or by theirs, and what a message did to them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from common.errors import DomainError
from common.sentences import Sentence, joined
from common.sentences import sentence as _
from crm.actors import System
from fulfilment.connectors.base import Record
from fulfilment.inbound.schemas import IncomingMessage
from fulfilment.inbound.stored_reports import read_reports
from fulfilment.models import Connection, ExternalRef, Handoff, InboundMessage
from fulfilment.services.discrepancies import NewDiscrepancy
from fulfilment.sync.reports import Report
from sales.models.document_kinds import REPORTED_KINDS, DocumentKind

POSTED = "erp.invoice.posted"

COUNTED = InboundMessage.COUNTED


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
    if message.record is not None:
        return message.record
    kind = next(kind for kind in REPORTED_KINDS if kind.name in message.data)
    documents = kind.model._default_manager.order_by("id").values_list("pk", "number")
    found = (
        documents.filter(number=message.subject).first()
        or documents.filter(named_by(connection, kind, message.subject)).first()
    )
    if found is None:
        raise UnknownDocument(message.subject)
    key, number = found
    return Record(kind.name, key, number or "")


def named_by(connection: Connection, kind: DocumentKind, name: str) -> Q:
    """Make the condition that a connection calls a document by this name."""
    refs = ExternalRef.objects.filter(connection=connection, record_type=kind.name)
    named = refs.filter(Q(external_id=name) | Q(external_number=name)).values("record_id")
    theirs = Q(pk__in=named)
    if kind.official_number:
        posted = InboundMessage.objects.filter(connection=connection, type=POSTED)
        of_record = {kind.official_number: name, "official_source__in": [connection.code, ""]}
        theirs |= Q(**of_record, pk__in=posted.values("root_id"))
    return theirs & Q(number__isnull=False)


def has_arrived() -> Q:
    """Make the condition that the document of a deferred message is its connection's now."""
    subject = OuterRef("subject")
    refs = ExternalRef.objects.filter(connection=OuterRef("connection"))
    found = Q(Exists(refs.filter(Q(external_id=subject) | Q(external_number=subject))))
    for kind in REPORTED_KINDS:
        called = kind.model._default_manager.filter(kind.is_called(subject))
        found |= Q(Exists(called.filter(_was_sent() | Q(pk__in=_named(kind)))))
    return found


def exists() -> Q:
    """Make the condition that a document has the number of a message, whoever may know of it."""
    found = Q()
    for kind in REPORTED_KINDS:
        called = kind.model._default_manager.filter(kind.is_called(OuterRef("subject")))
        found |= Q(Exists(called))
    return found


def _was_sent() -> Exists:
    """Make the condition that a document was handed to the connection of a message."""
    return Exists(
        Handoff.objects.filter(
            lane__connection=OuterRef(OuterRef("connection")), event__subject_id=OuterRef("pk")
        )
    )


def _named(kind: DocumentKind) -> QuerySet[ExternalRef, uuid.UUID]:
    """Return the documents of a kind that the connection of a message has a reference of."""
    refs = ExternalRef.objects.filter(
        connection=OuterRef(OuterRef("connection")), record_type=kind.name
    )
    return refs.values_list("record_id", flat=True)


def not_created(subject: str) -> Sentence:
    """Say that the document of a message did not come in time."""
    return _("No document %(document)s was created in time.", document=subject)


def for_sender(detail: str | Sentence) -> str:
    """Return what a sender reads of the remark of a message: no numbers that are not its own.

    What is said beside a document that did not come is for people here.
    """
    first = detail.values.get("1") if isinstance(detail, Sentence) else None
    if isinstance(first, Sentence) and first.template == not_created("").template:
        return str(first)
    return str(detail)


def reports_on(
    connection: Connection,
    record: Record,
    message: IncomingMessage,
    *types: str,
    any_part: bool = False,
    only_last: bool = False,
) -> dict[uuid.UUID, list[Report]]:
    """Return what each connection has said about a document so far, this message included.

    By default what is of the message's own type, and only about the same shipment, return, credit
    or payment. With ``only_last``, of those that say the same only the last.
    """
    wanted = types or (message.type,)
    stored = counted(record).filter(type__in=wanted)
    if not any_part:
        stored = stored.filter(part=message.part)
    found = {connection.pk: [as_report(message)] if message.type in wanted else []}
    stored = stored.exclude(connection=connection, message_id=message.id)
    for key, report in read_reports(stored, only_last=only_last):
        found.setdefault(key, []).append(report)
    return found


def of_type(
    by_connection: Mapping[uuid.UUID, Sequence[Report]], type_: str
) -> dict[uuid.UUID, list[Report]]:
    """Keep the reports of a type; a connection without one has none."""
    kept = {
        key: [each for each in reports if each.type == type_]
        for key, reports in by_connection.items()
    }
    return {key: reports for key, reports in kept.items() if reports}


def counted(record: Record) -> QuerySet[InboundMessage]:
    """Return the messages that say something about a document."""
    return InboundMessage.objects.filter(root_id=record.id, result__in=COUNTED, resolution="")


def reports_of(
    connection: Connection,
    record: Record,
    message: IncomingMessage,
    *types: str,
    any_part: bool = False,
    only_last: bool = False,
) -> list[Report]:
    """Return what this connection has said about a document so far, this message included."""
    found = reports_on(connection, record, message, *types, any_part=any_part, only_last=only_last)
    return found[connection.pk]


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
