"""The rows of a document's lines: price and discounts lead to the net amount."""

from __future__ import annotations

from decimal import Decimal
from typing import Unpack

from sales.models import AnyDocument, Order, OrderLine, PromotionCode
from sales.services.billing.ledgers import taken_off
from sales.services.documents.draft_fields import LineFields
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line, change_line
from sales.services.order_invoices import invoice_order
from sales.services.orders import submit_order
from sales.services.promotions import apply_promotion
from tests.factories import Market
from tests.sales.order_steps import trade_in
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
