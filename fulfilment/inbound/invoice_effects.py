"""Effects of an ERP's messages about an invoice: the invoice of record, and credit notes."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

from django.db import transaction

from common.errors import DomainError
from common.sentences import Amount
from common.sentences import sentence as _
from common.stored_sentences import columns
from fulfilment.cloudevents import plain
from fulfilment.connectors.base import Record
from fulfilment.inbound.documents import (
    DataConflict,
    Effect,
    as_report,
    find_record,
    rules_for,
    sender,
    sentences,
)
from fulfilment.inbound.official_invoices import store_official
from fulfilment.inbound.report_rules import other_currency, why_not
from fulfilment.inbound.schemas import IncomingMessage, parse_message
from fulfilment.models import Connection, Discrepancy, ExternalRef, InboundMessage
from fulfilment.services.discrepancies import (
    NewDiscrepancy,
    close_conflicts,
    settle_discrepancies,
    signed,
)
from sales.models import Invoice
from sales.services.billing.money_rules import check_day_of, check_moved
from sales.services.credit_notes import credit_invoice
from sales.services.documents.locks import lock_invoice
from sales.services.invoices import record_official_invoice

Kind = Discrepancy.Kind


def lock_reported(connection: Connection, message: IncomingMessage) -> tuple[Invoice, Record]:
    """Lock the invoice that a message is about."""
    record = find_record(connection, message)
    invoice, _ = lock_invoice(record.id)
    return invoice, record


def apply_posted_invoice(connection: Connection, message: IncomingMessage) -> Effect:
    """Store the invoice of record beside ours, and open a discrepancy where they differ."""
    invoice, record = lock_reported(connection, message)
    has_changed, found = store_official(connection, record, invoice, message)
    is_taken = message.data["official_number"] == invoice.official_number and not why_not(
        invoice, as_report(message)
    )
    own = rules_for(message, found)
    return Effect(record, has_changed, sentences(own), is_conflict=bool(own) and not is_taken)


def apply_credit_note(connection: Connection, message: IncomingMessage) -> Effect:
    """Issue the credit note that the ERP reports, once per reference; then those that wait."""
    invoice, record = lock_reported(connection, message)
    effect = _apply_credit(connection, record, invoice, message)
    if effect.has_changed:
        _issue_waiting(connection, record, invoice, message)
    close_conflicts(record.id)
    return effect


def _apply_credit(
    connection: Connection, record: Record, invoice: Invoice, message: IncomingMessage
) -> Effect:
    note = _noted(connection, message)
    is_new = note is None
    if note is None:
        note = _issue(connection, record, invoice, message)
    found = _credit_difference(connection, record, invoice, note, message)
    open_now = Discrepancy.objects.filter(
        connection=connection, record_id=record.id, kind=Kind.CREDIT, field=message.part
    )
    settle_discrepancies(open_now, found)
    return Effect(
        record,
        has_changed=is_new,
        detail=sentences(rules_for(message, found)),
        is_conflict=bool(found) and not is_new,
    )


def _noted(connection: Connection, message: IncomingMessage) -> Invoice | None:
    known = ExternalRef.objects.filter(
        connection=connection, record_type="invoice", external_id=message.part
    ).first()
    return Invoice.objects.get(pk=known.record_id) if known else None


def _issue(
    connection: Connection, record: Record, invoice: Invoice, message: IncomingMessage
) -> Invoice:
    """Issue a credit note, with the number and the figures of the ERP beside its own."""
    data = message.data
    note = _credit(connection, record, invoice, message)
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
    return note


def _issue_waiting(
    connection: Connection, record: Record, invoice: Invoice, message: IncomingMessage
) -> None:
    """Issue the credit notes that came too early: this one may have left what they are about."""
    waiting = InboundMessage.objects.select_for_update(of=("self",), skip_locked=True).filter(
        connection=connection,
        root_id=record.id,
        type=message.type,
        result=InboundMessage.Result.CONFLICT,
        resolved_at__isnull=True,
    )
    for stored in waiting.exclude(part=message.part).order_by("sequence", "message_id"):
        with suppress(DomainError), transaction.atomic():
            invoice.refresh_from_db()
            early = parse_message(stored.body)
            effect = _apply_credit(connection, record, invoice, early)
            if effect.has_changed:
                stored.result = InboundMessage.Result.APPLIED
                changed = columns("detail", effect.detail, 500)
                for name, value in changed.items():
                    setattr(stored, name, value)
                stored.save(update_fields=["result", *changed])


def _credit(
    connection: Connection, record: Record, invoice: Invoice, message: IncomingMessage
) -> Invoice:
    """Credit the lines that are named, or all that is left if that is the amount."""
    data = message.data
    amount: Decimal = data["amount"]["amount"]
    left = invoice.total - invoice.credited
    try:
        _check_credit(invoice, message, left)
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
                rule=error.message,
                report=message.id,
            ),
        ) from error


class UnclearCredit(DomainError):
    """The credit note of an external system does not say which lines it credits."""

    code = "unclear_credit"


def _check_credit(invoice: Invoice, message: IncomingMessage, left: Decimal) -> None:
    data = message.data
    money = data["amount"]
    if money["currency"] != invoice.currency:
        raise UnclearCredit(other_currency(invoice, money["currency"]))
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
    message: IncomingMessage,
) -> list[NewDiscrepancy]:
    """Name by how much the credit note differs; an issued one is never changed."""
    data = message.data
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
            rule=_(
                "%(credit)s is issued as %(note)s over %(ours)s for %(invoice)s, "
                "and issued credit notes do not change: %(theirs)s is reported.",
                credit=message.part,
                note=note,
                ours=Amount(note.total, note.currency),
                invoice=note.credits,
                theirs=Amount(data["amount"]["amount"], data["amount"]["currency"]),
            ),
            report=message.id,
        )
    ]
