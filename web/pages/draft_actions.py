"""Actions on drafts: refresh or lock prices, take lines, request and decide approval."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext

from crm.models import User
from sales.models import AnyDocument, Order, Quote, kind_of
from sales.services.approvals import Approval, check_may_decide, check_not_asked
from sales.services.documents.new_lines import refuse_locked
from sales.services.price_refresh import PriceDrift
from sales.services.prices.override_rights import no_lock_reason
from web.display import Action
from web.pages.records import refusal_of


def refresh_action(document: AnyDocument, drifts: Sequence[PriceDrift]) -> Action:
    """Offer to take the list's prices of today."""
    drifted = any(drift.has_drifted for drift in drifts)
    return Action(
        gettext("Refresh prices"),
        reverse("sales:price-refresh", args=[kind_of(document).url_word, document.pk]),
        "refresh",
        asks=True,
        aside=True,
        reason=_no_refresh_reason(document, drifted=drifted),
    )


def _no_refresh_reason(document: AnyDocument, *, drifted: bool) -> str:
    if reason := refusal_of(refuse_locked, document):
        return reason
    return "" if drifted else gettext("Every price equals the list price.")


def take_lines_action(quote: Quote) -> Action:
    """Offer a quote the lines of its opportunity."""
    url = reverse("sales:quote-take-lines", args=[quote.pk])
    return Action(gettext("Take lines from the opportunity"), url, "target-arrow", aside=True)


def lock_action(order: Order, user: User) -> Action:
    """Let those who may override prices lock and unlock them."""
    locked = order.prices_are_locked
    return Action(
        gettext("Unlock prices") if locked else gettext("Lock prices"),
        reverse(f"sales:order-{'unlock' if locked else 'lock'}-prices", args=[order.pk]),
        "lock-open" if locked else "lock",
        aside=True,
        reason=no_lock_reason(user),
    )


def approval_actions(quote: Quote, user: User, approval: Approval) -> list[Action]:
    """Offer to ask for approval, and to approve or refuse, where one is needed."""
    if not approval.needs:
        return []

    def action(label: str, name: str, icon: str, reason: str, *, dialog: bool = False) -> Action:
        url = reverse(f"sales:quote-{name}", args=[quote.pk])
        return Action(label, url, icon, asks=True, dialog=dialog, reason=reason)

    actions = []
    if user.has_perm("sales.approve_quote"):
        reason = refusal_of(lambda each: check_may_decide(each, user), quote)
        decided = gettext("The quote is decided as it stands.") if approval.decision else reason
        actions += [
            action(gettext("Approve"), "approve", "thumb-up", decided),
            action(gettext("Refuse"), "refuse", "thumb-down", decided),
        ]
    asked = refusal_of(check_not_asked, approval)
    ask = action(gettext("Ask for approval"), "ask-approval", "help", asked, dialog=True)
    return [*actions, ask]
