"""The rows of a document's lines: price and discounts lead to the net amount."""

from __future__ import annotations

from decimal import Decimal
from typing import Unpack

import pytest

from sales.models import AnyDocument, Order, OrderLine, PromotionCode, TaxRate
from sales.services.billing.ledgers import taken_off
from sales.services.credit_notes import credit_invoice
from sales.services.documents.draft_fields import LineFields
from sales.services.documents.drafts import draft_order, draft_quote
from sales.services.documents.lines import add_line, change_line
from sales.services.order_invoices import invoice_order
from sales.services.orders import submit_order
from sales.services.promotions import apply_promotion
from tests.factories import Market
from tests.sales.order_steps import billed, trade_in
from tests.sales.promotion_codes import code as promotion_code
from web.pages.lines import LineRow, build_lines, read_lines


def draft(market: Market, quantity: str = "2", **changes: Unpack[LineFields]) -> Order:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    product = market.product("540.00")
    line = add_line(order, actor=market.rep, product=product, quantity=Decimal(quantity))
    if changes:
        change_line(line, actor=market.rep, **changes)
    return order


def only_row(document: AnyDocument) -> LineRow:
    [row] = build_lines(document, read_lines(document)).rows
    return row


def test_says_a_discount_as_it_was_typed(market: Market) -> None:
    assert only_row(draft(market, discount_rate=Decimal("0.05"))).discount == "5%"
    assert only_row(draft(market, discount_amount=Decimal(54))).discount == "€54.00"
    assert only_row(draft(market)).discount == ""


def test_an_invoice_s_line_says_what_its_part_of_the_discount_comes_to(market: Market) -> None:
    order = draft(market, discount_rate=Decimal("0.05"))
    submit_order(order.pk, actor=market.rep)

    invoice = invoice_order(order.pk, actor=market.rep, what="all")

    row = only_row(invoice)
    assert (row.price, row.discount, row.net) == ("€540.00", "€54.00", "€1,026.00")


def test_says_what_the_quantity_takes_off_each_unit(market: Market) -> None:
    order = draft(market)
    OrderLine.objects.update(volume_discount=Decimal(27))

    row = only_row(order)

    assert (row.price, row.volume) == ("€540.00", "−€27.00 volume")


def test_says_what_a_code_takes_off_beside_the_discount(market: Market) -> None:
    PromotionCode.objects.create(code="SPRING", name="Spring", discount_rate=Decimal("0.1"))
    order = draft(market, discount_amount=Decimal(80))

    apply_promotion(order, "SPRING", actor=market.rep)

    assert only_row(order).discount == "€80.00 + €100.00 by code"


def test_shows_a_trade_in_with_a_minus_and_what_it_has_taken_off(market: Market) -> None:
    order = draft(market, "4")
    trade_in(order, market, "360.00")
    order = submit_order(order.pk, actor=market.rep)
    goods, _ = order.lines.order_by("position")
    invoice_order(order.pk, actor=market.rep, what="lines", quantities={goods.pk: Decimal(1)})

    lines = read_lines(order)
    _, row = build_lines(order, lines, taken=taken_off(order, lines)).rows

    assert (row.code, row.quantity, row.price, row.net) == (
        "Trade-in or rebate", "1", "−€360.00", "−€360.00",
    )  # fmt: skip
    assert row.progress is not None
    assert (row.progress.shipped, row.progress.invoiced) == ("–", "−€90.00")


def bought_with_tax(market: Market, price: str = "120.00", **changes: Unpack[LineFields]) -> Order:
    """Order 10 at a price of which a sixth is tax, with SPRING: 10 % off."""
    TaxRate.objects.update(rate=Decimal("0.2"))
    promotion_code()
    order = draft_order(
        actor=market.rep, account=market.account, name="Bar refit", prices_include_tax=True
    )
    product = market.product(price)
    line = add_line(order, actor=market.rep, product=product, quantity=Decimal(10))
    if changes:
        change_line(line, actor=market.rep, **changes)
    apply_promotion(order, "SPRING", actor=market.rep)
    return submit_order(order.pk, actor=market.rep)


@pytest.mark.parametrize(
    ("changes", "whole", "three", "one"),
    [
        ({}, "€120.00 by code", "€36.00 by code", "€12.00 by code"),
        (
            {"discount_amount": Decimal(60)},
            "€60.00 + €114.00 by code",
            "€18.00 + €34.20 by code",
            "€6.00 + €11.40 by code",
        ),
        (
            {"discount_rate": Decimal("0.05")},
            "5% + €114.00 by code",
            "€18.00 + €34.20 by code",
            "€6.00 + €11.40 by code",
        ),
        (
            {"discount_amount": Decimal("33.33")},
            "€33.33 + €116.67 by code",
            "€10.00 + €35.00 by code",
            "€3.33 + €11.67 by code",
        ),
    ],
)
def test_discounts_have_tax_where_prices_do(
    market: Market, changes: LineFields, whole: str, three: str, one: str
) -> None:
    order = bought_with_tax(market, **changes)
    invoice = billed(order, market, what="lines", quantities={order.lines.get().pk: Decimal(3)})
    note = credit_invoice(
        invoice.pk,
        actor=market.rep,
        reason="Broken",
        quantities={invoice.lines.get().pk: Decimal(1)},
    )

    assert [only_row(each).discount for each in (order, invoice, note)] == [whole, three, one]


def test_a_code_alone_leaves_no_cents_of_a_discount_on_a_part(market: Market) -> None:
    order = bought_with_tax(market, "33.37")

    shown = []
    for quantity in (3, 3, 4):
        part = {order.lines.get().pk: Decimal(quantity)}
        shown.append(only_row(billed(order, market, what="lines", quantities=part)).discount)

    assert only_row(order).discount == "€33.37 by code"
    assert shown == ["€10.01 by code", "€10.01 by code", "€13.35 by code"]


def test_a_typed_discount_has_tax_where_the_price_does(market: Market) -> None:
    order = bought_with_tax(market, discount_amount=Decimal(60))
    quote = draft_quote(
        actor=market.rep, account=market.account, name="Bar refit", prices_include_tax=True
    )
    line = add_line(quote, actor=market.rep, product=order.lines.get().product)
    change_line(line, actor=market.rep, discount_amount=Decimal("10.01"))

    line.refresh_from_db()
    assert only_row(quote).discount == "€10.01"
    assert (line.base, line.discount, line.net) == (Decimal(100), Decimal("8.34"), Decimal("91.66"))
