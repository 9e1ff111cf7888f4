from __future__ import annotations

from decimal import Decimal

import pytest

from common.errors import MissingField, NotAllowed
from crm import roles
from crm.models import User
from sales.models import ApprovalRule, Quote, SalesEvent
from sales.services.approvals import (
    AlreadyRequested,
    ApprovalNeeded,
    ApprovalRefused,
    decide_approval,
    request_approval,
)
from sales.services.documents.drafts import draft_quote
from sales.services.documents.lines import add_line, change_line
from sales.services.quotes import activate_quote
from tests.factories import Market, UserFactory


@pytest.fixture
def manager(market: Market) -> User:
    user: User = UserFactory.create(role=roles.SALES_MANAGER)
    return user


@pytest.fixture
def quote(market: Market) -> Quote:
    ApprovalRule.objects.create(
        name="Discount above 10 %", measure="discount_rate", threshold=Decimal("0.1")
    )
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    add_line(
        quote, actor=market.rep, product=market.product("100.00"), discount_rate=Decimal("0.15")
    )
    return quote


def test_a_quote_above_the_limit_is_not_activated_without_approval(
    market: Market, quote: Quote
) -> None:
    with pytest.raises(ApprovalNeeded, match=r"Discount above 10 % \(15%\)"):
        activate_quote(quote.pk, actor=market.rep)
    quote.refresh_from_db()
    assert (quote.status, quote.number) == ("draft", None)


def test_an_approved_quote_is_activated(market: Market, quote: Quote, manager: User) -> None:
    decide_approval(quote.pk, actor=manager, approved=True)
    assert activate_quote(quote.pk, actor=market.rep).status == Quote.Status.ACTIVE


def test_any_change_needs_a_new_approval(market: Market, quote: Quote, manager: User) -> None:
    decide_approval(quote.pk, actor=manager, approved=True)
    change_line(quote.lines.get(), actor=market.rep, quantity=Decimal(2))
    with pytest.raises(ApprovalNeeded):
        activate_quote(quote.pk, actor=market.rep)


def test_a_refused_quote_names_who_refused_it_and_why(
    market: Market, quote: Quote, manager: User
) -> None:
    with pytest.raises(MissingField):
        decide_approval(quote.pk, actor=manager, approved=False)
    decide_approval(quote.pk, actor=manager, approved=False, comment="Too cheap")
    with pytest.raises(ApprovalRefused, match="refused this quote: Too cheap"):
        activate_quote(quote.pk, actor=market.rep)


def test_nobody_approves_their_own_quote(market: Market, quote: Quote) -> None:
    with pytest.raises(NotAllowed, match="The owner of a quote cannot decide its approval"):
        decide_approval(quote.pk, actor=market.rep, approved=True)
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
    decide_approval(quote.pk, actor=manager, approved=approved, comment="Seen")
    with pytest.raises(AlreadyRequested, match=way_on):
        request_approval(quote.pk, actor=market.rep)
    assert requests_for(quote) == []


def requests_for(quote: Quote) -> list[str]:
    """The types of the events that request approval of the quote."""
    wanted = SalesEvent.objects.filter(subject_id=quote.pk, type="quote.approval_requested")
    return list(wanted.values_list("type", flat=True))


def test_low_margins_and_large_totals_need_approval_too(market: Market) -> None:
    ApprovalRule.objects.create(
        name="Margin below 30 %", measure="margin_rate", threshold=Decimal("0.3")
    )
    ApprovalRule.objects.create(name="Above 50", measure="total", threshold=Decimal(50))
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    product = market.product("100.00", standard_cost=Decimal("80.00"))
    add_line(quote, actor=market.rep, product=product)
    with pytest.raises(ApprovalNeeded, match=r"Above 50 \(€120.00\), Margin below 30 % \(20%\)"):
        activate_quote(quote.pk, actor=market.rep)
