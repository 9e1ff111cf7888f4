"""Who must say yes before a quote is sent, and to exactly what."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from common.errors import IllegalTransition, MissingField, NotAllowed
from common.formatting import format_money, format_rate
from crm.models import User
from sales.models import ApprovalRule, Quote, QuoteApproval, SalesEvent
from sales.pricing.exchange import to_base
from sales.services.documents.content_hash import content_hash
from sales.services.documents.totals import lines_of
from sales.services.errors import NotDraft
from sales.services.events import record_event

ZERO = Decimal(0)
Measure = ApprovalRule.Measure


class ApprovalNeeded(IllegalTransition):
    """The quote breaks a limit that somebody else has to agree to."""

    code = "approval_needed"


class ApprovalRefused(IllegalTransition):
    """Whoever decides on the quote refused exactly this content."""

    code = "approval_refused"


@dataclass(frozen=True, slots=True)
class Need:
    """A rule that a quote breaks, with the figure that breaks it."""

    rule: ApprovalRule
    figure: Decimal
    currency: str

    def __str__(self) -> str:
        is_total = self.rule.measure == Measure.TOTAL
        shown = format_money(self.figure, self.currency) if is_total else format_rate(self.figure)
        return f"{self.rule.name} ({shown})"


def needs_of(quote: Quote, lines: Sequence[Any]) -> list[Need]:
    """List the active rules that the quote breaks as it stands.

    Discount = everything taken off the lines / what they would come to without it;
    margin = (taxable - cost) / taxable; total in the company's base currency.
    """
    figures = {
        Measure.DISCOUNT_RATE: _discount_rate(lines),
        Measure.MARGIN_RATE: _margin_rate(quote, lines),
        Measure.TOTAL: to_base(quote.total, quote.exchange_rate, quote.company.base_currency),
    }
    needs = []
    for rule in ApprovalRule.objects.filter(is_active=True):
        figure = figures[Measure(rule.measure)]
        if figure is not None and _breaks(rule, figure):
            needs.append(Need(rule, figure, quote.company.base_currency))
    return needs


def check_approved(quote: Quote, lines: Sequence[Any]) -> None:
    """Refuse a quote that needs a yes and has none for exactly this content."""
    needs = needs_of(quote, lines)
    if not needs:
        return
    decision = quote.approvals.filter(content_hash=content_hash(quote, lines)).first()
    if decision is None:
        named = ", ".join(str(need) for need in needs)
        raise ApprovalNeeded(gettext("The quote needs approval: %(rules)s.") % {"rules": named})
    if not decision.approved:
        raise ApprovalRefused(
            gettext("%(approver)s refused this quote: %(reason)s.")
            % {
                "approver": decision.decided_by,
                "reason": decision.comment or gettext("no reason given"),
            }
        )


@transaction.atomic
def decide_approval(
    quote_id: uuid.UUID, *, actor: User, approved: bool, comment: str = ""
) -> QuoteApproval:
    """Say yes or no to a draft as it stands; any later change needs a new decision."""
    quote = Quote.objects.select_for_update(of=("self",)).get(pk=quote_id)
    if not quote.is_draft:
        raise NotDraft(
            gettext("%(quote)s is %(status)s: only drafts are approved.")
            % {"quote": quote, "status": quote.get_status_display()}
        )
    if actor.pk == quote.owner_id and not actor.is_superuser:
        raise NotAllowed(
            gettext("Somebody other than the quote's owner has to decide."), field="approved"
        )
    if not approved and not comment.strip():
        raise MissingField(gettext("Say why the quote is refused."), field="comment")
    decision = QuoteApproval.objects.create(
        quote=quote,
        content_hash=content_hash(quote, lines_of(quote)),
        approved=approved,
        comment=comment.strip(),
        decided_by=actor,
    )
    decided = SalesEvent.Type.QUOTE_APPROVED if approved else SalesEvent.Type.QUOTE_APPROVAL_REFUSED
    record_event(decided, quote, actor=actor, data={"approved": decision.approved})
    return decision


def _breaks(rule: ApprovalRule, figure: Decimal) -> bool:
    if rule.measure == Measure.MARGIN_RATE:
        return figure < rule.threshold
    return figure > rule.threshold


def _discount_rate(lines: Sequence[Any]) -> Decimal | None:
    """Compare what is asked with what the frozen list price would ask."""
    full = asked = ZERO
    for line in lines:
        if line.counts and line.unit_price is not None:
            full += line.quantity * line.unit_price
            asked += line.net - line.header_discount
    return None if full <= 0 else max(ZERO, 1 - asked / full)


def _margin_rate(quote: Quote, lines: Sequence[Any]) -> Decimal | None:
    """Only lines whose cost is known in the document's currency count."""
    taxable = cost = ZERO
    for line in lines:
        if line.counts and line.unit_cost is not None:
            taxable += line.net - line.header_discount
            cost += line.quantity * line.unit_cost
    return None if taxable <= 0 else (taxable - cost) / taxable
