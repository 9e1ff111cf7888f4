"""Opportunities: win, lose, reopen, move, and draft quotes and orders."""

from __future__ import annotations

from decimal import Decimal

import pytest

from common.errors import IllegalTransition, MissingField
from crm.models import Activity, Opportunity
from sales.models import Order, Quote
from sales.pricing.errors import InvalidAmount, NoLines
from sales.services.errors import OpenQuotes
from sales.services.opportunities import (
    lose_opportunity,
    move_opportunity,
    order_from_opportunity,
    quote_from_opportunity,
    reopen_opportunity,
    take_lines,
    win_opportunity,
)
from sales.services.opportunity_lines import add_opportunity_line
from sales.services.orders import submit_order
from sales.services.quotes import cancel_quote
from tests.factories import Market, OpportunityFactory, StageFactory


@pytest.fixture
def opportunity(market: Market) -> Opportunity:
    made: Opportunity = OpportunityFactory.create(
        account=market.account, owner=market.rep, revenue_is_computed=True
    )
    return made


def test_a_quote_takes_the_lines_over(market: Market, opportunity: Opportunity) -> None:
    add_opportunity_line(
        opportunity.pk, actor=market.rep, product=market.product("19.99"), quantity=Decimal(3)
    )
    quote = quote_from_opportunity(opportunity.pk, actor=market.rep)
    assert (quote.opportunity, quote.total) == (opportunity, Decimal("71.96"))
    assert take_lines(quote, opportunity, actor=market.rep) == 1
    assert quote.lines.count() == 2


def test_an_order_needs_no_quote(market: Market, opportunity: Opportunity) -> None:
    add_opportunity_line(opportunity.pk, actor=market.rep, product=market.product("10.00"))
    order = order_from_opportunity(
        opportunity.pk, actor=market.rep, freight=Decimal(5), discount_amount=Decimal(1)
    )
    assert submit_order(order.pk, actor=market.rep).opportunity == opportunity
    won = win_opportunity(opportunity.pk, actor=market.rep)
    assert (won.status, won.actual_revenue) == ("won", Decimal("9.00"))


def test_refuses_to_take_over_no_lines(market: Market, opportunity: Opportunity) -> None:
    quote = quote_from_opportunity(opportunity.pk, actor=market.rep)
    with pytest.raises(NoLines):
        take_lines(quote, opportunity, actor=market.rep)


def test_it_does_not_close_over_an_open_quote(market: Market, opportunity: Opportunity) -> None:
    quote = quote_from_opportunity(opportunity.pk, actor=market.rep)
    with pytest.raises(OpenQuotes, match="Draft quote"):
        win_opportunity(opportunity.pk, actor=market.rep)
    with pytest.raises(OpenQuotes, match="Draft quote"):
        lose_opportunity(opportunity.pk, actor=market.rep, reason="price")
    opportunity.refresh_from_db()
    assert opportunity.status == "open"

    cancel_quote(quote.pk, actor=market.rep)
    lost = lose_opportunity(
        opportunity.pk, actor=market.rep, reason="competitor", competitor="Barista & Co"
    )
    assert (lost.status, lost.competitor) == ("lost", "Barista & Co")


def test_a_loss_needs_a_reason(market: Market, opportunity: Opportunity) -> None:
    with pytest.raises(MissingField):
        lose_opportunity(opportunity.pk, actor=market.rep, reason="")


def test_a_closed_opportunity_is_reopened_before_anything_else(
    market: Market, opportunity: Opportunity
) -> None:
    win_opportunity(opportunity.pk, actor=market.rep, actual_revenue=Decimal(5))
    with pytest.raises(IllegalTransition):
        quote_from_opportunity(opportunity.pk, actor=market.rep)
    with pytest.raises(IllegalTransition):
        order_from_opportunity(opportunity.pk, actor=market.rep)
    with pytest.raises(IllegalTransition):
        move_opportunity(opportunity.pk, opportunity.stage_id, actor=market.rep)
    assert not Quote.objects.exists()
    assert not Order.objects.exists()
    assert reopen_opportunity(opportunity.pk, actor=market.rep).actual_revenue is None


def test_its_revenue_is_the_actual_one_once_it_is_won(
    market: Market, opportunity: Opportunity
) -> None:
    Opportunity.objects.filter(pk=opportunity.pk).update(expected_revenue=Decimal(80))

    won = win_opportunity(opportunity.pk, actor=market.rep, actual_revenue=Decimal(5))

    assert won.revenue == 5
    assert reopen_opportunity(won.pk, actor=market.rep).revenue == 80


@pytest.mark.parametrize("revenue", ["0.5", "-1", "NaN", "1E+99"])
def test_refuses_a_revenue_that_its_currency_does_not_have(
    market: Market, opportunity: Opportunity, revenue: str
) -> None:
    Opportunity.objects.filter(pk=opportunity.pk).update(currency="JPY")

    with pytest.raises(InvalidAmount) as refusal:
        win_opportunity(opportunity.pk, actor=market.rep, actual_revenue=Decimal(revenue))

    assert refusal.value.field == "actual_revenue"
    opportunity.refresh_from_db()
    assert (opportunity.status, opportunity.actual_revenue) == ("open", None)


def test_moving_a_stage_is_noted_once(market: Market, opportunity: Opportunity) -> None:
    stage = StageFactory.create(name="Negotiation")
    for _ in range(2):
        move_opportunity(opportunity.pk, stage.pk, actor=market.rep)
    assert [entry.display_text for entry in Activity.objects.all()] == ["Moved to Negotiation."]
