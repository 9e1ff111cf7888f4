"""Outcome of an order on its page: what it comes to, and the goods to credit that came back."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext

from common.formatting import format_money, format_quantity
from crm.models import User
from sales.models import OrderLine
from sales.services.billing.order_outcome import (
    BilledReturn,
    Outcome,
    OverbillingDraft,
    billed_returns,
    overbilling_drafts,
)
from web.display import Link, with_links
from web.pages.lines import TotalRow
from web.record_urls import record_url

RETURNED = "returned"
"""Parameter of the form of a credit note: propose what came back for good, not billed again."""


def outcome_rows(outcome: Outcome | None, currency: str) -> list[TotalRow]:
    """Write below an order's total what of it is never billed, and what it comes to."""
    if outcome is None:
        return []
    steps = (
        (gettext("Returned, not billed"), -outcome.not_billed),
        (gettext("Not taken off any more"), outcome.not_taken_off),
        (gettext("Credited for good"), -outcome.credited),
    )
    rows = [TotalRow(label, format_money(each, currency)) for label, each in steps if each]
    return [*rows, TotalRow(gettext("Comes to"), format_money(outcome.total, currency), css="rule")]


def return_notices(lines: Sequence[OrderLine], user: User) -> list[str]:
    """Name what came back for good and stays billed or on a draft, with the way on."""
    if not user.has_perm("sales.add_invoice"):
        return []
    drafts = [_notice_of_draft(each) for each in overbilling_drafts(lines)]
    return [*drafts, *(_notice(each) for each in billed_returns(lines))]


def _notice_of_draft(found: OverbillingDraft) -> str:
    sentence = gettext(
        "A draft invoice bills %(quantity)s of %(line)s more than is left since goods came back: "
        "delete the draft, and invoice what is left."
    )
    values = {"quantity": format_quantity(found.quantity), "line": found.line.description}
    return with_links(sentence % values, [Link(gettext("Open the draft"), record_url(found.draft))])


def _notice(returned: BilledReturn) -> str:
    invoice, line = returned.invoice, returned.line
    values = {
        "quantity": format_quantity(returned.quantity),
        "line": line.description,
        "invoice": invoice,
    }
    sentence = gettext(
        "%(quantity)s of %(line)s came back, are not replaced and stay billed: credit %(invoice)s, "
        "not to be invoiced again."
    )
    credit = gettext("Credit %(invoice)s") % {"invoice": invoice}
    address = reverse("sales:invoice-credit", args=[invoice.pk])
    return with_links(sentence % values, [Link(credit, f"{address}?{RETURNED}=1")])
