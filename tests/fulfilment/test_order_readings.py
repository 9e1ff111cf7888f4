"""Fields of an order of theirs that are absent, or null: not sent, or cleared."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from fulfilment.inbound.supply_schemas import SupplyLineSchema, SupplyOrderSchema
from fulfilment.models import Discrepancy, InboundMessage, SyncState
from fulfilment.services.mappings import map_code
from fulfilment.services.order_sync.sync_states import held_after_pushes
from sales.models import Order, PaymentTerms, Product
from tests.factories import Market, PaymentTermsFactory
from tests.fulfilment.conftest import FarEnd
from tests.fulfilment.messages import receive_from
from tests.fulfilment.supply import (
    Kind,
    changed,
    connect_supply,
    last_push,
    mapped_product,
    their_line,
    their_order,
)

ADDRESS = {"street": "Quai 4", "postal_code": "69001", "city": "Lyon", "country": "FR"}
OTHER = {"street": "Rue 5", "postal_code": "69002", "city": "Lyon", "country": "FR"}
IDENTITY = {"throughline_id", "knows", "cause"}
"""What says which order it is and what they know, not what it is."""


@pytest.fixture
def supply(market: Market, httpserver: HTTPServer) -> FarEnd:
    """The supply-chain system; the terms of the account are others than the order's."""
    far_end = connect_supply(httpserver, market)
    mapped_product(far_end.connection, market, "AX-9", "25.00")
    terms: PaymentTerms = PaymentTermsFactory.create()
    map_code(far_end.connection, (Kind.PAYMENT_TERMS, "NET60"), terms)
    return far_end


def full(line: dict[str, Any] | None = None, **head: Any) -> dict[str, Any]:
    """A snapshot in which every field says something."""
    figures = {
        "quantity": "400", "cancelled": "100", "price": "20.00", "price_unit": "100",
        "discount": "3.33", "discount_percent": "10", "charge": "-0.01", "amount": "45.00",
        "requested_ship_date": "2026-12-02", "confirmed_ship_date": "2026-12-03",
        "delivered": "0", "invoiced": "0",
    }  # fmt: skip
    fields = {
        "bill_to": OTHER, "payment_terms": "NET60", "header_discount": "5.00",
        "confirmed_ship_date": "2026-12-04", "ship_to": ADDRESS,
    }  # fmt: skip
    return their_order(their_line(**figures) | (line or {}), **fields | head)


def optional(schema: Any) -> list[str]:
    """The fields that a message need not have."""
    return sorted(name for name, field in schema().fields.items() if not field.required)


HEAD = [name for name in optional(SupplyOrderSchema) if name not in IDENTITY]
LINE = [name for name in optional(SupplyLineSchema) if name not in IDENTITY]

CLEARED: dict[str, Callable[[Order], Any]] = {
    "customer_reference": lambda order: order.customer_reference == "",
    "requested_ship_date": lambda order: order.requested_on is None,
    "confirmed_ship_date": lambda order: order.confirmed_on is None,
    "ship_to": lambda order: order.shipping_address == order.billing_address,
    "payment_terms": lambda order: order.payment_terms is None,
    "header_discount": lambda order: order.discount_amount == 0,
    "header_charges": lambda order: order.freight == 0,
    "line requested_ship_date": lambda order: order.lines.get().requested_on is None,
    "line confirmed_ship_date": lambda order: order.lines.get().confirmed_on is None,
    "line cancelled": lambda order: order.lines.get().quantity == 400,
    "line price_unit": lambda order: order.lines.get().price_quantity == 1,
    "line discount": lambda order: order.lines.get().discount == Decimal("6.01"),
    "line discount_percent": lambda order: order.lines.get().discount == Decimal("10.00"),
    "line charge": lambda order: order.lines.get().discount == Decimal("14.99"),
}
"""What an order is once a field of it is cleared; another field has no other value than before."""


def values(order: Order) -> dict[str, Any]:
    """All that a snapshot may change of an order."""
    order = Order.objects.get(pk=order.pk)
    columns = (
        *("name", "customer_reference", "requested_on", "confirmed_on", "shipping_address"),
        *("billing_address", "payment_terms_id", "discount_amount", "freight", "is_on_hold"),
        *("status", "currency", "prices_include_tax", "submitted_at", "account_id"),
    )
    line_columns = (
        *("description", "product_id", "unit_id", "quantity", "cancelled_quantity", "unit_price"),
        *("price_quantity", "discount", "charge", "tax_rate", "requested_on", "confirmed_on"),
        *("net", "position"),
    )
    [line] = order.lines.values(*line_columns)
    return {name: getattr(order, name) for name in columns} | {"line": line}


def take(supply: FarEnd) -> Order:
    assert receive_from(supply, changed(full())) == "applied"
    order = Order.objects.get()
    line = order.lines.get()
    assert (line.wanted_quantity, line.net) == (Decimal(300), Decimal("45.00"))
    return order


def is_quiet(order: Order) -> bool:
    """Whether nobody has to decide anything, and they will hold what is here."""
    waiting = [each.display_detail for each in InboundMessage.objects.waiting()]
    assert waiting == []
    assert not Discrepancy.objects.open().exists()
    held = held_after_pushes(SyncState.objects.get(record_id=order.pk))
    order.refresh_from_db()
    return bool((held.get("head.ship_to") or {}) == order.shipping_address)


