"""Everything that can be wrong with a line: named, told in words, and nothing written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from common.errors import DomainError, MissingField, SeveralErrors
from sales.models import (
    Invoice,
    Order,
    PriceList,
    PriceListItem,
    Product,
    Quote,
    SalesEvent,
    TaxRate,
)
from sales.pricing.errors import InvalidDiscount
from sales.services.documents.drafts import change_head, draft_invoice, draft_order, draft_quote
from sales.services.documents.lines import add_line, change_line
from sales.services.errors import NoLines
from sales.services.invoices import issue_invoice
from sales.services.orders import submit_order
from sales.services.quotes import accept_quote, activate_quote
from tests.factories import Market, PriceListFactory, PriceListItemFactory, UnitFactory


@pytest.fixture
def quote(market: Market) -> Quote:
    return draft_quote(actor=market.rep, account=market.account, name="Bar refit")


def written(document: Quote | Order) -> tuple[Any, ...]:
    """Everything a refused deed must leave as it was."""
    document.refresh_from_db()
    lines = document.lines.order_by("position").values_list(
        "quantity", "unit", "unit_price", "discount_amount", "discount_rate", "net"
    )
    return (
        document.version,
        document.total,
        document.status,
        list(lines),
        SalesEvent.objects.count(),
    )


Change = tuple[dict[str, Any], str, str, str]


@pytest.mark.parametrize(
    ("fields", "code", "field", "told"),
    [
        ({"quantity": Decimal("1.5")}, "quantity_not_allowed", "quantity", "Only whole units"),
        ({"quantity": Decimal(-1)}, "invalid_quantity", "quantity", "cannot be negative"),
        ({"unit": None}, "missing_unit", "unit", "Choose the unit of ESP-"),
        ({"description": ""}, "missing_field", "description", "no description"),
        ({"unit_price": Decimal(-1)}, "invalid_amount", "unit_price", "cannot be negative"),
        ({"discount_rate": Decimal("1.01")}, "invalid_discount", "discount", "between 0% and 100%"),
        ({"quantity": Decimal(10) ** 16}, "invalid_quantity", "quantity", "at most 15 digits"),
        ({"unit_price": Decimal("NaN")}, "invalid_amount", "unit_price", "at most 15 digits"),
        ({"tax_rate": Decimal(19)}, "invalid_rate", "tax_rate", "between 0% and 100%, not 1,900%"),
        (
            {"discount_amount": Decimal(101)},
            "invalid_discount",
            "discount",
            "does not fit a line of",
        ),
        (
            {"discount_amount": Decimal(-1)},
            "invalid_discount",
            "discount",
            "does not fit a line of",
        ),
        (
            {"discount_amount": Decimal(1), "discount_rate": Decimal("0.1")},
            "invalid_discount",
            "discount",
            "not both",
        ),
    ],
)
def test_refuses_a_change_that_breaks_a_rule_of_its_line(
    market: Market, quote: Quote, fields: dict[str, Any], code: str, field: str, told: str
) -> None:
    line = add_line(quote, actor=market.rep, product=market.product("100.00"))
    before = written(quote)

    with pytest.raises(DomainError, match=told) as refusal:
        change_line(line, actor=market.rep, **fields)

    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert refusal.value.line == str(line.pk)
    assert written(quote) == before


def test_refuses_a_unit_of_another_group(market: Market, quote: Quote) -> None:
    before = written(quote)

    with pytest.raises(DomainError, match="is not sold per kg") as refusal:
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

    with pytest.raises(DomainError, match=r"Only whole units are sold, not 1\.5") as refusal:
        add_line(quote, actor=market.rep, product=product, quantity=Decimal("1.5"))

    assert (refusal.value.code, refusal.value.field) == ("quantity_not_allowed", "quantity")
    assert written(quote) == before


def test_refuses_a_price_list_in_another_currency(market: Market, quote: Quote) -> None:
    dollars = PriceListFactory.create(currency="USD")
    before = written(quote)

    with pytest.raises(DomainError, match="is in USD, the document in EUR") as refusal:
        change_head(quote, actor=market.rep, price_list=dollars)

    assert refusal.value.code == "currency_mismatch"
    assert written(quote) == before


def test_refuses_a_product_that_is_not_sold(market: Market, quote: Quote) -> None:
    product = market.product("100.00", active_to=dt.date(2020, 1, 1))

    with pytest.raises(DomainError, match=f"{product.sku} is not sold on") as refusal:
        add_line(quote, actor=market.rep, product=product)

    assert (refusal.value.code, refusal.value.field) == ("inactive_product", "product")
    assert not quote.lines.exists()


def test_a_write_in_needs_a_product_category(market: Market, quote: Quote) -> None:
    with pytest.raises(MissingField, match="needs a product category") as refusal:
        add_line(quote, actor=market.rep, description="Counter", unit_price=Decimal(10))

    assert refusal.value.field == "product_category"
    assert not quote.lines.exists()


Break = Callable[[Market], object]


@pytest.mark.parametrize(
    ("breaking", "code", "field", "told"),
    [
        (
            lambda _: PriceListItem.objects.update(
                method=PriceListItem.Method.PERCENT_OF_LIST, amount=None, percentage_rate=1
            ),
            None,
            None,
            "",
        ),
        (
            lambda _: Product.objects.update(is_active=False),
            "inactive_product",
            "product",
            "Line 1, Espresso machine: .* is not sold on",
        ),
        (
            lambda _: Product.objects.update(unit_group=UnitFactory.create().group),
            "wrong_unit",
            "unit",
            "Line 1, Espresso machine: .* is not sold per pc",
        ),
        (
            lambda _: PriceListItem.objects.update(selling=PriceListItem.Selling.WHOLE),
            "quantity_not_allowed",
            "quantity",
            "Line 1, Espresso machine: Only whole units",
        ),
        (
            lambda _: TaxRate.objects.all().delete(),
            "no_tax_rate",
            "tax_rate",
            "Line 1, Espresso machine: no tax rate",
        ),
    ],
)
def test_what_went_wrong_since_the_line_was_added_keeps_the_quote_back(
    market: Market, quote: Quote, breaking: Break, code: str | None, field: str, told: str
) -> None:
    line = add_line(
        quote, actor=market.rep, product=market.product("9.99", decimals=1), quantity=Decimal("1.5")
    )
    breaking(market)
    before = written(quote)

    if code is None:  # the frozen price stays: a list that changed keeps nobody back
        assert activate_quote(quote.pk, actor=market.rep).status == "active"
        return
    with pytest.raises(DomainError, match=told) as refusal:
        activate_quote(quote.pk, actor=market.rep)

    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert refusal.value.line == str(line.pk)
    assert written(quote) == before


@pytest.mark.parametrize("fields", [{"is_active": False}, {"valid_to": dt.date(2020, 1, 1)}])
def test_a_list_out_of_force_keeps_back_what_is_priced_from_it_until_another_is_chosen(
    market: Market, quote: Quote, fields: dict[str, Any]
) -> None:
    add_line(quote, actor=market.rep, product=market.product("100.00"))
    PriceList.objects.filter(pk=market.price_list.pk).update(**fields)

    with pytest.raises(DomainError) as refusal:
        activate_quote(quote.pk, actor=market.rep)
    assert (refusal.value.code, refusal.value.field) == ("inactive_price_list", "price_list")

    change_head(quote, actor=market.rep, price_list=PriceListFactory.create())
    assert activate_quote(quote.pk, actor=market.rep).total == 120


def test_tells_a_product_off_the_list_from_one_on_it_without_a_price(
    market: Market, quote: Quote
) -> None:
    off = add_line(quote, actor=market.rep, product=market.product(None, name="Grinder"))
    unpriced = market.product(None, name="Tamper")
    PriceListItemFactory.create(
        price_list=market.price_list,
        product=unpriced,
        method=PriceListItem.Method.MARKUP_CURRENT,
        amount=None,
        percentage_rate=Decimal("0.2"),
    )
    on = add_line(quote, actor=market.rep, product=unpriced)
    write_in = add_line(
        quote, actor=market.rep, description="Counter", product_category=market.category
    )

    with pytest.raises(SeveralErrors) as refusal:
        activate_quote(quote.pk, actor=market.rep)

    assert [(error.code, error.line, error.field) for error in refusal.value.errors] == [
        ("product_not_in_price_list", str(off.pk), "product"),
        ("missing_price", str(on.pk), "unit_price"),
        ("missing_price", str(write_in.pk), "unit_price"),
        ("no_tax_rate", str(write_in.pk), "tax_rate"),
    ]
    assert [error.message for error in refusal.value.errors] == [
        f"Line 1, Grinder: not on price list {market.price_list} per pc.",
        "Line 2, Tamper: no price: type one.",
        "Line 3, Counter: no price: type one.",
        "Line 3, Counter: no tax rate is known: type one, it is never taken for zero.",
    ]
    quote.refresh_from_db()
    assert (quote.status, quote.number) == ("draft", None)


def test_a_typed_price_sells_what_is_on_no_list(market: Market, quote: Quote) -> None:
    add_line(quote, actor=market.rep, product=market.product(None), unit_price=Decimal("80.00"))

    assert activate_quote(quote.pk, actor=market.rep).total == 96


def test_what_does_not_count_keeps_nothing_back(market: Market, quote: Quote) -> None:
    add_line(quote, actor=market.rep, product=market.product("100.00"))
    add_line(quote, actor=market.rep, product=market.product(None), is_optional=True)
    add_line(quote, actor=market.rep, description="Machines", kind="section")

    assert activate_quote(quote.pk, actor=market.rep).total == 120


def test_what_was_agreed_in_a_quote_is_delivered_though_the_list_ended(
    market: Market, quote: Quote
) -> None:
    add_line(quote, actor=market.rep, product=market.product("100.00"))
    activate_quote(quote.pk, actor=market.rep)
    order = accept_quote(quote.pk, actor=market.rep)
    PriceList.objects.update(is_active=False)
    Product.objects.update(is_active=False)

    assert submit_order(order.pk, actor=market.rep).total == 120


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"discount_amount": Decimal("100.01")}, "does not fit lines of"),
        ({"discount_rate": Decimal("1.01")}, "between 0% and 100%"),
        ({"discount_rate": Decimal("-0.01")}, "between 0% and 100%"),
    ],
)
def test_refuses_a_header_discount_that_cannot_be(
    market: Market, quote: Quote, fields: dict[str, Any], told: str
) -> None:
    add_line(quote, actor=market.rep, product=market.product("100.00"))
    before = written(quote)

    with pytest.raises(InvalidDiscount, match=told) as refusal:
        change_head(quote, actor=market.rep, **fields)

    assert refusal.value.field in fields
    assert written(quote) == before


def test_an_empty_document_is_not_issued(market: Market) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, description="Machines", kind="section")
    invoice = draft_invoice(actor=market.rep, account=market.account, name="Repair")

    with pytest.raises(NoLines):
        submit_order(order.pk, actor=market.rep)
    with pytest.raises(NoLines):
        issue_invoice(invoice.pk, actor=market.rep)

    assert not Order.objects.filter(number__isnull=False).exists()
    assert not Invoice.objects.filter(number__isnull=False).exists()


def test_a_default_list_out_of_force_is_not_taken_and_the_way_on_is_told(market: Market) -> None:
    product = market.product("100.00")
    PriceList.objects.update(valid_to=dt.date(2020, 1, 1))

    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    add_line(quote, actor=market.rep, product=product)

    assert quote.price_list is None
    with pytest.raises(DomainError, match="no price: choose a price list, or type one") as refusal:
        activate_quote(quote.pk, actor=market.rep)
    assert refusal.value.code == "missing_price"
