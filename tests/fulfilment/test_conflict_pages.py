"""The dialog of a conflict: its choices, what they will be sent, and its refusals."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.test import Client
from pytest_httpserver import HTTPServer

from crm.models import User
from fulfilment.models import Discrepancy
from sales.models import Order
from sales.services.change_orders import Changes, change_order
from sales.services.orders import cancel_order
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd
from tests.fulfilment.messages import receive_from
from tests.fulfilment.supply import (
    answered,
    changed,
    connect_supply,
    last_push,
    mapped_product,
    sold,
)
from web.record_urls import record_url


@pytest.fixture
def clerk(clerk: User, client: Client) -> User:
    """A user of the back office, signed in."""
    client.force_login(clerk)
    return clerk


@pytest.fixture
def supply(market: Market, httpserver: HTTPServer) -> FarEnd:
    """The supply-chain system, with one mapped item AX-9 at 20.00."""
    far_end = connect_supply(httpserver, market)
    mapped_product(far_end.connection, market, "AX-9", "20.00")
    return far_end


@pytest.fixture
def disputed(supply: FarEnd, market: Market) -> Order:
    """An order of which quantity, requested day, address, discount and hold are in dispute."""
    order = sold(market, discount_amount=Decimal("10.00"), description="Grinder")
    echo = answered(last_push())
    receive_from(supply, changed(echo))
    line = order.lines.get()
    change_order(
        order.pk,
        Changes(lines={line.pk: {"quantity": Decimal(4), "discount_amount": Decimal("12.00")}}),
        actor=market.rep,
    )
    theirs = echo["lines"][0] | {"quantity": "5", "discount": "1.00", "charge": "0.00"}
    receive_from(supply, changed(echo | {"sequence": 10_001, "lines": [theirs]}))
    return order


def conflict(name: str) -> Discrepancy:
    return Discrepancy.objects.open().get(field__endswith=f".{name}")


def text_of(client: Client, url: str) -> str:
    return unescape(client.get(url).content.decode())


def test_offers_each_value_and_says_what_they_are_sent(
    disputed: Order, clerk: User, client: Client
) -> None:
    page = text_of(client, f"/discrepancies/{conflict('quantity').pk}/decide/")

    assert "Quantity of Grinder" in page
    assert "Ours: 4. Supply is sent 4." in page
    assert "Theirs: 5. Supply holds it already." in page
    assert "As before: 3. Supply is sent 3." in page
    assert "Another value, typed below. Supply is sent it." in page
    assert page.count('type="radio"') == 4


def test_writes_amounts_with_their_currency(disputed: Order, clerk: User, client: Client) -> None:
    page = text_of(client, f"/discrepancies/{conflict('discount').pk}/decide/")

    assert "Discount of Grinder" in page
    assert "Ours: €12.00. Supply is sent €12.00." in page
    assert "Theirs: €5.00. Supply holds it already." in page


def test_names_the_field_on_the_page_of_the_order(
    disputed: Order, clerk: User, client: Client
) -> None:
    assert "Quantity of Grinder: ours 4, Supply 5" in text_of(client, record_url(disputed))


def test_takes_a_value_that_was_typed(disputed: Order, clerk: User, client: Client) -> None:
    found = conflict("quantity")
    page = client.get(f"/discrepancies/{found.pk}/decide/")

    client.post(
        f"/discrepancies/{found.pk}/decide/",
        {"value": "other", "other": "6", "reason": "Split", "seen": page.context["seen"]},
    )

    found.refresh_from_db()
    assert disputed.lines.get().quantity == 6
    assert found.decision == f"{clerk} chose 6: Split"


def test_keeps_what_was_typed_when_another_value_came_in_between(
    disputed: Order, clerk: User, client: Client, market: Market
) -> None:
    found = conflict("quantity")
    url = f"/discrepancies/{found.pk}/decide/"
    seen = client.get(url).context["seen"]
    fields = {disputed.lines.get().pk: {"quantity": Decimal(8)}}
    change_order(disputed.pk, Changes(lines=fields), actor=market.rep)

    answer = client.post(url, {"value": "ours", "reason": "As agreed", "seen": seen})

    page = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "Quantity of Grinder has other values by now: 8 here, 5 in Supply." in page
    assert 'value="As agreed"' in page
    assert "Ours: 8. Supply is sent 8." in page
    assert answer.context["seen"] != seen


def test_refuses_the_second_decision(disputed: Order, clerk: User, client: Client) -> None:
    url = f"/discrepancies/{conflict('quantity').pk}/decide/"
    client.post(url, {"value": "ours", "reason": "First"})

    answer = client.post(url, {"value": "theirs", "reason": "Second"})

    page = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "was resolved before." in page
    assert 'value="Second"' in page
    assert disputed.lines.get().quantity == 4


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"value": "other", "reason": "Split"}, "Type the value that counts."),
        ({"value": "other", "other": "-1", "reason": "Split"}, "greater than or equal to 0"),
        ({"value": "ours"}, "This field is required."),
        ({"reason": "Split"}, "This field is required."),
    ],
)
def test_asks_for_what_is_missing(
    disputed: Order, clerk: User, client: Client, typed: dict[str, str], problem: str
) -> None:
    found = conflict("quantity")

    answer = client.post(f"/discrepancies/{found.pk}/decide/", typed)

    found.refresh_from_db()
    assert (answer.status_code, found.resolved_at) == (422, None)
    assert problem in unescape(answer.content.decode())


VALUES = [
    (
        "requested_on",
        {"base": None, "ours": "2026-12-01", "theirs": "2026-12-03"},
        {"other": "2026-12-02"},
        ("Ours: 1 Dec 2026.", "Theirs: 3 Dec 2026."),
        dt.date(2026, 12, 2),
    ),
    (
        "customer_reference",
        {"base": "", "ours": "PO-1", "theirs": "PO-2"},
        {"other": "PO-3"},
        ("Ours: PO-1.", "Theirs: PO-2."),
        "PO-3",
    ),
    (
        "ship_to",
        {"base": {}, "ours": {"city": "Hamburg"}, "theirs": {"city": "Bremen", "country": "DE"}},
        {"street": "Quay 1", "city": "Kiel", "postal_code": "24103", "country": "DE"},
        ("Ours: Hamburg.", "Theirs: Bremen, Germany."),
        {"city": "Kiel", "country": "DE", "postal_code": "24103", "street": "Quay 1"},
    ),
]
COLUMNS = {"ship_to": "shipping_address"}


@pytest.mark.parametrize(("name", "values", "typed", "labels", "becomes"), VALUES)
def test_takes_each_kind_of_value_of_the_head(
    disputed: Order,
    clerk: User,
    client: Client,
    market: Market,
    name: str,
    values: dict[str, Any],
    typed: dict[str, str],
    labels: tuple[str, str],
    becomes: object,
) -> None:
    column = COLUMNS.get(name, name)
    change_order(disputed.pk, Changes(head={column: _as_column(values["ours"])}), actor=market.rep)
    found = conflict("quantity")
    Discrepancy.objects.filter(pk=found.pk).update(field=f"head.{name}", compared=values, about="")
    page = text_of(client, f"/discrepancies/{found.pk}/decide/")
    assert [label for label in labels if label not in page] == []

    answer = client.post(
        f"/discrepancies/{found.pk}/decide/", {"value": "other", "reason": "Split", **typed}
    )

    disputed.refresh_from_db()
    assert answer.status_code in {200, 204, 302, 303}
    assert getattr(disputed, column) == becomes


def _as_column(value: Any) -> Any:
    return dt.date.fromisoformat(value) if str(value).startswith("2026") else value


def test_takes_a_price_for_so_many_units(
    disputed: Order, clerk: User, client: Client, market: Market
) -> None:
    found, line = conflict("quantity"), disputed.lines.get()
    values = {
        "base": {"amount": "20", "per": "1"},
        "ours": {"amount": "20", "per": "1"},
        "theirs": {"amount": "2100", "per": "100"},
        "currency": "EUR",
    }
    Discrepancy.objects.filter(pk=found.pk).update(field=f"line.{line.pk}.price", compared=values)
    page = text_of(client, f"/discrepancies/{found.pk}/decide/")
    assert "Price of Grinder" in page
    assert "Theirs: €2,100.00 per 100." in page

    client.post(
        f"/discrepancies/{found.pk}/decide/",
        {"value": "other", "other": "2050 / 100", "reason": "Split"},
    )

    line.refresh_from_db()
    assert (line.unit_price, line.price_quantity) == (Decimal(2050), Decimal(100))


def test_a_cancelled_order_is_not_opened_again(
    disputed: Order, clerk: User, client: Client, market: Market
) -> None:
    found = conflict("quantity")
    cancel_order(disputed.pk, actor=market.rep, reason="Lost")
    Discrepancy.objects.filter(pk=found.pk).update(
        field="head.is_cancelled", compared={"base": True, "ours": True, "theirs": False}
    )

    url = f"/discrepancies/{found.pk}/decide/"
    page = text_of(client, url)
    assert "Ours: Yes. Supply is sent Yes." in page
    assert page.count('type="radio"') == 1

    assert client.post(url, {"value": "theirs", "reason": "Reopen"}).status_code == 422
    client.post(url, {"value": "ours", "reason": "It is lost"})

    found.refresh_from_db()
    assert (found.choice, found.decided_by) == ("ours", clerk)