@pytest.mark.parametrize("name", HEAD)
def test_a_field_of_the_head_that_is_absent_stays(supply: FarEnd, name: str) -> None:
    order = take(supply)
    before = values(order)
    snapshot = full()
    del snapshot[name]

    assert receive_from(supply, changed(snapshot)) == "applied"

    assert values(order) == before
    assert is_quiet(order)


@pytest.mark.parametrize("name", LINE)
def test_a_field_of_a_line_that_is_absent_stays(supply: FarEnd, name: str) -> None:
    order = take(supply)
    before = values(order)
    snapshot = full()
    [line] = snapshot["lines"]
    del line[name]

    assert receive_from(supply, changed(snapshot)) == "applied"

    assert values(order) == before
    assert is_quiet(order)


@pytest.mark.parametrize("name", [name for name in HEAD if name != "lines"])
def test_a_field_of_the_head_that_is_null_is_cleared(supply: FarEnd, name: str) -> None:
    order = take(supply)
    before = values(order)

    assert receive_from(supply, changed(full(**{name: None}))) == "applied"

    after = values(order)
    if name in CLEARED:
        assert CLEARED[name](Order.objects.get(pk=order.pk))
        assert after != before
    else:
        assert after == before
    assert is_quiet(order)


@pytest.mark.parametrize("name", LINE)
def test_a_field_of_a_line_that_is_null_is_cleared(supply: FarEnd, name: str) -> None:
    order = take(supply)
    before = values(order)
    figures = {"price_unit": {"amount": "5392.60"}}.get(name, {"amount": None})

    snapshot = full({**figures, name: None} if name in COUNTED else {name: None})
    assert receive_from(supply, changed(snapshot)) == "applied"

    after = values(order)
    if f"line {name}" in CLEARED:
        assert CLEARED[f"line {name}"](Order.objects.get(pk=order.pk))
        assert after != before
    else:
        assert after == before
    assert is_quiet(order)


COUNTED = {"cancelled", "price_unit", "discount", "discount_percent", "charge"}
"""What makes the amount of a line, which is then another one or not sent."""


def test_an_address_that_is_cleared_is_what_we_then_have_there(supply: FarEnd) -> None:
    order = take(supply)

    receive_from(supply, changed(full(ship_to=None)))

    order.refresh_from_db()
    assert order.shipping_address == order.billing_address == OTHER
    assert last_push()["order"]["ship_to"] == OTHER
    assert "ship_to" in last_push()["changes"]


def test_goods_keep_their_address_where_there_is_no_other(supply: FarEnd) -> None:
    nothing = {"bill_to": dict.fromkeys(OTHER)}
    receive_from(supply, changed(full()))
    receive_from(supply, changed(full(**nothing)))

    assert receive_from(supply, changed(full(ship_to=None, **nothing))) == "quarantined"

    assert Order.objects.get().shipping_address == ADDRESS
    detail = InboundMessage.objects.latest("id").display_detail
    assert detail.startswith("There are goods, and no address they go to")


def test_an_address_of_services_is_cleared(supply: FarEnd) -> None:
    Product.objects.update(kind=Product.Kind.SERVICE)
    nothing = {"bill_to": dict.fromkeys(OTHER)}
    receive_from(supply, changed(full()))
    receive_from(supply, changed(full(**nothing)))

    for _time in range(2):
        assert receive_from(supply, changed(full(ship_to=None, **nothing))) == "applied"

    order = Order.objects.get()
    assert order.shipping_address == {}
    assert is_quiet(order)
    assert SyncState.objects.get().pushes == []


@pytest.mark.parametrize("before", ["absent", "null"])
@pytest.mark.parametrize(
    ("name", "said_later"),
    [
        ("ship_to", OTHER), ("payment_terms", "NET60"), ("customer_reference", "PO-9"),
        ("requested_ship_date", "2026-12-24"), ("header_discount", "5.00"),
        ("header_charges", "6.00"), ("on_hold", True),
    ],
)  # fmt: skip
def test_what_they_say_later_of_a_field_of_theirs_is_no_conflict(
    supply: FarEnd, name: str, said_later: Any, before: str
) -> None:
    snapshot = their_order(**{name: None})
    if before == "absent":
        del snapshot[name]
    assert receive_from(supply, changed(snapshot)) == "applied"

    assert receive_from(supply, changed(their_order(**{name: said_later}))) == "applied"

    order = Order.objects.get()
    columns = {
        "ship_to": "shipping_address", "payment_terms": "payment_terms",
        "requested_ship_date": "requested_on", "header_discount": "discount_amount",
        "header_charges": "freight", "on_hold": "is_on_hold",
    }  # fmt: skip
    read: dict[str, Callable[[Any], Any]] = {
        "payment_terms": lambda code: PaymentTerms.objects.latest("pk"),
        "requested_ship_date": dt.date.fromisoformat,
        "header_discount": Decimal,
        "header_charges": Decimal,
    }
    assert getattr(order, columns.get(name, name)) == read.get(name, lambda same: same)(said_later)
    assert not Discrepancy.objects.open().exists()
