"""Heads of changed orders: amounts that do not fit, and freight that is billed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from common.errors import NotEditable
from sales.pricing.errors import InvalidAmount, InvalidDiscount
from sales.services.change_orders import Changes, change_order
from sales.services.errors import AlreadyBilled
from tests.factories import Market
from tests.sales.orders_from_elsewhere import SCM, bill, submitted
from tests.sales.written import written

DAY = dt.date(2026, 12, 24)


@pytest.mark.parametrize("freight", ["4.99", "20"])
def test_refuses_freight_that_cannot_be_billed_any_more(market: Market, freight: str) -> None:
    order = submitted(market, freight=Decimal(15))
    bill(order, market, "1" if freight == "4.99" else "3")
    order.refresh_from_db()
    before = written(order)

    with pytest.raises(AlreadyBilled, match="of freight are billed") as refused:
        change_order(order.pk, Changes(head={"freight": Decimal(freight)}), actor=SCM)

    assert refused.value.field == "freight"
    assert written(order) == before


@pytest.mark.parametrize(
    ("head", "error"),
    [
        ({"freight": Decimal(-1)}, InvalidAmount),
        ({"freight": Decimal("0.001")}, InvalidAmount),
        ({"discount_amount": Decimal(-1)}, InvalidDiscount),
        ({"discount_amount": Decimal(121)}, InvalidDiscount),
        ({"currency": "USD"}, NotEditable),
    ],
)
def test_refuses_amounts_of_the_head_that_do_not_fit(
    market: Market, head: Any, error: type[Exception]
) -> None:
    order = submitted(market)
    before = written(order)

    with pytest.raises(error):
        change_order(order.pk, Changes(head=head), actor=SCM)

    assert written(order) == before
