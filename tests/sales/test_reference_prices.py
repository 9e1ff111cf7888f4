"""Reference prices: typed prices that no list price measures do not pass a limit by."""

from __future__ import annotations

from decimal import Decimal

import pytest

from crm.models import User
from sales.models import ExchangeRate, Order, PriceListItem, Quote
from sales.pricing.errors import DiscountAboveLimit, NoExchangeRate, NoListPrice
from sales.services.approvals import ApprovalNeeded
from sales.services.change_orders import Changes, change_order
from sales.services.documents.draft_fields import LineChanges
from sales.services.documents.drafts import change_head, draft_order
from sales.services.documents.lines import add_line, change_line, remove_line
from sales.services.orders import submit_order
from sales.services.quotes import accept_quote, activate_quote
from tests.approvals import decide
from tests.factories import (
    Market,
    PriceListFactory,
    PriceListItemFactory,
    UnitFactory,
)
from tests.sales.quote_steps import quoted

TENTH = Decimal("0.1")


@pytest.fixture
def quote(market: Market, rep: User) -> Quote:
    """Ten machines for 100.00 each."""
    return quoted(market, "10")


@pytest.fixture
def order(market: Market, rep: User) -> Order:
    """A draft order of one machine for 6890.00."""
    order = draft_order(actor=rep, account=market.account, name="Bar refit")
    add_line(order, actor=rep, product=market.product("6890.00", sku="GR-75"))
    return order


def test_refuses_to_take_a_typed_price_to_where_no_list_measures_it(
    order: Order, market: Market, rep: User
) -> None:
    line = order.lines.get()
    other = PriceListFactory.create(name="Spare parts")
    with pytest.raises(DiscountAboveLimit):
        change_line(line, actor=rep, unit_price=Decimal("1.20"))
    for chosen, reason in (
        (None, "no price list is chosen"),
        (other, r"on price list Spare parts"),
    ):
        change_head(order, actor=rep, price_list=chosen)
        with pytest.raises(
            NoListPrice, match=rf"GR-75 has no .*{reason}.* your limit of 10%.*Inès"
        ):
            change_line(line, actor=rep, unit_price=Decimal("1.20"))
    with pytest.raises(NoListPrice, match="or offer it in a quote") as refusal:
        add_line(order, actor=rep, product=market.product("50"), unit_price=Decimal(49))

    assert refusal.value.field == "unit_price"
    assert order.lines.get().unit_price == Decimal("6890.00")


def test_refuses_to_take_the_list_away_from_a_typed_price(order: Order, rep: User) -> None:
    change_line(order.lines.get(), actor=rep, unit_price=Decimal("6201.00"))
    with pytest.raises(NoListPrice, match="no price list is chosen"):
        change_head(order, actor=rep, price_list=None)
    order.refresh_from_db()
    assert order.price_list is not None


def test_leaves_a_price_without_a_list_price_that_somebody_else_typed(
    order: Order, market: Market, manager: User, rep: User
) -> None:
    product = market.product(None)
    box = UnitFactory.create(group=product.unit_group, name="box", factor=Decimal(10))
    line = add_line(order, actor=manager, product=product, unit_price=Decimal(100))

    line = change_line(line, actor=rep, quantity=Decimal(7), unit_price=Decimal(110))
    assert line.net == Decimal("770.00")
    for typed in ({"unit_price": Decimal(109)}, {"discount_rate": TENTH}, {"unit": box}):
        with pytest.raises(NoListPrice):
            change_line(line, actor=rep, **typed)


