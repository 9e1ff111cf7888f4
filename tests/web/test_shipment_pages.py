"""Recording shipments in the browser."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from sales.models import Order
from tests.factories import Market
from tests.sales.order_steps import submitted
from web.record_urls import record_url


@pytest.fixture
def order(market: Market) -> Order:
    return submitted(market, "10")


def url(order: Order) -> str:
    return reverse("fulfilment:shipment-new", args=[order.pk])


def test_proposes_what_is_open_and_ships_what_is_typed(rep: Client, order: Order) -> None:
    line = order.lines.get()
    [row] = rep.get(url(order)).context["form"].rows()
    assert (row.field.initial, [value for _, value in row.cells]) == ("10", ["10", "0", "10"])

    answer = rep.post(url(order), {"status": "shipped", str(line.pk): "4"})

    assert answer["Location"] == record_url(order)
    [row] = rep.get(url(order)).context["form"].rows()
    assert (row.field.initial, [value for _, value in row.cells]) == ("6", ["10", "4", "6"])


@pytest.mark.parametrize(
    "quantity", ["1e15", "1e20", "1E+999", "9" * 400, "sNaN", "-7", "1.234567"]
)
def test_refuses_a_quantity_beside_its_line(rep: Client, order: Order, quantity: str) -> None:
    line = str(order.lines.get().pk)

    answer = rep.post(url(order), {"status": "shipped", line: quantity})

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [line])
    assert not order.shipments.exists()
