"""Effects of an ERP's messages about a payment: it came, it was another amount, it was reversed.

A payment is known by the ERP's reference, in whatever case it is written. The amount that was
reported first counts, unless a correction replaces it; what was reversed is taken off, in whatever
order the messages come.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from common.errors import DomainError
from common.sentences import Amount, Sentence
from common.sentences import sentence as _
from fulfilment.cloudevents import plain
from fulfilment.connectors.base import Record
from fulfilment.inbound.documents import Effect, reports_of, rules_for, sender, sentences
from fulfilment.inbound.invoice_effects import lock_reported
from fulfilment.inbound.official_invoices import store_official
from fulfilment.inbound.overpayments import settle_overpayment
from fulfilment.inbound.payment_reports import ZERO, OddReversal, Paid, add_up
from fulfilment.inbound.report_rules import PAID, REVERSED, amount_of
from fulfilment.inbound.schemas import IncomingMessage
from fulfilment.models import Connection, Discrepancy
from fulfilment.services.discrepancies import NewDiscrepancy, settle_discrepancies, signed
from fulfilment.sync.reports import Report, in_order
from sales.models import Invoice, Payment
from sales.pricing.errors import AmountExceedsOpen
from sales.services.billing.money_rules import (
    elsewhere_remark,
    find_entry,
    is_same_reference,
    recorded_elsewhere,
)
from sales.services.errors import GivenBack
from sales.services.payments import (
    Stay,
    correct_payment,
    find_payment,
    left_of,
    record_payment,
)

Kind = Discrepancy.Kind


def apply_payment(connection: Connection, message: IncomingMessage) -> Effect:
    """Record a payment that the ERP received, once per reference."""
    invoice, record = lock_reported(connection, message)
    before = invoice.version
    found, remark = _settle_payment(connection, record, invoice, message)
    _, differing = store_official(connection, record, invoice, message)
    too_much = settle_overpayment(connection, record, invoice, message)
    own = rules_for(message, found)
    differs = rules_for(message, differing)
    is_other_number = message.data["official_number"] != invoice.official_number
    remarks = [*own, remark, *differs, *rules_for(message, too_much)]
    return Effect(
        record,
        has_changed=invoice.version != before,
        detail=sentences(filter(None, remarks)),
        is_conflict=bool(own) or (is_other_number and bool(differs)),
    )


def apply_reversal(connection: Connection, message: IncomingMessage) -> Effect:
    """Take back a payment that was reversed, in whole or in part: the money did not stay."""
    invoice, record = lock_reported(connection, message)
    before = invoice.version
    found, _remark = _settle_payment(connection, record, invoice, message)
    store_official(connection, record, invoice, message)
    settle_overpayment(connection, record, invoice, message)
    own = rules_for(message, found)
    return Effect(
        record,
        has_changed=invoice.version != before,
        detail=sentences(own),
        is_conflict=bool(own),
    )


def _settle_payment(
    connection: Connection, record: Record, invoice: Invoice, message: IncomingMessage
) -> tuple[list[NewDiscrepancy], str | Sentence]:
    """Record what the messages add up to; returns what does not fit, and a remark."""
    reports = reports_of(connection, record, message, PAID, REVERSED, any_part=True)
    same = [each for each in reports if is_same_reference(each.data["payment_ref"], message.part)]
    entry = Entry(connection, record, invoice, _reference_of(same), add_up(invoice, same))
    payment, refused = entry.enter()
    found = [*entry.odd(), *refused]
    remark: str | Sentence = ""
    if payment is not None and message.type == PAID:
        remark = elsewhere_remark(payment.reference, recorded_elsewhere(payment))
    open_now = Discrepancy.objects.filter(
        connection=connection, record_id=record.id, kind=Kind.PAYMENT, field__iexact=entry.reference
    )
    settle_discrepancies(open_now, found)
    invoice.refresh_from_db()
    return found, remark


def _reference_of(reports: Sequence[Report]) -> str:
    """Return the reference of a payment as it was written first, by its sequence."""
    first: str = in_order(reports)[0].data["payment_ref"]
    return first


@dataclass(frozen=True, slots=True)
class Entry:
    """The entry of one payment, by the reference that the ERP gave it."""

    connection: Connection
    record: Record
    invoice: Invoice
    reference: str
    paid: Paid

    def enter(self) -> tuple[Payment | None, list[NewDiscrepancy]]:
        """Record the payment, then what of it was corrected or reversed, each if it fits.

        A refused reversal leaves the payment recorded, whichever of the two came first.
        """
        if self.paid.counted is None and not self.paid.reversals:
            return None, []
        payment: Payment | None = None
        try:
            with transaction.atomic():
                payment = self._recorded()
            with transaction.atomic():
                self._correct(payment)
        except DomainError as error:
            return payment, [self._not_entered(error, is_recorded=payment is not None)]
        return payment, []

    def _recorded(self) -> Payment:
        """Return the payment with the reference, recorded now if it is not yet.

        One that somebody else recorded is never corrected because of another amount.
        """
        kept = self._kept()
        if kept is not None and kept.source == self.connection.code:
            return kept
        counted = self.paid.counted
        if counted is None:
            return find_payment(self.invoice, self.reference)
        with suppress(GivenBack), transaction.atomic():
            return self._record(counted, self._stay())
        return self._record(counted, None)

    def _record(self, counted: Report, stay: Stay | None) -> Payment:
        return record_payment(
            self.invoice.pk,
            actor=sender(self.connection),
            amount=amount_of(counted),
            received_on=counted.data["paid_on"],
            reference=self.reference,
            method=self.connection.name[:30],
            stay=stay,
        ).payment

    def _stay(self) -> Stay | None:
        """Return what stays of a payment whose reversal came first; None if that is all of it."""
        paid = self.paid
        if not paid.counted or not ZERO < paid.reversed <= amount_of(paid.counted):
            return None
        last = paid.reversals[-1].data
        return Stay(paid.left, last["reversed_on"], last["reason"])

    def _kept(self) -> Payment | None:
        return find_entry(self.invoice.payments.filter(kind=Payment.Kind.PAYMENT), self.reference)

    def _correct(self, payment: Payment) -> None:
        """Set what is left of the payment after its corrections and reversals."""
        paid = self.paid
        came = amount_of(paid.counted) if paid.counted else payment.amount
        if paid.reversed > came:
            raise AmountExceedsOpen(
                _(
                    "%(reversed)s of %(payment)s is reversed, but only %(came)s was paid.",
                    reversed=Amount(paid.reversed, self.invoice.currency),
                    payment=self.reference,
                    came=Amount(came, self.invoice.currency),
                )
            )
        last = paid.reversals[-1].data if paid.reversals else None
        counted_on = paid.counted.data["paid_on"] if paid.counted else payment.received_on
        correct_payment(
            self.invoice.pk,
            actor=sender(self.connection),
            reference=self.reference,
            amount=came - paid.reversed,
            corrected_on=last["reversed_on"] if last else counted_on,
            reason=last["reason"] if last else f"{self.connection.name}: {self.reference}",
        )

    def odd(self) -> Iterator[NewDiscrepancy]:
        """Name the amounts that were reported last and do not count."""
        paid = self.paid
        if paid.odd is not None:
            ours = amount_of(paid.counted) if paid.counted else self.invoice.outstanding
            yield self._discrepancy(ours, amount_of(paid.odd), paid.refusal, paid.odd)
        for odd in paid.odd_reversals:
            yield self._odd_reversal(odd)

    def _odd_reversal(self, odd: OddReversal) -> NewDiscrepancy:
        """Name the amount of a reversal that was reported last and does not count."""
        ours = -amount_of(odd.counted) if odd.counted else ZERO
        part = odd.report.data["reversal_ref"]
        return self._discrepancy(ours, -amount_of(odd.report), odd.refusal, odd.report, part)

    def _not_entered(self, error: DomainError, *, is_recorded: bool) -> NewDiscrepancy:
        """Name what is left of a payment in the reports, and what is recorded of it."""
        paid, kept = self.paid, self._kept()
        ours = left_of(kept) if kept else ZERO
        theirs = (amount_of(paid.counted) if paid.counted else ours) - paid.reversed
        last = paid.reversals[-1] if paid.reversals else None
        part = last.data["reversal_ref"] if last and paid.odd else ""
        said = last or paid.counted if is_recorded else paid.counted or last
        return self._discrepancy(ours, theirs, error.message, said, part)

    def _discrepancy(
        self,
        ours: Decimal,
        theirs: Decimal,
        rule: str | Sentence,
        report: Report | None,
        part: str = "",
    ) -> NewDiscrepancy:
        return NewDiscrepancy(
            self.connection.pk,
            Kind.PAYMENT,
            self.record,
            ours=plain(ours),
            theirs=plain(theirs),
            field=self.reference,
            difference=signed(theirs - ours),
            part=part,
            about=part or self.reference,
            rule=rule,
            report=report.id if report else "",
        )
