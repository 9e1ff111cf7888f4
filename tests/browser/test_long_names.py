"""Long, unbreakable and right-to-left names: they never widen a page or touch the money."""

from __future__ import annotations

from typing import Any

import pytest

from crm.models import Account
from sales.models import AccountTerms
from sales.services.documents.drafts import draft_quote
from sales.services.documents.lines import add_line
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.orders import submit_order
from sales.services.quotes import accept_quote, activate_quote
from tests.browser.conftest import Screen
from tests.factories import AccountFactory, ContactFactory, LeadFactory, Market, OpportunityFactory
from web.record_urls import record_url

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]

LONG = ("Espresso bar refit with two grinders " * 6)[:200]
WORD = "W" * 120
ARABIC = "مطعم القاهرة"
LISTS = ("leads", "opportunities", "accounts", "contacts", "quotes", "orders", "invoices")

WIDE = 1440
LAPTOP = 1280
PHONE = 390

CELLS_OUT_OF_PLACE = """
    [...document.querySelectorAll("td.end, .money, .kv .grand dd, .num")]
        .filter((cell) => cell.offsetParent && cell.innerText.includes("€"))
        .filter((cell) => {
            const range = document.createRange();
            range.selectNodeContents(cell);
            const text = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
            let broken = false;
            while (text.nextNode()) {
                if (!text.currentNode.data.includes("€")) continue;
                const money = document.createRange();
                money.selectNodeContents(text.currentNode);
                broken ||= new Set([...money.getClientRects()].map((line) => line.top)).size > 1;
            }
            const right = cell.closest(".card")?.getBoundingClientRect().right ?? innerWidth;
            return broken || cell.getBoundingClientRect().right > Math.min(right, innerWidth);
        })
        .map((cell) => cell.innerText)
"""
"""The amounts that stand outside of their card or the viewport, or break into several lines."""

NAMES_OVER_TWO_LINES = """
    [...document.querySelectorAll(".list .name, .rows .name, .kv .name, .flow-detail .name")]
        .filter((name) => name.offsetParent && !name.parentElement.closest(".name"))
        .filter((name) => name.clientHeight > 2.2 * parseFloat(getComputedStyle(name).lineHeight))
        .map((name) => name.innerText)
"""

READS_LEFT_TO_RIGHT = """
    (place) => {
        const text = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
        while (text.nextNode()) {
            const at = text.currentNode.data.indexOf("€");
            if (at < 0) continue;
            const [sign, digit] = [at, at + 1].map((start) => {
                const range = document.createRange();
                range.setStart(text.currentNode, start);
                range.setEnd(text.currentNode, start + 1);
                return range.getBoundingClientRect().left;
            });
            return sign < digit;
        }
        return null;
    }
"""
"""Whether the currency sign of an amount is drawn to the left of its first digit."""


def sell(market: Market, account: Account, name: str) -> list[Any]:
    """Sell to an account; every record that has a name has this one."""
    rep = market.rep
    product = market.product("1234567.8901", name=name[:120])
    contact = ContactFactory.create(account=account, last_name=name[:80])
    opportunity = OpportunityFactory.create(account=account, name=name)
    quote = draft_quote(
        actor=rep, account=account, contact=contact, name=name, opportunity=opportunity
    )
    add_line(quote, actor=rep, product=product)
    activate_quote(quote.pk, actor=rep)
    order = accept_quote(quote.pk, actor=rep, name=name[:100])
    submit_order(order.pk, actor=rep)
    invoice = invoice_order(order.pk, actor=rep, what="all")
    issue_invoice(invoice.pk, actor=rep)
    draft = draft_quote(actor=rep, account=account, name=name)
    add_line(draft, actor=rep, product=product)
    lead = LeadFactory.create(
        owner=rep, topic=name, company_name=name, last_name=name[:80], follow_up_on="2026-01-01"
    )
    return [lead, contact, account, opportunity, draft, quote, order, invoice, product]


