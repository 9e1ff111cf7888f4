"""Approvals: what an approver is shown, and that only that is approved."""

from __future__ import annotations

from decimal import Decimal

import pytest

from crm import roles
from crm.models import User
from sales.models import ApprovalRule, Quote, QuoteLine
from sales.services.approvals import request_approval
from sales.services.documents.drafts import change_head, draft_quote
from sales.services.documents.lines import add_line, change_line
from tests.approvals import decide
from tests.browser.conftest import PASSWORD, Screen
from tests.browser.test_actions import check
from tests.factories import Market, UserFactory
from web.record_urls import record_url

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def manager(market: Market) -> User:
    user: User = UserFactory.create(role=roles.SALES_MANAGER, team=market.rep.team)
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def quote(market: Market, manager: User) -> Quote:
    """Three lines, approved once and changed since; one of them is on no list."""
    for name, measure, threshold in (
        ("Discount above 10 %", "discount_rate", "0.1"),
        ("Margin below 30 %", "margin_rate", "0.3"),
    ):
        ApprovalRule.objects.create(name=name, measure=measure, threshold=Decimal(threshold))
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    machine = market.product("6890.00", name="Espresso machine", standard_cost=Decimal(5200))
    cups = market.product("5.00", name="Cups", standard_cost=Decimal(3))
    grinder = market.product(None, name="Grinder with a hopper of two kilograms")
    line = add_line(quote, actor=market.rep, product=machine, discount_rate=Decimal("0.12"))
    add_line(quote, actor=market.rep, product=cups, quantity=Decimal(48), unit_price=Decimal(4))
    decide(quote, actor=manager)
    change_line(line, actor=market.rep, discount_rate=Decimal("0.18"))
    add_line(quote, actor=market.rep, product=grinder, unit_price=Decimal(890))
    change_head(quote, actor=market.rep, discount_amount=Decimal(100))
    request_approval(quote.pk, actor=market.rep, comment="They take eight more bars next year.")
    return Quote.objects.get(pk=quote.pk)


def cups_of(quote: Quote) -> QuoteLine:
    return quote.lines.get(description="Cups")


def test_approves_what_the_page_shows(
    screen: Screen, market: Market, manager: User, quote: Quote
) -> None:
    market.rep.email = manager.email  # whoever signs in here
    screen.sign_in(market)
    page = screen.page
    page.goto(record_url(quote))
    page.get_by_role("link", name="Approve", exact=True).click()
    page.get_by_text("No list price: Grinder").wait_for()
    check(screen)
    page.get_by_label("Comment").fill("For the sake of the next year")
    change_line(cups_of(quote), actor=market.rep, quantity=Decimal(49))

    page.get_by_role("button", name="Approve").click()

    page.get_by_text("The quote was changed since you opened it").wait_for()
    assert page.get_by_label("Comment").input_value() == "For the sake of the next year"
    assert not quote.approvals.filter(comment__startswith="For the").exists()
    check(screen)

    page.get_by_role("button", name="Approve").click()
    page.get_by_text("Approved as it stands; any change").wait_for()
    assert quote.approvals.latest("decided_at").content["lines"][1]["quantity"] == "49"


def test_decides_on_a_page_without_scripts(
    screen: Screen, market: Market, manager: User, quote: Quote
) -> None:
    market.rep.email = manager.email
    screen.sign_in(market)
    browser, cookies = screen.page.context.browser, screen.page.context.cookies()
    assert browser is not None
    plain = browser.new_context(base_url=screen.page.url, java_script_enabled=False)
    plain.add_cookies(cookies)  # type: ignore[arg-type]  # what Playwright returned itself
    page = plain.new_page()
    page.goto(f"{record_url(quote)}refuse/")
    page.get_by_label("Reason").fill("Too cheap")
    change_line(cups_of(quote), actor=market.rep, quantity=Decimal(49))

    page.get_by_role("button", name="Refuse").click()
    assert page.get_by_text("The quote was changed since you opened it").is_visible()
    assert page.get_by_label("Reason").input_value() == "Too cheap"
    page.get_by_role("button", name="Refuse").click()

    assert page.get_by_text("Refused. The reason stands on the quote.").is_visible()
    assert page.locator("#approval").get_by_text("Too cheap").is_visible()
    plain.close()
