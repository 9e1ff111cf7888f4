"""Early-payment discount: recorded as a settlement of its own, beside the money.

It changes no invoice. The ERP receives it and corrects the tax on it.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db.models import Sum

from crm.actors import Actor
from sales.models import Invoice, Payment
from sales.pricing.due import earned_discount, kept_discount
from sales.pricing.money import Rounding
from sales.services.billing.settlement import enter

ZERO = Decimal(0)
MONEY = (Payment.Kind.PAYMENT, Payment.Kind.FROM_CREDIT, Payment.Kind.CORRECTION)


def give_discount(invoice: Invoice, *, on: dt.date, actor: Actor) -> None:
    """Grant the discount if the money that came in time covers the rest; the caller saves.

    `on` is the day of the money that earns it.
    """
    until = invoice.early_payment_until
    if until is None:
        return
    earned = earned_discount(
        asked=invoice.total - invoice.credited,
        settled=invoice.kept + invoice.written_off + invoice.discounted,
        paid_in_time=min(_paid_until(invoice, until), invoice.kept),
        offered=invoice.offered_discount,
    )
    _enter(invoice, earned, on, actor)


def take_back_discount(invoice: Invoice, *, on: dt.date, actor: Actor) -> None:
    """Take a discount back when the money that earned it did not stay; the caller saves."""
    if invoice.outstanding > 0:
        _enter(invoice, -invoice.discounted, on, actor)


def credit_discount(invoice: Invoice, *, before: Decimal, actor: Actor) -> None:
    """Adjust the discount to a credit: what was given shrinks with what is asked.

    `before` is what had been credited. Money that came in time may now cover the rest.
    """
    day = invoice.company.today()
    if not invoice.discounted:
        give_discount(invoice, on=day, actor=actor)
        return
    kept = kept_discount(
        invoice.discounted,
        asked_before=invoice.total - before,
        asked=invoice.total - invoice.credited,
        currency=invoice.currency,
        rounding=Rounding(invoice.rounding),
    )
    _enter(invoice, kept - invoice.discounted, day, actor)


def _paid_until(invoice: Invoice, day: dt.date) -> Decimal:
    in_time = invoice.payments.filter(kind__in=MONEY, received_on__lte=day)
    paid: Decimal = in_time.aggregate(sum=Sum("amount", default=ZERO))["sum"]
    return paid


def _enter(invoice: Invoice, amount: Decimal, on: dt.date, actor: Actor) -> None:
    if amount:
        enter(invoice, Payment.Kind.EARLY_PAYMENT, amount, on=on, actor=actor)
