"""Quantities of parts: whole units stay whole, but what is left may always be taken."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sales.models import Invoice
from sales.pricing.errors import QuantityNotAllowed
from sales.services.order_invoices import invoice_order
from tests.factories import Market
from tests.sales.order_steps import billed, submitted


def test_refuses_to_bill_a_chosen_part_of_a_whole_unit(market: Market) -> None:
    order = submitted(market, "10", price="100.00")
    line = order.lines.get()
    with pytest.raises(
        QuantityNotAllowed,
        match=r"This product is sold in whole units: enter 1 or 2 instead of 1\.5",
    ) as refusal:
        invoice_order(
            order.pk, actor=market.rep, what="lines", quantities={line.pk: Decimal("1.5")}
        )
    assert refusal.value.line == str(line.pk)
    assert not Invoice.objects.exists()


def test_bills_by_choice_what_a_percentage_left(market: Market) -> None:
    order = submitted(market, "10", price="100.00")
    part = billed(order, market, what="percentage", rate=Decimal("0.33")).lines.get()
    assert part.quantity == Decimal("3.3")

    line = order.lines.get()
    rest = billed(order, market, what="lines", quantities={line.pk: Decimal("6.7")})

    assert (part.invoice.total, rest.total) == (Decimal("396.00"), Decimal("804.00"))
