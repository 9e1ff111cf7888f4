"""Approvals of quotes: which rules a draft breaks, requests for approval, and decisions.

A decision holds for exactly the content it was made about: any change needs a new one.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import astuple, dataclass, field

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KT
from django.utils.translation import gettext

from common.errors import DomainError, IllegalTransition, MissingField, NotAllowed, StaleVersion
from crm.models import User
from sales.models import DocumentLine, Quote, QuoteApproval, SalesEvent
from sales.models.quotes import QuoteQuerySet
from sales.pricing.errors import NoExchangeRate
from sales.services.approval_needs import Need, QuoteFigures, needs_of
from sales.services.documents.content_hash import content_hash, hash_values
from sales.services.documents.todays_figures import todays_figures
from sales.services.errors import NotDraft
from sales.services.events import record_event
from sales.services.order_differences import ChangeEntry
from sales.services.prices.list_prices import ListPrices
from sales.services.prices.pricing_input import lines_of
from sales.services.quote_differences import content_changes, content_of

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
    """Approval of exactly this content is requested already."""

    code = "already_requested"


class AlreadyDecided(IllegalTransition):
    """Approval of exactly this content is given or refused already."""

    code = "already_decided"


@dataclass(frozen=True, slots=True)
class Approval:
    """State of a quote's approval: why it needs one, open request, decision, earlier decisions."""

    needs: Sequence[Need] = ()
    decision: QuoteApproval | None = None
    asked: SalesEvent | None = None
    history: Sequence[QuoteApproval] = field(default_factory=list)
    problem: NoExchangeRate | None = None
    """The missing exchange rate without which the needs are unknown."""

    @property
    def is_approved(self) -> bool:
        """Whether exactly this content was approved."""
        return self.decision is not None and self.decision.approved

    @property
    def is_missing(self) -> bool:
        """Whether the draft cannot be activated as it stands."""
        return bool(self.needs) and not self.is_approved

    @property
    def is_waiting(self) -> bool:
        """Whether approval was requested and is not decided yet."""
        return bool(self.needs) and self.asked is not None and self.decision is None


@dataclass(frozen=True, slots=True)
class Review:
    """Content of a quote for its approver: lines, figures, and the changes since the last yes."""

    quote: Quote
    """The quote as it would be activated today; so are its lines, figures and hashes."""
    content_hash: str
    shown: str
    """Hashes of all that is shown, the content, then the reasons and what they are measured by;
    and the version of the quote."""
    lines: Sequence[DocumentLine]
    figures: QuoteFigures
    needs: Sequence[Need]
    problem: NoExchangeRate | None
    asked: SalesEvent | None
    last_yes: QuoteApproval | None
    """The last approval of this quote, or of an earlier revision."""
    changes: Sequence[ChangeEntry]
    """What differs from the content that was approved then."""


def approval_of(
    quote: Quote,
    lines: Sequence[DocumentLine],
    *,
    events: Sequence[SalesEvent] | None = None,
    prices: ListPrices | None = None,
) -> Approval:
    """Return the approval state of a quote with today's figures, in three statements at most.

    Three more where prices were typed, and two for each other currency. A caller that has read all
    events of the quote, newest first, or its list prices, passes them and saves those.
    """
    history = list(quote.approvals.select_related("decided_by").defer("content"))
    if not quote.is_draft:
        return Approval(history=history)
    try:
        needs = needs_of(quote, QuoteFigures(quote, lines, prices))
    except NoExchangeRate as problem:
        return Approval(history=history, problem=problem)
    if not needs:
        return Approval(history=history)
    content = content_hash(quote, lines)
    decision = next((each for each in history if each.content_hash == content), None)
    asked = _request_for(quote, content, events)
    return Approval(needs, decision, asked, history)


def review_quote(quote: Quote) -> Review:
    """Read a quote for its approver, with the hash of what is shown."""
    return _review(*_as_activated(quote))


def _as_activated(quote: Quote) -> tuple[Quote, Sequence[DocumentLine]]:
    """Return a draft and its lines with the figures at which it would be activated today."""
    today = todays_figures(quote, lines_of(quote))
    return today.document, today.lines


def _review(quote: Quote, lines: Sequence[DocumentLine]) -> Review:
    figures, content = QuoteFigures(quote, lines), content_hash(quote, lines)
    needs, problem = list[Need](), None
    try:
        needs = needs_of(quote, figures)
    except NoExchangeRate as error:
        problem = error
    last_yes = _last_yes(quote)
    changes = []
    if last_yes is not None and last_yes.content:
        changes = content_changes(last_yes.content, content_of(quote, lines))
    asked = _request_for(quote, content, None)
    measured = hash_values([str(problem or ""), *map(astuple, needs), *figures.measured()])
    shown = f"{content}-{measured}-{quote.version}"
    return Review(quote, content, shown, lines, figures, needs, problem, asked, last_yes, changes)


