"""Rules of every entry of money: its amount, its day, and that its reference counts once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import TypeVar

from django.db.models import QuerySet

from common.sentences import Amount, Sentence
from common.sentences import sentence as _
from crm.models import OwnedQuerySet
from sales.models import Company, CustomerCreditEntry, Invoice, Payment
from sales.pricing.errors import AmountExceedsOpen, InvalidAmount
from sales.services.documents.typed_figures import check_amount
from sales.services.errors import InvalidDay, ReferenceTaken

EntryT = TypeVar("EntryT", Payment, CustomerCreditEntry)


def recorded_before(
    entries: QuerySet[EntryT], reference: str, amount: Decimal, day: dt.date, currency: str
) -> EntryT | None:
    """Find the entry that has the reference; refused if its amount or its day is another one."""
    known = find_entry(entries, reference)
    if known is None or (abs(known.amount), known.day) == (amount, day):
        return known
    raise reference_taken(reference, abs(known.amount), known.day, currency)


def find_entry(entries: QuerySet[EntryT], reference: str) -> EntryT | None:
    """Find the entry that has the reference; written exactly like it, if there are several."""
    found = (
        entry
        for entry in entries.exclude(reference="")
        if is_same_reference(entry.reference, reference)
    )
    return min(found, key=lambda entry: entry.reference != reference, default=None)


def is_same_reference(one: str, other: str) -> bool:
    """Whether two references differ in case, or in blanks around them, at most."""
    return one.strip().casefold() == other.strip().casefold()


def reference_taken(reference: str, amount: Decimal, day: dt.date, currency: str) -> ReferenceTaken:
    """Make the refusal of a reference that is recorded with another amount or day."""
    return ReferenceTaken(
        _(
            "%(reference)s is recorded with %(amount)s of %(day)s.",
            reference=reference,
            amount=Amount(amount, currency),
            day=day,
        ),
        recorded=amount,
        field="reference",
    )


def recorded_elsewhere(payment: Payment) -> OwnedQuerySet[Invoice]:
    """Find other invoices of the account that have a payment of the same reference, amount and day.

    None without a reference, and then without an SQL statement.
    """
    if not payment.reference:
        return Invoice.objects.none()
    return (
        Invoice.objects.filter(
            account=payment.invoice.account_id,
            currency=payment.invoice.currency,
            payments__kind=Payment.Kind.PAYMENT,
            payments__reference__iexact=payment.reference.strip(),
            payments__amount=payment.amount,
            payments__received_on=payment.received_on,
        )
        .exclude(pk=payment.invoice_id)
        .order_by("number")
    )


def elsewhere_remark(reference: str, invoices: Iterable[Invoice]) -> str | Sentence:
    """Say on which other invoices the same money is recorded; empty if on none."""
    numbers = ", ".join(str(invoice) for invoice in invoices)
    if not numbers:
        return ""
    return _(
        "Reference %(reference)s of the same day is also recorded on %(invoices)s.",
        reference=reference,
        invoices=numbers,
    )


def check_moved(amount: Decimal, currency: str) -> None:
    """Refuse an amount that is not above zero, or finer than its currency."""
    if amount.is_finite() and amount <= 0:
        raise InvalidAmount(_("Enter an amount above zero."), field="amount")
    check_amount(amount, currency, "amount")


def check_refund(amount: Decimal, left: Decimal, currency: str) -> None:
    """Refuse more than there is to refund, and what is no amount."""
    check_moved(amount, currency)
    if amount > left:
        raise AmountExceedsOpen(
            _("%(left)s can be refunded.", left=Amount(left, currency)),
            field="amount",
        )


def check_day(day: dt.date, company: Company, *, field: str) -> None:
    """Refuse a day that has not come yet where the company sits."""
    today = company.today()
    if day > today:
        raise InvalidDay(
            _(
                "%(day)s is in the future: enter today, %(today)s, or an earlier day.",
                day=day,
                today=today,
            ),
            field=field,
        )


def check_day_of(invoice: Invoice, day: dt.date, *, field: str) -> None:
    """Refuse a day that has not come yet, or is before the invoice."""
    check_day(day, invoice.company, field=field)
    if invoice.issued_on and day < invoice.issued_on:
        raise InvalidDay(
            _(
                "%(invoice)s was issued on %(issued)s: enter that day or a later one.",
                invoice=invoice,
                issued=invoice.issued_on,
            ),
            field=field,
        )
