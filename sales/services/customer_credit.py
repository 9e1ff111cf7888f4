"""Customer credit: what was paid too much is kept, applied to another invoice, or refunded."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext

from common.formatting import format_day, format_money
from common.sentences import Amount
from common.sentences import sentence as _
from crm.actors import Actor
from crm.models import Account
from crm.services.activities import note
from sales.models import Company, CustomerCreditEntry, Invoice, Payment, SalesEvent
from sales.models.payments import CreditBalance, CustomerCreditQuerySet
from sales.pricing.money import round_money
from sales.services.billing.early_payment import read_earned
from sales.services.billing.money_rules import (
    check_day,
    check_refund,
    leeway_of,
    recorded_before,
)
from sales.services.billing.settlement import (
    balance_entries,
    enter,
    enter_credit,
    lock_balance,
    move_to_credit,
    recorder,
    settle,
)
from sales.services.errors import InvalidDay, NoCustomerCredit, NothingToPay
from sales.services.events import record_event
from sales.services.payments import check_reason, check_to_refund, lock_issued

Kind = CustomerCreditEntry.Kind


@transaction.atomic
def keep_as_credit(invoice_id: uuid.UUID, *, actor: Actor) -> Invoice:
    """Move all that an invoice has to refund to the credit of its customer."""
    invoice = lock_issued(invoice_id)
    check_to_refund(invoice)
    day = invoice.company.today()
    entry = move_to_credit(invoice, invoice.to_refund, on=day, actor=actor)
    settle(invoice)
    record_event(
        SalesEvent.Type.INVOICE_MOVED_TO_CREDIT,
        invoice,
        actor=actor,
        data={"payment": str(entry.payment_id)},
    )
    return invoice


@transaction.atomic
def apply_credit(invoice_id: uuid.UUID, *, actor: Actor) -> Payment:
    """Pay an invoice from its customer's credit: all of it, or as much as there is."""
    invoice = lock_issued(invoice_id)
    if invoice.outstanding <= 0:
        raise NothingToPay(
            gettext(
                "%(invoice)s has nothing left to pay: use the credit of the customer for another."
            )
            % {"invoice": invoice}
        )
    there = lock_balance(invoice.account_id, invoice.company_id, invoice.currency)
    if not there:
        raise NoCustomerCredit(
            gettext(
                "%(account)s has no credit in %(currency)s with %(company)s: "
                "record a payment instead."
            )
            % {
                "account": invoice.account,
                "currency": invoice.currency,
                "company": invoice.company,
            }
        )
    day = invoice.company.today()
    owed = invoice.outstanding - invoice.discount_on(day) or invoice.outstanding
    before = read_earned(invoice)
    payment = enter(invoice, Payment.Kind.FROM_CREDIT, min(there, owed), on=day, actor=actor)
    enter_credit(payment, Kind.APPLIED, actor=actor)
    balance_entries(invoice, before, on=day, actor=actor, reason=str(day))
    settle(invoice)
    record_event(
        SalesEvent.Type.INVOICE_PAID_FROM_CREDIT,
        invoice,
        actor=actor,
        data={"payment": str(payment.pk)},
    )
    return payment


def check_has_credit(account: Account, balances: Sequence[CreditBalance]) -> None:
    """Refuse to refund the credit of a customer who has none."""
    if not balances:
        raise NoCustomerCredit(
            gettext(
                "%(account)s has no customer credit: "
                "refund an invoice that was paid too much instead."
            )
            % {"account": account}
        )


@transaction.atomic
def refund_credit(
    account_id: uuid.UUID,
    *,
    company: Company,
    currency: str,
    actor: Actor,
    amount: Decimal,
    refunded_on: dt.date,
    reason: str,
    reference: str = "",
) -> tuple[CustomerCreditEntry, bool]:
    """Record credit that went back to the customer, and whether that is new."""
    there = lock_balance(account_id, company.pk, currency)
    entries = CustomerCreditEntry.objects.filter(
        account=account_id, company=company, currency=currency
    )
    known = recorded_before(entries, reference, amount, refunded_on, currency, actor=actor)
    if known is not None:
        return known, False
    check_reason(reason)
    check_refund(amount, there, currency)
    check_day(refunded_on, company, field="refunded_on", leeway=leeway_of(actor))
    _check_was_there(entries, amount, currency, refunded_on)
    entry = CustomerCreditEntry.objects.create(
        kind=Kind.REFUND,
        account_id=account_id,
        company=company,
        currency=currency,
        amount=-amount,
        moved_on=refunded_on,
        reference=reference,
        reason=reason.strip(),
        **recorder(actor),
    )
    _note_refund(entry, actor)
    return entry, True


def _check_was_there(
    entries: CustomerCreditQuerySet, amount: Decimal, currency: str, day: dt.date
) -> None:
    """Refuse a day on which the customer did not have the credit yet."""
    since = entries.there_since(amount)
    if since is None or since <= day:
        return
    raise InvalidDay(
        gettext("%(amount)s of credit is there since %(since)s: enter that day or a later one.")
        % {"amount": format_money(amount, currency), "since": format_day(since)},
        field="refunded_on",
    )


def _note_refund(entry: CustomerCreditEntry, actor: Actor) -> None:
    """Put the refund on the account's timeline; no document has it among its events."""
    text = _(
        "Customer credit of %(amount)s refunded (%(reference)s): %(reason)s",
        amount=str(Amount(round_money(-entry.amount, entry.currency), entry.currency)),
        reference=entry.reference or "–",
        reason=entry.reason,
    )
    note(entry.account, text, actor=actor)
