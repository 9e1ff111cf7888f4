"""Invoice of record: what the messages of an ERP add up to, stored beside our invoice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from django.db import transaction

from common.errors import DomainError
from common.sentences import Sentence
from common.sentences import sentence as _
from common.stored_sentences import columns
from fulfilment.cloudevents import plain
from fulfilment.connectors.base import Record
from fulfilment.inbound.documents import reports_of, rules_for, sender, sentences
from fulfilment.inbound.report_rules import PAID, POSTED, foreign, why_not
from fulfilment.inbound.schemas import IncomingMessage, parse_message
from fulfilment.models import Connection, Discrepancy, ExternalRef, InboundMessage
from fulfilment.services.discrepancies import (
    NewDiscrepancy,
    close_conflicts,
    settle_discrepancies,
    signed,
)
from fulfilment.sync.reports import Report, in_order, standing
from sales.models import Invoice
from sales.services.documents.locks import lock_invoice
from sales.services.invoices import record_official_invoice

Kind = Discrepancy.Kind
RECORD_KINDS = (Kind.INVOICE_TAX, Kind.INVOICE_TOTAL, Kind.REFERENCE, Kind.FIELD)
"""What the invoice of record may differ in."""


@dataclass(frozen=True, slots=True)
class Official:
    """What the messages of an ERP add up to about the invoice of record.

    ``figures`` is the report whose day, tax and total count, ``other_number`` the latest one with
    another number than the one that counts, and ``refused`` the last one if it cannot be.
    """

    number: str
    figures: Report | None
    other_number: Report | None
    refused: Report | None


def store_official(
    connection: Connection, record: Record, invoice: Invoice, message: IncomingMessage
) -> tuple[bool, list[NewDiscrepancy]]:
    """Store what the ERP says about the invoice of record; returns whether anything changed."""
    reports = reports_of(connection, record, message, POSTED, PAID, any_part=True)
    official = _official(invoice, reports)
    said = official.figures.data if official.figures else None
    before, number_before = invoice.version, invoice.official_number
    stored = record_official_invoice(
        invoice.pk,
        actor=sender(connection),
        official_number=official.number,
        status=_status(invoice, official),
        issued_on=said["issued_on"] if said else None,
        tax=said["tax"]["amount"] if said else None,
        total=said["total"]["amount"] if said else None,
        ref=_reference(connection, record),
    )
    found = [*_differences(connection, record, stored, official)]
    open_now = Discrepancy.objects.filter(
        connection=connection, record_id=record.id, kind__in=RECORD_KINDS, part=""
    ).exclude(kind=Kind.REFERENCE, field="")
    settle_discrepancies(open_now, found)
    close_conflicts(record.id)
    invoice.refresh_from_db()
    if number_before and number_before != invoice.official_number:
        _give_free_number(invoice, number_before)
    return stored.version != before, found


def _give_free_number(invoice: Invoice, number: str) -> None:
    """Give a number that an invoice has no more to the one that was reported with it, and waits."""
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
    _, found = store_official(waiting.connection, record, invoice, message)
    if stored.type == POSTED and invoice.official_number == waiting.theirs:
        InboundMessage.objects.filter(pk=stored.pk, result=InboundMessage.Result.CONFLICT).update(
            result=InboundMessage.Result.APPLIED,
            **columns("detail", sentences(rules_for(message, found)), 500),
        )


def _official(invoice: Invoice, reports: Sequence[Report]) -> Official:
    """Add the reports up: the number and the figures that were said last.

    The number of a payment counts while no invoice of record was posted.
    """
    possible = [report for report in reports if not why_not(invoice, report)]
    posted = standing(report for report in possible if report.type == POSTED)
    start = posted[0].sequence if posted and posted[0].is_correction else 0
    numbered = [report for report in in_order(possible) if report.sequence >= start]
    said = {report.data["official_number"] for report in reports}
    is_theirs = invoice.official_number in {"", *said}
    preferred = [*reversed(posted), *reversed(numbered)]
    number = _free_number(invoice, preferred) if is_theirs else invoice.official_number
    usable = [report for report in posted if _number_of(report) == number]
    last = in_order(report for report in reports if report.type == POSTED)[-1:]
    return Official(
        number=number,
        figures=usable[-1] if usable else None,
        other_number=next(
            (report for report in reversed(numbered) if _number_of(report) != number), None
        ),
        refused=next((report for report in last if report not in possible), None),
    )


def _number_of(report: Report) -> str:
    number: str = report.data["official_number"]
    return number


def _free_number(invoice: Invoice, preferred: Sequence[Report]) -> str:
    """Return the first of the reported numbers that is not another invoice's."""
    numbers = [_number_of(report) for report in preferred]
    taken = set(
        Invoice.objects.filter(company=invoice.company_id, official_number__in=numbers)
        .exclude(pk=invoice.pk)
        .values_list("official_number", flat=True)
    )
    return next((number for number in numbers if number not in taken), "")


def _status(invoice: Invoice, official: Official) -> str:
    """Return how far the invoice is in the ERP: it is paid once nothing is open any more."""
    if invoice.kept > 0:
        return "paid" if invoice.outstanding <= 0 else "part paid"
    return "posted" if official.number or invoice.official_number else ""


def _differences(
    connection: Connection, record: Record, invoice: Invoice, official: Official
) -> Iterator[NewDiscrepancy]:
    """Name each value that differs, figures by more than the connection tolerates."""
    if official.figures is not None:
        yield from _other_figures(connection, record, invoice, official.figures)
    if (other := official.other_number) is not None:
        yield NewDiscrepancy(
            connection.pk,
            Kind.REFERENCE,
            record,
            official.number,
            _number_of(other),
            field="official_number",
            rule=_why_no_number(connection, invoice, official.number, _number_of(other)),
            report=other.id,
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
            rule=why_not(invoice, refused),
            report=refused.id,
        )


def _other_figures(
    connection: Connection, record: Record, invoice: Invoice, report: Report
) -> Iterator[NewDiscrepancy]:
    for kind, ours, figure in (
        (Kind.INVOICE_TAX, invoice.tax, "tax"),
        (Kind.INVOICE_TOTAL, invoice.total, "total"),
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
                rule=_("%(kind)s by %(difference)s.", kind=kind.label, difference=difference),
                report=report.id,
            )


def _why_no_number(connection: Connection, invoice: Invoice, ours: str, theirs: str) -> Sentence:
    """Say why the number that was reported does not count; who reported ours is not known."""
    if not ours:
        return _(
            "%(theirs)s is the number of another invoice, not of %(invoice)s.",
            theirs=theirs,
            invoice=invoice,
        )
    return _(
        "%(connection)s reports %(invoice)s as %(theirs)s; %(ours)s is recorded.",
        connection=connection,
        invoice=invoice,
        theirs=theirs,
        ours=ours,
    )


def _reference(connection: Connection, record: Record) -> str:
    ref = ExternalRef.objects.filter(
        connection=connection, record_type=record.type, record_id=record.id
    ).first()
    return ref.external_id if ref else ""