def buyer(market: Market, name: str) -> Account:
    """Create an account that buys on the market's terms."""
    account: Account = AccountFactory.create(owner=market.rep, name=name)
    AccountTerms.objects.create(
        account=account,
        currency=market.currency,
        price_list=market.price_list,
        payment_terms=market.payment_terms,
        tax_zone=market.zone,
    )
    return account


def every_screen(market: Market) -> list[str]:
    """Make records with a long name and with an unbreakable one; list the URLs that show them."""
    long, word = (sell(market, buyer(market, name), name) for name in (LONG, WORD))
    lead, _, account, *_ = long
    histories = [
        f"/history/{record._meta.app_label}/{record._meta.model_name}/{record.pk}/"
        for record in word[:-1]
    ]
    forms = [
        f"{record_url(word[0])}qualify/",
        *(f"{record_url(record)}edit/" for record in word[:4]),
    ]
    urls = ["/", "/search/?q=espresso", f"/search/?q={WORD}", "/products/"]
    return [
        *urls,
        *(f"/{kind}/" for kind in LISTS),
        *map(record_url, [lead, account, *word]),
        *histories,
        *forms,
    ]


def problems(screen: Screen, url: str, width: int) -> list[object]:
    """Return what is too wide, broken or out of the viewport on the page that is open."""
    page = screen.page
    page.set_viewport_size({"width": width, "height": 900})
    found: list[object] = []
    needed = page.evaluate("document.documentElement.scrollWidth")
    if needed > width:
        found.append((url, width, f"needs {needed} px"))
    out, tall = page.evaluate(CELLS_OUT_OF_PLACE), page.evaluate(NAMES_OVER_TWO_LINES)
    return found + [(url, width, text) for text in [*out, *tall]]


def test_no_name_widens_a_page_or_breaks_an_amount(screen: Screen, market: Market) -> None:
    urls = every_screen(market)
    screen.sign_in(market)
    found: list[object] = []

    for url in urls:
        screen.page.set_viewport_size({"width": WIDE, "height": 900})
        screen.page.goto(url, wait_until="domcontentloaded")
        for width in (WIDE, LAPTOP, 1200, 1024, 768, PHONE):
            found += problems(screen, url, width)

    assert found == []


def test_a_name_from_right_to_left_leaves_the_amount_beside_it(
    screen: Screen, market: Market
) -> None:
    account = buyer(market, ARABIC)
    opportunity = sell(market, account, ARABIC)[3]
    screen.sign_in(market)

    for url, place in (
        (record_url(opportunity), ".page-sub"),
        ("/opportunities/", ".list tbody tr"),
        ("/orders/", ".list tbody tr"),
        ("/invoices/", ".list tbody tr"),
        (record_url(account), "#documents li"),
    ):
        screen.page.goto(url, wait_until="domcontentloaded")
        shown = screen.page.locator(place).first
        assert "€" in shown.inner_text(), url
        assert shown.evaluate(READS_LEFT_TO_RIGHT), url
        assert shown.locator("bdi", has_text=ARABIC).count() >= 1, url


def test_an_address_is_shown_to_its_last_letter(screen: Screen, market: Market) -> None:
    account = buyer(market, LONG)
    order = sell(market, account, LONG)[6]
    screen.sign_in(market)

    for width in (WIDE, PHONE):
        screen.page.set_viewport_size({"width": width, "height": 900})
        screen.page.goto(record_url(order), wait_until="domcontentloaded")
        whole = screen.page.locator(".kv .whole")
        assert whole.count() >= 1
        for text in whole.all():
            hidden = "text => getComputedStyle(text).overflow !== 'visible'"
            assert not text.evaluate(hidden)


def test_a_clamped_name_has_all_of_it_in_its_tooltip(screen: Screen, market: Market) -> None:
    LeadFactory.create(owner=market.rep, topic=LONG)
    screen.sign_in(market)

    screen.page.goto("/leads/")

    name = screen.page.locator(".list tbody .name").first
    assert name.get_attribute("title") == LONG
    assert name.evaluate("name => name.scrollHeight > name.clientHeight")
