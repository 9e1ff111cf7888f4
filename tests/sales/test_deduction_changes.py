"""Trade-ins and rebates in change orders: raised, reduced, added, and closed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from fulfilment.services.returns import record_return
from fulfilment.services.shipments import record_shipment
from sales.models import (
    Order,
)
from sales.pricing.errors import (
    NegativeTotal,
)
from sales.services.change_orders import Changes, change_order, close_rest
from sales.services.errors import AlreadyBilled, BelowBilled
from tests.database_assertions import found_in_documents
from tests.factories import Market
from tests.sales.deduction_steps import addition, bill, figures, lines, ordered, ship_all, taken_off
from tests.sales.order_steps import billed


class TestChanges:
    def change(self, order: Order, market: Market, **changes: Any) -> None:
        change_order(order.pk, Changes(**changes), actor=market.rep, reason="Asked")
        order.refresh_from_db()

    def test_a_trade_in_is_raised_reduced_and_added(self, market: Market) -> None:
        order = ordered(market, "300.00")
        _, deduction = lines(order)

        self.change(order, market, lines={deduction.pk: {"unit_price": Decimal(400)}})
        assert order.total == Decimal("720.00")
        self.change(order, market, lines={deduction.pk: {"quantity": Decimal("0.5")}})
        assert order.total == Decimal("960.00")
        self.change(order, market, additions=[addition(market, "50.00")])
        assert order.total == Decimal("900.00")

        assert billed(order, market, what="all").total == Decimal("900.00")
        assert found_in_documents() == []

    def test_a_change_of_something_else_leaves_its_figures(self, market: Market) -> None:
        order = ordered(market, "33.33", prices_include_tax=True)
        bill(order, market, "3")
        machines, before = lines(order)

        self.change(order, market, lines={machines.pk: {"quantity": Decimal(11)}})

        _, after = lines(order)
        assert (after.net, after.tax) == (before.net, before.tax)
        billed(order, market, what="all")
        assert found_in_documents() == []

    def test_it_does_not_go_under_what_invoices_have_taken_off(self, market: Market) -> None:
        order = ordered(market, "300.00")
        bill(order, market, "4")
        _, deduction = lines(order)

        for fields in ({"unit_price": Decimal("119.99")}, {"quantity": Decimal("0.3")}):
            with pytest.raises(AlreadyBilled, match=r"has taken €120\.00 off invoices already"):
                self.change(order, market, lines={deduction.pk: fields})
        self.change(order, market, lines={deduction.pk: {"unit_price": Decimal(120)}})

        assert taken_off(billed(order, market, what="all")) == []
        ship_all(order, market)
        order.refresh_from_db()
        assert (order.status, order.total) == ("completed", Decimal("1056.00"))
        assert found_in_documents() == []

    def test_an_order_does_not_go_under_what_is_billed_at_a_rate(self, market: Market) -> None:
        order = ordered(market, "500.00")
        invoice = bill(order, market, "4")
        machines, deduction = lines(order)

        for changes in (
            {machines.pk: {"quantity": Decimal(6)}},
            {deduction.pk: {"unit_price": Decimal(801)}},
        ):
            with pytest.raises(BelowBilled, match=r"At 20% tax .* less than is billed") as refusal:
                self.change(order, market, lines=changes)
            assert refusal.value.invoices == [invoice]
        assert str(invoice) in str(refusal.value)
        with pytest.raises(NegativeTotal):
            self.change(order, market, lines={machines.pk: {"quantity": Decimal(4)}})
        order.refresh_from_db()
        assert (order.total, order.changes.count()) == (600, 0)

    def test_closing_the_rest_keeps_what_was_taken_off(self, market: Market) -> None:
        order = ordered(market, "300.00")
        invoice = bill(order, market, "4")
        record_shipment(order.pk, actor=market.rep, lines={lines(order)[0].pk: Decimal(4)})

        close_rest(order.pk, actor=market.rep, reason="They need no more")

        order.refresh_from_db()
        _, deduction = lines(order)
        assert (deduction.quantity, deduction.unit_price, deduction.net, deduction.tax) == figures(
            "1", "-120", "-120", "-24"
        )
        assert (order.total, order.status) == (invoice.total, "completed")
        assert found_in_documents() == []

    def test_closing_what_is_sold_closes_what_can_no_longer_be_taken_off(
        self, market: Market
    ) -> None:
        order = ordered(market, "300.00")
        bill(order, market, "4")
        machines, _ = lines(order)
        self.change(order, market, additions=[{"product": market.product("100.00")}])

        close_rest(order.pk, actor=market.rep, reason="Fewer", lines={machines.pk})

        _, deduction, extra = order.lines.order_by("position")
        assert (deduction.net, extra.net) == (-220, 100)  # 120 taken off, and 100 left to take off
        order.refresh_from_db()
        assert order.total == Decimal("336.00")
        assert found_in_documents() == []

    def test_closing_it_before_any_invoice_takes_it_off_leaves_nothing_of_it(
        self, market: Market
    ) -> None:
        order = ordered(market, "300.00")
        _, deduction = lines(order)

        close_rest(order.pk, actor=market.rep, reason="Not given", lines={deduction.pk})

        _, deduction = lines(order)
        assert (deduction.quantity, deduction.unit_price, deduction.net) == (0, -300, 0)
        assert billed(order, market, what="all").total == Decimal("1200.00")

    def test_goods_that_came_back_unbilled_leave_it_open(self, market: Market) -> None:
        order = ordered(market, "300.00")
        bill(order, market, "5")
        ship_all(order, market)
        machines, _ = lines(order)
        record_return(order.pk, actor=market.rep, lines={machines.pk: Decimal(5)})
        order.refresh_from_db()
        assert order.status == "submitted"
        assert found_in_documents() == []

        close_rest(order.pk, actor=market.rep, reason="They keep five")

        order.refresh_from_db()
        assert (order.status, lines(order)[1].net) == ("completed", -150)
        assert found_in_documents() == []
