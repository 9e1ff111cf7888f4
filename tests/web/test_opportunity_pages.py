"""Lines of opportunities on their pages."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crm import roles
from crm.models import Opportunity
from sales.models import Quote
from sales.services.documents.drafts import draft_quote
from sales.services.opportunity_lines import add_opportunity_line
from tests.factories import Market, OpportunityFactory, UserFactory
from tests.sales.quote_steps import quoted


@pytest.fixture
def quote(market: Market) -> Quote:
    return quoted(market, "2")


@pytest.fixture
def opportunity(market: Market) -> Opportunity:
    found: Opportunity = OpportunityFactory.create(account=market.account, owner=market.rep)
    return found


def at(name: str, record: Any, *more: Any) -> str:
    return reverse(f"sales:{name}", args=[record.pk, *more])


def labels(page: Any) -> dict[str, str]:
    return {str(action.label): str(action.reason) for action in page.context["actions"].all}


def test_computes_an_opportunitys_revenue_from_its_lines(
    rep: Client, market: Market, opportunity: Opportunity
) -> None:
    product = market.product("19.99", sku="GRIND-1")
    rep.post(at("opportunity-revenue", opportunity), {"computed": "yes"})
    rep.post(at("opportunity-add-line", opportunity), {"product": "grind-1", "quantity": "3"})
    rep.post(
        at("opportunity-add-line", opportunity),
        {"product": product.sku, "quantity": "1", "unit_price": "10"},
    )
    opportunity.refresh_from_db()
    assert opportunity.expected_revenue == Decimal("69.97")

    rep.post(at("opportunity-remove-line", opportunity, opportunity.lines.latest("position").pk))

    opportunity.refresh_from_db()
    assert opportunity.expected_revenue == Decimal("59.97")


def test_refuses_a_product_nobody_knows(rep: Client, opportunity: Opportunity) -> None:
    answers = {"product": "no such thing", "quantity": "1"}
    page = rep.post(at("opportunity-add-line", opportunity), answers)
    assert page.status_code == 422
    assert not opportunity.lines.exists()


def test_quotes_and_orders_an_opportunitys_lines(
    rep: Client, market: Market, opportunity: Opportunity
) -> None:
    product = market.product("19.99")
    add_opportunity_line(opportunity.pk, actor=market.rep, product=product, quantity=Decimal(3))

    rep.post(at("opportunity-quote", opportunity), {"valid_until": "2030-01-31"})
    rep.post(at("opportunity-order", opportunity), {"requested_on": ""})

    quote, order = opportunity.quotes.get(), opportunity.orders.get()
    assert (quote.total, str(quote.valid_until)) == (Decimal("71.96"), "2030-01-31")
    assert (order.total, order.name) == (Decimal("71.96"), opportunity.name)


def test_a_draft_takes_its_opportunitys_lines(
    rep: Client, market: Market, opportunity: Opportunity
) -> None:
    quote = draft_quote(
        actor=market.rep, account=market.account, name="Later", opportunity=opportunity
    )
    assert "Take lines from the opportunity" not in labels(rep.get(at("quote-detail", quote)))
    add_opportunity_line(opportunity.pk, actor=market.rep, product=market.product("5.00"))

    assert "Take lines from the opportunity" in labels(rep.get(at("quote-detail", quote)))
    rep.post(at("quote-take-lines", quote))

    assert Quote.objects.get(pk=quote.pk).total == Decimal("6.00")


def test_opportunity_lines_are_refused_to_other_teams_and_auditors(
    client: Client, market: Market, opportunity: Opportunity
) -> None:
    market.product("5.00", sku="CUP-1")
    for who, status in ((UserFactory.create(), 404), (UserFactory.create(role=roles.AUDITOR), 403)):
        client.force_login(who)
        answers = {"product": "CUP-1", "quantity": "1"}
        assert client.post(at("opportunity-add-line", opportunity), answers).status_code == status
        for verb in ("opportunity-revenue", "opportunity-quote", "opportunity-order"):
            answer = client.post(at(verb, opportunity), {"valid_until": "2030-01-31"})
            assert answer.status_code == status
    assert not opportunity.lines.exists()
    assert not Quote.objects.exists()
