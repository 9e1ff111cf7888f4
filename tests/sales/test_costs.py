"""Costs: frozen on a line in the document's currency, or today's where no rate was known."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sales.models import ExchangeRate, Product, Quote
from sales.pricing.errors import NoExchangeRate
from sales.services.documents.drafts import draft_quote
from sales.services.documents.lines import add_line
from sales.services.prices.costs import cost_of
from sales.services.prices.exchange_rates import DayRates
from tests.factories import Market


@pytest.fixture
def yen(db: None) -> Market:
    market = Market(currency="JPY")
    ExchangeRate.objects.all().delete()
    return market


@pytest.fixture
def quote(yen: Market) -> Quote:
    return draft_quote(actor=yen.rep, account=yen.account, name="Bar refit")


def one_euro_is(rate: str, market: Market) -> None:
    today = market.company.today()
    ExchangeRate.objects.create(currency="JPY", valid_on=today, rate=Decimal(rate))


def test_freezes_the_current_cost_in_the_currency_of_the_document(
    yen: Market, quote: Quote
) -> None:
    one_euro_is("160.123456", yen)
    costs = {"standard_cost": Decimal(40), "current_cost": Decimal("0.3")}
    line = add_line(quote, actor=yen.rep, product=yen.product("100", **costs))
    Product.objects.update(current_cost=Decimal(99))

    assert line.unit_cost == Decimal("48.03704")
    assert cost_of(line, "JPY", DayRates(yen.company.today())) == Decimal("48.03704")


def test_takes_the_cost_of_today_where_no_rate_was_known_and_never_one_to_one(
    yen: Market, quote: Quote
) -> None:
    product = yen.product("100", standard_cost=Decimal("0.5"))
    line = add_line(quote, actor=yen.rep, product=product)
    assert line.unit_cost is None
    with pytest.raises(NoExchangeRate, match="No exchange rate from EUR to JPY is known"):
        cost_of(line, "JPY", DayRates(yen.company.today()))

    one_euro_is("160", yen)

    assert cost_of(line, "JPY", DayRates(yen.company.today())) == 80


def test_knows_no_cost_that_nobody_entered(yen: Market, quote: Quote) -> None:
    line = add_line(quote, actor=yen.rep, product=yen.product("100"))

    assert line.unit_cost is None
    assert cost_of(line, "JPY", DayRates(yen.company.today())) is None
