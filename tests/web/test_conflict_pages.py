"""The dialog of a conflict: its choices, what they will be sent, and its refusals."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_httpserver import HTTPServer

from crm.models import User
from fulfilment.models import Discrepancy
from sales.models import Order, OrderChange
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
def conflicting(supply: FarEnd, market: Market) -> Order:
    """An order of which quantity, requested day, address, discount and hold are in conflict."""
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


def address(order: Order) -> str:
    return f"/orders/{order.pk}/conflicts/supply/"


def text_of(client: Client, url: str) -> str:
    return text_in(client.get(url))


def text_in(answer: Any) -> str:
    """The text of a page, without its elements."""
    text = re.sub(r"<[^>]*>", " ", unescape(answer.content.decode()))
    return " ".join(text.split())


def typed(found: Discrepancy, **values: str) -> dict[str, str]:
    """What is posted of one field in conflict."""
    return {f"{found.pk}-{name}": value for name, value in values.items()}


def seen_in(answer: Any) -> dict[str, str]:
    """The hidden fields of a dialog that say which values were shown."""
    rows = answer.context["forms"].rows
    return {row.seen_name: row.now.seen for row in rows}


def totals_in(answer: Any) -> tuple[str, str, str]:
    """The total now and then, and by how much they differ."""
    shown = text_in(answer).split("Total now ")[1].split("Total then ")
    before, after = shown[0].strip(), shown[1].split()
    return (before, after[1], after[0]) if after[0][0] in "+−" else (before, after[0], "")


def test_offers_all_fields_with_each_value_and_says_what_they_are_sent(
    conflicting: Order, clerk: User, client: Client
) -> None:
    page = text_of(client, address(conflicting))

    assert "Quantity of Grinder" in page
    assert "4 This is our value: it stays here and is sent to Supply." in page
    assert "5 This is the value of Supply: it is taken over here." in page
    assert "3 This is the value before both changes: it is sent to Supply." in page
    assert "Discount of Grinder" in page
    assert "€12.00 This is our value: it stays here and is sent to Supply." in page
    assert "€5.00 This is the value of Supply: it is taken over here." in page
    assert client.get(address(conflicting)).content.decode().count('type="radio"') == 8


def test_leads_from_one_field_to_the_dialog_of_its_order(
    conflicting: Order, clerk: User, client: Client
) -> None:
    answer = client.get(f"/discrepancies/{conflict('quantity').pk}/decide/")

    assert (answer.status_code, answer["Location"]) == (302, address(conflicting))


def test_names_the_field_on_the_page_of_the_order(
    conflicting: Order, clerk: User, client: Client
) -> None:
    assert "Quantity of Grinder: ours 4, Supply 5" in text_of(client, record_url(conflicting))


def test_one_submit_decides_all_that_was_chosen_in_one_change_order(
    conflicting: Order, clerk: User, client: Client
) -> None:
    quantity, discount = conflict("quantity"), conflict("discount")
    shown = client.get(address(conflicting))

    answer = client.post(
        address(conflicting),
        {
            **seen_in(shown),
            **typed(quantity, value="other", other="6"),
            **typed(discount, value="theirs"),
            "reason": "Split",
        },
    )

    assert (answer.status_code, answer["Location"]) == (302, record_url(conflicting))
    line, change = conflicting.lines.get(), OrderChange.objects.latest("id")
    assert (line.quantity, line.discount_amount) == (Decimal(6), Decimal("5.00"))
    assert (conflicting.changes.count(), change.changed_by_name) == (2, str(clerk))
    for found in (quantity, discount):
        found.refresh_from_db()
    assert (quantity.choice, quantity.decision) == ("other", f"{clerk} chose 6: Split")
    assert (discount.choice, discount.decision) == ("theirs", f"{clerk} chose €5.00: Split")


def test_decides_nothing_of_what_was_not_chosen(
    conflicting: Order, clerk: User, client: Client
) -> None:
    quantity, discount = conflict("quantity"), conflict("discount")

    client.post(address(conflicting), {**typed(quantity, value="ours"), "reason": "As agreed"})

    assert not Discrepancy.objects.open().filter(pk=quantity.pk).exists()
    assert Discrepancy.objects.open().filter(pk=discount.pk).exists()


def test_takes_what_is_typed_as_the_choice(conflicting: Order, clerk: User, client: Client) -> None:
    found = conflict("quantity")

    client.post(address(conflicting), {**typed(found, other="6"), "reason": "Split"})

    found.refresh_from_db()
    assert (found.choice, conflicting.lines.get().quantity) == ("other", 6)


@pytest.mark.parametrize(
    ("name", "choice", "totals"),
    [
        ("quantity", {"value": "theirs"}, ("€81.60", "€105.60", "+€24.00")),
        ("quantity", {"value": "base"}, ("€81.60", "€57.60", "−€24.00")),
        ("quantity", {"value": "ours"}, ("€81.60", "€81.60", "")),
        ("quantity", {"value": "other", "other": "6"}, ("€81.60", "€129.60", "+€48.00")),
        ("discount", {"value": "theirs"}, ("€81.60", "€90.00", "+€8.40")),
    ],
)
@pytest.mark.parametrize("htmx", [True, False], ids=["htmx", "without JavaScript"])
def test_shows_the_total_before_and_after_and_changes_nothing(
    conflicting: Order,
    clerk: User,
    client: Client,
    name: str,
    choice: dict[str, str],
    totals: tuple[str, str, str],
    htmx: bool,
) -> None:
    headers = {"HX-Request": "true"} if htmx else {}
    version = Order.objects.get().version

    answer = client.post(
        address(conflicting),
        {**typed(conflict(name), **choice), "reason": "", "step": "totals"},
        headers=headers,
    )

    assert answer.status_code == 200
    assert totals_in(answer) == totals
    html = answer.content.decode()
    assert ("<form" in html) is not htmx
    assert ('value="totals">Show totals' in html) is not htmx
    assert Discrepancy.objects.open().count() == 2
    assert Order.objects.get().version == version


def test_says_what_they_will_be_sent(conflicting: Order, clerk: User, client: Client) -> None:
    quantity, discount = conflict("quantity"), conflict("discount")
    typed_values = {**typed(quantity, value="ours"), **typed(discount, value="theirs")}

    answer = client.post(address(conflicting), {**typed_values, "step": "totals"})

    assert answer.context["totals"].sent == ["Supply will be sent: Quantity of Grinder 4."]
    assert answer.context["forms"].rows[0]["value"].value() in {"ours", "theirs"}


@pytest.mark.parametrize(("step", "choice"), [("all-ours", "ours"), ("all-theirs", "theirs")])
def test_one_press_chooses_everywhere_and_decides_nothing(
    conflicting: Order, clerk: User, client: Client, step: str, choice: str
) -> None:
    answer = client.post(address(conflicting), {"reason": "They counted", "step": step})

    rows = answer.context["forms"].rows
    assert answer.status_code == 200
    assert [row["value"].value() for row in rows] == [choice, choice]
    assert 'value="They counted"' in answer.content.decode()
    assert Discrepancy.objects.open().count() == 2


VALUES = [
    (
        "requested_on",
        {"base": None, "ours": "2026-12-01", "theirs": "2026-12-03"},
        {"other": "2026-12-02"},
        (
            "1 Dec 2026 This is our value: it stays here and is sent to Supply.",
            "3 Dec 2026 This is the value of Supply: it is taken over here and sent again.",
        ),
        dt.date(2026, 12, 2),
    ),
    (
        "customer_reference",
        {"base": "", "ours": "PO-1", "theirs": "PO-2"},
        {"other": "PO-3"},
        (
            "PO-1 This is our value: it stays here and is sent to Supply.",
            "PO-2 This is the value of Supply: it is taken over here and sent again.",
        ),
        "PO-3",
    ),
    (
        "ship_to",
        {"base": {}, "ours": {"city": "Hamburg"}, "theirs": {"city": "Bremen", "country": "DE"}},
        {"street": "Quay 1", "city": "Kiel", "postal_code": "24103", "country": "DE"},
        (
            "Hamburg This is our value: it stays here and is sent to Supply.",
            "Bremen, Germany This is the value of Supply: it is taken over here and sent again.",
        ),
        {"city": "Kiel", "country": "DE", "postal_code": "24103", "street": "Quay 1"},
    ),
]
COLUMNS = {"ship_to": "shipping_address"}


@pytest.mark.parametrize(("name", "values", "answers", "labels", "becomes"), VALUES)
def test_takes_each_kind_of_value_of_the_head(
    conflicting: Order,
    clerk: User,
    client: Client,
    market: Market,
    name: str,
    values: dict[str, Any],
    answers: dict[str, str],
    labels: tuple[str, str],
    becomes: object,
) -> None:
    column = COLUMNS.get(name, name)
    head: Any = {column: _as_column(values["ours"])}
    change_order(conflicting.pk, Changes(head=head), actor=market.rep)
    found = conflict("quantity")
    Discrepancy.objects.filter(pk=found.pk).update(field=f"head.{name}", compared=values, about="")
    page = text_of(client, address(conflicting))
    assert [label for label in labels if label not in page] == []

    answer = client.post(
        address(conflicting), {**typed(found, value="other", **answers), "reason": "Split"}
    )

    conflicting.refresh_from_db()
    assert answer.status_code in {200, 204, 302, 303}
    assert getattr(conflicting, column) == becomes


def _as_column(value: Any) -> Any:
    return dt.date.fromisoformat(value) if str(value).startswith("2026") else value


def test_takes_a_price_for_so_many_units(
    conflicting: Order, clerk: User, client: Client, market: Market
) -> None:
    found, line = conflict("quantity"), conflicting.lines.get()
    values = {
        "base": {"amount": "20", "per": "1"},
        "ours": {"amount": "20", "per": "1"},
        "theirs": {"amount": "2100", "per": "100"},
        "currency": "EUR",
    }
    Discrepancy.objects.filter(pk=found.pk).update(field=f"line.{line.pk}.price", compared=values)
    page = text_of(client, address(conflicting))
    assert "Price of Grinder" in page
    theirs = "This is the value of Supply: it is taken over here and sent again."
    assert f"€2,100.00 per 100 {theirs}" in page

    client.post(
        address(conflicting),
        {**typed(found, value="other", other="2050 / 100"), "reason": "Split"},
    )

    line.refresh_from_db()
    assert (line.unit_price, line.price_quantity) == (Decimal(2050), Decimal(100))


def test_a_cancelled_order_is_not_opened_again(
    conflicting: Order, clerk: User, client: Client, market: Market
) -> None:
    found = conflict("quantity")
    cancel_order(conflicting.pk, actor=market.rep, reason="Lost")
    Discrepancy.objects.filter(pk=found.pk).update(
        field="head.is_cancelled", compared={"base": True, "ours": True, "theirs": False}
    )

    Discrepancy.objects.exclude(pk=found.pk).update(resolved_at=timezone.now())
    page = client.get(address(conflicting))
    assert "Yes This is our value: it stays here and is sent to Supply." in text_in(page)
    assert page.content.decode().count('type="radio"') == 1

    answer = client.post(address(conflicting), {**typed(found, value="theirs"), "reason": "Reopen"})
    assert answer.status_code == 422
    client.post(address(conflicting), {**typed(found, value="ours"), "reason": "It is lost"})

    found.refresh_from_db()
    assert (found.choice, found.decided_by) == ("ours", clerk)
