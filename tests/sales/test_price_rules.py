from __future__ import annotations

from decimal import Decimal

import pytest

from sales.models import DocumentLine, Order, OrderLine
from sales.services.prices.price_rules import PriceRule, price_rule

Source = DocumentLine.PriceSource


@pytest.mark.parametrize(
    ("source", "is_locked", "billed", "rule"),
    [
        (Source.LIST, False, 0, PriceRule.VOLUME),
        (Source.LIST, False, 4, PriceRule.BILLED),
        (Source.LIST, True, 0, PriceRule.AGREED),
        (Source.LIST, True, 4, PriceRule.AGREED),
        (Source.QUOTE, False, 0, PriceRule.AGREED),
        (Source.EXTERNAL, False, 0, PriceRule.AGREED),
        (Source.BUNDLE, False, 4, PriceRule.AGREED),
        (Source.TYPED, False, 4, PriceRule.TYPED),
        (Source.TYPED, True, 0, PriceRule.TYPED),
    ],
)
def test_a_new_quantity_takes_its_volume_discount_only_at_an_open_list_price(
    source: Source, *, is_locked: bool, billed: int, rule: PriceRule
) -> None:
    order = Order(prices_are_locked=is_locked)
    line = OrderLine(price_source=source, invoiced_quantity=Decimal(billed))

    assert price_rule(order, line, kept_by="") == rule


@pytest.mark.parametrize(
    ("source", "is_locked", "billed", "rule"),
    [
        (Source.LIST, False, 0, PriceRule.KEPT_ELSEWHERE),
        (Source.LIST, False, 4, PriceRule.KEPT_ELSEWHERE),
        (Source.LIST, True, 0, PriceRule.AGREED),
        (Source.EXTERNAL, False, 0, PriceRule.AGREED),
        (Source.TYPED, False, 0, PriceRule.TYPED),
    ],
)
def test_a_new_quantity_takes_no_volume_discount_where_another_system_keeps_the_prices(
    source: Source, *, is_locked: bool, billed: int, rule: PriceRule
) -> None:
    order = Order(prices_are_locked=is_locked)
    line = OrderLine(price_source=source, invoiced_quantity=Decimal(billed))

    assert price_rule(order, line, kept_by="Supply") == rule
