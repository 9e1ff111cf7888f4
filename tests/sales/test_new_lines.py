"""New lines: what they take from the product, and the checks each line passes."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from common.errors import DomainError, MissingField
from sales.models import PriceListItem, Quote
from sales.pricing.errors import QuantityNotAllowed
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.documents.new_lines import error_context, new_line
from sales.services.quotes import activate_quote
from tests.factories import Market, PriceListItemFactory, UnitFactory
from tests.sales.written import written


def test_takes_name_unit_category_cost_and_price_from_the_product(
    market: Market, quote: Quote
) -> None:
    product = market.product("100.00", standard_cost=Decimal(60), current_cost=Decimal(65))

    line = add_line(quote, actor=market.rep, product=product)

    assert (line.kind, line.sku, line.description) == ("product", product.sku, "Espresso machine")
    assert (line.unit, line.tax_category) == (product.default_unit, market.tax_category)
    assert line.product_category == market.category
    assert (line.unit_price, line.unit_cost, line.price_source) == (100, 65, "list")


def test_keeps_what_was_typed_instead(market: Market, quote: Quote) -> None:
    line = add_line(
        quote,
        actor=market.rep,
        product=market.product("100.00", standard_cost=Decimal(60)),
        description="Machine, red",
        unit_price=Decimal(90),
        tax_rate=Decimal("0.055"),
    )

    assert (line.description, line.unit_price, line.price_source) == ("Machine, red", 90, "typed")
    assert (line.tax_rate, line.tax_rate_is_typed) == (Decimal("0.055"), True)
    assert line.unit_cost == 60


def test_places_a_line_last_and_waits_for_an_option_to_be_taken(
    market: Market, quote: Quote
) -> None:
    add_line(quote, actor=market.rep, product=market.product())

    fixed = new_line(quote, quantity=Decimal(1), description="Delivery")
    option = new_line(quote, quantity=Decimal(1), is_optional=True, position=7)

    assert (fixed.document, fixed.kind) == (quote, "write_in")
    assert (fixed.position, fixed.is_taken) == (2, True)
    assert (option.position, option.is_taken) == (7, False)


def test_names_line_and_field_of_a_refusal_unless_it_names_them_itself(quote: Quote) -> None:
    line = new_line(quote, quantity=Decimal(1))

    with pytest.raises(MissingField) as unnamed, error_context(line, "unit"):
        raise MissingField("Choose.")
    with pytest.raises(MissingField) as named, error_context(line, "unit"):
        raise MissingField("Choose.", field="product", line="other")

    assert (unnamed.value.line, unnamed.value.field) == (str(line.pk), "unit")
    assert (named.value.line, named.value.field) == ("other", "product")


def test_refuses_a_unit_of_another_group(market: Market, quote: Quote) -> None:
    before = written(quote)

    with pytest.raises(DomainError, match="is not sold per kg: choose another unit") as refusal:
        add_line(
            quote,
            actor=market.rep,
            product=market.product("100.00"),
            unit=UnitFactory.create(name="kg"),
        )

    assert (refusal.value.code, refusal.value.field) == ("wrong_unit", "unit")
    assert written(quote) == before


def test_refuses_a_fraction_where_the_list_sells_whole_units(market: Market, quote: Quote) -> None:
    product = market.product(None, decimals=2)
    PriceListItemFactory.create(
        price_list=market.price_list, product=product, selling=PriceListItem.Selling.WHOLE
    )
    before = written(quote)

    with pytest.raises(
        DomainError, match=r"This product is sold in whole units: enter 1 or 2 instead of 1\.5"
    ) as refusal:
        add_line(quote, actor=market.rep, product=product, quantity=Decimal("1.5"))

    assert (refusal.value.code, refusal.value.field) == ("quantity_not_allowed", "quantity")
    assert written(quote) == before


def test_refuses_a_product_that_is_not_sold(market: Market, quote: Quote) -> None:
    product = market.product("100.00", active_to=dt.date(2020, 1, 1))

    with pytest.raises(DomainError, match=f"{product.sku} is not sold on") as refusal:
        add_line(quote, actor=market.rep, product=product)

    assert (refusal.value.code, refusal.value.field) == ("inactive_product", "product")
    assert not quote.lines.exists()


def test_a_write_in_needs_a_product_category(market: Market, quote: Quote) -> None:
    with pytest.raises(MissingField, match="needs a product category: choose one") as refusal:
        add_line(quote, actor=market.rep, description="Counter", unit_price=Decimal(10))

    assert refusal.value.field == "product_category"
    assert not quote.lines.exists()


def test_refuses_a_fraction_of_what_is_sold_whole(market: Market) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    with pytest.raises(QuantityNotAllowed):
        add_line(order, actor=market.rep, product=market.product(), quantity=Decimal("1.5"))
    assert not order.lines.exists()


def test_a_write_in_is_taxed_as_its_category_and_sold(market: Market, quote: Quote) -> None:
    market.category.tax_category = market.tax_category
    market.category.save()

    line = add_line(
        quote,
        actor=market.rep,
        description="Counter",
        unit_price=Decimal(10),
        product_category=market.category,
    )

    assert (line.kind, line.tax_category) == ("write_in", market.tax_category)
    assert (line.tax_rate, line.tax, line.gross) == (Decimal("0.2"), 2, 12)
    assert activate_quote(quote.pk, actor=market.rep).total == 12
