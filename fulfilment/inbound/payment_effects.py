"""Effects of an ERP's messages about a payment: it came, it was another amount, it was reversed.

A payment is known by the ERP's reference, in whatever case it is written. The amount that was
reported first counts, unless a correction replaces it; what was reversed is taken off, in whatever
order the messages come.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from decimal import Decimal

from django.db.models import Q

from common.errors import DomainError
from common.sentences import Amount, Sentence
from common.sentences import sentence as _
from crm.actors import PERSON
from fulfilment.cloudevents import plain
from fulfilment.inbound.documents import Effect, rules_for, sender, sentences
from fulfilment.inbound.official_invoices import (
    RECORD,
    RECORD_KINDS,
    give_free_number,
    update_official,
)
from fulfilment.inbound.overpayments import find_overpayments
from fulfilment.inbound.payment_reports import (
    ZERO,
    RemainingPayment,
    ReportedPayment,
    UncountedReversal,
    add_up,
    by_reference,
)
from fulfilment.inbound.report_rules import PAID, REVERSED, amount_of
from fulfilment.inbound.reported_invoices import ReportedInvoice, lock_reported
from fulfilment.inbound.schemas import IncomingMessage
from fulfilment.models import Connection, Discrepancy
from fulfilment.services.discrepancies import NewDiscrepancy, signed, update_discrepancies
from fulfilment.sync.reports import Report
from sales.models import Payment
from sales.services.billing.money_rules import (
    comparable,
    elsewhere_remark,
    recorded_before,
    recorded_elsewhere,
)
from sales.services.errors import AlreadyRefunded, NothingToCorrect
from sales.services.payments import Money, Stay, add_payment, correct_payment

Kind = Discrepancy.Kind


def apply_payment(connection: Connection, message: IncomingMessage) -> Effect:
    """Record a payment that the ERP received, once per reference."""
    return _apply(connection, message)


def apply_reversal(connection: Connection, message: IncomingMessage) -> Effect:
    """Take back a payment that was reversed, in whole or in part: the money did not stay."""
    return _apply(connection, message)


def _apply(connection: Connection, message: IncomingMessage) -> Effect:
    about = lock_reported(connection, message)
    before = about.invoice.version
    entries, entered = _enter_all(about)
    official = update_official(about)
    found = [each for entry in entries for each in entry.found()]
    found += [*official.found, *find_overpayments(about)]
    in_question = Q(kind=Kind.PAYMENT, connection=connection) | Q(kind=Kind.OVERPAID) | RECORD
    known = Discrepancy.objects.filter(in_question, record_id=about.record.id)
    update_discrepancies(known, found)
    give_free_number(about.invoice, official.freed)
    return _effect(about, found, entered, before)


def _effect(
    about: ReportedInvoice, found: Sequence[NewDiscrepancy], entered: Entry, before: int
) -> Effect:
    """Say what a message did: to the payment that it is about, and what does not fit of it."""
    message, has_changed = about.message, about.invoice.version != before
    own = [each for each in found if each.kind == Kind.PAYMENT]
    rules = rules_for(message, own)
    if message.type == REVERSED:
        return Effect(about.record, has_changed, sentences(rules), is_conflict=bool(rules))
    differs = rules_for(message, (each for each in found if each.kind in RECORD_KINDS))
    too_much = (each for each in found if each.kind == Kind.OVERPAID and _is_of(about, each))
    surplus = [each.rule for each in too_much if has_changed or each.report == message.id]
    remarks = [*rules, entered.remark(), *differs, *surplus]
    is_other_number = message.data["official_number"] != about.invoice.official_number
    return Effect(
        about.record,
        has_changed,
        sentences(filter(None, remarks)),
        is_conflict=bool(rules) or (is_other_number and bool(differs)),
    )


def _is_of(about: ReportedInvoice, found: NewDiscrepancy) -> bool:
    return found.connection_id == about.connection.pk


def _enter_all(about: ReportedInvoice) -> tuple[list[Entry], Entry]:
    """Enter what the reports of the sender add up to; returns the entry of the message, too.

    What waits of other payments may fit with this report. What is entered already needs no
    statement.
    """
    known: dict[str, list[tuple[Payment, Decimal]]] = {}
    for payment, left in about.read_payments():
        known.setdefault(comparable(payment.reference), []).append((payment, left))
    reports = by_reference(about.reports_of(about.connection, PAID, REVERSED))
    entries = {
        name: Entry(
            about, same[0].data["payment_ref"], add_up(about.invoice, same), known.get(name, [])
        )
        for name, same in reports.items()
    }
    entered = entries.pop(comparable(about.message.data["payment_ref"]))
    all_entries = [entered, *entries.values()]
    for each in all_entries:
        each.enter()
    return all_entries, entered


class Entry:
    """The entry of one payment, by the reference that the connection gave it."""

    def __init__(
        self,
        about: ReportedInvoice,
        reference: str,
        paid: ReportedPayment,
        known: Sequence[tuple[Payment, Decimal]],
    ) -> None:
        """Find what is recorded: by the connection, or by a person with the same reference."""
        self.about, self.reference, self.paid = about, reference, paid
        self.payment: Payment | None = None
        """The payment that the reports are about, once it is recorded as they say."""
        self.refusal: DomainError | None = None
        sources = [about.connection.code, *([PERSON] if paid.counted else [])]
        mine = [pair for pair in known if pair[0].source in sources]
        mine.sort(key=lambda pair: (pair[0].source == PERSON, pair[0].reference != reference))
        self.kept: Payment | None = mine[0][0] if mine else None
        self.stays = mine[0][1] if mine else ZERO

    def enter(self) -> None:
        """Record the payment, then what of it was corrected or reversed, each if it fits.

        A refused reversal leaves the payment recorded, whichever of the two came first.
        """
        if self.paid.counted is None and not self.paid.reversals:
            return
        try:
            self._refuse_what_others_recorded()
            if self.kept is None:
                self._record()
            self.payment = self.kept
            self._correct()
        except DomainError as error:
            self.refusal = error

    def _refuse_what_others_recorded(self) -> None:
        """Refuse another amount or day than a person recorded, and reversals of what is not here.

        A connection corrects and reverses only what it reported itself.
        """
        counted, kept = self.paid.counted, self.kept
        if kept is None and counted is None:
            raise NothingToCorrect(
                _(
                    "%(connection)s has reported no payment %(payment)s of %(invoice)s.",
                    connection=self.about.connection,
                    payment=self.reference,
                    invoice=self.about.invoice,
                ),
                field="reference",
            )
        if kept is not None and kept.source == PERSON and counted is not None:
            amount, day = amount_of(counted), counted.data["paid_on"]
            currency = self.about.invoice.currency
            recorded_before(
                [kept], self.reference, amount, day, currency, actor=sender(self.about.connection)
            )

    def _record(self) -> None:
        with suppress(AlreadyRefunded):
            self._add(self._stay())
            return
        self._add(None)

    def _add(self, stay: Stay | None) -> None:
        if (counted := self.paid.counted) is None:
            return
        connection = self.about.connection
        money = Money(
            amount_of(counted), counted.data["paid_on"], self.reference, connection.name[:30]
        )
        with self.about.trying():
            recorded = add_payment(
                self.about.invoice, money, (), actor=sender(connection), stay=stay
            )
        self.kept = recorded.payment
        self.stays = stay.amount if stay else money.amount

    def _stay(self) -> Stay | None:
        """Return what stays of a payment whose reversal came first; None if that is all of it."""
        remaining = self._remaining()
        if not remaining.fitting:
            return None
        last = remaining.fitting[-1].data
        return Stay(remaining.amount, last["reversed_on"], last["reason"])

    def _correct(self) -> None:
        """Set what is left of the payment after its corrections and reversals."""
        remaining, counted, payment = self._remaining(), self.paid.counted, self.kept
        if payment is None or remaining.amount == self.stays:
            return
        connection = self.about.connection
        last = remaining.fitting[-1].data if remaining.fitting else None
        counted_on = counted.data["paid_on"] if counted else payment.received_on
        stay = Stay(
            remaining.amount,
            last["reversed_on"] if last else counted_on,
            last["reason"] if last else f"{connection.name}: {self.reference}",
        )
        with self.about.trying():
            correct_payment(self.about.invoice, payment, stay, actor=sender(connection))
        self.stays = remaining.amount

    def _remaining(self) -> RemainingPayment:
        """Return what is left of the payment, by the reports or else as it is recorded.

        Of one that nobody knows nothing came: all that was reversed is missing.
        """
        paid = self.paid
        if paid.counted is not None:
            return paid.remaining_of(amount_of(paid.counted))
        if self.kept is not None:
            return paid.remaining_of(self.kept.amount)
        return RemainingPayment(-sum(map(amount_of, paid.reversals), ZERO), paid.reversals, ())

    def remark(self) -> str | Sentence:
        """Say where the same money is recorded too."""
        if self.payment is None:
            return ""
        return elsewhere_remark(self.payment.reference, recorded_elsewhere(self.payment))

    def found(self) -> Iterator[NewDiscrepancy]:
        """Name the amounts that were reported last and do not count, and what was refused.

        What is ours is what is recorded of the payment, or of the reversal.
        """
        paid = self.paid
        if self.payment is not None:
            yield from (self._beyond(*each) for each in self._remaining().beyond)
        if paid.uncounted is not None:
            ours = amount_of(paid.counted) if paid.counted else ZERO
            yield self._discrepancy(ours, amount_of(paid.uncounted), paid.refusal, paid.uncounted)
        for reversal in paid.uncounted_reversals:
            yield self._uncounted_reversal(reversal)
        if self.refusal is not None:
            yield self._not_entered(self.refusal)

    def _beyond(self, report: Report, left: Decimal) -> NewDiscrepancy:
        """Name a reversal of more than was left of the payment."""
        rule = _(
            "%(reversed)s of %(payment)s is reversed, but only %(left)s of it is left.",
            reversed=Amount(amount_of(report), self.about.invoice.currency),
            payment=self.reference,
            left=Amount(left, self.about.invoice.currency),
        )
        part = report.data["reversal_ref"]
        return self._discrepancy(left, left - amount_of(report), rule, report, part)

    def _uncounted_reversal(self, reversal: UncountedReversal) -> NewDiscrepancy:
        """Name the amount of a reversal that was reported last and does not count."""
        ours = -amount_of(reversal.counted) if reversal.counted else ZERO
        part = reversal.report.data["reversal_ref"]
        return self._discrepancy(
            ours, -amount_of(reversal.report), reversal.refusal, reversal.report, part
        )

    def _not_entered(self, error: DomainError) -> NewDiscrepancy:
        """Name what is left of a payment in the reports, and what is recorded of it."""
        paid, remaining = self.paid, self._remaining()
        theirs = remaining.amount if paid.counted or remaining.fitting else self.stays
        last = remaining.fitting[-1] if remaining.fitting else None
        part = last.data["reversal_ref"] if last and paid.uncounted else ""
        report = last or paid.counted if self.payment is not None else paid.counted or last
        return self._discrepancy(self.stays, theirs, error.message, report, part)

    def _discrepancy(
        self,
        ours: Decimal,
        theirs: Decimal,
        rule: str | Sentence,
        report: Report | None,
        part: str = "",
    ) -> NewDiscrepancy:
        return NewDiscrepancy(
            self.about.connection.pk,
            Kind.PAYMENT,
            self.about.record,
            ours=plain(ours),
            theirs=plain(theirs),
            field=self.reference,
            difference=signed(theirs - ours),
            part=part,
            about=part or self.reference,
            rule=rule,
            report=report.id if report else "",
            report_waits=True,
        )
