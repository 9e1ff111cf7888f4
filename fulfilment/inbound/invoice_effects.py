"""Effects of an ERP's messages about an invoice: the invoice of record, and credit notes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from common.errors import DomainError
from common.sentences import Sentence
from common.sentences import sentence as _
from fulfilment.cloudevents import plain
from fulfilment.connectors.base import Record
from fulfilment.inbound.documents import (
    POSTED,
    DataConflict,
    Effect,
    find_record,
    reports_of,
    sender,
    sentences,
)
from fulfilment.inbound.schemas import IncomingMessage
from fulfilment.models import Connection, Discrepancy, ExternalRef
from fulfilment.services.discrepancies import (
    NewDiscrepancy,
    close_conflicts,
    settle_discrepancies,
    signed,
)
from fulfilment.sync.reports import Report, in_order, latest, standing
from sales.models import Invoice
from sales.services.billing.money_rules import check_day_of, check_moved
from sales.services.credit_notes import credit_invoice
from sales.services.documents.locks import lock_invoice
from sales.services.invoices import record_official_invoice

Kind = Discrepancy.Kind
PAID = "erp.invoice.paid"
RECORD_KINDS = (Kind.INVOICE_TAX, Kind.INVOICE_TOTAL, Kind.REFERENCE, Kind.FIELD)
"""What the invoice of record may differ in."""
PLAUSIBLE = dt.timedelta(days=366)
"""How far the day of the invoice of record may be from that of the invoice."""


@dataclass(frozen=True, slots=True)
class Official:
    """What the messages of an ERP add up to about the invoice of record."""

    number: str = ""
    other_number: str = ""
    """The latest number that is another one."""
    other_currency: str = ""
    other_day: str = ""
    issued_on: dt.date | None = None
    tax: Decimal | None = None
    total: Decimal | None = None
    is_posted: bool = False


def lock_reported(connection: Connection, message: IncomingMessage) -> tuple[Invoice, Record]:
    """Lock the invoice that a message is about."""
    record = find_record(connection, message)
    invoice, _ = lock_invoice(record.id)
    return invoice, record


def apply_posted_invoice(connection: Connection, message: IncomingMessage) -> Effect:
    """Store the invoice of record beside ours, and open a discrepancy where they differ."""
    invoice, record = lock_reported(connection, message)
    has_changed, found = store_official(connection, record, invoice, message)
    own = message.data
    is_taken = own["official_number"] == invoice.official_number and all(
        own[name]["currency"] == invoice.currency for name in ("tax", "total")
    )
    detail = explain(invoice, connection, found)
    return Effect(record, has_changed, detail, is_conflict=bool(found) and not is_taken)


def store_official(
    connection: Connection, record: Record, invoice: Invoice, message: IncomingMessage
) -> tuple[bool, list[NewDiscrepancy]]:
    """Store what the ERP says about the invoice of record; returns whether anything changed."""
    reports = reports_of(connection, record, message, POSTED, PAID, any_part=True)
    official = _official(invoice, reports)
    before = invoice.version
    stored = record_official_invoice(
        invoice.pk,
        actor=sender(connection),
        official_number=official.number,
        status=_status(invoice, official),
        issued_on=official.issued_on,
        tax=official.tax,
        total=official.total,
        ref=_reference(connection, record),
    )
    found = [*_differences(connection, record, stored, official)]
    open_now = Discrepancy.objects.filter(
        connection=connection, record_id=record.id, kind__in=RECORD_KINDS, part=""
    ).exclude(kind=Kind.REFERENCE, field="")
    settle_discrepancies(open_now, found)
    close_conflicts(record.id)
    invoice.refresh_from_db()
    return stored.version != before, found


def _official(invoice: Invoice, reports: Sequence[Report]) -> Official:
    """Add the reports up: the number that was said first, the figures that were said last."""
    posted = standing(report for report in reports if report.type == POSTED)
    start = posted[0].sequence if posted and posted[0].is_correction else 0
    numbers = [
        report.data["official_number"]
        for report in in_order(reports)
        if report.sequence >= start and not _foreign(report, invoice)
    ]
    said = {report.data["official_number"] for report in reports}
    is_theirs = invoice.official_number in {"", *said}
    number = _free_number(invoice, numbers) if is_theirs else invoice.official_number
    usable = [
        report
        for report in posted
        if report.data["official_number"] == number and not _foreign(report, invoice)
    ]
    last = usable[-1].data if usable else {}
    foreign = posted[-1:] if posted and _foreign(posted[-1], invoice) else []
    day = latest(usable, lambda report: _plausible(invoice, report.data["issued_on"]))
    other_day = last["issued_on"].isoformat() if last and last["issued_on"] != day else ""
    return Official(
        number=number,
        other_number=numbers[-1] if numbers and numbers[-1] != number else "",
        other_currency=_foreign(foreign[0], invoice) if foreign else "",
        other_day=other_day,
        issued_on=day,
        tax=last["tax"]["amount"] if last else None,
        total=last["total"]["amount"] if last else None,
        is_posted=bool(usable),
    )


def _free_number(invoice: Invoice, numbers: Sequence[str]) -> str:
    """Return the first number that was reported and is not another invoice's."""
    taken = set(
        Invoice.objects.filter(company=invoice.company_id, official_number__in=numbers)
        .exclude(pk=invoice.pk)
        .values_list("official_number", flat=True)
    )
    return next((number for number in numbers if number not in taken), "")


