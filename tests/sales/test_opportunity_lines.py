"""Lines of opportunities: a computed revenue follows them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from crm.models import Opportunity
from sales.services.opportunity_lines import add_opportunity_line, remove_opportunity_line
from tests.factories import Market, OpportunityFactory


@pytest.fixture
def opportunity(market: Market) -> Opportunity:
    made: Opportunity = OpportunityFactory.create(
        account=market.account, owner=market.rep, revenue_is_computed=True
    )
    return made


def test_the_revenue_follows_the_lines(market: Market, opportunity: Opportunity) -> None:
    line = add_opportunity_line(
        opportunity.pk, actor=market.rep, product=market.product("19.99"), quantity=Decimal(3)
    )
    opportunity.refresh_from_db()
    assert opportunity.expected_revenue == Decimal("59.97")
    remove_opportunity_line(line.pk, actor=market.rep)
    opportunity.refresh_from_db()
    assert opportunity.expected_revenue == 0
