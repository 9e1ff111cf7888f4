"""Decisions about quotes, by somebody who has just opened them."""

from __future__ import annotations

from crm.models import User
from sales.models import Quote, QuoteApproval
from sales.services.approvals import decide_approval, review_quote


def decide(quote: Quote, *, actor: User, approved: bool = True, comment: str = "") -> QuoteApproval:
    """Approve or refuse a quote as it stands."""
    seen = review_quote(Quote.objects.get(pk=quote.pk)).shown
    return decide_approval(quote.pk, actor=actor, approved=approved, seen=seen, comment=comment)
