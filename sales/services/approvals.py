"""Approvals of quotes: which rules a draft breaks, requests for approval, and decisions.

A decision holds for exactly the content it was made about: any change needs a new one.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.fields.json import KT
from django.utils.translation import gettext

from common.errors import DomainError, IllegalTransition, MissingField, NotAllowed
from common.formatting import format_money, format_rate
from crm.models import User
from sales.models import ApprovalRule, DocumentLine, Quote, QuoteApproval, SalesEvent
from sales.models.quotes import QuoteQuerySet
from sales.pricing.exchange import to_base
from sales.services.documents.content_hash import content_hash
from sales.services.documents.totals import lines_of
from sales.services.errors import NotDraft
from sales.services.events import record_event

ZERO = Decimal(0)
Measure = ApprovalRule.Measure
REQUEST_COMMENT = "approval_asked"
"""The key of the comment in the event of a request."""


class ApprovalNeeded(IllegalTransition):
    """The quote breaks a rule and is not approved as it stands."""

    code = "approval_needed"


class ApprovalRefused(IllegalTransition):
    """Exactly this content of the quote was refused."""

    code = "approval_refused"


class ApprovalNotNeeded(DomainError):
    """The quote breaks no approval rule."""

    code = "approval_not_needed"


class AlreadyRequested(IllegalTransition):
    """Approval of exactly this content is requested or decided already."""

    code = "already_requested"


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


@dataclass(frozen=True, slots=True)
class Approval:
    """State of a quote's approval: broken rules, open request, decision, earlier decisions."""

    needs: Sequence[Need] = ()
    decision: QuoteApproval | None = None
    asked: SalesEvent | None = None
    history: Sequence[QuoteApproval] = field(default_factory=list)

    @property
    def is_missing(self) -> bool:
        """Whether the draft cannot be activated as it stands."""
        return bool(self.needs) and not (self.decision and self.decision.approved)

    @property
    def is_waiting(self) -> bool:
        """Whether approval was requested and is not decided yet."""
        return bool(self.needs) and self.asked is not None and self.decision is None


def approval_of(
    quote: Quote, lines: Sequence[DocumentLine], events: Sequence[SalesEvent] | None = None
) -> Approval:
    """Return the state of a quote's approval, in three statements at most.

    A caller that has read all events of the quote, newest first, passes them and saves one.
    """
    history = list(quote.approvals.select_related("decided_by"))
    if not quote.is_draft:
        return Approval(history=history)
    needs = needs_of(quote, lines)
    if not needs:
        return Approval(history=history)
    content = content_hash(quote, lines)
    decision = next((each for each in history if each.content_hash == content), None)
    asked = _request_for(quote, content, events)
    return Approval(needs, decision, asked, history)


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
            needs.append(Need(rule, figure, quote.company.base_currency))
    return needs


def check_approved(quote: Quote, lines: Sequence[DocumentLine]) -> None:
    """Refuse a quote that needs approval and has none for exactly this content."""
    needs = needs_of(quote, lines)
    if not needs:
        return
    decision = quote.approvals.filter(content_hash=content_hash(quote, lines)).first()
    if decision is None:
        named = ", ".join(str(need) for need in needs)
        raise ApprovalNeeded(
            gettext("The quote breaks approval rules: %(rules)s. Ask for approval first.")
            % {"rules": named}
        )
    if not decision.approved:
        raise ApprovalRefused(
            gettext("%(approver)s refused this quote: %(reason)s. Change it, then ask again.")
            % {
                "approver": decision.decided_by,
                "reason": decision.comment or gettext("no reason given"),
            }
        )


@transaction.atomic
def request_approval(quote_id: uuid.UUID, *, actor: User, comment: str = "") -> Quote:
    """Request approval of a draft as it stands."""
    quote = _lock_draft(quote_id)
    lines = lines_of(quote)
    approval = approval_of(quote, lines)
    if not approval.needs:
        raise ApprovalNotNeeded(
            gettext("The quote breaks no approval rule: activate it without approval.")
        )
    _refuse_repeated_request(approval)
    data = {REQUEST_COMMENT: comment.strip(), "content_hash": content_hash(quote, lines)}
    record_event(SalesEvent.Type.QUOTE_APPROVAL_REQUESTED, quote, actor=actor, data=data)
    return quote


