"""Who must say yes before a quote is sent, and to exactly what."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from common.errors import DomainError, IllegalTransition
from crm.models import User
from sales.models import ApprovalRule, DocumentLine, Quote, QuoteApproval, SalesEvent
from sales.pricing.exchange import to_base
from sales.services.documents.content_hash import content_hash
from sales.services.documents.totals import lines_of
from sales.services.errors import MissingField
from sales.services.events import record_event

ZERO = Decimal(0)
Measure = ApprovalRule.Measure


class ApprovalNeeded(IllegalTransition):
    """The quote breaks a limit that somebody else has to agree to."""

    code = "approval_needed"


@dataclass(frozen=True, slots=True)
class Need:
    """A rule that a quote breaks, with the figure that breaks it."""

    rule: ApprovalRule
    figure: Decimal

    def __str__(self) -> str:
        shown = (
            f"{self.figure.normalize():f}"
            if self.rule.measure == Measure.TOTAL
            else f"{self.figure:.1%}"
        )
        return f"{self.rule.name} ({shown})"


def needs_of(quote: Quote, lines: Sequence[DocumentLine]) -> list[Need]:
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
            needs.append(Need(rule, figure))
    return needs


def check_approved(quote: Quote, lines: Sequence[DocumentLine]) -> None:
    """Refuse a quote that needs a yes and has none for exactly this content."""
    needs = needs_of(quote, lines)
    if not needs:
        return
    decision = quote.approvals.filter(content_hash=content_hash(quote, lines)).first()
    if decision is None:
        named = ", ".join(str(need) for need in needs)
        raise ApprovalNeeded(f"The quote needs approval: {named}.")
    if not decision.approved:
        raise ApprovalNeeded(
            f"{decision.decided_by} refused this quote: {decision.comment or 'no reason given'}."
        )


@transaction.atomic
def decide_approval(
    quote_id: uuid.UUID, *, actor: User, approved: bool, comment: str = ""
) -> QuoteApproval:
    """Say yes or no to a draft as it stands; any later change needs a new decision."""
    quote = Quote.objects.select_for_update(of=("self",)).get(pk=quote_id)
    if not quote.is_draft:
        raise IllegalTransition(f"{quote} is {quote.get_status_display()}; only drafts need a yes.")
    if actor.pk == quote.owner_id and not actor.is_superuser:
        raise DomainError("Somebody other than the quote's owner has to decide.", field="approved")
    if not approved and not comment.strip():
        raise MissingField("Say why the quote is refused.", field="comment")
    decision = QuoteApproval.objects.create(
        quote=quote,
        content_hash=content_hash(quote, lines_of(quote)),
        approved=approved,
        comment=comment.strip(),
        decided_by=actor,
    )
    record_event(
        SalesEvent.Type.QUOTE_CHANGED, quote, actor=actor, data={"approved": decision.approved}
    )
    return decision


def _breaks(rule: ApprovalRule, figure: Decimal) -> bool:
    if rule.measure == Measure.MARGIN_RATE:
        return figure < rule.threshold
    return figure > rule.threshold


def _discount_rate(lines: Sequence[DocumentLine]) -> Decimal | None:
    """Compare what is asked with what the frozen list price would ask."""
    full = asked = ZERO
    for line in lines:
        if line.counts and line.unit_price is not None:
            full += line.quantity * line.unit_price
            asked += line.net - line.header_discount
    return None if full <= 0 else max(ZERO, 1 - asked / full)


def _margin_rate(quote: Quote, lines: Sequence[DocumentLine]) -> Decimal | None:
    """Only lines whose cost is known in the document's currency count."""
    taxable = cost = ZERO
    for line in lines:
        if line.counts and line.unit_cost is not None:
            taxable += line.net - line.header_discount
            cost += line.quantity * line.unit_cost
    return None if taxable <= 0 else (taxable - cost) / taxable
