"""Approval of a quote: the card on its page, and the page of its approver."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django import forms
from django.utils.translation import gettext, ngettext

from common.formatting import (
    format_day,
    format_moment,
    format_money,
    format_price,
    format_quantity,
    format_rate,
)
from crm.models import User
from sales.models import ApprovalRule, DocumentLine, Quote, QuoteApproval, SalesEvent
from sales.pricing.concessions import Concession
from sales.pricing.errors import NoExchangeRate
from sales.pricing.money import round_money
from sales.services.approval_needs import Margin, Need, QuoteFigures
from sales.services.approvals import REQUEST_COMMENT, Approval, Review, review_quote
from sales.services.prices.pricing_input import terms_of
from web.chips.documents import decision_chip
from web.display import Fact, Link, When
from web.pages.cards import Card, CardRow, icon_mark, person_mark
from web.pages.field_changes import FieldChange, field_changes
from web.pages.forms import FormPage
from web.pages.line_editor import format_volume_discount
from web.pages.lines import format_discount
from web.record_urls import record_url

Measure = ApprovalRule.Measure
MAY_APPROVE = "sales.approve_quote"
"""Who holds this right sees margins as well."""


@dataclass(frozen=True, slots=True)
class ReviewedLine:
    """A line as somebody sees it who decides on the quote."""

    code: str
    description: str
    note: str
    """That it is optional, or on no list; empty for most."""
    quantity: str
    unit: str
    list_price: str
    price: str
    volume: str
    discount: str
    net: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalPage(FormPage):
    """What somebody decides on, and the form that decides on exactly that."""

    reasons: Sequence[CardRow]
    """Why it needs approval, and what whoever asked for it says."""
    facts: Sequence[Fact]
    lines: Sequence[ReviewedLine]
    since: str
    """When it was approved last, in a sentence."""
    changes: Sequence[FieldChange]
    """What changed since then."""


def approval_page(
    quote: Quote, form: forms.Form, *, heading: str, label: str, icon: str
) -> ApprovalPage:
    """Read and format what is decided on; only for those who may approve."""
    review = review_quote(quote)
    asked = [_asked_row(review.asked)] if review.asked is not None else []
    return ApprovalPage(
        heading=heading,
        form=form,
        back=Link(str(quote), record_url(quote)),
        save_label=label,
        icon=icon,
        summary=quote.name,
        problem=str(review.problem or ""),
        seen=review.shown,
        reasons=[*(_need_row(need, sees_margin=True) for need in review.needs), *asked],
        facts=_decision_facts(review.quote, review.figures),
        lines=[_reviewed(quote, line, review) for line in review.lines if not line.is_text],
        since=_since(quote, review),
        changes=field_changes(review.changes, quote.currency, gettext("Quote")),
    )


def _decision_facts(quote: Quote, figures: QuoteFigures) -> list[Fact]:
    base = quote.company.base_currency
    facts = [
        Fact(
            gettext("Customer"),
            Link(str(quote.account), record_url(quote.account)),
            is_whole=True,
        ),
        Fact(gettext("Total"), format_money(quote.total, quote.currency)),
    ]
    if base != quote.currency:
        total = _if_known(lambda: format_money(figures.total_in_base, base))
        facts.append(Fact(gettext("Total in %(currency)s") % {"currency": base}, total))
    return [
        *facts,
        Fact(gettext("Discount against list"), _if_known(lambda: _discount(quote, figures))),
        Fact(gettext("Margin"), _if_known(lambda: _margin(figures.margin, quote.currency))),
        Fact(gettext("Valid until"), format_day(quote.valid_until)),
    ]


def _if_known(write: Callable[[], str]) -> str:
    """Write a figure, or why nobody knows it."""
    try:
        return write()
    except NoExchangeRate as problem:
        return str(problem)


def _discount(quote: Quote, figures: QuoteFigures) -> str:
    figures.check_measurable()
    given: Concession = figures.discount
    off, full = (
        format_money(round_money(amount, quote.currency), quote.currency)
        for amount in (given.off, given.full)
    )
    return gettext("%(rate)s · %(off)s of %(full)s") % {
        "rate": format_rate(round(given.rate, 4)),
        "off": off,
        "full": full,
    }


def _margin(margin: Margin, currency: str) -> str:
    if margin.rate is None:
        return gettext("no cost is known")
    earned = round_money(margin.taxable - margin.cost, currency)
    text = f"{format_rate(round(margin.rate, 4))} · {format_money(earned, currency)}"
    if not margin.unknown:
        return text
    without = ngettext(
        "%(count)d line without a cost left out",
        "%(count)d lines without a cost left out",
        margin.unknown,
    )
    return f"{text} · {without % {'count': margin.unknown}}"


def _reviewed(quote: Quote, line: DocumentLine, review: Review) -> ReviewedLine:
    references, currency = review.figures.references, quote.currency
    has_list_price = line.product_id and line.pk not in references.unlisted
    known = has_list_price and line.pk not in references.unknown
    listed = references.by_line[line.pk].listed
    note = gettext("optional") if line.is_optional else ""
    if line.pk in references.unlisted:
        note = gettext("no list price")
    return ReviewedLine(
        code=line.code_or_kind,
        description=line.description,
        note=note,
        quantity=format_quantity(line.quantity),
        unit=str(line.unit or ""),
        list_price=format_price(listed.amount, currency, listed.price_quantity) if known else "–",
        price=format_price(line.unit_price, currency, line.price_quantity),
        volume=format_volume_discount(line, currency),
        discount=format_discount(line, terms_of(quote)),
        net=format_money(line.net, currency),
    )


def _since(quote: Quote, review: Review) -> str:
    last = review.last_yes
    if last is None:
        return gettext("Nobody has approved this quote before.")
    if last.content_hash == review.content_hash:
        sentence = gettext("%(name)s approved exactly this on %(moment)s.")
    elif not last.content:
        sentence = gettext("%(name)s approved it on %(moment)s; what it said then was not kept.")
    elif not review.changes:
        sentence = gettext("Since %(name)s approved it on %(moment)s its lines were reordered.")
    elif last.quote_id != quote.pk:
        sentence = gettext("Changed since %(name)s approved %(quote)s on %(moment)s:")
    else:
        sentence = gettext("Changed since %(name)s approved it on %(moment)s:")
    moment = format_moment(last.decided_at)
    return sentence % {"name": last.decided_by, "moment": moment, "quote": last.quote}


def approval_card(approval: Approval, user: User) -> Card | None:
    """Format the state of a quote's approval; nothing where none was ever needed."""
    sees_margin = user.has_perm(MAY_APPROVE)
    rows = [
        *_problem_row(approval),
        *(_need_row(need, sees_margin=sees_margin) for need in approval.needs),
        *_request_row(approval),
        *(_decision_row(each, approval) for each in approval.history),
    ]
    return Card(title=gettext("Approval"), id="approval", rows=rows) if rows else None


