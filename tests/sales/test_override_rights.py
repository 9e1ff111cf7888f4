"""Price override: the right to type a price other than the list price."""

from __future__ import annotations

from decimal import Decimal

import pytest

from common.errors import NotAllowed
from crm.models import User
from sales.models import OrderChange, Quote
from sales.services.change_orders import Changes, change_order
from sales.services.documents.lines import add_line, change_line
from sales.services.orders import submit_order
from sales.services.quotes import accept_quote, activate_quote
from tests.factories import Market
from tests.sales.quote_steps import quoted, unchanged

TENTH = Decimal("0.1")


@pytest.fixture
def quote(market: Market, rep: User) -> Quote:
    """Ten machines for 100.00 each."""
    return quoted(market, "10")


@pytest.fixture
def clerk(quote: Quote) -> User:
    """The rep, once the right to type prices is taken from their role."""
    group = quote.owner.groups.get()
    group.permissions.remove(group.permissions.get(codename="override_price"))
    return User.objects.get(pk=quote.owner_id)


def test_refuses_a_typed_price_without_the_right(quote: Quote, market: Market, clerk: User) -> None:
    line = quote.lines.get()
    with pytest.raises(
        NotAllowed,
        match="You have no right to override prices: leave the price empty to take the list price",
    ) as refusal:
        change_line(line, actor=clerk, unit_price=Decimal(99))
    assert (refusal.value.line, refusal.value.field) == (str(line.pk), "unit_price")
    with pytest.raises(
        NotAllowed,
        match="You have no right to override prices: leave the price empty to take the list price",
    ):
        add_line(quote, actor=clerk, product=market.product("5"), unit_price=Decimal(5))
    assert unchanged(quote)


def test_lets_everybody_price_what_is_in_no_list(quote: Quote, market: Market, clerk: User) -> None:
    line = add_line(
        quote,
        actor=clerk,
        description="Installation",
        product_category=market.category,
        unit_price=Decimal(80),
    )
    change_line(line, actor=clerk, unit_price=Decimal(90))
    change_line(
        quote.lines.get(position=1), actor=clerk, unit_price=Decimal(100), quantity=Decimal(9)
    )
    assert [line.unit_price for line in quote.lines.order_by("position")] == [100, 90]


def test_refuses_a_typed_price_in_a_change_order(quote: Quote, clerk: User) -> None:
    activate_quote(quote.pk, actor=clerk)
    order = submit_order(accept_quote(quote.pk, actor=clerk).pk, actor=clerk)
    wish = {order.lines.get().pk: {"unit_price": Decimal(120)}}
    with pytest.raises(
        NotAllowed,
        match="You have no right to override prices: leave the price empty to take the list price",
    ):
        change_order(order.pk, Changes(lines=wish), actor=clerk)
    assert not OrderChange.objects.exists()
