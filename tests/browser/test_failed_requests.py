"""Requests of a page that fail: the page says what happened, in the words of its template."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from sales.models import Order
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from tests.browser.conftest import Screen
from tests.factories import Market, UserFactory
from web.record_urls import record_url

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]


def go_offline(page: Page, _: Order) -> None:
    page.context.set_offline(True)


def hand_over(_: Page, order: Order) -> None:
    order.refresh_from_db()
    order.owner = UserFactory.create()
    order.team = order.owner.team
    order.save()


@pytest.mark.parametrize(
    ("fail", "sentence"),
    [
        (go_offline, "The server did not answer. Your last change was not saved."),
        (hand_over, "This record is no longer there for you. Reload the page."),
    ],
)
def test_says_what_happened(
    screen: Screen, market: Market, fail: Callable[[Page, Order], None], sentence: str
) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, product=market.product("100.00"))
    screen.sign_in(market)
    screen.page.goto(record_url(order))
    fail(screen.page, order)
    quantity = screen.page.get_by_label("Quantity")

    quantity.fill("7")
    quantity.press("Enter")

    expect(screen.page.get_by_text(sentence).first).to_be_visible()
    assert order.lines.get().quantity == 1
    screen.errors.clear()