def check_approved(quote: Quote, lines: Sequence[DocumentLine]) -> None:
    """Refuse a quote that needs approval and has none for exactly this content."""
    needs = needs_of(quote, QuoteFigures(quote, lines))
    if not needs:
        return
    decision = quote.approvals.filter(content_hash=content_hash(quote, lines)).first()
    check_given(Approval(needs, decision))


def check_given(approval: Approval) -> None:
    """Refuse to activate a quote that is not approved, or nobody can tell whether it has to be."""
    if approval.problem is not None:
        raise approval.problem
    if not approval.is_missing:
        return
    if approval.decision is None:
        named = ", ".join(str(need) for need in approval.needs)
        raise ApprovalNeeded(
            gettext("The quote needs approval: %(rules)s. Ask for approval first.")
            % {"rules": named}
        )
    raise ApprovalRefused(
        gettext("%(approver)s refused this quote: %(reason)s. Change it, then ask again.")
        % {
            "approver": approval.decision.decided_by,
            "reason": approval.decision.comment or gettext("no reason given"),
        }
    )


@transaction.atomic
def request_approval(quote_id: uuid.UUID, *, actor: User, comment: str = "") -> Quote:
    """Request approval of a draft as it stands."""
    quote = _lock_draft(quote_id)
    today, lines = _as_activated(quote)
    approval = approval_of(today, lines)
    if approval.problem is not None:
        raise approval.problem
    if not approval.needs:
        raise ApprovalNotNeeded(
            gettext("The quote breaks no approval rule: activate it without approval.")
        )
    check_not_asked(approval)
    data = {REQUEST_COMMENT: comment.strip(), "content_hash": content_hash(today, lines)}
    record_event(SalesEvent.Type.QUOTE_APPROVAL_REQUESTED, quote, actor=actor, data=data)
    return quote


@transaction.atomic
def decide_approval(
    quote_id: uuid.UUID, *, actor: User, approved: bool, seen: str, comment: str = ""
) -> QuoteApproval:
    """Approve or refuse what was seen, the hash of a review; refused if any of it changed since.

    Any later change of the content needs a new decision.
    """
    quote = _lock_draft(quote_id)
    review = review_quote(quote)
    check_may_decide(quote, actor)
    _refuse_unseen(review, seen)
    if not approved and not comment.strip():
        raise MissingField(gettext("Give the reason for the refusal."), field="comment")
    if approved and review.problem is not None:
        raise review.problem
    decision = QuoteApproval.objects.create(
        quote=quote,
        content_hash=review.content_hash,
        content=content_of(review.quote, review.lines),
        approved=approved,
        comment=comment.strip(),
        decided_by=actor,
    )
    decided = SalesEvent.Type.QUOTE_APPROVED if approved else SalesEvent.Type.QUOTE_APPROVAL_REFUSED
    record_event(decided, quote, actor=actor, data={"approved": decision.approved})
    return decision


def check_may_decide(quote: Quote, actor: User) -> None:
    """Refuse the owner of a quote to decide its approval."""
    if not quote.may_be_decided_by(actor):
        raise NotAllowed(
            gettext("The owner of a quote cannot decide its approval: another approver has to."),
            field="approved",
        )


def _refuse_unseen(review: Review, seen: str) -> None:
    """Refuse to decide on another content than was shown, or for other reasons and figures."""
    content, measured, version = review.shown.split("-")
    seen_content, seen_measured, seen_version = [*seen.split("-"), "", ""][:3]
    if (seen_content, seen_measured) == (content, measured):
        return
    if seen_content == content or seen_version == version:
        raise StaleVersion(
            gettext(
                "What the quote is measured against was changed since you opened it: "
                "its list prices, a rule or a rate. This is how it stands now."
            )
        )
    raise StaleVersion(
        gettext("The quote was changed since you opened it. This is how it stands now.")
    )


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


def _last_yes(quote: Quote) -> QuoteApproval | None:
    """Find the last approval of a quote, or of an earlier revision of its number."""
    revised = quote.revises
    same = Q(quote=quote) | Q(quote__number=revised.number) if revised else Q(quote=quote)
    approved = QuoteApproval.objects.filter(same, approved=True).select_related("decided_by")
    return approved.first()


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


def check_not_asked(approval: Approval) -> None:
    """Refuse a second request for the same content."""
    if approval.is_approved:
        raise AlreadyDecided(gettext("The quote is approved as it stands: activate it."))
    if approval.decision is not None:
        raise AlreadyDecided(
            gettext("The quote is refused as it stands: change it before you ask again.")
        )
    if approval.asked is not None:
        raise AlreadyRequested(
            gettext("Approval of the quote as it stands is requested already: await the decision.")
        )


def _lock_draft(quote_id: uuid.UUID) -> Quote:
    quote = Quote.objects.select_for_update(of=("self",)).get(pk=quote_id)
    check_is_draft(quote)
    return quote


def check_is_draft(quote: Quote) -> None:
    """Refuse to approve what was sent already."""
    if not quote.is_draft:
        raise NotDraft(
            gettext("%(quote)s is %(status)s: only drafts are approved. Revise it first.")
            % {"quote": quote, "status": quote.status_word}
        )
