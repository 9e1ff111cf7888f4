"""Payments: record what came in, refund what was too much, write off what will not come."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext

from common.errors import IllegalTransition, MissingField
from crm.actors import Actor
from sales.models import Invoice, Payment, SalesEvent
from sales.services.billing.early_payment import give_discount
from sales.services.billing.money_rules import (
    check_day_of,
    check_moved,
    check_refund,
    recorded_before,
)
from sales.services.billing.settlement import (
    enter,
    move_to_credit,
    settle,
    take_back_write_off,
)
from sales.services.errors import NothingToPay, NothingToRefund
from sales.services.events import record_event
from sales.services.invoices import lock_invoice

Kind = Payment.Kind


@dataclass(frozen=True, slots=True)
class Recorded:
    """A payment or refund, whether it is new, and how much of it became customer credit."""

    payment: Payment
    is_new: bool
    overpaid: Decimal = Decimal(0)


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

    Money in time for the early-payment discount that covers the rest settles the invoice; what is
    too much becomes customer credit.
    """
    invoice = lock_issued(invoice_id)
    payments = invoice.payments.filter(kind=Kind.PAYMENT)
    known = recorded_before(payments, reference, amount, received_on, invoice.currency)
    if known is not None:
        return Recorded(known, is_new=False)
    check_moved(amount, invoice.currency)
    check_day_of(invoice, received_on, field="received_on")
    payment = enter(
        invoice,
        Kind.PAYMENT,
        amount,
        on=received_on,
        actor=actor,
        reference=reference,
        method=method,
    )
    overpaid = _settle_with(invoice, payment, actor)
    record_event(
        SalesEvent.Type.INVOICE_PAID, invoice, actor=actor, data={"payment": str(payment.pk)}
    )
    return Recorded(payment, is_new=True, overpaid=overpaid)


def _settle_with(invoice: Invoice, payment: Payment, actor: Actor) -> Decimal:
    """Settle an invoice with a payment; return what of it is too much."""
    day = payment.received_on
    reference = payment.reference or day.isoformat()
    take_back_write_off(invoice, on=day, actor=actor, reason=reference)
    give_discount(invoice, on=day, actor=actor)
    overpaid: Decimal = min(payment.amount, invoice.to_refund)
    if overpaid:
        move_to_credit(invoice, overpaid, on=day, actor=actor)
    settle(invoice)
    return overpaid


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
    if not invoice.to_refund:
        raise NothingToRefund(
            gettext("%(invoice)s has nothing to refund.") % {"invoice": invoice}, field="amount"
        )
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
def write_off_invoice(invoice_id: uuid.UUID, *, actor: Actor, reason: str) -> Invoice:
    """Give up all that is open; money or a credit note that comes later takes it back."""
    invoice = lock_issued(invoice_id)
    check_reason(reason)
    if invoice.outstanding <= 0:
        raise NothingToPay(
            gettext("%(invoice)s has nothing left to write off.") % {"invoice": invoice}
        )
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
    invoice, _ = lock_invoice(invoice_id)
    if not invoice.is_asked_for:
        raise IllegalTransition(
            gettext("%(invoice)s is not an issued invoice: it cannot be paid.")
            % {"invoice": invoice}
        )
    return invoice


def check_reason(reason: str) -> None:
    """Refuse what nobody gives a reason for."""
    if not reason.strip():
        raise MissingField(gettext("Give the reason."), field="reason")
