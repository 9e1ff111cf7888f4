"""Asking for a yes to a quote, and where the asking stands."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.fields.json import KT
from django.utils.translation import gettext

from common.errors import DomainError
from crm.models import User
from sales.models import DocumentLine, Quote, QuoteApproval, SalesEvent
from sales.models.quotes import QuoteQuerySet
from sales.services.approvals import Need, needs_of
from sales.services.documents.content_hash import content_hash
from sales.services.documents.totals import lines_of
from sales.services.errors import NotDraft
from sales.services.events import record_event

ASKED = "approval_asked"


class ApprovalNotNeeded(DomainError):
    """The quote breaks no approval rule."""

    code = "approval_not_needed"


class AskedAlready(DomainError):
    """Exactly this content waits for a decision, or has one."""

    code = "asked_already"


@dataclass(frozen=True, slots=True)
class Approval:
    """Which rules a draft breaks, who was asked to agree, and what they said to this content."""

    needs: Sequence[Need] = ()
    decision: QuoteApproval | None = None
    asked: SalesEvent | None = None
    history: Sequence[QuoteApproval] = field(default_factory=list)

    @property
    def is_missing(self) -> bool:
        """Whether the draft cannot go out as it stands."""
        return bool(self.needs) and not (self.decision and self.decision.approved)

    @property
    def is_waiting(self) -> bool:
        """Whether somebody was asked and has not answered yet."""
        return bool(self.needs) and self.asked is not None and self.decision is None


def approval_of(
    quote: Quote, lines: Sequence[DocumentLine], events: Sequence[SalesEvent] | None = None
) -> Approval:
    """Say where a quote stands with approvals, in three statements at most.

    Who has read all events of the quote, newest first, passes them and saves one.
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


@transaction.atomic
def ask_approval(quote_id: uuid.UUID, *, actor: User, comment: str = "") -> Quote:
    """Ask whoever may approve for a yes to a draft as it stands."""
    quote = Quote.objects.select_for_update(of=("self",)).get(pk=quote_id)
    if not quote.is_draft:
        raise NotDraft(
            gettext("%(quote)s is %(status)s: only drafts are approved.")
            % {"quote": quote, "status": quote.get_status_display()}
        )
    lines = lines_of(quote)
    approval = approval_of(quote, lines)
    if not approval.needs:
        raise ApprovalNotNeeded(
            gettext("The quote keeps to every rule: it can be activated as it stands.")
        )
    if approval.decision or approval.asked:
        raise AskedAlready(gettext("Approval of exactly this content was asked for already."))
    data = {ASKED: comment.strip(), "content_hash": content_hash(quote, lines)}
    record_event(SalesEvent.Type.QUOTE_APPROVAL_REQUESTED, quote, actor=actor, data=data)
    return quote


def quotes_to_approve(approver: User) -> QuoteQuerySet:
    """List the drafts somebody asked about that this person may decide on, oldest first."""
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
    requests = (event for event in events if ASKED in event.data)
    return next((each for each in requests if each.data["content_hash"] == content), None)


def _requests(quote_id: uuid.UUID | OuterRef) -> QuerySet[SalesEvent]:
    asked = SalesEvent.objects.filter(subject_id=quote_id, data__has_key=ASKED)
    return asked.order_by("-subject_version")
