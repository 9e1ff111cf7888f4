"""Payments: record what came in, refund what was too much, write off what will not come."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum

from common.errors import IllegalTransition, MissingField
from common.sentences import Amount
from common.sentences import sentence as _
from crm.actors import Actor
from sales.models import Invoice, Payment, SalesEvent
from sales.pricing.errors import InvalidAmount
from sales.services.billing.early_payment import give_discount, take_back_discount
from sales.services.billing.money_rules import (
    check_day_of,
    check_moved,
    check_refund,
    find_entry,
    recorded_before,
)
from sales.services.billing.settlement import (
    enter,
    move_to_credit,
    settle,
    take_back_credit,
    take_back_write_off,
)
from sales.services.documents.locks import lock_invoice
from sales.services.errors import GivenBack, NothingToCorrect, NothingToPay, NothingToRefund
from sales.services.events import our_own_doing, record_event

Kind = Payment.Kind


@dataclass(frozen=True, slots=True)
class Recorded:
    """A payment or refund, whether it is new, and how much of it became customer credit."""

    payment: Payment
    is_new: bool
    overpaid: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Stay:
    """How much of a payment stays, in the invoice's currency, since which day, and why not all."""

    amount: Decimal
    corrected_on: dt.date
    reason: str


@transaction.atomic
def record_payment(
    invoice_id: uuid.UUID,
    *,
    actor: Actor,
    amount: Decimal,
    received_on: dt.date,
    reference: str = "",
    method: str = "",
    stay: Stay | None = None,
) -> Recorded:
    """Record money that came in; the same reference, amount and day count once.

    References are the same whatever their case and the blanks around them; the first one is kept.

    Money in time for the early-payment discount that covers the rest settles the invoice; what is
    too much becomes customer credit. What is known to be reversed already is corrected before.
    """
    invoice = lock_issued(invoice_id)
    payments = invoice.payments.filter(kind=Kind.PAYMENT)
    known = recorded_before(payments, reference, amount, received_on, invoice.currency)
    if known is not None:
        return Recorded(known, is_new=False)
    check_moved(amount, invoice.currency)
    check_day_of(invoice, received_on, field="received_on")
    given = {"reference": reference, "method": method}
    payment = enter(invoice, Kind.PAYMENT, amount, on=received_on, actor=actor, **given)
    overpaid = _settle_payment(invoice, payment, stay, actor)
    return Recorded(payment, is_new=True, overpaid=overpaid)


def _settle_payment(invoice: Invoice, payment: Payment, stay: Stay | None, actor: Actor) -> Decimal:
    """Settle an invoice with what stays of a new payment; return what of it is too much."""
    figures = _besides_money(invoice)
    _give_what_it_earns(invoice, payment, actor)
    correction = _correct_at_once(invoice, payment, stay, actor) if stay else None
    stays = stay.amount if stay else payment.amount
    overpaid = _settle_surplus(invoice, payment, stays, actor)
    with our_own_doing(_besides_money(invoice) != figures):
        record_event(
            SalesEvent.Type.INVOICE_PAID, invoice, actor=actor, data={"payment": str(payment.pk)}
        )
    if correction is not None:
        _tell_correction(correction, actor)
    return overpaid


def _correct_at_once(invoice: Invoice, payment: Payment, stay: Stay, actor: Actor) -> Payment:
    """Enter how much of a new payment does not stay, before any of it is too much."""
    correction = _enter_correction(invoice, payment, stay, stay.amount - payment.amount, actor)
    take_back_discount(invoice, on=correction.received_on, actor=actor)
    _check_given_back(invoice)
    return correction


def _besides_money(invoice: Invoice) -> tuple[Decimal, ...]:
    """Return what a payment may move beside what was paid, which its sender does not know."""
    return invoice.moved_to_credit, invoice.discounted, invoice.written_off


def _give_what_it_earns(invoice: Invoice, payment: Payment, actor: Actor) -> None:
    """Let money take a write-off back, and earn the early-payment discount."""
    day = payment.received_on
    reference = payment.reference or day.isoformat()
    take_back_write_off(invoice, on=day, actor=actor, reason=reference)
    give_discount(invoice, on=day, actor=actor)


def _settle_surplus(invoice: Invoice, payment: Payment, stays: Decimal, actor: Actor) -> Decimal:
    """Settle an invoice with what stays of a payment; return what of it is too much."""
    overpaid: Decimal = min(stays, invoice.to_refund)
    if overpaid:
        move_to_credit(invoice, overpaid, on=payment.received_on, actor=actor)
    settle(invoice)
    return overpaid


def check_to_refund(invoice: Invoice, field: str | None = None) -> None:
    """Refuse to give back what was not paid too much."""
    if not invoice.to_refund:
        raise NothingToRefund(_("%(invoice)s has nothing to refund.", invoice=invoice), field=field)


@transaction.atomic
def refund_payment(
    invoice_id: uuid.UUID,
    *,
    actor: Actor,
    amount: Decimal,
    refunded_on: dt.date,
    reason: str,
    reference: str = "",
) -> Recorded:
    """Record money that went back to the customer, who had paid more than is asked for now."""
    invoice = lock_issued(invoice_id)
    refunds = invoice.payments.filter(kind=Kind.REFUND)
    known = recorded_before(refunds, reference, amount, refunded_on, invoice.currency)
    if known is not None:
        return Recorded(known, is_new=False)
    check_reason(reason)
    check_to_refund(invoice, field="amount")
    check_refund(amount, invoice.to_refund, invoice.currency)
    check_day_of(invoice, refunded_on, field="refunded_on")
    refund = enter(
        invoice,
        Kind.REFUND,
        -amount,
        on=refunded_on,
        actor=actor,
        reference=reference,
        reason=reason.strip(),
    )
    settle(invoice)
    record_event(
        SalesEvent.Type.INVOICE_REFUNDED, invoice, actor=actor, data={"payment": str(refund.pk)}
    )
    return Recorded(refund, is_new=True)


