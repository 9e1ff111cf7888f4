"""Approval needs: rules measured against the list, and typed prices without a list price."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from common.errors import MissingField
from crm import roles
from crm.models import User
from sales.models import (
    ApprovalRule,
    DiscountBand,
    DiscountList,
    ExchangeRate,
    PriceListItem,
    PromotionCode,
    Quote,
)
from sales.pricing.errors import NoExchangeRate
from sales.services.approvals import (
    ApprovalNeeded,
    ApprovalNotNeeded,
    request_approval,
    review_quote,
)
from sales.services.documents.drafts import change_head, draft_quote
from sales.services.documents.lines import add_line, change_line, remove_line
from sales.services.promotions import apply_promotion
from sales.services.quotes import activate_quote
from tests.approvals import decide
from tests.factories import Market, PriceListFactory, PriceListItemFactory, UserFactory
from tests.sales.quote_steps import still_draft

TENTH = Decimal("0.1")


def empty(market: Market, **fields: Any) -> Quote:
    return draft_quote(actor=market.rep, account=market.account, name="Bar refit", **fields)


def margin_below(rate: str) -> None:
    ApprovalRule.objects.create(name="Margin", measure="margin_rate", threshold=Decimal(rate))


def euro(market: Market, currency: str, rate: str) -> None:
    """Enter how many units of a currency one euro buys."""
    today = market.company.today()
    ExchangeRate.objects.create(base="EUR", currency=currency, valid_on=today, rate=Decimal(rate))


def test_low_margins_and_large_totals_need_approval_too(market: Market) -> None:
    margin_below("0.3")
    ApprovalRule.objects.create(name="Above 50", measure="total", threshold=Decimal(50))
    quote = empty(market)
    product = market.product("100.00", standard_cost=Decimal("80.00"))
    add_line(quote, actor=market.rep, product=product)
    with pytest.raises(ApprovalNeeded, match=r"Above 50 \(€120.00\), Margin\. Ask"):
        activate_quote(quote.pk, actor=market.rep)


@pytest.mark.parametrize(
    "typed",
    [
        {"unit_price": Decimal("89.99")},
        {"unit_price": Decimal("95.00"), "discount_amount": Decimal("5.01")},
        {"discount_rate": Decimal("0.1001")},
    ],
    ids=["price", "price and amount", "percent"],
)
def test_measures_against_the_list_price_however_less_is_asked(
    market: Market, rule: ApprovalRule, typed: dict[str, Any]
) -> None:
    quote = empty(market)
    line = add_line(quote, actor=market.rep, product=market.product("100.00"), **typed)
    with pytest.raises(ApprovalNeeded, match=r"Discount above 10 % \(10\.01%\)"):
        activate_quote(quote.pk, actor=market.rep)

    remove_line(line, actor=market.rep)
    add_line(quote, actor=market.rep, product=market.product("100.00"), unit_price=Decimal(90))
    assert activate_quote(quote.pk, actor=market.rep).total == Decimal("108.00")


def test_counts_everything_that_is_taken_off_the_list(market: Market, rule: ApprovalRule) -> None:
    product = market.product("100.00")
    by_volume = DiscountList.objects.create(name="By volume")
    DiscountBand.objects.create(
        discount_list=by_volume, quantity_from=10, discount_rate=Decimal("0.05")
    )
    PriceListItem.objects.update(discount_list=by_volume)
    PromotionCode.objects.create(code="SPRING", name="Spring", discount_rate=TENTH)
    quote = empty(market)
    add_line(quote, actor=market.rep, product=product, quantity=Decimal(10))
    apply_promotion(quote, "SPRING", actor=market.rep)

    with pytest.raises(ApprovalNeeded, match=r"\(14\.5%\)"):
        activate_quote(quote.pk, actor=market.rep)


@pytest.mark.parametrize("price", ["9.99", "119.00", "0.05"])
def test_compares_net_with_net_where_prices_include_tax(
    market: Market, rule: ApprovalRule, price: str
) -> None:
    quote = empty(market, prices_include_tax=True)
    product = market.product(price)
    line = add_line(quote, actor=market.rep, product=product, discount_rate=TENTH)
    assert round(review_quote(quote).figures.discount.rate, 20) == TENTH

    change_line(line, actor=market.rep, discount_rate=Decimal("0.101"))
    with pytest.raises(ApprovalNeeded, match=r"\(10\.1%\)"):
        activate_quote(quote.pk, actor=market.rep)


def test_converts_costs_into_the_currency_of_the_quote(db: None) -> None:
    market = Market(currency="JPY")
    euro(market, "JPY", "160")
    margin_below("0.2")
    quote = empty(market)
    product = market.product("10000", current_cost=Decimal("88.75"), cost_currency="EUR")
    line = add_line(quote, actor=market.rep, product=product)

    assert line.unit_cost == 14200
    assert review_quote(quote).figures.margin.rate == Decimal("-0.42")
    with pytest.raises(ApprovalNeeded, match="Margin"):
        activate_quote(quote.pk, actor=market.rep)
    assert still_draft(quote)


def test_refuses_a_margin_that_no_exchange_rate_is_known_for(db: None) -> None:
    market = Market(currency="JPY")
    ExchangeRate.objects.all().delete()
    manager = UserFactory.create(role=roles.SALES_MANAGER)
    margin_below("0.2")
    quote = empty(market)
    product = market.product("10000", current_cost=Decimal(50), cost_currency="EUR")
    line = add_line(quote, actor=market.rep, product=product)
    assert line.unit_cost is None

    sentence = "No exchange rate from EUR to JPY is known"
    with pytest.raises(NoExchangeRate, match=sentence):
        activate_quote(quote.pk, actor=market.rep)
    with pytest.raises(NoExchangeRate, match=sentence):
        request_approval(quote.pk, actor=market.rep)
    with pytest.raises(NoExchangeRate, match=sentence):
        decide(quote, actor=manager)
    assert still_draft(quote)
    assert not quote.approvals.exists()

    euro(market, "JPY", "160")
    assert review_quote(quote).figures.margin.rate == TENTH * 2
    assert activate_quote(quote.pk, actor=market.rep).total == 12000


def test_measures_a_total_in_the_base_currency_or_not_at_all(db: None) -> None:
    market = Market(currency="JPY")
    ExchangeRate.objects.all().delete()
    ApprovalRule.objects.create(name="Above 70", measure="total", threshold=Decimal(70))
    quote = empty(market)
    add_line(quote, actor=market.rep, product=market.product("10000"))
    with pytest.raises(NoExchangeRate, match="from EUR to JPY"):
        activate_quote(quote.pk, actor=market.rep)

    euro(market, "JPY", "160")
    with pytest.raises(ApprovalNeeded, match=r"Above 70 \(€75\.00\)"):
        activate_quote(quote.pk, actor=market.rep)
    ExchangeRate.objects.filter(currency="JPY").update(rate=Decimal(200))
    assert activate_quote(quote.pk, actor=market.rep).total == 12000


def test_refuses_a_typed_price_whose_list_price_cannot_be_converted(market: Market) -> None:
    product = market.product(None, sku="GR-75", current_cost=Decimal(100), cost_currency="USD")
    PriceListItemFactory.create(
        price_list=market.price_list,
        product=product,
        method=PriceListItem.Method.MARKUP_CURRENT,
        amount=None,
        percentage_rate=Decimal("0.5"),
    )
    quote = empty(market)
    add_line(quote, actor=market.rep, product=product, unit_price=Decimal(1))

    with pytest.raises(NoExchangeRate, match=r"of GR-75 .* from USD to EUR is known"):
        activate_quote(quote.pk, actor=market.rep)

    ExchangeRate.objects.create(currency="USD", valid_on=market.company.today(), rate=Decimal(1))
    assert activate_quote(quote.pk, actor=market.rep).total == Decimal("1.20")


def test_a_typed_price_without_a_list_price_needs_approval(market: Market, manager: User) -> None:
    quote = empty(market)
    grinder = market.product(None, name="Grinder")
    add_line(quote, actor=market.rep, product=grinder, unit_price=Decimal(80))
    add_line(
        quote,
        actor=market.rep,
        product=market.product(None, name="Tamper"),
        unit_price=Decimal(1),
        is_optional=True,
    )

    with pytest.raises(ApprovalNeeded, match="approval: No list price: Grinder, Tamper"):
        activate_quote(quote.pk, actor=market.rep)

    decide(quote, actor=manager)
    assert activate_quote(quote.pk, actor=market.rep).total == 96


def test_a_write_in_is_its_own_reference(market: Market) -> None:
    quote = empty(market)
    add_line(
        quote,
        actor=market.rep,
        description="Installation",
        product_category=market.category,
        unit_price=Decimal(80),
        tax_rate=Decimal("0.2"),
    )
    assert activate_quote(quote.pk, actor=market.rep).total == 96


@pytest.mark.parametrize("approved", [False, True])
def test_a_quote_without_a_price_list_is_not_activated(
    market: Market, manager: User, approved: bool
) -> None:
    quote = empty(market)
    line = add_line(quote, actor=market.rep, product=market.product("8940.00"))
    change_head(quote, actor=market.rep, price_list=None)
    change_line(line, actor=market.rep, unit_price=Decimal(1000))
    if approved:
        decide(quote, actor=manager)

    with pytest.raises(MissingField, match="A quote needs a price list") as refusal:
        activate_quote(quote.pk, actor=market.rep)

    assert refusal.value.field == "price_list"
    assert still_draft(quote)


def test_another_price_list_without_the_product_needs_approval(market: Market) -> None:
    quote = empty(market)
    line = add_line(quote, actor=market.rep, product=market.product("6890.00"))
    change_head(quote, actor=market.rep, price_list=PriceListFactory.create())
    change_line(line, actor=market.rep, unit_price=Decimal("1.20"))

    with pytest.raises(ApprovalNeeded, match="No list price: Espresso machine"):
        activate_quote(quote.pk, actor=market.rep)
    assert still_draft(quote)


def test_measures_discount_and_margin_by_what_a_unit_costs(
    market: Market, rule: ApprovalRule
) -> None:
    margin_below("0.3")
    quote = empty(market)
    screws = market.product("4.00", price_quantity="100", standard_cost=Decimal("0.02"))
    line = add_line(quote, actor=market.rep, product=screws, quantity=Decimal(2500))
    assert request_refused(quote, market)

    change_line(line, actor=market.rep, unit_price=Decimal(36), price_quantity=Decimal(1000))
    assert request_refused(quote, market)
    change_line(line, actor=market.rep, unit_price=Decimal(28), price_quantity=Decimal(1000))
    with pytest.raises(ApprovalNeeded, match=r"Discount above 10 % \(30%\), Margin\. Ask"):
        activate_quote(quote.pk, actor=market.rep)
    assert still_draft(quote)


def request_refused(quote: Quote, market: Market) -> bool:
    """Whether an approval is refused for want of a reason."""
    try:
        request_approval(quote.pk, actor=market.rep)
    except ApprovalNotNeeded:
        return True
    return False