def test_leaves_such_a_price_in_a_quote_to_the_approval(
    quote: Quote, market: Market, manager: User, rep: User
) -> None:
    add_line(quote, actor=rep, product=market.product(None), unit_price=Decimal(5))
    with pytest.raises(ApprovalNeeded, match="No list price"):
        activate_quote(quote.pk, actor=rep)
    decide(quote, actor=manager)
    activate_quote(quote.pk, actor=rep)
    order = accept_quote(quote.pk, actor=rep)

    line = order.lines.latest("position")
    change_line(line, actor=rep, quantity=Decimal(2))
    with pytest.raises(NoListPrice):
        change_line(line, actor=rep, unit_price=Decimal(4))
    submit_order(order.pk, actor=rep)
    with pytest.raises(NoListPrice):
        change_order(order.pk, Changes(lines={line.pk: {"unit_price": Decimal(4)}}), actor=rep)


def test_measures_again_when_the_price_list_comes_back(quote: Quote, rep: User) -> None:
    price_list = quote.price_list
    change_head(quote, actor=rep, price_list=None)
    change_line(quote.lines.get(), actor=rep, unit_price=Decimal(82))
    with pytest.raises(DiscountAboveLimit, match="A discount of 18% is above your limit"):
        change_head(quote, actor=rep, price_list=price_list)
    quote.refresh_from_db()
    assert quote.price_list is None


def test_refuses_a_price_that_no_exchange_rate_measures(
    quote: Quote, market: Market, manager: User, rep: User
) -> None:
    product = market.product(None, sku="GR-75", current_cost=Decimal(100), cost_currency="USD")
    PriceListItemFactory.create(
        price_list=market.price_list,
        product=product,
        method=PriceListItem.Method.MARKUP_CURRENT,
        amount=None,
        percentage_rate=Decimal("0.5"),
    )
    with pytest.raises(NoExchangeRate, match=r"GR-75 .* from USD to EUR is known"):
        add_line(quote, actor=rep, product=product, unit_price=Decimal(150))
    assert quote.lines.count() == 1

    line = add_line(quote, actor=manager, product=product, unit_price=Decimal(1))
    change_line(line, actor=rep, quantity=Decimal(2))
    remove_line(line, actor=rep)
    today = market.company.today()
    ExchangeRate.objects.create(currency="USD", valid_on=today, rate=Decimal("1.5"))
    add_line(quote, actor=rep, product=product, unit_price=Decimal(90))
    with pytest.raises(DiscountAboveLimit, match=r"10\.01%"):
        add_line(quote, actor=rep, product=product, unit_price=Decimal("89.99"))


@pytest.mark.parametrize(
    ("typed", "units", "allowed"),
    [
        ("3.60", "100", True),
        ("0.036", "1", True),
        ("36", "1000", True),
        ("3.59", "100", False),
        ("0.0359", "1", False),
        ("4.00", "1000", False),
    ],
)
def test_measures_what_a_unit_costs_whatever_each_price_is_for(
    order: Order, market: Market, rep: User, typed: str, units: str, allowed: bool
) -> None:
    screws = market.product("4.00", price_quantity="100")
    line = add_line(order, actor=rep, product=screws, quantity=Decimal(2500))
    price: LineChanges = {"unit_price": Decimal(typed), "price_quantity": Decimal(units)}

    if allowed:
        assert change_line(line, actor=rep, **price).net == Decimal("90.00")
    else:
        with pytest.raises(DiscountAboveLimit):
            change_line(line, actor=rep, **price)
        line.refresh_from_db()
        assert (line.unit_price, line.price_quantity) == (4, 100)


def test_a_price_for_other_units_does_not_escape_where_no_list_measures_it(
    order: Order, market: Market, manager: User, rep: User
) -> None:
    product = market.product(None)
    line = add_line(order, actor=manager, product=product, unit_price=Decimal(100))

    dearer: LineChanges = {"unit_price": Decimal(11_000), "price_quantity": Decimal(100)}
    line = change_line(line, actor=rep, **dearer)
    assert line.net == Decimal("110.00")
    with pytest.raises(NoListPrice):
        change_line(line, actor=rep, price_quantity=Decimal(1000))
    line.refresh_from_db()
    assert line.price_quantity == 100