@transaction.atomic
def correct_payment(
    invoice_id: uuid.UUID,
    *,
    actor: Actor,
    reference: str,
    amount: Decimal,
    corrected_on: dt.date,
    reason: str,
) -> Recorded:
    """Set how much of a payment stays: less when it was reversed, 0 when all of it was.

    The payment itself is kept; the difference is an entry of its own with its day and reason.
    """
    invoice = lock_issued(invoice_id)
    payment = find_payment(invoice, reference)
    difference = amount - left_of(payment)
    if not difference:
        return Recorded(payment, is_new=False)
    stay = Stay(amount, corrected_on, reason)
    correction = _enter_correction(invoice, payment, stay, difference, actor)
    overpaid = _settle_correction(invoice, correction, actor)
    _tell_correction(correction, actor)
    return Recorded(correction, is_new=True, overpaid=overpaid)


def _enter_correction(
    invoice: Invoice, payment: Payment, stay: Stay, difference: Decimal, actor: Actor
) -> Payment:
    _check_correction(invoice, stay.amount, difference, stay.corrected_on, stay.reason)
    return enter(
        invoice,
        Kind.CORRECTION,
        difference,
        on=stay.corrected_on,
        actor=actor,
        reason=stay.reason.strip()[:200],
        corrects=payment,
    )


def _tell_correction(correction: Payment, actor: Actor) -> None:
    record_event(
        SalesEvent.Type.INVOICE_PAYMENT_CORRECTED,
        correction.invoice,
        actor=actor,
        data={"payment": str(correction.pk)},
    )


def find_payment(invoice: Invoice, reference: str) -> Payment:
    """Return the payment of an invoice with a reference; raises NothingToCorrect."""
    payment = find_entry(invoice.payments.filter(kind=Kind.PAYMENT), reference)
    if payment is None:
        raise NothingToCorrect(
            _("%(invoice)s has no payment %(reference)s.", invoice=invoice, reference=reference),
            field="reference",
        )
    return payment


def _check_correction(
    invoice: Invoice, amount: Decimal, difference: Decimal, day: dt.date, reason: str
) -> None:
    check_reason(reason)
    if amount < 0:
        raise InvalidAmount(_("Enter an amount of zero or more."), field="amount")
    check_moved(abs(difference), invoice.currency)
    check_day_of(invoice, day, field="corrected_on")


def _settle_correction(invoice: Invoice, correction: Payment, actor: Actor) -> Decimal:
    """Settle an invoice with a correction; return what of it is too much.

    Less money takes back first what it made customer credit, as far as that is not used.
    """
    if correction.amount > 0:
        _give_what_it_earns(invoice, correction, actor)
        return _settle_surplus(invoice, correction, correction.amount, actor)
    day, reason = correction.received_on, correction.reason
    take_back_discount(invoice, on=day, actor=actor)
    too_little = max(-correction.amount, invoice.outstanding)
    take_back_credit(invoice, too_little, on=day, actor=actor, reason=reason)
    give_discount(invoice, on=day, actor=actor)
    _check_given_back(invoice)
    settle(invoice)
    return Decimal(0)


def _check_given_back(invoice: Invoice) -> None:
    """Refuse to open again what is refunded, or customer credit that is used."""
    given_back = invoice.refunded + invoice.moved_to_credit
    if given_back and invoice.outstanding > 0:
        raise GivenBack(
            _(
                "%(amount)s of %(invoice)s is refunded or customer credit: "
                "the payment is not taken back, invoice the customer for it.",
                amount=Amount(given_back, invoice.currency),
                invoice=invoice,
            )
        )


def left_of(payment: Payment) -> Decimal:
    """Return how much of a payment stays after its corrections."""
    corrected: Decimal = payment.corrections.aggregate(sum=Sum("amount", default=Decimal(0)))["sum"]
    left: Decimal = payment.amount + corrected
    return left


def check_to_write_off(invoice: Invoice) -> None:
    """Refuse to give up what is not open."""
    if invoice.outstanding <= 0:
        raise NothingToPay(_("%(invoice)s has nothing left to write off.", invoice=invoice))


@transaction.atomic
def write_off_invoice(invoice_id: uuid.UUID, *, actor: Actor, reason: str) -> Invoice:
    """Give up all that is open; money or a credit note that comes later takes it back."""
    invoice = lock_issued(invoice_id)
    check_reason(reason)
    check_to_write_off(invoice)
    entry = enter(
        invoice,
        Kind.WRITE_OFF,
        invoice.outstanding,
        on=invoice.company.today(),
        actor=actor,
        reason=reason.strip(),
    )
    settle(invoice)
    record_event(
        SalesEvent.Type.INVOICE_WRITTEN_OFF, invoice, actor=actor, data={"payment": str(entry.pk)}
    )
    return invoice


def lock_issued(invoice_id: uuid.UUID) -> Invoice:
    """Lock an invoice; refused if it does not ask for money."""
    invoice = lock_invoice(invoice_id)[0]
    if not invoice.is_asked_for:
        raise IllegalTransition(
            _("%(invoice)s is not an issued invoice: it cannot be paid.", invoice=invoice)
        )
    return invoice


def check_reason(reason: str) -> None:
    """Refuse what nobody gives a reason for."""
    if not reason.strip():
        raise MissingField(_("Give the reason."), field="reason")
