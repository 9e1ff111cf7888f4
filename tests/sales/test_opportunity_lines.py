"""Lines of opportunities: a computed revenue follows them, and what was typed on them is kept."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from common.errors import NotAllowed
from crm import roles
from crm.models import Opportunity, User
from sales.models import (
    DiscountBand,
    DiscountList,
    Order,
    PriceList,
    PriceListItem,
    Product,
    Quote,
)
from sales.pricing.errors import (
    CurrencyMismatch,
    DiscountAboveLimit,
    InactivePriceList,
    InvalidDiscount,
)
from sales.services.documents.drafts import draft_quote
from sales.services.opportunities import (
    order_from_opportunity,
    quote_from_opportunity,
    take_lines,
)
from sales.services.opportunity_lines import add_opportunity_line, remove_opportunity_line
from tests.factories import Market, OpportunityFactory, PriceListFactory, UserFactory

TENTH = Decimal("0.1")


@pytest.fixture
def opportunity(market: Market) -> Opportunity:
    made: Opportunity = OpportunityFactory.create(
        account=market.account, owner=market.rep, revenue_is_computed=True
    )
    return made


@pytest.fixture
def product(market: Market) -> Product:
    """A product of 20.00, which costs 5.00 less from ten on."""
    product = market.product("20.00")
    by_volume = DiscountList.objects.create(name="By volume", kind="amount", currency="EUR")
    DiscountBand.objects.create(
        discount_list=by_volume, quantity_from=10, discount_amount=Decimal(5)
    )
    PriceListItem.objects.filter(product=product).update(discount_list=by_volume)
    return product


def test_the_revenue_follows_the_lines(market: Market, opportunity: Opportunity) -> None:
    line = add_opportunity_line(
        opportunity.pk, actor=market.rep, product=market.product("19.99"), quantity=Decimal(3)
    )
    opportunity.refresh_from_db()
    assert opportunity.expected_revenue == Decimal("59.97")
    remove_opportunity_line(line.pk, actor=market.rep)
    opportunity.refresh_from_db()
    assert opportunity.expected_revenue == 0


def test_the_list_price_falls_with_the_quantity_and_a_typed_one_is_final(
    market: Market, opportunity: Opportunity, product: Product
) -> None:
    ten: dict[str, Any] = {"actor": market.rep, "product": product, "quantity": Decimal(10)}
    listed = add_opportunity_line(opportunity.pk, **ten)
    typed = add_opportunity_line(opportunity.pk, **ten, unit_price=Decimal(4))

    assert (listed.volume_discount, listed.base, listed.net) == (5, 150, 150)
    assert (typed.volume_discount, typed.net, typed.price_source) == (0, 40, "typed")
    opportunity.refresh_from_db()
    assert opportunity.expected_revenue == 190


@pytest.mark.parametrize(
    ("typed", "net"),
    [({"discount_amount": Decimal(150)}, "0"), ({"discount_rate": TENTH}, "135")],
)
def test_takes_off_what_is_typed(
    market: Market,
    opportunity: Opportunity,
    product: Product,
    typed: dict[str, Any],
    net: str,
) -> None:
    line = add_opportunity_line(
        opportunity.pk, actor=market.rep, product=product, quantity=Decimal(10), **typed
    )
    assert (line.net, line.gross, line.base - line.discount) == (Decimal(net),) * 3


@pytest.mark.parametrize(
    "typed",
    [
        {"discount_amount": Decimal("150.01")},
        {"discount_amount": Decimal(-1)},
        {"discount_rate": Decimal("1.01")},
        {"discount_rate": TENTH, "discount_amount": Decimal(1)},
        {"unit_price": Decimal(4), "discount_amount": Decimal("40.01")},
    ],
)
def test_refuses_a_discount_that_does_not_fit_the_line(
    market: Market, opportunity: Opportunity, product: Product, typed: dict[str, Any]
) -> None:
    with pytest.raises(InvalidDiscount) as refusal:
        add_opportunity_line(
            opportunity.pk, actor=market.rep, product=product, quantity=Decimal(10), **typed
        )
    assert refusal.value.field == "discount"
    assert not opportunity.lines.exists()


def test_refuses_a_typed_price_without_the_right(
    market: Market, opportunity: Opportunity, product: Product
) -> None:
    auditor = UserFactory.create(role=roles.AUDITOR)
    with pytest.raises(NotAllowed, match="You have no right to override prices"):
        add_opportunity_line(opportunity.pk, actor=auditor, product=product, unit_price=Decimal(19))
    assert not opportunity.lines.exists()


@pytest.mark.parametrize(
    "fields",
    [{"is_active": False}, {"valid_to": dt.date(2020, 1, 1)}, {"valid_from": dt.date(2100, 1, 1)}],
)
@pytest.mark.parametrize("typed", [None, Decimal(19)])
def test_refuses_new_lines_from_a_list_out_of_force(
    market: Market,
    opportunity: Opportunity,
    product: Product,
    fields: dict[str, Any],
    typed: Decimal | None,
) -> None:
    PriceList.objects.filter(pk=market.price_list.pk).update(**fields)
    PriceListFactory.create()

    with pytest.raises(InactivePriceList, match=market.price_list.name):
        add_opportunity_line(opportunity.pk, actor=market.rep, product=product, unit_price=typed)
    assert not opportunity.lines.exists()


def test_an_account_without_a_list_takes_one_that_is_in_force(
    market: Market, product: Product
) -> None:
    PriceListFactory.create(name="A list of old", valid_to=dt.date(2020, 1, 1))
    opportunity = OpportunityFactory.create()

    line = add_opportunity_line(opportunity.pk, actor=market.rep, product=product)

    assert line.unit_price == Decimal("20.00")


@pytest.mark.parametrize("draft", [quote_from_opportunity, order_from_opportunity])
def test_what_was_typed_reaches_the_quote_and_the_order(
    market: Market, opportunity: Opportunity, product: Product, draft: Any
) -> None:
    ten: dict[str, Any] = {"actor": market.rep, "product": product, "quantity": Decimal(10)}
    add_opportunity_line(opportunity.pk, **ten)
    add_opportunity_line(opportunity.pk, **ten, unit_price=Decimal(19))
    add_opportunity_line(opportunity.pk, **ten, unit_price=Decimal(18), discount_amount=Decimal(30))
    add_opportunity_line(opportunity.pk, **ten, discount_rate=TENTH)
    PriceListItem.objects.update(amount=Decimal(30))

    document: Quote | Order = draft(opportunity.pk, actor=market.rep)

    lines = document.lines.order_by("position")
    assert [(line.unit_price, line.volume_discount, line.net) for line in lines] == [
        (30, 5, 250),
        (19, 0, 190),
        (18, 0, 150),
        (30, 5, 225),
    ]
    assert [line.price_source for line in lines] == ["list", "typed", "typed", "list"]
    assert document.detail == 815


def test_refuses_amounts_of_another_currency(
    market: Market, opportunity: Opportunity, product: Product
) -> None:
    dollars = PriceListFactory.create(currency="USD")
    quote = draft_quote(
        actor=market.rep,
        account=market.account,
        name="Bar refit",
        currency="USD",
        price_list=dollars,
    )
    line = add_opportunity_line(opportunity.pk, actor=market.rep, product=product)
    assert take_lines(quote, opportunity, actor=market.rep) == 1

    amounts: list[dict[str, Any]] = [{"unit_price": Decimal(19)}, {"discount_amount": Decimal(1)}]
    for typed in amounts:
        line = add_opportunity_line(opportunity.pk, actor=market.rep, product=product, **typed)
        with pytest.raises(CurrencyMismatch, match="typed in EUR, Draft quote is in USD"):
            take_lines(quote, opportunity, actor=market.rep)
        remove_opportunity_line(line.pk, actor=market.rep)
    assert quote.lines.count() == 1


def test_whoever_makes_the_quote_keeps_to_their_limit(
    market: Market, opportunity: Opportunity, product: Product
) -> None:
    manager: User = UserFactory.create(role=roles.SALES_MANAGER, team=market.rep.team)
    market.rep.discount_limit_rate = TENTH
    market.rep.save()
    add_opportunity_line(
        opportunity.pk, actor=market.rep, product=product, unit_price=Decimal("17.99")
    )

    with pytest.raises(DiscountAboveLimit, match=r"10\.05% is above your limit of 10%"):
        quote_from_opportunity(opportunity.pk, actor=market.rep)

    assert not Quote.objects.exists()
    assert quote_from_opportunity(opportunity.pk, actor=manager).detail == Decimal("17.99")
