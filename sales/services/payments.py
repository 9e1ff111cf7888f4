"""Payments: record what came in, refund what was too much, write off what will not come."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
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
from sales.services.billing.early_payment import read_earned
from sales.services.billing.money_rules import (
    check_day_of,
    check_moved,
    check_refund,
    leeway_of,
    recorded_before,
)
from sales.services.billing.settlement import balance_entries, enter, settle
from sales.services.documents.locks import lock_invoice
from sales.services.errors import AlreadyRefunded, NothingToPay, NothingToRefund
from sales.services.events import no_echo, record_event

Kind = Payment.Kind


@dataclass(frozen=True, slots=True)
class Recorded:
    """A payment or refund, whether it is new, and how much of it became customer credit."""

    payment: Payment
    is_new: bool
    overpaid: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Money:
    """Money that came in, in the invoice's currency: when, by whose reference, and which way."""

    amount: Decimal
    received_on: dt.date
    reference: str = ""
    method: str = ""


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
) -> Recorded:
    """Record money that came in; the same reference, amount and day count once.

    References are the same whatever their case and the blanks around them; the first one is kept.
    Those of a connection are its own: another connection may use the same.

    Money in time for the early-payment discount that covers the rest settles the invoice; what is
    more than the invoice asked for becomes customer credit.
    """
    money = Money(amount, received_on, reference, method)
    invoice = lock_issued(invoice_id)
    return add_payment(invoice, money, invoice.payments.filter(kind=Kind.PAYMENT), actor=actor)


@transaction.atomic
def add_payment(
    invoice: Invoice,
    money: Money,
    payments: Iterable[Payment],
    *,
    actor: Actor,
    stay: Stay | None = None,
) -> Recorded:
    """Record a payment of an invoice that is locked, beside these, as ``record_payment`` does.

    What is known to be reversed already is corrected before any of it is too much. After a refusal
    the figures of the invoice in memory are to be read again.
    """
    check_is_asked_for(invoice)
    day, reference = money.received_on, money.reference
    known = recorded_before(payments, reference, money.amount, day, invoice.currency, actor=actor)
    if known is not None:
        return Recorded(known, is_new=False)
    check_moved(money.amount, invoice.currency)
    check_day_of(invoice, day, field="received_on", leeway=leeway_of(actor))
    before, figures = read_earned(invoice), _besides_money(invoice)
    given = {"reference": reference, "method": money.method}
    payment = enter(invoice, Kind.PAYMENT, money.amount, on=day, actor=actor, **given)
    correction = None
    if stay is not None:
        difference = stay.amount - payment.amount
        correction = _enter_correction(invoice, payment, stay, difference, actor)
    reason = reference or day.isoformat()
    overpaid = balance_entries(invoice, before, on=day, actor=actor, reason=reason)
    if correction is not None:
        _check_given_back(invoice)
    settle(invoice)
    with no_echo(_besides_money(invoice) != figures):
        _record(SalesEvent.Type.INVOICE_PAID, payment, actor)
    if correction is not None:
        _record(SalesEvent.Type.INVOICE_PAYMENT_CORRECTED, correction, actor)
    return Recorded(payment, is_new=True, overpaid=overpaid)


def _record(type_: SalesEvent.Type, payment: Payment, actor: Actor) -> None:
    record_event(type_, payment.invoice, actor=actor, data={"payment": str(payment.pk)})


def _besides_money(invoice: Invoice) -> tuple[Decimal, ...]:
    """Return what a payment may move beside what was paid, which its sender does not know."""
    return invoice.moved_to_credit, invoice.discounted, invoice.written_off


def check_to_refund(invoice: Invoice, field: str | None = None) -> None:
    """Refuse to give back what was not paid too much."""
    if not invoice.to_refund:
        raise NothingToRefund(
            _(
                "%(invoice)s has nothing to refund, since no more is paid than it asks for: "
                "credit first what the customer is to get back.",
                invoice=invoice,
            ),
            field=field,
        )


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
    known = recorded_before(refunds, reference, amount, refunded_on, invoice.currency, actor=actor)
    if known is not None:
        return Recorded(known, is_new=False)
    check_reason(reason)
    check_to_refund(invoice, field="amount")
    check_refund(amount, invoice.to_refund, invoice.currency)
    check_day_of(invoice, refunded_on, field="refunded_on", leeway=leeway_of(actor))
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
def correct_payment(invoice: Invoice, payment: Payment, stay: Stay, *, actor: Actor) -> Recorded:
    """Set how much of a payment stays: less when it was reversed, 0 when all of it was.

    The payment itself is kept; the difference is an entry of its own with its day and reason. The
    invoice is locked; after a refusal its figures in memory are to be read again.
    """
    difference = stay.amount - left_of(payment)
    if not difference:
        return Recorded(payment, is_new=False)
    before = read_earned(invoice)
    correction = _enter_correction(invoice, payment, stay, difference, actor)
    overpaid = balance_entries(
        invoice, before, on=correction.received_on, actor=actor, reason=correction.reason
    )
    if difference < 0:
        _check_given_back(invoice)
    settle(invoice)
    _record(SalesEvent.Type.INVOICE_PAYMENT_CORRECTED, correction, actor)
    return Recorded(correction, is_new=True, overpaid=overpaid)


def _enter_correction(
    invoice: Invoice, payment: Payment, stay: Stay, difference: Decimal, actor: Actor
) -> Payment:
    _check_correction(invoice, stay, difference, actor)
    return enter(
        invoice,
        Kind.CORRECTION,
        difference,
        on=stay.corrected_on,
        actor=actor,
        reason=stay.reason.strip()[:200],
        corrects=payment,
    )


def _check_correction(invoice: Invoice, stay: Stay, difference: Decimal, actor: Actor) -> None:
    check_reason(stay.reason)
    if stay.amount < 0:
        raise InvalidAmount(_("Enter an amount of zero or more."), field="amount")
    check_moved(abs(difference), invoice.currency)
    check_day_of(invoice, stay.corrected_on, field="corrected_on", leeway=leeway_of(actor))


def _check_given_back(invoice: Invoice) -> None:
    """Refuse to open again what is refunded, or customer credit that is used."""
    given_back = invoice.refunded + invoice.moved_to_credit
    if given_back and invoice.outstanding > 0:
        raise AlreadyRefunded(
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
        raise NothingToPay(
            _(
                "%(invoice)s has nothing left to write off: "
                "choose an invoice of which an amount is open.",
                invoice=invoice,
            )
        )


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
    check_is_asked_for(invoice)
    return invoice


def check_is_asked_for(invoice: Invoice) -> None:
    """Refuse to pay what does not ask for money: a draft, a credit note."""
    if not invoice.is_asked_for:
        raise IllegalTransition(
            _(
                "%(invoice)s cannot be paid, only issued invoices can: "
                "issue it if it is a draft, or choose another invoice.",
                invoice=invoice,
            )
        )


def check_reason(reason: str) -> None:
    """Refuse what nobody gives a reason for."""
    if not reason.strip():
        raise MissingField(_("Give the reason."), field="reason")
