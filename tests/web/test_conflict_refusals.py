"""The dialog of a conflict: what it refuses, what it says then, and what it keeps."""

from __future__ import annotations

from decimal import Decimal
from html import unescape

import pytest
from django.test import Client

from crm.models import User
from fulfilment.models import Discrepancy
from sales.models import Order
from sales.services.change_orders import Changes, change_order
from sales.services.order_progress import Progress, record_progress
from tests.factories import Market
from tests.web.test_conflict_pages import (
    address,
    clerk,
    conflict,
    conflicting,
    seen_in,
    supply,
    text_in,
    typed,
)
from web.record_urls import record_url

__all__ = ["clerk", "conflicting", "supply"]


@pytest.mark.parametrize("htmx", [True, False], ids=["htmx", "without JavaScript"])
def test_keeps_what_was_typed_when_another_value_came_in_between(
    conflicting: Order, clerk: User, client: Client, market: Market, htmx: bool
) -> None:
    found, headers = conflict("quantity"), {"HX-Request": "true"} if htmx else {}
    seen = seen_in(client.get(address(conflicting)))
    fields = {conflicting.lines.get().pk: {"quantity": Decimal(8)}}
    change_order(conflicting.pk, Changes(lines=fields), actor=market.rep)

    answer = client.post(
        address(conflicting),
        {**seen, **typed(found, value="other", other="7"), "reason": "As agreed"},
        headers=headers,
    )

    assert answer.status_code == 409
    page = text_in(answer)
    assert "Quantity of Grinder has other values by now: 8 here, 5 in Supply." in page
    assert "8 This is our value: it stays here and is sent to Supply." in page
    html = answer.content.decode()
    assert 'value="As agreed"' in html
    assert 'value="7"' in html
    assert seen_in(answer)[f"{found.pk}-seen"] != seen[f"{found.pk}-seen"]
    again = {**seen_in(answer), **typed(found, value="other", other="7"), "reason": "As agreed"}
    assert client.post(address(conflicting), again).status_code == 302
    assert conflicting.lines.get().quantity == 7


@pytest.mark.parametrize("htmx", [True, False], ids=["htmx", "without JavaScript"])
def test_says_what_somebody_else_decided_and_keeps_the_rest(
    conflicting: Order, clerk: User, client: Client, htmx: bool
) -> None:
    quantity, discount = conflict("quantity"), conflict("discount")
    seen, headers = (
        seen_in(client.get(address(conflicting))),
        {"HX-Request": "true"} if htmx else {},
    )
    client.post(address(conflicting), {**typed(quantity, value="ours"), "reason": "First"})

    answer = client.post(
        address(conflicting),
        {
            **seen,
            **typed(quantity, value="other", other="7"),
            **typed(discount, value="theirs"),
            "reason": "Second",
        },
        headers=headers,
    )

    page, html = text_in(answer), answer.content.decode()
    assert answer.status_code == 409
    assert f"Quantity of Grinder was resolved before: {clerk} chose 4: First" in page
    assert "You chose: 7" in page
    assert 'value="Second"' in html
    assert [row["value"].value() for row in answer.context["forms"].rows] == ["theirs"]
    assert conflicting.lines.get().quantity == 4
    assert Discrepancy.objects.open().get() == discount


def test_is_409_when_all_was_decided_meanwhile(
    conflicting: Order, clerk: User, client: Client
) -> None:
    quantity, discount = conflict("quantity"), conflict("discount")
    seen = seen_in(client.get(address(conflicting)))
    chosen = {**typed(quantity, value="ours"), **typed(discount, value="ours")}
    client.post(address(conflicting), {**chosen, "reason": "First"})

    answer = client.post(address(conflicting), {**seen, **chosen, "reason": "Second"})
    opened = client.get(address(conflicting))

    assert answer.status_code == 409
    assert "You chose: ours" in text_in(answer)
    assert 'value="Second"' in answer.content.decode()
    assert (opened.status_code, opened["Location"]) == (303, record_url(conflicting))


@pytest.mark.parametrize(
    ("values", "more", "problem"),
    [
        ({"value": "other"}, {"reason": "Split"}, "Type the value that counts."),
        ({"value": "other", "other": "-1"}, {"reason": "Split"}, "is at least 0; you entered −1."),
        ({"value": "ours"}, {}, "is empty: fill it in."),
        ({}, {"reason": "Split"}, "Choose a value of at least one field."),
    ],
)
def test_asks_for_what_is_missing(
    conflicting: Order,
    clerk: User,
    client: Client,
    values: dict[str, str],
    more: dict[str, str],
    problem: str,
) -> None:
    found = conflict("quantity")

    answer = client.post(address(conflicting), {**typed(found, **values), **more})

    found.refresh_from_db()
    assert (answer.status_code, found.resolved_at) == (422, None)
    assert problem in unescape(answer.content.decode())


def test_says_beside_the_field_what_a_change_order_refuses(
    conflicting: Order, clerk: User, client: Client, market: Market
) -> None:
    record_progress(
        conflicting, {conflicting.lines.get().pk: Progress(Decimal(4))}, actor=market.rep
    )
    choice = typed(conflict("quantity"), value="other", other="2")

    for step in ("totals", ""):
        answer = client.post(address(conflicting), {**choice, "reason": "Split", "step": step})
        assert answer.status_code == 422
        assert "4 are shipped or billed, so 2 is too few" in text_in(answer)
        assert answer.context["totals"].after == "–"
    assert conflicting.lines.get().quantity == 4
