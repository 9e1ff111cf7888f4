"""Lines of opportunities on their pages."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crm import roles
from crm.models import Opportunity
from sales.models import PriceListItem, Quote
from sales.services.documents.drafts import draft_quote
from sales.services.opportunity_lines import add_opportunity_line
from tests.factories import Market, OpportunityFactory, UserFactory
from tests.sales.quote_steps import quoted
from tests.web.refusals import NO_DISCOUNTS, reason_shown
from web.record_urls import record_url


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


def test_says_that_no_price_of_a_line_is_known_and_how_it_gets_one(
    rep: Client, market: Market, opportunity: Opportunity
) -> None:
    listed, unlisted = market.product("19.99"), market.product(None)
    for product in (listed, unlisted):
        rep.post(at("opportunity-add-line", opportunity), {"product": product.sku, "quantity": "1"})

    page = rep.get(record_url(opportunity))

    sentence = (
        "No price per pc is known, so this line counts €0.00: remove it, then add it with a typed "
        "price, or once a price list in EUR has the product."
    )
    assert [(row.price, row.no_price) for row in page.context["lines"].rows] == [
        ("€19.99", ""),
        ("–", sentence),
    ]
    assert page.text.count(sentence) == 1


def test_says_beside_the_quantity_that_a_product_is_not_sold_in_it(
    rep: Client, market: Market, opportunity: Opportunity
) -> None:
    product = market.product("19.99", decimals=2)
    PriceListItem.objects.update(selling=PriceListItem.Selling.WHOLE)

    answer = rep.post(
        at("opportunity-add-line", opportunity), {"product": product.sku, "quantity": "1.5"}
    )

    assert (answer.status_code, dict(answer.context["form"].errors)) == (
        422,
        {"quantity": ["This product is sold in whole units: enter 1 or 2 instead of 1.5."]},
    )
    assert not opportunity.lines.exists()


def test_a_trade_in_is_taken_off_an_opportunitys_revenue(
    rep: Client, market: Market, opportunity: Opportunity
) -> None:
    rep.post(at("opportunity-revenue", opportunity), {"computed": "yes"})
    product = market.product("100.00")
    rep.post(at("opportunity-add-line", opportunity), {"product": product.sku, "quantity": "2"})
    assert at("opportunity-deduct", opportunity) in rep.get(record_url(opportunity)).text

    answer = rep.post(
        at("opportunity-deduct", opportunity),
        {
            "description": "Old machine",
            "quantity": "1",
            "unit_price": "30",
            "tax_category": market.tax_category.pk,
        },
    )

    assert answer.status_code == 302
    opportunity.refresh_from_db()
    assert opportunity.expected_revenue == Decimal("170.00")
    page = rep.get(record_url(opportunity)).text
    assert "Trade-in or rebate" in page
    assert "−€30.00" in page
    refused = rep.post(
        at("opportunity-remove-line", opportunity, opportunity.lines.earliest("position").pk)
    )
    assert "reduce the trade-in or rebate" in reason_shown(rep, refused, opportunity)
    assert opportunity.lines.count() == 2


@pytest.mark.parametrize("discount", NO_DISCOUNTS)
def test_refuses_a_discount_that_is_none(
    rep: Client, market: Market, opportunity: Opportunity, discount: str
) -> None:
    product = market.product("19.99")

    answer = rep.post(
        at("opportunity-add-line", opportunity),
        {"product": product.sku, "quantity": "3", "discount": discount},
    )

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["discount"])
    assert not opportunity.lines.exists()


def test_refuses_a_revenue_finer_than_its_currency(rep: Client, opportunity: Opportunity) -> None:
    form = rep.get(reverse("crm:opportunity-edit", args=[opportunity.pk])).context["form"]
    data = {name: form[name].value() or "" for name in form.fields}
    finer = {"currency": "JPY", "expected_revenue": "0.5"}

    edited = rep.post(reverse("crm:opportunity-edit", args=[opportunity.pk]), {**data, **finer})
    Opportunity.objects.filter(pk=opportunity.pk).update(currency="JPY")
    won = rep.post(at("opportunity-win", opportunity), {"actual_revenue": "0.5"})

    rule = ["Amounts in JPY have no decimals."]
    assert edited.context["form"].errors == {"expected_revenue": rule}
    assert won.context["form"].errors == {"actual_revenue": rule}
    opportunity.refresh_from_db()
    assert (opportunity.status, opportunity.expected_revenue) == ("open", 0)


def test_refuses_an_unknown_product(rep: Client, opportunity: Opportunity) -> None:
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
