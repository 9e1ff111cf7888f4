"""Effects of an ERP's messages about a payment: it came, it was another amount, it was reversed.

A payment is known by the ERP's reference, in whatever case it is written. The amount that was
reported first counts, unless a correction replaces it; what was reversed is taken off, in whatever
order the messages come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from common.errors import DomainError
from common.sentences import Amount, Sentence
from common.sentences import sentence as _
from fulfilment.cloudevents import plain
from fulfilment.connectors.base import Record
from fulfilment.inbound.documents import Effect, reports_of, sender, sentences
from fulfilment.inbound.invoice_effects import explain, lock_reported, store_official
from fulfilment.inbound.schemas import IncomingMessage
from fulfilment.models import Connection, Discrepancy
from fulfilment.services.discrepancies import (
    NewDiscrepancy,
    settle_discrepancies,
    signed,
)
from fulfilment.sync.reports import Report, in_order, standing
from sales.models import Invoice, Payment
from sales.pricing.errors import AmountExceedsOpen
from sales.services.billing.money_rules import (
    check_day_of,
    check_moved,
    elsewhere_remark,
    find_entry,
    is_same_reference,
    recorded_elsewhere,
    reference_taken,
)
from sales.services.payments import correct_payment, find_payment, left_of, record_payment

Kind = Discrepancy.Kind
PAID = "erp.invoice.paid"
REVERSED = "erp.payment.reversed"
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class OddReversal:
    """The last report of a reversal that does not count, the one that does, and why."""

    report: Report
    counted: Report | None
    refusal: str | Sentence


@dataclass(frozen=True, slots=True)
class Paid:
    """What the messages add up to about one payment.

    ``counted`` is the report whose amount counts, ``odd`` the last one where that is another
    amount or cannot be, and ``refusal`` says why; ``reversals`` has one for each reference, and
    ``odd_reversals`` the last one of a reference where that is another amount or cannot be.
    """

    counted: Report | None
    odd: Report | None
    refusal: str | Sentence
    reversals: Sequence[Report]
    odd_reversals: Sequence[OddReversal]

    @property
    def reversed(self) -> Decimal:
        """How much was reversed in all."""
        return sum((amount_of(report) for report in self.reversals), ZERO)

    @property
    def left(self) -> Decimal:
        """What is left of it after what was reversed."""
        came = amount_of(self.counted) if self.counted else ZERO
        return max(ZERO, came - self.reversed)


def apply_payment(connection: Connection, message: IncomingMessage) -> Effect:
    """Record a payment that the ERP received, once per reference."""
    invoice, record = lock_reported(connection, message)
    before = invoice.version
    found, remarks = _settle_payment(connection, record, invoice, message)
    _, differing = store_official(connection, record, invoice, message)
    is_other_number = message.data["official_number"] != invoice.official_number
    return Effect(
        record,
        has_changed=invoice.version != before,
        detail=sentences(filter(None, [*remarks, explain(invoice, connection, differing)])),
        is_conflict=bool(found) or (is_other_number and bool(differing)),
    )


def apply_reversal(connection: Connection, message: IncomingMessage) -> Effect:
    """Take back a payment that was reversed, in whole or in part: the money did not stay."""
    invoice, record = lock_reported(connection, message)
    before = invoice.version
    found, refusals = _settle_payment(connection, record, invoice, message)
    store_official(connection, record, invoice, message)
    return Effect(
        record,
        has_changed=invoice.version != before,
        detail=sentences(refusals),
        is_conflict=bool(found),
    )


def amount_of(report: Report) -> Decimal:
    """Return the amount that a report names."""
    amount: Decimal = report.data["amount"]["amount"]
    return amount


def _settle_payment(
    connection: Connection, record: Record, invoice: Invoice, message: IncomingMessage
) -> tuple[list[NewDiscrepancy], list[str | Sentence]]:
    """Record what the messages add up to; returns what does not fit, and remarks."""
    reports = reports_of(connection, record, message, PAID, REVERSED, any_part=True)
    same = [each for each in reports if is_same_reference(each.data["payment_ref"], message.part)]
    paid = _add_up(invoice, same)
    found: list[NewDiscrepancy] = []
    remarks: list[str | Sentence] = []
    if paid.odd is not None:
        remarks.append(paid.refusal)
        found.append(_odd_amount(connection, record, invoice, message.part, paid))
    for odd in paid.odd_reversals:
        remarks.append(odd.refusal)
        found.append(_odd_reversal(connection, record, message.part, odd))
    try:
        with transaction.atomic():
            payment = _enter(connection, invoice, message.part, paid)
        if payment is not None and message.type == PAID:
            remarks.append(elsewhere_remark(payment.reference, recorded_elsewhere(payment)))
    except DomainError as error:
        remarks.append(error.message)
        found.append(_not_entered(connection, record, invoice, message.part, paid))
    open_now = Discrepancy.objects.filter(
        connection=connection, record_id=record.id, kind=Kind.PAYMENT, field__iexact=message.part
    )
    settle_discrepancies(open_now, found)
    invoice.refresh_from_db()
    return found, remarks


def _add_up(invoice: Invoice, reports: Sequence[Report]) -> Paid:
    """Add the reports of one payment up, by their sequence."""
    payments = standing(each for each in reports if each.type == PAID)
    refused = {each.id: why for each in payments if (why := _why_not(invoice, each))}
    usable = [each for each in payments if each.id not in refused]
    counted = usable[0] if usable else None
    odd = payments[-1] if payments and not _is_same(payments[-1], counted) else None
    refusal = refused.get(odd.id, "") if odd else ""
    if odd is not None and counted is not None and not refusal:
        reference, day = counted.data["payment_ref"], counted.data["paid_on"]
        taken = reference_taken(reference, amount_of(counted), day, invoice.currency)
        refusal = taken.message
    reversals, odd_reversals = _reversals(invoice, reports)
    return Paid(counted, odd, refusal, reversals, odd_reversals)


def _is_same(report: Report, counted: Report | None) -> bool:
    return counted is not None and (amount_of(report), report.data["paid_on"]) == (
        amount_of(counted),
        counted.data["paid_on"],
    )


def _reversals(
    invoice: Invoice, reports: Sequence[Report]
) -> tuple[list[Report], list[OddReversal]]:
    """Return the reversals, each reference once: as it was reported first, or corrected.

    Beside them those whose last report is another amount, or cannot be.
    """
    counted: dict[str, Report] = {}
    latest: dict[str, Report] = {}
    for report in in_order(reports):
        if report.type == REVERSED:
            reference = report.data["reversal_ref"]
            latest[reference] = report
            if not _why_not(invoice, report):
                kept = counted.get(reference, report)
                counted[reference] = report if report.is_correction else kept
    odd = [
        OddReversal(last, first, _why_not(invoice, last) or _taken(invoice, first))
        for last, first in ((last, counted.get(name)) for name, last in latest.items())
        if first is None or amount_of(first) != amount_of(last)
    ]
    return list(counted.values()), odd


def _taken(invoice: Invoice, kept: Report | None) -> str | Sentence:
    """Say that a reversal is known with another amount; empty if it is not known."""
    if kept is None:
        return ""
    reference, day = kept.data["reversal_ref"], kept.data["reversed_on"]
    return reference_taken(reference, amount_of(kept), day, invoice.currency).message


def _why_not(invoice: Invoice, report: Report) -> str | Sentence:
    """Say why the amount or the day of a report cannot be; empty if it can."""
    day = report.data.get("paid_on") or report.data["reversed_on"]
    currency = report.data["amount"]["currency"]
    if currency != invoice.currency:
        return _(
            "%(invoice)s is in %(currency)s, not %(reported)s.",
            invoice=invoice,
            currency=invoice.currency,
            reported=currency,
        )
    try:
        check_moved(amount_of(report), invoice.currency)
        check_day_of(invoice, day, field="received_on")
    except DomainError as error:
        return error.message
    return ""


def _enter(connection: Connection, invoice: Invoice, reference: str, paid: Paid) -> Payment | None:
    """Record the payment, then what of it was corrected or reversed; returns the payment."""
    if paid.counted is None and not paid.reversals:
        return None
    payment = _recorded(connection, invoice, reference, paid)
    came = amount_of(paid.counted) if paid.counted else payment.amount
    if paid.reversed > came:
        raise AmountExceedsOpen(
            _(
                "%(reversed)s of %(payment)s is reversed, but only %(came)s was paid.",
                reversed=Amount(paid.reversed, invoice.currency),
                payment=reference,
                came=Amount(came, invoice.currency),
            )
        )
    last = paid.reversals[-1].data if paid.reversals else None
    counted_on = paid.counted.data["paid_on"] if paid.counted else payment.received_on
    correct_payment(
        invoice.pk,
        actor=sender(connection),
        reference=reference,
        amount=came - paid.reversed,
        corrected_on=last["reversed_on"] if last else counted_on,
        reason=last["reason"] if last else f"{connection.name}: {reference}",
    )
    return payment


def _recorded(connection: Connection, invoice: Invoice, reference: str, paid: Paid) -> Payment:
    """Return the payment with the reference, recorded now if it is not yet.

    One that somebody else recorded is never corrected because of another amount.
    """
    kept = find_entry(invoice.payments.filter(kind=Payment.Kind.PAYMENT), reference)
    if kept is not None and kept.source == connection.code:
        return kept
    if paid.counted is None:
        return find_payment(invoice, reference)
    return record_payment(
        invoice.pk,
        actor=sender(connection),
        amount=amount_of(paid.counted),
        received_on=paid.counted.data["paid_on"],
        reference=reference,
        method=connection.name[:30],
    ).payment


def _odd_amount(
    connection: Connection, record: Record, invoice: Invoice, reference: str, paid: Paid
) -> NewDiscrepancy:
    """Name the amount that was reported last and does not count."""
    ours = amount_of(paid.counted) if paid.counted else invoice.outstanding
    theirs = amount_of(paid.odd) if paid.odd else ZERO
    return _payment_discrepancy(connection, record, reference, ours, theirs)


def _not_entered(
    connection: Connection, record: Record, invoice: Invoice, reference: str, paid: Paid
) -> NewDiscrepancy:
    """Name what is left of a payment in the reports, and what is recorded of it."""
    kept = find_entry(invoice.payments.filter(kind=Payment.Kind.PAYMENT), reference)
    ours = left_of(kept) if kept else ZERO
    theirs = (amount_of(paid.counted) if paid.counted else ours) - paid.reversed
    part = paid.reversals[-1].data["reversal_ref"] if paid.odd and paid.reversals else ""
    return _payment_discrepancy(connection, record, reference, ours, theirs, part)


def _odd_reversal(
    connection: Connection, record: Record, reference: str, odd: OddReversal
) -> NewDiscrepancy:
    """Name the amount of a reversal that was reported last and does not count."""
    ours = -amount_of(odd.counted) if odd.counted else ZERO
    part = odd.report.data["reversal_ref"]
    return _payment_discrepancy(connection, record, reference, ours, -amount_of(odd.report), part)


def _payment_discrepancy(
    connection: Connection,
    record: Record,
    reference: str,
    ours: Decimal,
    theirs: Decimal,
    part: str = "",
) -> NewDiscrepancy:
    return NewDiscrepancy(
        connection.pk,
        Kind.PAYMENT,
        record,
        ours=plain(ours),
        theirs=plain(theirs),
        field=reference,
        difference=signed(theirs - ours),
        part=part,
        about=part or reference,
    )
