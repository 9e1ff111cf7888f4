"""Invoice of record: what the messages of ERPs add up to, stored beside our invoice."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from common.errors import DomainError
from common.sentences import Sentence, joined
from common.sentences import sentence as _
from common.stored_sentences import columns
from fulfilment.cloudevents import plain
from fulfilment.connectors.base import Record
from fulfilment.inbound.documents import Effect, as_report, rules_for, sender, sentences
from fulfilment.inbound.report_rules import PAID, POSTED, foreign, refusal_reason
from fulfilment.inbound.reported_invoices import ReportedInvoice, lock_reported
from fulfilment.inbound.schemas import IncomingMessage, parse_message
from fulfilment.models import Connection, Discrepancy, ExternalRef, InboundMessage
from fulfilment.services.discrepancies import (
    NewDiscrepancy,
    signed,
    update_discrepancies,
    update_waiting_messages,
)
from fulfilment.sync.reports import Report, effective_reports, in_order
from sales.models import Invoice
from sales.services.documents.locks import lock_invoice
from sales.services.invoices import OfficialFigures, store_official

Kind = Discrepancy.Kind
RECORD_KINDS = (Kind.INVOICE_TAX, Kind.INVOICE_TOTAL, Kind.REFERENCE, Kind.FIELD)
"""What the invoice of record may differ in."""

RECORD = Q(kind__in=RECORD_KINDS, part="") & ~Q(kind=Kind.REFERENCE, field="")
"""The discrepancies of the invoice of record."""


TAX_DIFFERS = _("Invoice tax differs by %(difference)s.")
TOTAL_DIFFERS = _("Invoice total differs by %(difference)s.")


@dataclass(frozen=True, slots=True)
class Official:
    """What the messages of a connection add up to about the invoice of record.

    ``number`` is the one that counts of its own, ``taken`` are those of them that other invoices
    have, ``figures`` is the report whose day, tax and total count, ``numbered`` are the reports
    that name a number, in order, and ``refused`` is the last one if it cannot be.
    """

    connection: Connection
    number: str
    taken: frozenset[str]
    figures: Report | None
    numbered: Sequence[Report]
    refused: Report | None


@dataclass(frozen=True, slots=True)
class OfficialChange:
    """What was stored of the invoice of record: whether it changed anything, and what differs.

    ``freed`` is the number that the invoice has no more; empty if it has it still, or had none.
    """

    has_changed: bool
    found: Sequence[NewDiscrepancy]
    freed: str


def apply_posted_invoice(connection: Connection, message: IncomingMessage) -> Effect:
    """Store the invoice of record beside ours, and open a discrepancy where they differ."""
    about = lock_reported(connection, message)
    official = update_posted(about)
    is_taken = message.data[
        "official_number"
    ] == about.invoice.official_number and not refusal_reason(about.invoice, as_report(message))
    own = rules_for(message, official.found)
    return Effect(
        about.record,
        official.has_changed,
        sentences(own),
        is_conflict=bool(own) and not is_taken,
    )


def update_official(about: ReportedInvoice) -> OfficialChange:
    """Store what the connections say about the invoice of record.

    Of several connections the one that was set up first counts, of those that posted one if any
    did. What the others say is compared with it. The caller settles what was found.
    """
    invoice = about.invoice
    added = [_official(about, connection) for connection in about.connections]
    counted = _which_counts(about, added)
    version, number_before = invoice.version, invoice.official_number
    figures = counted.figures.data if counted and counted.figures else None
    store_official(
        invoice,
        OfficialFigures(
            counted.number if counted else "",
            status=_status(invoice, counted),
            issued_on=figures["issued_on"] if figures else None,
            tax=figures["tax"]["amount"] if figures else None,
            total=figures["total"]["amount"] if figures else None,
            ref=_reference(counted.connection, about.record) if counted else "",
            source=counted.connection.code if counted else "",
        ),
        actor=sender(about.connection),
    )
    found = [each for official in added for each in _differences(about, official)]
    is_freed = number_before and number_before != invoice.official_number
    return OfficialChange(invoice.version != version, found, number_before if is_freed else "")


def _which_counts(about: ReportedInvoice, added: Sequence[Official]) -> Official | None:
    """Return whose invoice of record counts; None if it has a number that nobody reported."""
    reports = (each for one in about.connections for each in about.reports_of(one, POSTED, PAID))
    if about.invoice.official_number not in {"", *map(_number_of, reports)}:
        return None
    usable = [each for each in added if each.number]
    return next((each for each in usable if each.figures), next(iter(usable), None))


def update_posted(about: ReportedInvoice) -> OfficialChange:
    """Store what the connections say about the invoice of record, and settle what differs."""
    official = update_official(about)
    known = Discrepancy.objects.filter(RECORD, record_id=about.record.id)
    update_discrepancies(known, official.found)
    give_free_number(about.invoice, official.freed)
    return official


def give_free_number(invoice: Invoice, number: str) -> None:
    """Give a number that an invoice has no more to the one that was reported with it, and waits."""
    if not number:
        return
    waiting = Discrepancy.objects.filter(
        kind=Kind.REFERENCE, field="official_number", theirs=number, resolved_at__isnull=True
    ).exclude(record_id=invoice.pk)
    for each in waiting.select_related("connection", "report").order_by("id"):
        if each.report is not None:
            with suppress(DomainError), transaction.atomic():
                _store_waiting(each, each.report)


def _store_waiting(waiting: Discrepancy, stored: InboundMessage) -> None:
    """Store what a report said that waited for its number."""
    invoice, message = lock_invoice(waiting.record_id)[0], parse_message(stored.body)
    record = Record(waiting.record_type, invoice.pk, invoice.number or "")
    official = update_posted(ReportedInvoice(waiting.connection, record, invoice, message))
    if stored.type == POSTED and invoice.official_number == waiting.theirs:
        rules = rules_for(message, official.found)
        InboundMessage.objects.filter(pk=stored.pk, result=InboundMessage.Result.CONFLICT).update(
            result=InboundMessage.Result.APPLIED, **columns("detail", sentences(rules), 500)
        )
    update_waiting_messages(record.id)


def _official(about: ReportedInvoice, connection: Connection) -> Official:
    """Add the reports of a connection up: the number and the figures that were said last.

    The number of a payment counts while no invoice of record was posted.
    """
    invoice = about.invoice
    reports = about.reports_of(connection, POSTED, PAID)
    possible = [report for report in reports if not refusal_reason(invoice, report)]
    posted = effective_reports(report for report in possible if report.type == POSTED)
    start = posted[0].sequence if posted and posted[0].is_correction else 0
    numbered = [report for report in in_order(possible) if report.sequence >= start]
    preferred = [_number_of(report) for report in (*reversed(posted), *reversed(numbered))]
    taken = _taken_numbers(invoice, connection, preferred)
    number = next((each for each in preferred if each not in taken), "")
    usable = [report for report in posted if _number_of(report) == number]
    last = in_order(report for report in reports if report.type == POSTED)[-1:]
    return Official(
        connection,
        number=number,
        taken=taken,
        figures=usable[-1] if usable else None,
        numbered=numbered,
        refused=next((report for report in last if report not in possible), None),
    )


def _number_of(report: Report) -> str:
    number: str = report.data["official_number"]
    return number


def _taken_numbers(
    invoice: Invoice, connection: Connection, numbers: Collection[str]
) -> frozenset[str]:
    """Return those of the reported numbers that are another invoice's; no statement for none.

    Numbers belong to the connection that reported them: another one may use the same.
    """
    if not numbers:
        return frozenset()
    others = Invoice.objects.filter(
        company=invoice.company_id,
        official_number__in=set(numbers),
        official_source__in=[connection.code, ""],
    ).exclude(pk=invoice.pk)
    return frozenset(others.values_list("official_number", flat=True))


def _status(invoice: Invoice, counted: Official | None) -> str:
    """Return how far the invoice is in the ERP: it is paid once nothing is open any more."""
    if not (counted or invoice.official_number):
        return ""
    if invoice.kept > 0:
        return "paid" if invoice.outstanding <= 0 else "part paid"
    return "posted"


def _differences(about: ReportedInvoice, official: Official) -> Iterator[NewDiscrepancy]:
    """Name each value that differs, figures by more than the connection tolerates."""
    connection, record, invoice = official.connection, about.record, about.invoice
    ours = invoice.official_number
    if official.figures is not None and official.number == ours:
        yield from _other_figures(connection, record, invoice, official.figures)
    other = (each for each in reversed(official.numbered) if _number_of(each) != ours)
    if (report := next(other, None)) is not None:
        theirs = _number_of(report)
        yield NewDiscrepancy(
            connection.pk,
            Kind.REFERENCE,
            record,
            ours,
            theirs,
            field="official_number",
            rule=_no_number_reason(official, invoice, theirs),
            report=report.id,
            report_waits=True,
        )
    if (refused := official.refused) is not None:
        currency = foreign(refused, invoice)
        day = str(refused.data["issued_on"])
        yield NewDiscrepancy(
            connection.pk,
            Kind.FIELD,
            record,
            invoice.currency if currency else str(invoice.issued_on or ""),
            currency or day,
            field="currency" if currency else "issued_on",
            rule=refusal_reason(invoice, refused),
            report=refused.id,
            report_waits=True,
        )


def _other_figures(
    connection: Connection, record: Record, invoice: Invoice, report: Report
) -> Iterator[NewDiscrepancy]:
    for kind, ours, figure, rule in (
        (Kind.INVOICE_TAX, invoice.tax, "tax", TAX_DIFFERS),
        (Kind.INVOICE_TOTAL, invoice.total, "total", TOTAL_DIFFERS),
    ):
        theirs = report.data[figure]["amount"]
        if abs(theirs - ours) > connection.tolerance(kind):
            difference = signed(theirs - ours)
            yield NewDiscrepancy(
                connection.pk,
                kind,
                record,
                plain(ours),
                plain(theirs),
                difference=difference,
                rule=Sentence(rule.template, {"difference": difference}),
                report=report.id,
            )


def _no_number_reason(official: Official, invoice: Invoice, theirs: str) -> str | Sentence:
    """Say why the number that was reported does not count; who reported ours is not known."""
    return joined(_reasons(official, invoice, theirs))


def _reasons(official: Official, invoice: Invoice, theirs: str) -> Iterator[Sentence]:
    ours = invoice.official_number
    if ours:
        yield _(
            "%(connection)s reports %(invoice)s as %(theirs)s; %(ours)s is recorded.",
            connection=official.connection,
            invoice=invoice,
            theirs=theirs,
            ours=ours,
        )
    if not ours or theirs in official.taken:
        yield _(
            "%(theirs)s is the number of another invoice, not of %(invoice)s.",
            theirs=theirs,
            invoice=invoice,
        )


def _reference(connection: Connection, record: Record) -> str:
    ref = ExternalRef.objects.filter(
        connection=connection, record_type=record.type, record_id=record.id
    ).first()
    return ref.external_id if ref else ""
