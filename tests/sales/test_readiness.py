"""Readiness: what keeps a document from being issued is named line by line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from common.errors import DomainError, SeveralErrors
from crm import roles
from sales.models import (
    Invoice,
    Order,
    PriceList,
    PriceListItem,
    Product,
    Quote,
    TaxRate,
)
from sales.pricing.errors import (
    NoLines,
    NoTaxRate,
    ProductNotInPriceList,
)
from sales.services.documents.drafts import change_head, draft_invoice, draft_order, draft_quote
from sales.services.documents.lines import add_line, change_line, remove_line
from sales.services.invoices import issue_invoice
from sales.services.orders import submit_order
from sales.services.quotes import accept_quote, activate_quote
from tests.approvals import decide
from tests.factories import (
    Market,
    PriceListFactory,
    PriceListItemFactory,
    TaxCategoryFactory,
    UnitFactory,
    UserFactory,
)
from tests.sales.written import written

Break = Callable[[Market], object]


@pytest.mark.parametrize(
    ("breaking", "code", "field", "message"),
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
            r"machine: This product is sold in whole units: enter 1 or 2 instead of 1\.5\.$",
        ),
        (
            lambda _: TaxRate.objects.all().delete(),
            "no_tax_rate",
            "tax_rate",
            "Line 1, Espresso machine: No tax rate",
        ),
    ],
)
def test_what_went_wrong_since_the_line_was_added_keeps_the_quote_back(
    market: Market, quote: Quote, breaking: Break, code: str | None, field: str, message: str
) -> None:
    line = add_line(
        quote, actor=market.rep, product=market.product("9.99", decimals=1), quantity=Decimal("1.5")
    )
    breaking(market)
    before = written(quote)

    if code is None:  # the frozen price stays: a list that changed keeps nobody back
        assert activate_quote(quote.pk, actor=market.rep).status == "active"
        return
    with pytest.raises(DomainError, match=message) as refusal:
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


def test_distinguishes_a_product_off_the_list_from_one_without_a_price(
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
        (
            f"Line 1, Grinder: The product is not on price list {market.price_list} per pc: choose "
            "another unit or price list, or have it added in the admin under Price list items."
        ),
        "Line 2, Tamper: There is no price: type one.",
        "Line 3, Counter: There is no price: type one.",
        (
            "Line 3, Counter: No tax rate is known: product category "
            f"{market.category} has no tax category. Choose one on the line, or have it set "
            "in the admin under Product categories."
        ),
    ]
    quote.refresh_from_db()
    assert (quote.status, quote.number) == ("draft", None)


@pytest.mark.parametrize(
    ("zone", "category", "message"),
    [
        (None, "own", "choose the tax zone of the document, or type a rate on the line"),
        ("own", "new", "No tax rate of Reduced in France is known today: type one on the line"),
        ("own", None, "choose a tax category on the line, or type a rate"),
    ],
)
def test_says_where_a_tax_rate_is_missing(
    market: Market, quote: Quote, zone: str | None, category: str | None, message: str
) -> None:
    line = add_line(quote, actor=market.rep, product=market.product("100.00"))
    if zone is None:
        change_head(quote, actor=market.rep, tax_zone=None)
    if category != "own":
        reduced = TaxCategoryFactory.create(name="Reduced") if category else None
        line.product_category = None
        line.save()
        change_line(line, actor=market.rep, tax_category=reduced)

    with pytest.raises(DomainError, match=message) as refusal:
        activate_quote(quote.pk, actor=market.rep)

    assert (refusal.value.code, refusal.value.field) == ("no_tax_rate", "tax_rate")
    assert refusal.value.line == str(line.pk)


def test_a_typed_price_sells_what_is_on_no_list_once_it_is_approved(
    market: Market, quote: Quote
) -> None:
    add_line(quote, actor=market.rep, product=market.product(None), unit_price=Decimal("80.00"))
    decide(quote, actor=UserFactory.create(role=roles.SALES_MANAGER))

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


@pytest.mark.parametrize(
    ("draft", "issue"),
    [
        (draft_quote, activate_quote),
        (draft_order, submit_order),
        (draft_invoice, issue_invoice),
    ],
)
def test_a_document_of_nothing_but_zero_units_is_empty(
    market: Market, draft: Callable[..., Any], issue: Callable[..., Any]
) -> None:
    document = draft(actor=market.rep, account=market.account, name="Bar refit")
    add_line(document, actor=market.rep, product=market.product(), quantity=Decimal(0))
    before = written(document)

    with pytest.raises(NoLines, match="There is nothing on this document yet"):
        issue(document.pk, actor=market.rep)

    assert written(document) == before
    assert document.number is None


def test_a_line_of_zero_units_may_stand_beside_others(market: Market) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, product=market.product(), quantity=Decimal(0))
    add_line(order, actor=market.rep, product=market.product("5.00"), quantity=Decimal(2))

    assert submit_order(order.pk, actor=market.rep).total == 12


def test_refuses_to_issue_what_has_no_price_or_no_tax_rate(market: Market) -> None:
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    line = add_line(quote, actor=market.rep, product=market.product(None))
    with pytest.raises(
        ProductNotInPriceList, match="Line 1, Espresso machine: The product is not on price list"
    ):
        activate_quote(quote.pk, actor=market.rep)
    change_line(line, actor=market.rep, unit_price=Decimal(5))
    change_head(quote, actor=market.rep, tax_zone=None)
    with pytest.raises(NoTaxRate, match="Line 1"):
        activate_quote(quote.pk, actor=market.rep)
    remove_line(line, actor=market.rep)
    with pytest.raises(NoLines):
        activate_quote(quote.pk, actor=market.rep)
    quote.refresh_from_db()
    assert (quote.status, quote.number) == ("draft", None)
