"""Accessibility of every screen: axe, on a phone, light and dark, and without scripts."""

from __future__ import annotations

import pytest

from sales.models import Order
from sales.services.billing.order_invoices import invoice_order
from sales.services.documents.drafts import draft_quote
from sales.services.documents.lines import add_line
from sales.services.invoices import issue_invoice
from sales.services.orders import submit_order
from sales.services.quotes import accept_quote, activate_quote
from tests.browser.conftest import COLOURS, RULES, Screen
from tests.factories import ContactFactory, LeadFactory, Market, OpportunityFactory
from web.record_urls import record_url

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]

KINDS = ("leads", "opportunities", "accounts", "contacts", "quotes", "orders", "invoices")


def every_screen(market: Market) -> list[str]:
    """Create a record of each kind and list the URLs of all screens."""
    rep, account = market.rep, market.account
    product = market.product("100.00")
    lead = LeadFactory.create(owner=rep)
    contact = ContactFactory.create(account=account)
    opportunity = OpportunityFactory.create(account=account)
    draft = draft_quote(actor=rep, account=account, name="Refit")
    add_line(draft, actor=rep, product=product)
    quote = draft_quote(actor=rep, account=account, name="Refit", opportunity=opportunity)
    add_line(quote, actor=rep, product=product)
    activate_quote(quote.pk, actor=rep)
    order: Order = accept_quote(quote.pk, actor=rep, name="Émile")
    submit_order(order.pk, actor=rep)
    invoice = invoice_order(order.pk, actor=rep, what="all")
    issue_invoice(invoice.pk, actor=rep)
    records = (lead, contact, account, opportunity, draft, quote, order, invoice, product)
    forms = (
        f"{record_url(lead)}qualify/",
        f"{record_url(draft)}edit/",
        f"{record_url(order)}ship/",
    )
    return [
        "/",
        "/search/?q=espresso",
        "/products/",
        "/handoffs/",
        "/accounts/password/change/",
        *(f"/{kind}/" for kind in KINDS),
        *(f"/{kind}/new/" for kind in KINDS),
        *map(record_url, records),
        *forms,
        f"/history/sales/order/{order.pk}/",
        "/orders/?text=nothing+has+this+name",
        "/no-such-page/",
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_is_clean_for_axe_and_fits_a_phone(screen: Screen, market: Market, theme: str) -> None:
    addresses = every_screen(market)
    screen.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]  # light or dark
    rules = RULES if theme == "light" else COLOURS
    screen.check_sign_in_page()
    screen.sign_in(market)

    for address in addresses:
        screen.page.goto(address)
        screen.check_accessibility(rules)
        screen.page.set_viewport_size({"width": 390, "height": 844})
        screen.check_width()
        screen.page.set_viewport_size({"width": 1440, "height": 900})
    screen.ignore_missing_page()


def test_works_without_scripts(screen: Screen, market: Market) -> None:
    addresses = every_screen(market)
    screen.sign_in(market)
    cookies = screen.page.context.cookies()
    browser = screen.page.context.browser
    assert browser is not None
    plain = browser.new_context(base_url=screen.page.url, java_script_enabled=False)
    plain.add_cookies(cookies)  # type: ignore[arg-type]  # what Playwright returned itself
    page = plain.new_page()

    page.goto(next(address for address in addresses if "/quotes/01" in address))
    page.get_by_label("Quantity").fill("3")
    page.get_by_role("button", name="Save line").click()

    assert page.locator("#grand").inner_text() == "€360.00"
    page.get_by_text("More", exact=True).click()
    page.get_by_role("link", name="Edit head").click()
    assert page.get_by_role("heading", level=1).is_visible()
    plain.close()
