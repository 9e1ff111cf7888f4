"""Trade-ins and rebates: measured as a discount, and in the margin."""

from __future__ import annotations

from decimal import Decimal

import pytest

from crm import roles
from crm.models import User
from sales.models import (
    ApprovalRule,
)
from sales.pricing.errors import (
    DiscountAboveLimit,
)
from sales.services.approval_needs import QuoteFigures
from sales.services.change_orders import Changes, change_order
from sales.services.documents.drafts import change_head, draft_order, draft_quote
from sales.services.documents.lines import add_line, change_line, remove_line
from sales.services.orders import submit_order
from sales.services.prices.pricing_input import lines_of
from sales.services.quotes import activate_quote
from tests.factories import Market, UserFactory
from tests.sales.deduction_steps import DEDUCTION, addition, drafted, lines
from tests.sales.order_steps import trade_in


class TestLimits:
    """A trade-in or rebate is measured as a discount on everything."""

    @pytest.fixture
    def rep(self, market: Market) -> User:
        """A rep who may give 5 %."""
        market.rep.discount_limit_rate = Decimal("0.05")
        market.rep.save()
        UserFactory.create(role=roles.SALES_MANAGER, team=market.rep.team)
        return market.rep

    def test_a_rebate_is_no_way_round_the_limit(self, market: Market, rep: User) -> None:
        order = drafted(market)
        trade_in(order, market, "50.00")

        with pytest.raises(DiscountAboveLimit, match=r"comes to 5\.01%, above your limit of 5%"):
            trade_in(order, market, "0.01", description="Rebate")
        with pytest.raises(DiscountAboveLimit) as refusal:
            change_line(lines(order)[1], actor=rep, unit_price=Decimal(500))

        assert (refusal.value.field, refusal.value.line) == ("unit_price", str(lines(order)[1].pk))
        order.refresh_from_db()
        assert order.detail == 950

    def test_what_is_sold_cannot_be_taken_away_from_beside_it(
        self, market: Market, rep: User
    ) -> None:
        order = drafted(market)
        trade_in(order, market, "50.00")
        machines, _ = lines(order)

        for attempt in (
            lambda: change_line(machines, actor=rep, quantity=Decimal(9)),
            lambda: change_line(machines, actor=rep, discount_rate=Decimal("0.01")),
            lambda: change_head(order, actor=rep, discount_rate=Decimal("0.01")),
        ):
            with pytest.raises(DiscountAboveLimit):
                attempt()
        order.refresh_from_db()
        assert order.detail == 950

    def test_it_cannot_come_before_what_it_is_taken_off(self, market: Market, rep: User) -> None:
        order = draft_order(actor=rep, account=market.account, name="Bar refit")
        trade_in(order, market, "50.00")

        with pytest.raises(DiscountAboveLimit, match="comes to 50%"):
            add_line(order, actor=rep, product=market.product("100.00"))

    def test_what_a_manager_gave_stays(self, market: Market, rep: User) -> None:
        order = drafted(market)
        manager = User.objects.get(groups__name=roles.SALES_MANAGER)
        add_line(
            order,
            actor=manager,
            kind=DEDUCTION,
            description="Trade-in",
            unit_price=Decimal(300),
            tax_category=market.tax_category,
        )

        change_line(lines(order)[0], actor=rep, quantity=Decimal(11))
        remove_line(lines(order)[1], actor=rep)

        order.refresh_from_db()
        assert order.detail == 1100

    def test_a_change_order_is_measured_too(self, market: Market, rep: User) -> None:
        order = drafted(market)
        trade_in(order, market, "50.00")
        submit_order(order.pk, actor=rep)
        _, deduction = lines(order)

        for changes in (
            Changes(lines={deduction.pk: {"unit_price": Decimal(60)}}),
            Changes(additions=[addition(market, "1.00")]),
        ):
            with pytest.raises(DiscountAboveLimit):
                change_order(order.pk, changes, actor=rep, reason="Asked")
        order.refresh_from_db()
        assert (order.detail, order.changes.count()) == (950, 0)

    def test_a_quote_with_it_needs_approval(self, market: Market) -> None:
        ApprovalRule.objects.create(name="Ten", measure="discount_rate", threshold=Decimal("0.1"))
        quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
        product = market.product("100.00", standard_cost=Decimal(60))
        add_line(quote, actor=market.rep, product=product, quantity=Decimal(10))
        trade_in(quote, market, "200.00")
        measured = QuoteFigures(quote, lines_of(quote))

        assert measured.discount.rate == Decimal("0.2")
        assert (measured.margin.rate, measured.margin.unknown) == (Decimal("0.25"), 0)
        with pytest.raises(Exception, match="Ten \\(20%\\)"):
            activate_quote(quote.pk, actor=market.rep)
