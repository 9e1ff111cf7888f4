"""Approvals: requests, decisions about the content that was seen, and activation after them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from common.errors import MissingField, NotAllowed, StaleVersion
from crm.models import User
from sales.models import ApprovalRule, PriceListItem, Quote, SalesEvent
from sales.services.approvals import (
    AlreadyDecided,
    AlreadyRequested,
    ApprovalNeeded,
    ApprovalRefused,
    decide_approval,
    request_approval,
    review_quote,
)
from sales.services.documents.lines import change_line
from sales.services.quotes import activate_quote
from tests.approvals import decide
from tests.factories import Market, UserFactory
from tests.sales.quote_steps import quoted, still_draft

TENTH = Decimal("0.1")


@pytest.fixture
def quote(market: Market, rule: ApprovalRule) -> Quote:
    return quoted(market, "1", discount_rate=Decimal("0.15"))


def test_a_quote_above_the_limit_is_not_activated_without_approval(
    market: Market, quote: Quote
) -> None:
    with pytest.raises(ApprovalNeeded, match=r"Discount above 10 % \(15%\)"):
        activate_quote(quote.pk, actor=market.rep)
    assert still_draft(quote)


def test_an_approved_quote_is_activated(market: Market, quote: Quote, manager: User) -> None:
    decide(quote, actor=manager)
    assert activate_quote(quote.pk, actor=market.rep).status == Quote.Status.ACTIVE


def test_any_change_needs_a_new_approval(market: Market, quote: Quote, manager: User) -> None:
    decide(quote, actor=manager)
    change_line(quote.lines.get(), actor=market.rep, quantity=Decimal(2))
    with pytest.raises(ApprovalNeeded):
        activate_quote(quote.pk, actor=market.rep)


def test_a_refused_quote_names_who_refused_it_and_why(
    market: Market, quote: Quote, manager: User
) -> None:
    with pytest.raises(MissingField):
        decide(quote, actor=manager, approved=False)
    decide(quote, actor=manager, approved=False, comment="Too cheap")
    with pytest.raises(ApprovalRefused, match="refused this quote: Too cheap"):
        activate_quote(quote.pk, actor=market.rep)


def test_nobody_approves_their_own_quote(market: Market, quote: Quote) -> None:
    with pytest.raises(NotAllowed, match="The owner of a quote cannot decide its approval"):
        decide(quote, actor=market.rep)
    assert not quote.approvals.exists()


def test_approval_of_the_same_content_is_requested_once(market: Market, quote: Quote) -> None:
    request_approval(quote.pk, actor=market.rep)
    with pytest.raises(AlreadyRequested, match="requested already: await the decision"):
        request_approval(quote.pk, actor=market.rep)
    assert requests_for(quote) == ["quote.approval_requested"]

    change_line(quote.lines.get(), actor=market.rep, quantity=Decimal(2))
    request_approval(quote.pk, actor=market.rep)
    assert requests_for(quote) == ["quote.approval_requested"] * 2


@pytest.mark.parametrize(
    ("approved", "way_on"), [(True, "activate it"), (False, "change it before you ask again")]
)
def test_a_decided_quote_is_not_decided_again_as_it_stands(
    market: Market, quote: Quote, manager: User, approved: bool, way_on: str
) -> None:
    decide(quote, actor=manager, approved=approved, comment="Seen")
    with pytest.raises(AlreadyDecided, match=way_on):
        request_approval(quote.pk, actor=market.rep)
    assert requests_for(quote) == []


def requests_for(quote: Quote) -> list[str]:
    """The types of the events that request approval of the quote."""
    wanted = SalesEvent.objects.filter(subject_id=quote.pk, type="quote.approval_requested")
    return list(wanted.values_list("type", flat=True))


def double_the_list_price() -> None:
    PriceListItem.objects.update(amount=Decimal("39.98"))


def lower_the_limit() -> None:
    ApprovalRule.objects.update(threshold=Decimal("0.05"))


def measure_the_margin() -> None:
    ApprovalRule.objects.create(name="Margin", measure="margin_rate", threshold=Decimal("0.9"))


@pytest.mark.parametrize("change", [double_the_list_price, lower_the_limit, measure_the_margin])
def test_approves_only_by_the_reasons_and_figures_that_were_seen(
    market: Market, quote: Quote, manager: User, change: Callable[[], None]
) -> None:
    change_line(
        quote.lines.get(), actor=UserFactory.create(is_superuser=True), unit_price=Decimal(18)
    )
    quote.lines.update(unit_cost=Decimal(10))
    quote.refresh_from_db()
    review = review_quote(quote)
    seen, content = review.shown, review.content_hash
    change()
    events = SalesEvent.objects.count()

    for approved in (True, False):
        with pytest.raises(StaleVersion, match="What the quote is measured against was changed"):
            decide_approval(quote.pk, actor=manager, approved=approved, seen=seen, comment="Fine")

    assert not quote.approvals.exists()
    assert SalesEvent.objects.count() == events
    decide(quote, actor=manager)
    assert quote.approvals.get().content_hash == content


def test_approves_only_what_was_seen(market: Market, quote: Quote, manager: User) -> None:
    seen = review_quote(quote).shown
    change_line(quote.lines.get(), actor=market.rep, quantity=Decimal(97))
    events = SalesEvent.objects.count()

    for approved in (True, False):
        with pytest.raises(StaleVersion, match="changed since you opened it"):
            decide_approval(quote.pk, actor=manager, approved=approved, seen=seen, comment="Fine")

    assert not quote.approvals.exists()
    assert SalesEvent.objects.count() == events
    with pytest.raises(ApprovalNeeded):
        activate_quote(quote.pk, actor=market.rep)
