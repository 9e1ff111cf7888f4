"""Actions on an invoice, each with the reason if it is not possible now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext

from crm.models import User
from sales.models import Invoice
from sales.services.billing.surplus import Surplus
from sales.services.credit_notes import check_creditable, nothing_to_credit
from sales.services.price_refresh import PriceDrift
from web.display import Action
from web.pages.draft_actions import refresh_action
from web.pages.duties import bill_elsewhere_reason, credit_elsewhere_reason
from web.pages.payments import payment_actions
from web.pages.records import refusal_of
from web.pages.todays_figures import ISSUE


def invoice_actions(
    invoice: Invoice,
    user: User,
    drifts: Sequence[PriceDrift],
    customer_credit: Decimal,
    surplus: Surplus | None,
) -> list[Action]:
    """List what can be done with an invoice, the next step first."""
    if not user.has_perm("sales.change_invoice"):
        return []
    if surplus is not None and surplus.down_payment == invoice:
        return _surplus_actions(invoice, user, customer_credit)
    if invoice.is_draft:
        return _draft_actions(invoice, user, drifts)
    return [] if invoice.is_credit_note else _issued_actions(invoice, user, customer_credit)


def _url(invoice: Invoice, name: str) -> str:
    return reverse(f"sales:invoice-{name}", args=[invoice.pk])


def _draft_actions(invoice: Invoice, user: User, drifts: Sequence[PriceDrift]) -> list[Action]:
    issue = Action(
        gettext("Issue"),
        _url(invoice, "issue"),
        "send",
        form_id=ISSUE,
        reason=_no_bill_reason(invoice, user),
    )
    delete = Action(
        gettext("Delete draft"),
        _url(invoice, "delete"),
        "trash",
        tone="danger",
        confirm=gettext("Delete this draft? What it bills may be billed again."),
    )
    if invoice.bills_order:
        return [issue, delete]
    edit = Action(gettext("Edit head"), _url(invoice, "edit"), "pencil", asks=True)
    return [issue, edit, refresh_action(invoice, drifts), delete]


def _surplus_actions(invoice: Invoice, user: User, customer_credit: Decimal) -> list[Action]:
    """Take back first what cannot be deducted any more: by a credit note, or with the draft."""
    if invoice.is_draft:
        issue, delete = _draft_actions(invoice, user, ())
        return [delete, issue]
    *payments, credit = _issued_actions(invoice, user, customer_credit)
    return [replace(credit, aside=False), *payments]


def _issued_actions(invoice: Invoice, user: User, customer_credit: Decimal) -> list[Action]:
    credit = Action(
        gettext("Credit note"),
        _url(invoice, "credit"),
        "receipt-refund",
        asks=True,
        aside=True,
        reason=no_credit_reason(invoice, user),
    )
    return [*payment_actions(invoice, user, customer_credit), credit]


def _no_bill_reason(invoice: Invoice, user: User) -> str:
    """Return why another system bills the order of the invoice; empty where none does."""
    return bill_elsewhere_reason(invoice.company, user) if invoice.bills_order else ""


def no_credit_reason(invoice: Invoice, user: User) -> str:
    """Return why the invoice cannot be credited; empty when it can."""
    if reason := credit_elsewhere_reason(invoice, user) or _no_bill_reason(invoice, user):
        return reason
    if invoice.is_credited:
        return str(nothing_to_credit(invoice))
    return refusal_of(check_creditable, invoice)
