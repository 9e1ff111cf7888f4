"""Actions with forms of their own: change orders, credit notes, invoices, explanations."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import pytest

from sales.models import Invoice, Order
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.orders import submit_order
from tests.browser.conftest import Screen
from tests.factories import Market
from web.record_urls import record_url

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]

THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest.fixture
def order(market: Market) -> Order:
    drafted = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    machine = market.product("19.99", name="Espresso machine")
    add_line(drafted, actor=market.rep, product=machine, quantity=Decimal(10))
    market.product("5.00", name="Milk pitcher", sku="MILK-1")
    return submit_order(drafted.pk, actor=market.rep)


@pytest.fixture
def invoice(market: Market, order: Order) -> Invoice:
    drafted = invoice_order(order.pk, actor=market.rep, what="all")
    return issue_invoice(drafted.pk, actor=market.rep)


def check(screen: Screen) -> None:
    """Check the screen in both themes, on a desktop and on a phone."""
    for theme in THEMES:
        screen.page.emulate_media(color_scheme=theme)
        screen.check_accessibility()
        screen.page.set_viewport_size({"width": 390, "height": 844})
        screen.check_accessibility()
        screen.check_width()
        screen.page.set_viewport_size({"width": 1440, "height": 900})


def test_changes_an_order_after_a_preview(screen: Screen, market: Market, order: Order) -> None:
    screen.sign_in(market)
    page = screen.page
    page.goto(record_url(order))
    page.get_by_text("More", exact=True).click()
    page.get_by_role("link", name="Change order").click()
    check(screen)

    page.get_by_label("Quantity: Espresso machine").fill("12")
    page.get_by_label("Product").first.press_sequentially("milk")
    page.locator("#product-suggestions option").wait_for(state="attached")
    page.get_by_label("Product").first.fill("MILK-1")
    page.get_by_label("Reason").fill("Two more, and a pitcher")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("heading", name="This is what would change").wait_for()
    assert "€293.86" in page.get_by_role("status").inner_text()
    check(screen)

    page.get_by_role("button", name="Change order").click()

    page.wait_for_url(f"**{record_url(order)}")
    assert page.locator("#grand").inner_text() == "€293.86"
    assert page.get_by_text("Two more, and a pitcher").is_visible()
    check(screen)


def test_credits_an_invoice(screen: Screen, market: Market, invoice: Invoice) -> None:
    screen.sign_in(market)
    page = screen.page
    page.goto(record_url(invoice))
    page.get_by_text("More", exact=True).click()
    page.get_by_role("link", name="Credit note").click()
    check(screen)

    page.get_by_label("Reason").fill("Two came broken")
    page.get_by_label("To credit: Espresso machine").fill("11")
    page.get_by_role("button", name="Issue credit note").click()
    page.get_by_role("alert").get_by_text("11 cannot be credited, only 10 are left").wait_for()
    check(screen)
    page.get_by_label("To credit: Espresso machine").fill("2")
    page.get_by_role("button", name="Issue credit note").click()

    page.get_by_role("heading", name="CN-").wait_for()
    assert page.locator("#grand").inner_text() == "€47.98"
    check(screen)
    page.get_by_role("link", name=str(invoice)).first.click()
    page.get_by_role("heading", name="Credit notes").wait_for()
    check(screen)


def test_explains_a_figure_in_a_dialog_and_without_scripts(
    screen: Screen, market: Market, order: Order
) -> None:
    screen.sign_in(market)
    page = screen.page
    page.goto(record_url(order))
    page.locator("#grand a").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("= pre-freight + freight + tax").wait_for()
    screen.check_accessibility()
    dialog.get_by_role("button", name="Close").click()

    page.goto(page.locator("#grand a").get_attribute("href") or "")
    page.get_by_role("link", name="Every figure of this document").click()
    page.get_by_text("1 Espresso machine").first.wait_for()
    check(screen)


def test_asks_only_for_what_the_kind_of_invoice_needs(
    screen: Screen, market: Market, order: Order
) -> None:
    screen.sign_in(market)
    page = screen.page
    page.goto(f"{record_url(order)}invoice/")
    quantity = page.get_by_label("To invoice: Espresso machine")
    amount = page.get_by_label("or an amount, tax included")
    assert not quantity.is_visible()
    assert not amount.is_visible()
    page.get_by_label("The quantities below").check()
    assert quantity.is_visible()
    page.get_by_label("A down payment").check()
    check(screen)

    amount.fill("60")
    page.get_by_role("button", name="Create draft invoice").click()

    page.get_by_role("heading", name="Draft invoice").wait_for()
    assert page.locator("#grand").inner_text() == "€60.00"
