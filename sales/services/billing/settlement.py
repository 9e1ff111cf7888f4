"""Settlement of an invoice: its entries, and the figures and the status that follow from them."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import TypedDict

from crm.actors import Actor
from crm.models import Account, User
from sales.models import CustomerCreditEntry, Invoice, Payment
from sales.models.settlement import FROM_PAYMENTS
from sales.services.billing.early_payment import Earned, read_earned
from sales.services.billing.money_rules import source_of


def enter(
    invoice: Invoice,
    kind: Payment.Kind,
    amount: Decimal,
    *,
    on: dt.date,
    actor: Actor,
    **more: str | Payment,
) -> Payment:
    """Append an entry, negative for what is given back; ``settle`` saves the invoice."""
    payment = Payment.objects.create(
        invoice=invoice,
        kind=kind,
        amount=amount,
        received_on=on,
        **{**more, **recorder(actor)},
    )
    figure, sign = Payment.FIGURES[kind]
    setattr(invoice, figure, getattr(invoice, figure) + sign * amount)
    return payment


class Recorder(TypedDict):
    """Of an entry: who recorded it."""

    source: str
    recorded_by: User | None


def recorder(actor: Actor) -> Recorder:
    """Return the columns of an entry that say who recorded it."""
    return {
        "source": source_of(actor),
        "recorded_by": actor if isinstance(actor, User) else None,
    }


def balance_entries(
    invoice: Invoice,
    before: Earned,
    *,
    on: dt.date,
    actor: Actor,
    reason: str,
) -> Decimal:
    """Bring discount, write-off and customer credit of an invoice to what its money comes to.

    ``before`` is what the money earned before the entry or credit note of that day, which may be
    entered already. Returns how much became customer credit; the caller saves with ``settle``.
    """
    earned = read_earned(invoice)
    if earned.discount != invoice.discounted:
        change = earned.discount - invoice.discounted
        enter(invoice, Payment.Kind.EARLY_PAYMENT, change, on=on, actor=actor)
    _take_back_write_off(invoice, on=on, actor=actor, reason=reason)
    more = earned.beyond - before.beyond
    overpaid: Decimal = min(more, invoice.to_refund)
    if overpaid > 0:
        move_to_credit(invoice, overpaid, on=on, actor=actor)
        return overpaid
    _take_back_credit(invoice, max(-more, invoice.outstanding), on=on, actor=actor, reason=reason)
    return Decimal(0)


def move_to_credit(
    invoice: Invoice, amount: Decimal, *, on: dt.date, actor: Actor
) -> CustomerCreditEntry:
    """Move what was paid too much to the credit of the invoice's customer."""
    payment = enter(invoice, Payment.Kind.TO_CREDIT, -amount, on=on, actor=actor)
    return enter_credit(payment, CustomerCreditEntry.Kind.MOVED, actor=actor)


def _take_back_credit(
    invoice: Invoice, amount: Decimal, *, on: dt.date, actor: Actor, reason: str
) -> None:
    """Take back what became customer credit: its payment did not stay; the caller saves.

    No more than the invoice moved there, nor than the customer has left of it.
    """
    if amount <= 0 or not invoice.moved_to_credit:
        return
    there = lock_balance(invoice.account_id, invoice.company_id, invoice.currency)
    back = min(amount, invoice.moved_to_credit, there)
    if back > 0:
        payment = enter(invoice, Payment.Kind.TO_CREDIT, back, on=on, actor=actor, reason=reason)
        enter_credit(payment, CustomerCreditEntry.Kind.MOVED, actor=actor)


def lock_balance(account_id: uuid.UUID, company_id: uuid.UUID, currency: str) -> Decimal:
    """Return a customer's credit, and let nobody else take from it until the transaction ends."""
    Account.objects.select_for_update(of=("self",), no_key=True).get(pk=account_id)
    return CustomerCreditEntry.objects.of(account_id, company_id, currency)


def enter_credit(
    payment: Payment, kind: CustomerCreditEntry.Kind, *, actor: Actor
) -> CustomerCreditEntry:
    """Append the other side of a payment to the credit of the invoice's customer."""
    invoice = payment.invoice
    return CustomerCreditEntry.objects.create(
        kind=kind,
        account_id=invoice.account_id,
        company_id=invoice.company_id,
        currency=invoice.currency,
        payment=payment,
        amount=-payment.amount,
        moved_on=payment.received_on,
        reason=payment.reason,
        **recorder(actor),
    )


def _take_back_write_off(invoice: Invoice, *, on: dt.date, actor: Actor, reason: str) -> None:
    """Shrink a write-off to what is open: money or a credit note has come after all."""
    too_much = min(invoice.written_off, -invoice.outstanding)
    if too_much > 0:
        enter(invoice, Payment.Kind.WRITE_OFF, -too_much, on=on, actor=actor, reason=reason)


def settle(invoice: Invoice) -> None:
    """Save what settles an invoice, with the status that follows."""
    figures = {name: getattr(invoice, name) for name in (*FROM_PAYMENTS, "credited")}
    status = settled_status(invoice)
    if invoice.status == status:
        invoice.change(**figures)
    else:
        invoice.move_to(status, **figures)


def settled_status(invoice: Invoice) -> Invoice.Status:
    """Return the status that follows from an issued invoice's payments and credits."""
    if invoice.is_credited and not invoice.kept:
        return Invoice.Status.CANCELLED
    if invoice.outstanding <= 0:
        return Invoice.Status.PAID
    return Invoice.Status.PARTLY_PAID if invoice.kept else Invoice.Status.ISSUED


def issued_status(invoice: Invoice) -> Invoice.Status:
    """Return the status when it is issued; an invoice that asks for nothing is paid at once."""
    owes_nothing = not (invoice.total or invoice.is_credit_note)
    return Invoice.Status.PAID if owes_nothing else Invoice.Status.ISSUED