def _problem_row(approval: Approval) -> list[CardRow]:
    if approval.problem is None:
        return []
    mark = icon_mark("alert-circle", "mark-warn")
    title = gettext("Nobody can tell whether it needs approval")
    return [CardRow(mark=mark, title=title, detail=str(approval.problem))]


def _need_row(need: Need, *, sees_margin: bool) -> CardRow:
    mark = icon_mark("rosette", "mark-warn")
    return CardRow(mark=mark, title=need.name, detail=_format_need(need, sees_margin=sees_margin))


def _format_need(need: Need, *, sees_margin: bool) -> str:
    if need.measure is None:
        return gettext("The price is typed, and there is no list price to compare it with.")
    if need.measure == Measure.TOTAL:
        figure, limit = (format_money(x, need.currency) for x in (need.figure, need.threshold))
        text = gettext("The total is %(figure)s; up to %(limit)s needs no approval.")
    else:
        figure, limit = _rate(need.figure), _rate(need.threshold)
        text = _rate_text(need, sees_margin=sees_margin)
    return text % {"figure": figure, "limit": limit}


def _rate(rate: Decimal) -> str:
    return format_rate(round(rate, 4))


def _rate_text(need: Need, *, sees_margin: bool) -> str:
    if need.measure == Measure.DISCOUNT_RATE:
        return gettext("The discount is %(figure)s; up to %(limit)s needs no approval.")
    if not sees_margin:
        return gettext("The margin is below %(limit)s.")
    return gettext("The margin is %(figure)s; below %(limit)s it needs approval.")


def _request_row(approval: Approval) -> list[CardRow]:
    asked = approval.asked
    return [_asked_row(asked)] if asked is not None and approval.is_waiting else []


def _asked_row(asked: SalesEvent) -> CardRow:
    return CardRow(
        mark=icon_mark("hourglass", "bg-azure-lt"),
        title=gettext("%(name)s asked for approval") % {"name": asked.actor_name},
        detail=str(asked.data[REQUEST_COMMENT]),
        when=When.of(asked.occurred_at),
    )


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
