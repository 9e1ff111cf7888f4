"""Lines of opportunities: a computed revenue follows them, and what was typed on them is kept."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from common.errors import DomainError, MissingField, NotAllowed
from crm import roles
from crm.models import Opportunity, User
from sales.models import (
    DiscountBand,
    DiscountList,
    OpportunityLine,
    Order,
    PriceList,
    PriceListItem,
    Product,
    Quote,
)
from sales.pricing.errors import (
    ConflictingFields,
    CurrencyMismatch,
    DiscountAboveLimit,
    InactivePriceList,
    InactiveProduct,
    InvalidAmount,
    InvalidDiscount,
    InvalidQuantity,
    NegativeTotal,
    WrongUnit,
)
from sales.services.documents.drafts import draft_quote
from sales.services.documents.lines import add_line
from sales.services.opportunities import (
    order_from_opportunity,
    quote_from_opportunity,
    take_lines,
)
from sales.services.opportunity_lines import (
    add_opportunity_deduction,
    add_opportunity_line,
    remove_opportunity_line,
)
from tests.factories import (
    Market,
    OpportunityFactory,
    PriceListFactory,
    ProductCategoryFactory,
    UnitFactory,
    UserFactory,
)

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


def test_refuses_a_discount_that_is_both_an_amount_and_a_percentage(
    market: Market, opportunity: Opportunity, product: Product
) -> None:
    typed: dict[str, Any] = {"discount_rate": TENTH, "discount_amount": Decimal(1)}
    with pytest.raises(ConflictingFields, match="not both") as refusal:
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


@pytest.mark.parametrize(
    "fields",
    [
        {"is_active": False},
        {"active_to": dt.date(2020, 1, 1)},
        {"active_from": dt.date(2100, 1, 1)},
    ],
)
def test_refuses_a_product_that_is_not_sold_as_a_quote_does(
    market: Market, opportunity: Opportunity, product: Product, fields: dict[str, Any]
) -> None:
    Product.objects.filter(pk=product.pk).update(**fields)
    product.refresh_from_db()
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")

    with pytest.raises(InactiveProduct, match=f"{product.sku} is not sold on") as refused:
        add_opportunity_line(opportunity.pk, actor=market.rep, product=product)
    with pytest.raises(InactiveProduct) as by_quote:
        add_line(quote, actor=market.rep, product=product)

    assert (refused.value.field, str(refused.value)) == ("product", str(by_quote.value))
    assert not opportunity.lines.exists()


def test_refuses_a_unit_of_another_group(
    market: Market, opportunity: Opportunity, product: Product
) -> None:
    kilogram = UnitFactory.create(name="kg")

    with pytest.raises(WrongUnit) as refusal:
        add_opportunity_line(opportunity.pk, actor=market.rep, product=product, unit=kilogram)

    assert str(refusal.value) == f"{product.sku} is not sold per kg: choose another unit."
    assert refusal.value.field == "unit"
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


def trade_in(
    market: Market, opportunity: Opportunity, price: str, **fields: Any
) -> OpportunityLine:
    """Add a trade-in to an opportunity."""
    typed = {"description": "Old machine", "tax_category": market.tax_category, **fields}
    return add_opportunity_deduction(
        opportunity.pk, actor=market.rep, unit_price=Decimal(price), **typed
    )


def test_a_trade_in_is_taken_off_the_expected_revenue(
    market: Market, opportunity: Opportunity
) -> None:
    goods = add_opportunity_line(
        opportunity.pk, actor=market.rep, product=market.product("100.00"), quantity=Decimal(3)
    )

    line = trade_in(market, opportunity, "40.00", quantity=Decimal(2))

    assert (line.kind, line.unit_price, line.net) == ("deduction", -40, -80)
    opportunity.refresh_from_db()
    assert opportunity.expected_revenue == 220
    for attempt in (
        lambda: remove_opportunity_line(goods.pk, actor=market.rep),
        lambda: trade_in(market, opportunity, "220.01"),
    ):
        with pytest.raises(NegativeTotal, match="reduce the trade-in or rebate"):
            attempt()
    opportunity.refresh_from_db()
    assert (opportunity.expected_revenue, opportunity.lines.count()) == (220, 2)


@pytest.mark.parametrize(
    ("typed", "error", "field"),
    [
        ({"unit_price": Decimal(-1)}, InvalidAmount, "unit_price"),
        ({"quantity": Decimal(0)}, InvalidQuantity, "quantity"),
        ({"tax_category": None}, MissingField, "tax_category"),
        ({"description": ""}, MissingField, "description"),
    ],
)
def test_refuses_a_trade_in_that_adds_or_cannot_be_taxed(
    market: Market,
    opportunity: Opportunity,
    typed: dict[str, Any],
    error: type[DomainError],
    field: str,
) -> None:
    fields = {"unit_price": Decimal(5), "description": "Old", "tax_category": market.tax_category}

    with pytest.raises(error) as refusal:
        add_opportunity_deduction(opportunity.pk, actor=market.rep, **{**fields, **typed})

    assert refusal.value.field == field
    assert not opportunity.lines.exists()


def test_a_trade_in_reaches_the_quote_with_its_tax(
    market: Market, opportunity: Opportunity
) -> None:
    category = ProductCategoryFactory.create(tax_category=market.tax_category)
    add_opportunity_line(opportunity.pk, actor=market.rep, product=market.product("100.00"))
    trade_in(market, opportunity, "40.00", tax_category=None, product_category=category)

    quote = quote_from_opportunity(opportunity.pk, actor=market.rep)

    _, line = quote.lines.order_by("position")
    assert (line.kind, line.description, line.unit_price) == ("deduction", "Old machine", -40)
    assert (line.product_category, line.tax_category) == (category, market.tax_category)
    assert (line.net, line.tax, quote.total) == (-40, -8, 72)


def test_a_trade_in_of_an_opportunity_is_measured_when_it_is_quoted(
    market: Market, opportunity: Opportunity
) -> None:
    add_opportunity_line(opportunity.pk, actor=market.rep, product=market.product("100.00"))
    trade_in(market, opportunity, "11.00")
    market.rep.discount_limit_rate = TENTH
    market.rep.save()

    with pytest.raises(DiscountAboveLimit):
        quote_from_opportunity(opportunity.pk, actor=market.rep)
    assert not Quote.objects.exists()


def test_a_price_for_100_reaches_the_quote_listed_or_typed(
    market: Market, opportunity: Opportunity
) -> None:
    screws = market.product("3.99", price_quantity="100")
    more: dict[str, Any] = {"actor": market.rep, "product": screws, "quantity": Decimal(250)}
    listed = add_opportunity_line(opportunity.pk, **more)
    thousand: dict[str, Any] = {"unit_price": Decimal(35), "price_quantity": Decimal(1000)}
    typed = add_opportunity_line(opportunity.pk, **more, **thousand)
    each = add_opportunity_line(opportunity.pk, **more, unit_price=Decimal("0.05"))
    with pytest.raises(InvalidQuantity, match="price is for"):
        add_opportunity_line(opportunity.pk, **more, **{**thousand, "price_quantity": Decimal(0)})

    quote = quote_from_opportunity(opportunity.pk, actor=market.rep)

    figures = [(line.unit_price, line.price_quantity, line.net) for line in (listed, typed, each)]
    assert figures == [
        (Decimal("3.99"), 100, Decimal("9.98")),
        (Decimal(35), 1000, Decimal("8.75")),
        (Decimal("0.05"), 1, Decimal("12.50")),
    ]
    taken = quote.lines.order_by("position").values_list("unit_price", "price_quantity", "net")
    assert list(taken) == figures
    opportunity.refresh_from_db()
    assert opportunity.expected_revenue == Decimal("31.23")
