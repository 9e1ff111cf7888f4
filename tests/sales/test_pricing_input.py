"""Input of pricing: lines in order, and a document's lines and terms as pricing takes them."""

from __future__ import annotations

from decimal import Decimal

from django.db import connection
from django.test.utils import CaptureQueriesContext

from sales.models import Order, OrderLine
from sales.pricing.lines import LineInput, Terms
from sales.pricing.money import Rounding
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.prices.pricing_input import line_input, lines_of, terms_of
from tests.factories import Market


def test_reads_lines_in_order_with_their_products_in_one_statement(market: Market) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    product = market.product()
    for quantity in ("2", "1"):
        add_line(order, actor=market.rep, product=product, quantity=Decimal(quantity))

    with CaptureQueriesContext(connection) as captured:
        products = [(line.quantity, line.product) for line in lines_of(order)]

    assert products == [(2, product), (1, product)]
    assert len(captured) == 1


def test_takes_a_missing_price_for_zero() -> None:
    line = OrderLine(quantity=Decimal(3), unit_price=None)

    assert line_input(line) == LineInput(str(line.pk), Decimal(3), Decimal(0))


def test_tells_pricing_that_a_trade_in_is_a_deduction() -> None:
    line = OrderLine(kind=OrderLine.Kind.DEDUCTION, quantity=Decimal(1), unit_price=Decimal(-50))

    assert line_input(line) == LineInput(str(line.pk), Decimal(1), Decimal(-50), is_deduction=True)


def test_takes_the_terms_of_the_head() -> None:
    order = Order(
        currency="JPY",
        discount_amount=Decimal(100),
        discount_rate=Decimal("0.02"),
        freight=Decimal(7),
        prices_include_tax=True,
        rounding="half_even",
        discount_method="per_unit",
    )

    assert terms_of(order) == Terms(
        currency="JPY",
        discount_amount=Decimal(100),
        discount_rate=Decimal("0.02"),
        freight=Decimal(7),
        prices_include_tax=True,
        rounding=Rounding.HALF_EVEN,
        per_unit_discount=True,
    )
