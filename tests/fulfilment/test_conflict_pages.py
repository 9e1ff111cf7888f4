"""The dialog of a conflict: its choices, what they will be told, and its refusals."""

from __future__ import annotations

from decimal import Decimal
from html import unescape

import pytest
from django.test import Client
from pytest_httpserver import HTTPServer

from crm.models import User
from fulfilment.models import Discrepancy
from sales.models import Order
from sales.services.change_orders import Changes, change_order
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


def test_offers_each_value_and_says_what_they_are_told(
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
