"""A session that ends while a page is open: the page says so and keeps what was typed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from sales.models import Order
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from tests.browser.conftest import PASSWORD, Screen
from tests.factories import Market
from web.record_urls import record_url

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]

WORDS = "You were signed out, and this was not saved."


@pytest.fixture
def order(market: Market) -> Order:
    drafted = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(drafted, actor=market.rep, product=market.product("100.00", name="Machine"))
    return drafted


@pytest.fixture
def page(screen: Screen, market: Market, order: Order) -> Iterator[Page]:
    """The draft's page, open when the session ended."""
    screen.sign_in(market)
    screen.page.goto(record_url(order))
    yield screen.page
    screen.ignore_signed_out()


def sign_out(page: Page) -> None:
    page.context.clear_cookies(name="sessionid")


def sign_in_by(link_holder: Page, market: Market) -> None:
    """Sign in through the notice's link, which opens a tab of its own, and come back."""
    with link_holder.context.expect_page() as opened:
        link_holder.get_by_role("link", name="Sign in").click()
    tab = opened.value
    tab.get_by_label("Email").fill(market.rep.email)
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Sign in").click()
    tab.wait_for_url("**/orders/*/")
    tab.close()
    link_holder.bring_to_front()


def test_a_line_stays_typed_and_marked_and_is_saved_after_sign_in(
    page: Page, market: Market, order: Order
) -> None:
    sign_out(page)
    quantity = page.get_by_label("Quantity")

    quantity.fill("7")
    quantity.press("Enter")

    expect(page.get_by_role("alert").filter(has_text=WORDS)).to_be_visible()
    expect(quantity).to_have_value("7")
    expect(quantity).to_have_attribute("data-unsaved", "yes")
    expect(page.get_by_text("Not saved yet.")).to_be_visible()
    expect(page.locator("#product-options")).to_be_empty()
    assert order.lines.get().quantity == 1

    sign_in_by(page, market)
    page.evaluate("dispatchEvent(new Event('focus'))")

    expect(page.locator("#grand")).to_have_text("€840.00")
    expect(page.locator("[data-unsaved]")).to_have_count(0)
    expect(page.get_by_text(WORDS)).to_be_hidden()
    assert order.lines.get().quantity == 7


def test_a_dialog_keeps_its_form_and_is_saved_after_sign_in(
    page: Page, market: Market, order: Order
) -> None:
    dialog = page.get_by_role("dialog")
    page.get_by_role("link", name="Heading or note").click()
    dialog.get_by_label("Text").fill("Delivered in spring")
    sign_out(page)

    dialog.get_by_role("button", name="Add", exact=True).click()

    expect(dialog.get_by_text(WORDS)).to_be_visible()
    expect(dialog.get_by_label("Text")).to_have_value("Delivered in spring")

    sign_in_by(page, market)
    dialog.get_by_role("button", name="Add", exact=True).click()

    page.get_by_text("Added.").wait_for()
    assert order.lines.filter(description="Delivered in spring").count() == 1


def test_a_dialog_that_cannot_open_says_why(page: Page) -> None:
    sign_out(page)

    page.get_by_role("link", name="Write-in").click()

    expect(page.get_by_text(WORDS)).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
