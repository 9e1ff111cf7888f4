"""Pages of two-way sync in a browser: orders, conflicts, handoffs and connections."""

from __future__ import annotations

import pytest

from crm import roles
from crm.models import User
from fulfilment.models import Discrepancy
from sales.models import Order
from tests.browser.conftest import PASSWORD, Screen
from tests.database_assertions import tamper
from tests.factories import Market, UserFactory
from tests.fulfilment.conftest import FarEnd
from tests.fulfilment.messages import receive_from
from tests.fulfilment.supply import changed, their_line, their_order
from tests.web.test_conflict_pages import conflicting, supply
from web.record_urls import record_url

__all__ = ["conflicting", "supply"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]

CUT_BUTTONS = """
    [...document.querySelectorAll(".btn")]
        .filter((button) => button.offsetParent && button.scrollWidth > button.clientWidth + 1)
        .map((button) => button.innerText)
"""
"""The buttons that are narrower than what they say."""


HIDDEN_WIDTH = """
    (({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)
        (document.querySelector("table.list").parentElement)
"""
"""How much of the table is seen only by scrolling, in pixels."""


@pytest.fixture
def administrator(market: Market) -> User:
    user: User = UserFactory.create(role=roles.ADMINISTRATOR, team=market.rep.team)
    user.set_password(PASSWORD)
    user.save()
    return user


def test_fits_every_width_and_is_accessible(
    screen: Screen, market: Market, administrator: User, conflicting: Order, supply: FarEnd
) -> None:
    receive_from(supply, changed(their_order(lines=[their_line(item="ZZ-77")])))
    market.rep = administrator
    screen.sign_in(market)

    for url in (
        record_url(conflicting),
        "/handoffs/",
        record_url(supply.connection),
        f"/orders/{conflicting.pk}/conflicts/supply/",
    ):
        screen.page.goto(url)
        screen.check_accessibility()
        for width in (1440, 390):
            screen.page.set_viewport_size({"width": width, "height": 900})
            screen.check_width()
            assert screen.page.evaluate(CUT_BUTTONS) == [], (url, width)


@pytest.mark.parametrize("width", [1440, 1300, 390])
def test_the_list_of_orders_shows_every_column(
    screen: Screen, market: Market, conflicting: Order, width: int
) -> None:
    tamper(
        "UPDATE sales_order SET number = 'AW-O-2026-00001', name = 'Grinders for the autumn list', "
        "fulfilment_status = 'partly_shipped', billing_status = 'partly'"
    )
    screen.sign_in(market)
    screen.page.set_viewport_size({"width": width, "height": 900})

    screen.page.goto("/orders/")

    assert screen.page.locator("tbody").inner_text().count("AW-O-2026-00001") == 1
    assert screen.page.evaluate(HIDDEN_WIDTH) == 0


def test_decides_all_fields_in_one_dialog_by_keyboard(
    screen: Screen, market: Market, conflicting: Order
) -> None:
    screen.sign_in(market)
    page = screen.page
    page.goto(record_url(conflicting))
    page.locator("#sync").get_by_role("link", name="Decide").click()
    dialog, totals = page.locator("#dialog"), page.locator("#conflict-totals")

    assert dialog.get_by_role("button", name="Show totals").count() == 0
    page.get_by_role("radio", name="5 This is the value of").first.check()
    totals.get_by_text("€105.60").wait_for()
    assert totals.inner_text().split("\n")[0] == "Total now"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    totals.get_by_text("Supply will be sent: Discount of Grinder €12.00.").wait_for()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    totals.get_by_text("Supply will be sent: Quantity of Grinder 4.").wait_for()
    dialog.get_by_role("button", name="All theirs").click()
    totals.get_by_text("€114.00").wait_for()
    dialog.get_by_label("Reason").fill("They counted")
    page.keyboard.press("Control+Enter")
    page.get_by_text("2 fields are decided.").wait_for()

    assert not Discrepancy.objects.open().exists()
    line = conflicting.lines.get()
    assert (line.quantity, line.discount_amount) == (5, 5)