def _foreign(report: Report, invoice: Invoice) -> str:
    """Return the currency of a report's figures if it is not that of the invoice."""
    figures = (report.data[name] for name in ("tax", "total", "amount") if name in report.data)
    named: list[str] = [figure["currency"] for figure in figures]
    return next((currency for currency in named if currency != invoice.currency), "")


def _plausible(invoice: Invoice, day: dt.date) -> dt.date | None:
    if invoice.issued_on is None or abs(day - invoice.issued_on) > PLAUSIBLE:
        return None
    return day


def _status(invoice: Invoice, official: Official) -> str:
    """Return how far the invoice is in the ERP: it is paid once nothing is open any more."""
    if invoice.kept > 0:
        return "paid" if invoice.outstanding <= 0 else "part paid"
    return "posted" if official.number or invoice.official_number else ""


def _differences(
    connection: Connection, record: Record, invoice: Invoice, official: Official
) -> Iterator[NewDiscrepancy]:
    """Name each value that differs, figures by more than the connection tolerates."""
    for kind, ours, theirs in (
        (Kind.INVOICE_TAX, invoice.tax, official.tax),
        (Kind.INVOICE_TOTAL, invoice.total, official.total),
    ):
        if theirs is not None and abs(theirs - ours) > connection.tolerance(kind):
            difference = signed(theirs - ours)
            yield NewDiscrepancy(
                connection.pk, kind, record, plain(ours), plain(theirs), difference=difference
            )
    values = (
        (Kind.REFERENCE, "official_number", official.number, official.other_number),
        (Kind.FIELD, "currency", invoice.currency, official.other_currency),
        (Kind.FIELD, "issued_on", str(invoice.issued_on or ""), official.other_day),
    )
    for kind, field, mine, others in values:
        if others:
            yield NewDiscrepancy(connection.pk, kind, record, mine, others, field=field)


def explain(
    invoice: Invoice, connection: Connection, found: Sequence[NewDiscrepancy]
) -> str | Sentence:
    """Write what differs, a sentence each."""
    return sentences(_sentence(invoice, connection, each) for each in found)


def _sentence(invoice: Invoice, connection: Connection, new: NewDiscrepancy) -> Sentence:
    values = {"invoice": invoice, "connection": connection, "ours": new.ours, "theirs": new.theirs}
    if new.difference:
        return _("%(kind)s by %(difference)s.", kind=new.kind.label, difference=new.difference)
    if new.field == "currency":
        return _other_currency(invoice, new.theirs)
    if new.field == "issued_on":
        return _("%(invoice)s is of %(ours)s, not of %(theirs)s.", **values)
    if new.ours:
        return _("%(invoice)s is %(ours)s in %(connection)s, not %(theirs)s.", **values)
    return _("%(theirs)s is the number of another invoice, not of %(invoice)s.", **values)


