"""Payments on pages: what settled an invoice, what can be done about it, and customer credit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from uuid import UUID

from django.db.models import Exists, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext

from common.formatting import format_day, format_money
from crm.models import Account, User
from sales.models import CreditBalance, CustomerCreditEntry, Invoice, Payment
from web.display import Action
from web.pages.cards import Card, CardRow, icon_mark
from web.record_urls import record_url

SHOWN = 20

MARKS = {
    Payment.Kind.PAYMENT: ("coins", "bg-green-lt"),
    Payment.Kind.EARLY_PAYMENT: ("discount", "bg-azure-lt"),
    Payment.Kind.FROM_CREDIT: ("wallet", "bg-green-lt"),
    Payment.Kind.TO_CREDIT: ("wallet", "bg-azure-lt"),
    Payment.Kind.REFUND: ("arrow-back-up", "bg-orange-lt"),
    Payment.Kind.WRITE_OFF: ("eraser", "bg-secondary-lt"),
    Payment.Kind.CORRECTION: ("arrow-back-up", "bg-red-lt"),
}
CREDIT_MARKS = {
    CustomerCreditEntry.Kind.MOVED: MARKS[Payment.Kind.TO_CREDIT],
    CustomerCreditEntry.Kind.APPLIED: MARKS[Payment.Kind.FROM_CREDIT],
    CustomerCreditEntry.Kind.REFUND: MARKS[Payment.Kind.REFUND],
}


def customer_credit() -> Coalesce:
    """Return the annotation that says what credit an invoice's customer has for it."""
    of_the_same = {name: OuterRef(name) for name in ("account", "company", "currency")}
    entries = CustomerCreditEntry.objects.filter(**of_the_same).order_by().values("account")
    return Coalesce(Subquery(entries.annotate(sum=Sum("amount")).values("sum")), Decimal(0))


def payment_actions(invoice: Invoice, user: User, credit: Decimal) -> Iterator[Action]:
    """List what can be done about the money of an issued invoice, the next step first."""

    def url(name: str) -> str:
        return reverse(f"sales:invoice-{name}", args=[invoice.pk])

    if invoice.to_refund:
        yield from _excess_actions(invoice, user)
    is_open = invoice.outstanding > 0
    yield Action(
        gettext("Record payment"), url("pay"), "coins", asks=True, dialog=True, aside=not is_open
    )
    if is_open and credit:
        yield _apply(invoice, gettext("Apply credit"), credit)
    if is_open and user.has_perm("sales.write_off_invoice"):
        yield Action(
            gettext("Write off"), url("write-off"), "eraser", asks=True, dialog=True, aside=True
        )


def _apply(invoice: Invoice, label: str, credit: Decimal) -> Action:
    return Action(
        label,
        reverse("sales:invoice-apply-credit", args=[invoice.pk]),
        "wallet",
        confirm=gettext("Pay %(invoice)s from %(amount)s of customer credit?")
        % {"invoice": invoice, "amount": format_money(credit, invoice.currency)},
    )


def _excess_actions(invoice: Invoice, user: User) -> Iterator[Action]:
    amount = format_money(invoice.to_refund, invoice.currency)
    if user.has_perm("sales.refund_payment"):
        yield Action(
            gettext("Refund %(amount)s") % {"amount": amount},
            reverse("sales:invoice-refund", args=[invoice.pk]),
            "arrow-back-up",
            asks=True,
            dialog=True,
        )
    yield Action(
        gettext("Keep as customer credit"),
        reverse("sales:invoice-keep-as-credit", args=[invoice.pk]),
        "wallet",
        confirm=gettext("Keep %(amount)s as credit of this customer?") % {"amount": amount},
    )


def payments_card(invoice: Invoice, credit: Decimal) -> Card | None:
    """Read what settles an invoice; a credit note is not paid. One statement."""
    if invoice.is_credit_note:
        return None
    found = invoice.payments.select_related("recorded_by")
    return Card(
        title=gettext("Payments"),
        id="payments",
        note=" · ".join(_notes(invoice, credit)),
        rows=[_payment_row(payment, invoice.currency) for payment in found],
        empty=gettext("Nothing has come in yet."),
    )