@transaction.atomic
def decide_approval(
    quote_id: uuid.UUID, *, actor: User, approved: bool, comment: str = ""
) -> QuoteApproval:
    """Approve or refuse a draft as it stands; any later change needs a new decision."""
    quote = _lock_draft(quote_id)
    if not quote.may_be_decided_by(actor):
        raise NotAllowed(
            gettext("The owner of a quote cannot decide its approval: another approver has to."),
            field="approved",
        )
    if not approved and not comment.strip():
        raise MissingField(gettext("Give the reason for the refusal."), field="comment")
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


def quotes_to_approve(approver: User) -> QuoteQuerySet:
    """List the drafts with an open request that this person may decide on, oldest first."""
    latest = _requests(OuterRef("pk"))
    decided = QuoteApproval.objects.filter(quote=OuterRef("pk"), content_hash=OuterRef("asked"))
    drafts = Quote.objects.visible_to(approver).filter(status=Quote.Status.DRAFT)
    waiting: QuoteQuerySet = (
        drafts.exclude(owner=approver)
        .annotate(asked=Subquery(latest.values(content=KT("data__content_hash"))[:1]))
        .filter(~Exists(decided), asked__isnull=False)
        .order_by("updated_at", "pk")
    )
    return waiting


def _request_for(
    quote: Quote, content: str, events: Sequence[SalesEvent] | None
) -> SalesEvent | None:
    if events is None:
        return _requests(quote.pk).filter(data__content_hash=content).first()
    requests = (event for event in events if REQUEST_COMMENT in event.data)
    return next((each for each in requests if each.data["content_hash"] == content), None)


def _requests(quote_id: uuid.UUID | OuterRef) -> QuerySet[SalesEvent]:
    asked = SalesEvent.objects.filter(subject_id=quote_id, data__has_key=REQUEST_COMMENT)
    return asked.order_by("-subject_version")


def _refuse_repeated_request(approval: Approval) -> None:
    """Refuse a second request for the same content."""
    if approval.decision is not None and approval.decision.approved:
        raise AlreadyRequested(gettext("The quote is approved as it stands: activate it."))
    if approval.decision is not None:
        raise AlreadyRequested(
            gettext("The quote is refused as it stands: change it before you ask again.")
        )
    if approval.asked is not None:
        raise AlreadyRequested(
            gettext("Approval of the quote as it stands is requested already: await the decision.")
        )


def _lock_draft(quote_id: uuid.UUID) -> Quote:
    quote = Quote.objects.select_for_update(of=("self",)).get(pk=quote_id)
    if not quote.is_draft:
        raise NotDraft(
            gettext("%(quote)s is %(status)s: only drafts are approved.")
            % {"quote": quote, "status": quote.get_status_display()}
        )
    return quote


def _breaks(rule: ApprovalRule, figure: Decimal) -> bool:
    if rule.measure == Measure.MARGIN_RATE:
        return figure < rule.threshold
    return figure > rule.threshold


def _discount_rate(lines: Sequence[DocumentLine]) -> Decimal | None:
    """Compare the net amounts with what the frozen prices come to without discounts."""
    full = asked = ZERO
    for line in lines:
        if line.counts and line.unit_price is not None:
            full += line.quantity * line.unit_price
            asked += line.net - line.header_discount
    return None if full <= 0 else max(ZERO, 1 - asked / full)


def _margin_rate(quote: Quote, lines: Sequence[DocumentLine]) -> Decimal | None:
    """Compute the margin of the lines whose cost is known."""
    taxable = cost = ZERO
    for line in lines:
        if line.counts and line.unit_cost is not None:
            taxable += line.net - line.header_discount
            cost += line.quantity * line.unit_cost
    return None if taxable <= 0 else (taxable - cost) / taxable
