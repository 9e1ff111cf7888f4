"""Accessibility of every screen: axe, on a phone, light and dark, and without scripts."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import expect

from sales.services.documents.drafts import draft_quote
from sales.services.documents.lines import add_line
from tests.browser.conftest import COLOURS, PASSWORD, RULES, Screen
from tests.factories import Market
from tests.web.one_of_each import one_of_each, shop
from tests.web.pages import every_page
from web.record_urls import record_url

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]

MESSAGES = ("/search/?q=nothing+is+called+this", "/orders/?text=nothing+has+this+name")
MISSING = "/no-such-page/"
OPTIONS = ("question line options", "question product suggestions")
"""Answers that are parts of a page, never one of their own."""


def every_screen() -> tuple[Market, list[str]]:
    """Make everything that a page can show; return whose it is and the URLs of all pages."""
    market, approver = shop()
    pages = every_page(one_of_each(market, approver, 1))
    urls = [url for name, url in pages.items() if name not in OPTIONS]
    market.rep.set_password(PASSWORD)
    market.rep.is_superuser = True
    market.rep.save()
    return market, [*dict.fromkeys(urls), *MESSAGES, "/accounts/password/change/", MISSING]


def test_is_clean_for_axe_and_fits_a_phone_light_and_dark(screen: Screen) -> None:
    market, addresses = every_screen()
    screen.page.goto("/accounts/login/")
    check_both_themes(screen)
    screen.sign_in(market)

    for address in addresses:
        screen.page.goto(address)
        check_both_themes(screen)
    screen.ignore_missing_page()


def check_both_themes(screen: Screen) -> None:
    """Check all rules in light, and in dark those that depend on the theme."""
    for theme, rules in (("light", RULES), ("dark", COLOURS)):
        screen.page.evaluate("theme => document.documentElement.dataset.bsTheme = theme", theme)
        screen.check_accessibility(rules)
        screen.page.set_viewport_size({"width": 390, "height": 844})
        screen.check_width()
        screen.page.set_viewport_size({"width": 1440, "height": 900})


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_follows_the_theme_of_the_system(screen: Screen, theme: Literal["light", "dark"]) -> None:
    screen.page.emulate_media(color_scheme=theme)

    screen.page.goto("/accounts/login/")

    expect(screen.page.locator("html")).to_have_attribute("data-bs-theme", theme)


def test_works_without_scripts(screen: Screen, market: Market) -> None:
    draft = draft_quote(actor=market.rep, account=market.account, name="Refit")
    add_line(draft, actor=market.rep, product=market.product("100.00"))
    screen.sign_in(market)
    cookies = screen.page.context.cookies()
    browser = screen.page.context.browser
    assert browser is not None
    plain = browser.new_context(base_url=screen.page.url, java_script_enabled=False)
    plain.add_cookies(cookies)  # type: ignore[arg-type]  # what Playwright returned itself
    page = plain.new_page()

    page.goto(record_url(draft))
    page.get_by_label("Quantity").fill("3")
    page.get_by_role("button", name="Save line").click()

    assert page.locator("#grand").inner_text() == "€360.00"
    page.get_by_text("More", exact=True).click()
    page.get_by_role("link", name="Edit head").click()
    assert page.get_by_role("heading", level=1).is_visible()
    plain.close()