def _notes(invoice: Invoice, credit: Decimal) -> Iterator[str]:
    is_open = invoice.outstanding > 0
    if is_open:
        yield open_amount(invoice.outstanding, invoice.currency)
    if invoice.to_refund:
        amount = format_money(invoice.to_refund, invoice.currency)
        yield gettext("%(amount)s to refund") % {"amount": amount}
    if is_open and credit:
        amount = format_money(credit, invoice.currency)
        yield gettext("%(amount)s credit available") % {"amount": amount}


def open_amount(amount: Decimal, currency: str) -> str:
    """Write that an amount is still to be paid."""
    return gettext("%(amount)s open") % {"amount": format_money(amount, currency)}


def _payment_row(payment: Payment, currency: str) -> CardRow:
    is_money = payment.kind == Payment.Kind.PAYMENT
    kind = "" if is_money else payment.get_kind_display()
    by = str(payment.recorded_by or "")
    parts = (kind, payment.reference, payment.method, payment.reason, by)
    return CardRow(
        mark=icon_mark(*MARKS[Payment.Kind(payment.kind)]),
        title=format_day(payment.received_on),
        detail=" · ".join(filter(None, parts)),
        amount=format_money(payment.amount, currency),
    )


def refund_credit_action(account: Account) -> Action:
    """Offer to refund a customer's credit."""
    return Action(
        gettext("Refund credit"),
        reverse("sales:credit-refund", args=[account.pk]),
        "arrow-back-up",
        asks=True,
        dialog=True,
        aside=True,
    )


def customer_credit_card(
    account: Account, user: User, balances: Sequence[CreditBalance]
) -> Card | None:
    """Read the last moves of a customer's credit, if there are any; one statement.

    One more finds the invoices to pay from it. An invoice that the person may not
    see is neither named nor linked.
    """
    seen = Invoice.objects.visible_to(user).filter(pk=OuterRef("payment__invoice"))
    moves = account.credit_entries.select_related("payment__invoice", "recorded_by")
    entries = list(moves.annotate(is_seen=Exists(seen))[:SHOWN])
    if not entries:
        return None
    available = [format_money(each.amount, each.currency) for each in balances if each.amount]
    return Card(
        title=gettext("Customer credit"),
        id="customer-credit",
        note=gettext("%(amounts)s available") % {"amounts": " · ".join(available)}
        if available
        else gettext("nothing left"),
        rows=[_credit_row(entry) for entry in entries],
        actions=_credit_actions(account, user, [each for each in balances if each.amount]),
    )


def _credit_actions(
    account: Account, user: User, balances: Sequence[CreditBalance]
) -> list[Action]:
    """Offer to pay the invoice that is due first from each balance, and to refund what is left."""
    actions = []
    if balances and user.has_perm("sales.change_invoice"):
        due = _due_first(account, user)
        for balance in balances:
            invoice = due.get((balance.company_id, balance.currency))
            if invoice is not None:
                label = gettext("Apply credit to %(invoice)s") % {"invoice": invoice}
                actions.append(_apply(invoice, label, balance.amount))
    if balances and user.has_perm("sales.refund_payment"):
        actions.append(refund_credit_action(account))
    return actions


def _due_first(account: Account, user: User) -> dict[tuple[UUID, str], Invoice]:
    """Find the open invoice that is due first of each company and currency; one statement."""
    invoices = (
        Invoice.objects.visible_to(user)
        .filter(
            account=account,
            kind=Invoice.Kind.INVOICE,
            status__in=(Invoice.Status.ISSUED, Invoice.Status.PARTLY_PAID),
        )
        .order_by("company_id", "currency", "due_on", "id")
        .distinct("company_id", "currency")
    )
    return {(invoice.company_id, invoice.currency): invoice for invoice in invoices}


def _credit_row(entry: CustomerCreditEntry) -> CardRow:
    is_seen = getattr(entry, "is_seen", False)
    shown = entry.payment.invoice if entry.payment and is_seen else None
    parts = (
        entry.get_kind_display(),
        format_day(entry.moved_on) if shown else "",
        entry.reference,
        entry.reason,
        str(entry.recorded_by or ""),
    )
    return CardRow(
        mark=icon_mark(*CREDIT_MARKS[CustomerCreditEntry.Kind(entry.kind)]),
        title=str(shown or format_day(entry.moved_on)),
        url=record_url(shown) if shown else "",
        detail=" · ".join(filter(None, parts)),
        amount=format_money(entry.amount, entry.currency),
    )
