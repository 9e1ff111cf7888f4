from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from crm import roles
from crm.models import User
from sales.models import ApprovalRule, Invoice, Order, Quote
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.order_invoices import invoice_order
from tests.factories import Market, UserFactory
from tests.sales.admin_pages import signed_in
from tests.sales.payment_steps import bill
from tests.sales.quote_steps import quoted


@pytest.fixture
def market(db: None, request: pytest.FixtureRequest) -> Market:
    """A company, an account and a price list; in euros and with 20 % tax unless marked."""
    mark = request.node.get_closest_marker("market")
    return Market(**mark.kwargs if mark else {})


@pytest.fixture
def manager(market: Market) -> User:
    """Whoever leads the rep's team: the role may give more."""
    manager: User = UserFactory.create(role=roles.SALES_MANAGER, team=market.rep.team)
    return manager


@pytest.fixture
def rep(market: Market, manager: User) -> User:
    """The market's rep, who gives a tenth off at most."""
    market.rep.discount_limit_rate = Decimal("0.1")
    market.rep.save()
    return market.rep


@pytest.fixture
def rule(market: Market) -> ApprovalRule:
    """The rule that more than a tenth off needs approval."""
    return ApprovalRule.objects.create(
        name="Discount above 10 %", measure="discount_rate", threshold=Decimal("0.1")
    )


@pytest.fixture
def quote(market: Market) -> Quote:
    """A draft quote without lines."""
    return quoted(market)


@pytest.fixture
def advance(order: Order, market: Market) -> Invoice:
    """A draft down payment of 30 % of the order of a test."""
    return invoice_down_payment(order.pk, actor=market.rep, rate=Decimal("0.3"))


@pytest.fixture
def final(advance: Invoice, order: Order, market: Market) -> Invoice:
    """The draft of all the rest, which deducts the down payment."""
    return invoice_order(order.pk, actor=market.rep, what="all")


@pytest.fixture
def invoice(market: Market) -> Invoice:
    """Two machines for 100.00 each, issued."""
    return bill(market)


@pytest.fixture
def office(db: None) -> Client:
    """Somebody of the administrators."""
    return signed_in(roles.ADMINISTRATOR)


@pytest.fixture
def auditor(db: None) -> Client:
    """Somebody who may only look."""
    return signed_in(roles.AUDITOR)
