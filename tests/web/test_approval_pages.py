"""Approvals on the pages of quotes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crm import roles
from crm.models import User
from sales.models import ApprovalRule, Quote, SalesEvent
from sales.services.approvals import decide_approval, quotes_to_approve, request_approval
from sales.services.documents.drafts import draft_quote
from sales.services.documents.lines import add_line, change_line
from sales.services.quotes import activate_quote
from tests.factories import Market, UserFactory


@pytest.fixture
def quote(market: Market) -> Quote:
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    add_line(quote, actor=market.rep, product=market.product("100.00"), quantity=Decimal(2))
    return Quote.objects.get(pk=quote.pk)


@pytest.fixture
def rule(db: None) -> ApprovalRule:
    return ApprovalRule.objects.create(
        name="Discount above 10 %", measure="discount_rate", threshold=Decimal("0.1")
    )


@pytest.fixture
def manager(market: Market) -> User:
    user: User = UserFactory.create(role=roles.SALES_MANAGER, team=market.rep.team)
    return user


@pytest.fixture
def rep(client: Client, market: Market) -> Client:
    client.force_login(market.rep)
    return client


def at(name: str, record: Any, *more: Any) -> str:
    return reverse(f"sales:{name}", args=[record.pk, *more])


def break_rule(quote: Quote, market: Market) -> None:
    change_line(quote.lines.get(), actor=market.rep, discount_rate=Decimal("0.15"))


def labels(page: Any) -> dict[str, str]:
    return {str(action.label): str(action.reason) for action in page.context["actions"].all}


def test_shows_which_rule_a_quote_breaks_and_requests_approval(
    rep: Client, quote: Quote, rule: ApprovalRule, market: Market, manager: User
) -> None:
    break_rule(quote, market)
    page = rep.get(at("quote-detail", quote))
    assert labels(page)["Activate"] == "It needs approval first."
    assert "The discount is 15%; up to 10% needs no approval." in page.content.decode()

    rep.post(at("quote-ask-approval", quote), {"comment": "A big chain"})

    assert "A big chain" in rep.get(at("quote-detail", quote)).content.decode()
    assert list(quotes_to_approve(manager)) == [quote]
    assert not quotes_to_approve(market.rep).exists()


def test_a_manager_finds_the_quote_at_home_and_approves_it(
    client: Client, quote: Quote, rule: ApprovalRule, market: Market, manager: User
) -> None:
    break_rule(quote, market)
    request_approval(quote.pk, actor=market.rep)
    client.force_login(manager)
    assert "Quotes waiting for your approval" in client.get("/").content.decode()
    assert f"{at('quote-detail', quote)}#approval" in client.get("/").content.decode()

    client.post(at("quote-approve", quote), {"comment": "Fine"})

    assert not quotes_to_approve(manager).exists()
    assert activate_quote(quote.pk, actor=market.rep).status == Quote.Status.ACTIVE


def test_a_manager_refuses_with_a_reason(
    client: Client, quote: Quote, rule: ApprovalRule, market: Market, manager: User
) -> None:
    break_rule(quote, market)
    client.force_login(manager)

    without = client.post(at("quote-refuse", quote), {"comment": ""})
    client.post(at("quote-refuse", quote), {"comment": "Too cheap"})

    assert without.status_code == 422
    decision = quote.approvals.get()
    assert (decision.approved, decision.comment) == (False, "Too cheap")
    client.force_login(market.rep)
    assert "Too cheap" in client.get(at("quote-detail", quote)).content.decode()


def test_refuses_to_request_approval_twice_or_without_need(
    rep: Client, quote: Quote, rule: ApprovalRule, market: Market
) -> None:
    needless = rep.post(at("quote-ask-approval", quote), {"comment": ""})
    break_rule(quote, market)
    rep.post(at("quote-ask-approval", quote), {"comment": ""})
    again = rep.post(at("quote-ask-approval", quote), {"comment": ""})

    assert (needless.status_code, again.status_code) == (422, 422)
    assert SalesEvent.objects.filter(data__has_key="approval_asked").count() == 1


def test_any_change_after_the_approval_needs_a_new_one(
    rep: Client, quote: Quote, rule: ApprovalRule, market: Market, manager: User
) -> None:
    break_rule(quote, market)
    decide_approval(quote.pk, actor=manager, approved=True)
    assert labels(rep.get(at("quote-detail", quote)))["Activate"] == ""

    change_line(quote.lines.get(), actor=market.rep, quantity=Decimal(3))

    page = rep.get(at("quote-detail", quote))
    assert labels(page)["Activate"] == "It needs approval first."
    assert "for an earlier version" in page.content.decode()


def test_approving_is_refused_to_reps_other_teams_and_auditors(
    client: Client, quote: Quote, rule: ApprovalRule, market: Market
) -> None:
    break_rule(quote, market)
    stranger = UserFactory.create(role=roles.SALES_MANAGER)
    auditor = UserFactory.create(role=roles.AUDITOR)
    for who, status in ((market.rep, 403), (stranger, 404), (auditor, 403)):
        client.force_login(who)
        for verb in ("quote-approve", "quote-refuse"):
            assert client.post(at(verb, quote), {"comment": "x"}).status_code == status
    client.force_login(auditor)
    assert client.post(at("quote-ask-approval", quote), {}).status_code == 403
    assert not quote.approvals.exists()