def _reference(connection: Connection, record: Record) -> str:
    ref = ExternalRef.objects.filter(
        connection=connection, record_type=record.type, record_id=record.id
    ).first()
    return ref.external_id if ref else ""


def apply_credit_note(connection: Connection, message: IncomingMessage) -> Effect:
    """Issue the credit note that the ERP reports, once per reference."""
    invoice, record = lock_reported(connection, message)
    data = message.data
    known = ExternalRef.objects.filter(
        connection=connection, record_type="invoice", external_id=message.part
    ).first()
    note = Invoice.objects.get(pk=known.record_id) if known else None
    is_new = note is None
    if note is None:
        note = _credit(connection, record, invoice, data)
        check_moved(data["amount"]["amount"], invoice.currency)
        check_day_of(invoice, data["credited_on"], field="credited_on")
        ExternalRef.objects.create(
            connection=connection,
            record_type="invoice",
            record_id=note.pk,
            external_id=message.part,
            external_number=data["official_number"],
        )
        record_official_invoice(
            note.pk,
            actor=sender(connection),
            official_number=data["official_number"],
            status="posted",
            issued_on=data["credited_on"],
            total=data["amount"]["amount"],
            ref=message.part,
        )
    found = _credit_difference(connection, record, invoice, note, data)
    open_now = Discrepancy.objects.filter(
        connection=connection, record_id=record.id, kind=Kind.CREDIT, field=message.part
    )
    settle_discrepancies(open_now, found)
    close_conflicts(record.id)
    detail = explain(invoice, connection, found)
    return Effect(record, has_changed=is_new, detail=detail, is_conflict=bool(found) and not is_new)


def _credit(
    connection: Connection, record: Record, invoice: Invoice, data: dict[str, Any]
) -> Invoice:
    """Credit the lines that are named, or all that is left if that is the amount."""
    amount: Decimal = data["amount"]["amount"]
    left = invoice.total - invoice.credited
    try:
        _check_credit(invoice, data, left)
        return credit_invoice(
            invoice.pk,
            actor=sender(connection),
            reason=data["reason"],
            quantities={line["invoice_line"]: line["quantity"] for line in data["lines"]} or None,
            bill_again=data["bill_again"],
        )
    except DomainError as error:
        raise DataConflict(
            error.message,
            NewDiscrepancy(
                connection.pk,
                Kind.CREDIT,
                record,
                ours=plain(left),
                theirs=plain(amount),
                field=data["credit_ref"],
                difference=signed(amount - left),
                about=data["credit_ref"],
            ),
        ) from error


def _other_currency(invoice: Invoice, theirs: str) -> Sentence:
    """Say that a system reports an invoice in another currency than it is in."""
    return _(
        "%(invoice)s is in %(ours)s, not %(theirs)s.",
        invoice=invoice,
        ours=invoice.currency,
        theirs=theirs,
    )


class UnclearCredit(DomainError):
    """The credit note of an external system does not say which lines it credits."""

    code = "unclear_credit"


def _check_credit(invoice: Invoice, data: dict[str, Any], left: Decimal) -> None:
    money = data["amount"]
    if money["currency"] != invoice.currency:
        raise UnclearCredit(_other_currency(invoice, money["currency"]))
    if not data["lines"] and money["amount"] != left:
        raise UnclearCredit(
            _(
                "%(credit)s credits a part of %(invoice)s: it must name the lines.",
                credit=data["credit_ref"],
                invoice=invoice,
            )
        )


def _credit_difference(
    connection: Connection,
    record: Record,
    invoice: Invoice,
    note: Invoice,
    data: dict[str, Any],
) -> list[NewDiscrepancy]:
    """Name by how much the credit note differs; an issued one is never changed."""
    difference = data["amount"]["amount"] - note.total
    is_other = note.credits_id != invoice.pk
    if abs(difference) <= connection.tolerance(Kind.INVOICE_TOTAL) and not is_other:
        return []
    return [
        NewDiscrepancy(
            connection.pk,
            Kind.CREDIT,
            record,
            ours=plain(note.total),
            theirs=plain(data["amount"]["amount"]),
            field=data["credit_ref"],
            difference=signed(difference),
            about=str(note),
        )
    ]
