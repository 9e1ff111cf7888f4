"""Rules of every entry of money: its amount, its day, and that its reference counts once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import TypeVar

from django.db.models import Q

from common.sentences import Amount, Sentence
from common.sentences import sentence as _
from crm.actors import PERSON, Actor, System, actor_kind
from crm.models import OwnedQuerySet
from sales.models import Company, CustomerCreditEntry, Invoice, Payment
from sales.models.payments import MoneyEntry
from sales.pricing.errors import AmountExceedsOpen, InvalidAmount
from sales.services.documents.typed_figures import check_amount
from sales.services.errors import InvalidDay, ReferenceTaken

EntryT = TypeVar("EntryT", Payment, CustomerCreditEntry)

ELSEWHERE = dt.timedelta(days=1)
"""How far the calendar of a system in another time zone may be from the company's."""


def source_of(actor: Actor) -> str:
    """Return what an entry keeps as who reported it: a connection's code, or a kind of actor."""
    return actor.connection if isinstance(actor, System) else actor_kind(actor)


def recorded_before(
    entries: Iterable[EntryT],
    reference: str,
    amount: Decimal,
    day: dt.date,
    currency: str,
    *,
    actor: Actor,
) -> EntryT | None:
    """Find the entry that has the reference; refused if its amount or its day is another one."""
    known = find_entries(entries, reference, actor=actor)
    if not known:
        return None
    first = known[0]
    same = (entry for entry in known if (abs(entry.amount), entry.day) == (amount, day))
    if found := next(same, None):
        return found
    raise reference_taken(reference, abs(first.amount), first.day, currency)


def find_entries(entries: Iterable[EntryT], reference: str, *, actor: Actor) -> list[EntryT]:
    """Find the entries that have the reference, the actor's own and those written like it first.

    The references of a connection are its own: it finds no entry of another connection.
    """
    found = [
        entry
        for entry in entries
        if entry.reference
        and is_same_reference(entry.reference, reference)
        and may_mean(actor, entry)
    ]
    source = source_of(actor)
    return sorted(found, key=lambda each: (each.source != source, each.reference != reference))


def may_mean(actor: Actor, entry: MoneyEntry) -> bool:
    """Whether a reference of the actor may be that of an entry.

    People may mean any, a connection its own and those that people typed.
    """
    is_connection = isinstance(actor, System) and actor.connection
    return not is_connection or entry.source in {source_of(actor), PERSON}


def is_same_reference(one: str, other: str) -> bool:
    """Whether two references differ in case, or in blanks around them, at most."""
    return comparable(one) == comparable(other)


def comparable(reference: str) -> str:
    """Return a reference without what does not tell it from others."""
    return reference.strip().casefold()


def reference_taken(reference: str, amount: Decimal, day: dt.date, currency: str) -> ReferenceTaken:
    """Make the refusal of a reference that is recorded with another amount or day."""
    return ReferenceTaken(
        _(
            "%(reference)s is recorded with %(amount)s of %(day)s: give another reference, "
            "or the same amount and day.",
            reference=reference,
            amount=Amount(amount, currency),
            day=day,
        ),
        recorded=amount,
        field="reference",
    )


def recorded_elsewhere(payment: Payment) -> OwnedQuerySet[Invoice]:
    """Find other invoices of the account that have a payment of the same reference, amount and day.

    None without a reference, and then without an SQL statement. The references of a connection are
    its own, and may be those that people typed.
    """
    if not payment.reference:
        return Invoice.objects.none()
    sources = Q()
    if payment.source != PERSON:
        sources = Q(payments__source__in=[payment.source, PERSON])
    return (
        Invoice.objects.filter(
            sources,
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
            _("Only %(left)s can be refunded: enter that at most.", left=Amount(left, currency)),
            field="amount",
        )


def leeway_of(actor: Actor) -> dt.timedelta:
    """Return how far the days of an actor may be off; only people use the company's calendar."""
    return dt.timedelta() if actor_kind(actor) == PERSON else ELSEWHERE


def check_day(day: dt.date, company: Company, *, field: str, leeway: dt.timedelta) -> None:
    """Refuse a day that has not come yet where the company sits."""
    today = company.today()
    if day > today + leeway:
        raise InvalidDay(
            _(
                "%(day)s is in the future: enter today, %(today)s, or an earlier day.",
                day=day,
                today=today,
            ),
            field=field,
        )


def check_day_of(invoice: Invoice, day: dt.date, *, field: str, leeway: dt.timedelta) -> None:
    """Refuse a day that has not come yet, or is before the invoice."""
    check_day(day, invoice.company, field=field, leeway=leeway)
    if invoice.issued_on and day < invoice.issued_on - leeway:
        raise InvalidDay(
            _(
                "%(invoice)s was issued on %(issued)s: enter that day or a later one.",
                invoice=invoice,
                issued=invoice.issued_on,
            ),
            field=field,
        )
