"""What can be done with a draft besides editing it."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sales.models import AnyDocument, OpportunityLine, Order, Quote, kind_of
from sales.services.approval_requests import Approval
from sales.services.prices.override_rights import may_override
from sales.services.prices.price_refresh import PriceDrift
from web.display import Action
from web.http import RepRequest


def draft_verbs(document: AnyDocument, drifts: Sequence[PriceDrift]) -> list[Action]:
    """List what any draft can take over: its opportunity's lines, the list's prices of today."""
    kind = kind_of(document).url_word
    drifted = any(drift.has_drifted for drift in drifts)
    refresh = Action(
        _("Refresh prices"),
        reverse("sales:price-refresh", args=[kind, document.pk]),
        "refresh",
        asks=True,
        aside=True,
        reason=_why_not_refresh(document, drifted=drifted),
    )
    return [*take_lines_verb(document), refresh]


def _why_not_refresh(document: AnyDocument, *, drifted: bool) -> str:
    if document.prices_locked:
        return gettext("The prices are locked.")
    return "" if drifted else gettext("Every price is the list's.")


def take_lines_verb(document: AnyDocument) -> list[Action]:
    """Offer a quote the lines of its opportunity, where there are any."""
    if not isinstance(document, Quote) or document.opportunity_id is None:
        return []
    if not OpportunityLine.objects.filter(opportunity=document.opportunity_id).exists():
        return []
    address = reverse("sales:quote-take-lines", args=[document.pk])
    return [Action(_("Take lines from the opportunity"), address, "target-arrow", aside=True)]


def lock_verbs(request: RepRequest, order: Order) -> list[Action]:
    """Let those who may override prices lock and unlock them."""
    locked = order.prices_are_locked
    may = may_override(request.user)
    return [
        Action(
            _("Unlock prices") if locked else _("Lock prices"),
            reverse(f"sales:order-{'unlock' if locked else 'lock'}-prices", args=[order.pk]),
            "lock-open" if locked else "lock",
            aside=True,
            reason="" if may else gettext("Only who may override prices can do that."),
        )
    ]


def approval_verbs(request: RepRequest, quote: Quote, approval: Approval) -> list[Action]:
    """Offer to ask for a yes, and to give one, where a rule is broken."""
    if not approval.needs:
        return []

    def verb(label: str, name: str, icon: str, reason: str) -> Action:
        address = reverse(f"sales:quote-{name}", args=[quote.pk])
        return Action(label, address, icon, asks=True, dialog=True, reason=reason)

    deeds = []
    if request.user.has_perm("sales.approve_quote"):
        own = quote.owner_id == request.user.pk and not request.user.is_superuser
        reason = gettext("Somebody other than the owner has to decide.") if own else ""
        decided = gettext("It is decided as it stands.") if approval.decision else reason
        deeds += [
            verb(gettext("Approve"), "approve", "thumb-up", decided),
            verb(gettext("Refuse"), "refuse", "thumb-down", decided),
        ]
    waits = gettext("Asked already.") if approval.asked or approval.decision else ""
    return [*deeds, verb(gettext("Ask for approval"), "ask-approval", "help", waits)]
