"""From lead to paid invoice, in Chromium, and the behaviour of forms and cells."""

from __future__ import annotations

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from sales.models import Invoice, Order, Quote
from sales.services.documents.drafts import draft_quote
from sales.services.documents.lines import add_line
from tests.browser.conftest import Screen
from tests.factories import Market

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]


def test_goes_from_lead_to_paid_invoice(screen: Screen, market: Market) -> None:
    market.product("4890.00", sku="ESP-2G", name="Espresso machine, 2 groups")
    page = screen.page
    screen.sign_in(market)

    page.keyboard.press("n")
    page.get_by_role("link", name="Lead", exact=True).click()
    page.get_by_label("Topic").fill("Second bar, rue Mercière")
    page.get_by_label("Company").fill(market.account.name)
    page.get_by_label("First name").fill("Hélène")
    page.get_by_label("Last name").fill("Girard")
    page.get_by_label("E-mail address").fill("helene@lavoisier.example")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Second bar")

    page.get_by_role("link", name="Qualify").click()
    page.get_by_label(market.account.name, exact=True).check()
    page.get_by_role("button", name="Qualify").click()
    expect(page.locator(".toast-item:visible")).to_contain_text("The lead is qualified")

    page.get_by_role("link", name="Create quote").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Create quote").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Draft quote")

    page.keyboard.press("n")
    page.keyboard.type("espr")
    offered = page.get_by_role("listbox", name="Products").get_by_role("option")
    expect(offered).to_have_count(1)
    page.keyboard.press("Enter")
    quantity = page.get_by_label("Quantity")
    expect(quantity).to_be_focused()
    quantity.fill("3")
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Add a product")).to_be_focused()
    expect(page.locator("#grand")).to_have_text("€17,604.00")
    discount = page.get_by_label("Discount, 10 or 10%")
    discount.fill("10%")
    discount.press("Tab")
    expect(page.locator("#grand")).to_have_text("€15,843.60")

    page.get_by_role("button", name="Activate").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("r1")
    page.get_by_role("link", name="Record acceptance").click()
    dialog.get_by_label("Customer's reference").fill("PO-4711")
    dialog.get_by_role("button", name="Accept and create the order").click()
    page.get_by_role("button", name="Submit").click()
    order = Order.objects.get()
    expect(page.get_by_role("heading", level=1)).to_contain_text(str(order.number))

    page.get_by_role("link", name="Record shipment").click()
    page.get_by_label("In this shipment: Espresso machine").fill("1")
    page.get_by_label("Tracking number").fill("1Z 999")
    page.get_by_role("button", name="Record shipment").click()
    expect(page.locator("#chips")).to_contain_text("Partly shipped")

    page.get_by_role("link", name="Create invoice").click()
    expect(page.get_by_label("What was shipped and is not billed yet")).to_be_checked()
    page.get_by_role("button", name="Create draft invoice").click()
    page.get_by_role("button", name="Issue").click()
    invoice = Invoice.objects.get()
    expect(page.get_by_role("heading", level=1)).to_contain_text(str(invoice.number))
    assert invoice.total == Decimal("5281.20")

    page.get_by_role("link", name="Record payment").click()
    dialog.get_by_label("Reference").fill("SEPA 81")
    dialog.get_by_role("button", name="Record payment").click()
    expect(page.locator("#chips")).to_contain_text("Paid")
    trace = page.get_by_role("navigation", name="From lead to official invoice")
    expect(trace.get_by_role("link")).to_have_count(5)
    trace.get_by_role("link", name="Lead").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Second bar, rue Mercière")
    assert Quote.objects.get().status == Quote.Status.WON


def test_keeps_a_refused_cell_and_shows_why(screen: Screen, market: Market) -> None:
    screen.sign_in(market)
    quote = screen_quote(market)
    page = screen.page
    page.goto(f"/quotes/{quote.pk}/")

    quantity = page.get_by_label("Quantity")
    quantity.fill("2.5")
    quantity.press("Tab")

    expect(page.locator(".cell-error[role=alert]")).not_to_be_empty()
    expect(quantity).to_have_value("2.5")
    expect(quantity).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#grand")).to_have_text("€120.00")
    screen.check_accessibility()

    quantity.fill("2")
    quantity.press("Tab")
    expect(page.locator("#grand")).to_have_text("€240.00")
    expect(page.locator(".cell-error[role=alert]")).to_have_count(0)


def test_submits_a_form_once_on_a_double_click(screen: Screen, market: Market) -> None:
    screen.sign_in(market)
    page = screen.page
    page.goto("/accounts/new/")
    page.get_by_label("Name").fill("Trois Marées")

    page.get_by_role("button", name="Save").dblclick()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Trois Marées")
    page.goto("/accounts/?text=trois")
    expect(page.locator("tbody tr")).to_have_count(1)


def test_remembers_the_theme(screen: Screen, market: Market) -> None:
    screen.sign_in(market)
    page = screen.page

    page.get_by_role("button", name="Switch between light and dark").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")

    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def screen_quote(market: Market) -> Quote:
    """Draft a quote with one line."""
    quote = draft_quote(actor=market.rep, account=market.account, name="Refit")
    add_line(quote, actor=market.rep, product=market.product("100.00"))
    return quote
