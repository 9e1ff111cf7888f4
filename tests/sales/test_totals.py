"""Totals: pricing takes as many SQL statements for five lines as for five hundred."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sales.models import Order, OrderLine
from sales.services.documents.drafts import draft_order
from sales.services.documents.totals import reprice
from tests.factories import Market


def order_of(market: Market, count: int) -> Order:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            position=place,
            kind=OrderLine.Kind.WRITE_IN,
            product_category=market.category,
            tax_category=market.tax_category,
            description=f"Part {place}",
            unit_price=Decimal("20.00"),
        )
        for place in range(1, count + 1)
    )
    return order


@pytest.mark.parametrize("count", [5, 50, 500])
def test_prices_any_number_of_lines_in_six_statements(market: Market, count: int) -> None:
    order = order_of(market, count)

    with CaptureQueriesContext(connection) as captured:
        reprice(order)

    assert len(captured) <= 6, [query["sql"][:80] for query in captured]
    connection.check_constraints()
    order.refresh_from_db()
    assert order.total == count * Decimal("24.00")
