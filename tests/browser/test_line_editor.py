"""The line editor of drafts: dialogs, refused cells, and typing while an answer is on its way."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from sales.models import Order
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from tests.browser.conftest import Screen
from tests.factories import Market
from web.record_urls import record_url

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def order(market: Market) -> Order:
    """A draft order of two lines."""
    drafted = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    for name, price in (("Espresso machine", "100.00"), ("Grinder", "40.00")):
        add_line(drafted, actor=market.rep, product=market.product(price, name=name))
    return drafted


@pytest.fixture
def page(screen: Screen, market: Market, order: Order) -> Page:
    """The draft's page."""
    screen.sign_in(market)
    screen.page.goto(record_url(order))
    return screen.page


def check_later_dialogs(page: Page) -> None:
    """Open two other dialogs of the page, one after the other."""
    dialog = page.get_by_role("dialog")
    page.locator("#grand a").click()
    dialog.get_by_text("= pre-freight + freight + tax").wait_for()
    dialog.get_by_role("button", name="Close").click()
    page.get_by_role("link", name="Write-in").click()
    dialog.get_by_role("heading", name="Add a write-in line").wait_for()
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")


def test_adds_a_write_in_line_in_a_dialog(page: Page, order: Order) -> None:
    dialog = page.get_by_role("dialog")

    page.get_by_role("link", name="Write-in").click()
    dialog.get_by_label("Description").fill("Delivery to the third floor")
    dialog.get_by_label("Category").select_option(index=1)
    dialog.get_by_label("Unit price").fill("25")
    dialog.get_by_role("button", name="Add line").click()

    page.get_by_text("Line added.").wait_for()
    line = order.lines.get(kind="write_in")
    assert (line.description, line.net) == ("Delivery to the third floor", 25)
    assert page.locator("#grand").inner_text() == "€193.00"
    check_later_dialogs(page)


@pytest.mark.parametrize(
    ("choice", "kind"),
    [("Section heading", "section"), ("Note", "note")],
)
def test_adds_a_heading_or_a_note_in_a_dialog(
    page: Page, order: Order, choice: str, kind: str
) -> None:
    dialog = page.get_by_role("dialog")

    page.get_by_role("link", name="Heading or note").click()
    dialog.get_by_label("Kind").select_option(choice)
    dialog.get_by_label("Text").fill("Behind the bar")
    dialog.get_by_role("button", name="Add", exact=True).click()

    page.locator(f"tr.is-{kind}").get_by_text("Behind the bar").wait_for()
    assert order.lines.get(kind=kind).description == "Behind the bar"
    check_later_dialogs(page)


@pytest.mark.parametrize("name", ["Write-in", "Heading or note"])
def test_opens_other_dialogs_after_one_that_was_left(page: Page, name: str) -> None:
    dialog = page.get_by_role("dialog")
    page.evaluate("window.sameDocument = true")
    page.get_by_role("link", name=name).click()
    dialog.get_by_role("textbox").first.fill("Delivery")

    dialog.get_by_role("link", name="Cancel").click()

    dialog.wait_for(state="hidden")
    check_later_dialogs(page)
    assert page.evaluate("window.sameDocument") is True
    page.reload()  # asks nothing: what was typed was given up
    assert page.evaluate("window.sameDocument") is None


def test_shows_in_the_dialog_why_a_line_was_refused(page: Page, order: Order) -> None:
    dialog = page.get_by_role("dialog")
    page.get_by_role("link", name="Write-in").click()
    dialog.get_by_label("Description").fill("Delivery")

    dialog.get_by_role("button", name="Add line").click()

    dialog.get_by_text("This field is required.").first.wait_for()
    assert dialog.get_by_label("Description").input_value() == "Delivery"
    assert dialog.get_by_label("Category").evaluate("field => field === document.activeElement")
    assert order.lines.count() == 2
