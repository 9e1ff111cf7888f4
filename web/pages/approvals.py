"""Approval card of a quote: broken rules, requests and decisions."""

from __future__ import annotations

from django.utils.translation import gettext

from common.formatting import format_money, format_rate
from sales.models import ApprovalRule, Quote, QuoteApproval
from sales.services.approvals import REQUEST_COMMENT, Approval, Need
from web.chips.documents import decision_chip
from web.display import When
from web.pages.cards import Card, CardRow, icon_mark, person_mark

Measure = ApprovalRule.Measure


def approval_card(quote: Quote, approval: Approval) -> Card | None:
    """Format the state of a quote's approval; nothing where no rule was ever broken."""
    currency = quote.company.base_currency
    rows = [
        *(_need_row(need, currency) for need in approval.needs),
        *_request_row(approval),
        *(_decision_row(each, approval) for each in approval.history),
    ]
    return Card(title=gettext("Approval"), id="approval", rows=rows) if rows else None


def _need_row(need: Need, currency: str) -> CardRow:
    mark = icon_mark("rosette", "mark-warn")
    return CardRow(mark=mark, title=need.rule.name, detail=_format_need(need, currency))


def _format_need(need: Need, currency: str) -> str:
    measure = Measure(need.rule.measure)
    if measure == Measure.TOTAL:
        figure, limit = (format_money(x, currency) for x in (need.figure, need.rule.threshold))
        text = gettext("The total is %(figure)s; up to %(limit)s needs no approval.")
    elif measure == Measure.MARGIN_RATE:
        figure, limit = (format_rate(x) for x in (round(need.figure, 4), need.rule.threshold))
        text = gettext("The margin is %(figure)s; below %(limit)s it needs approval.")
    else:
        figure, limit = (format_rate(x) for x in (round(need.figure, 4), need.rule.threshold))
        text = gettext("The discount is %(figure)s; up to %(limit)s needs no approval.")
    return text % {"figure": figure, "limit": limit}


def _request_row(approval: Approval) -> list[CardRow]:
    asked = approval.asked
    if asked is None or not approval.is_waiting:
        return []
    return [
        CardRow(
            mark=icon_mark("hourglass", "bg-azure-lt"),
            title=gettext("%(name)s asked for approval") % {"name": asked.actor_name},
            detail=str(asked.data[REQUEST_COMMENT]),
            when=When.of(asked.occurred_at),
        )
    ]


def _decision_row(decision: QuoteApproval, approval: Approval) -> CardRow:
    is_earlier = bool(approval.needs) and decision != approval.decision
    return CardRow(
        mark=person_mark(decision.decided_by, "initials-s"),
        title=str(decision.decided_by),
        note=gettext("for an earlier version") if is_earlier else "",
        detail=decision.comment,
        chip=decision_chip(approved=decision.approved),
        when=When.of(decision.decided_at),
    )
