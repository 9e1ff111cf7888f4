"""The line editor of drafts: dialogs, refused cells, and typing while an answer is on its way."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from sales.models import Order, TaxRate
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
    dialog.get_by_label("Category", exact=True).select_option(index=1)
    dialog.get_by_label("Unit price").fill("25")
    dialog.get_by_role("button", name="Add line").click()

    page.get_by_text("Line added.").wait_for()
    line = order.lines.get(kind="write_in")
    assert (line.description, line.net) == ("Delivery to the third floor", 25)
    assert page.locator("#grand").inner_text() == "€193.00"
    check_later_dialogs(page)


def test_adds_a_trade_in_and_types_over_what_it_takes_off(page: Page, order: Order) -> None:
    dialog = page.get_by_role("dialog")

    page.get_by_role("link", name="Trade-in or rebate").click()
    dialog.get_by_label("Description").fill("Old machine taken back")
    dialog.get_by_label("Deduction per unit").fill("40")
    dialog.get_by_label("Tax category").select_option(index=1)
    dialog.get_by_role("button", name="Add line").click()

    page.get_by_text("Line added.").wait_for()
    line = order.lines.get(kind="deduction")
    assert (line.unit_price, line.net) == (-40, -40)
    expect(page.locator("#grand")).to_have_text("€120.00")
    row = page.locator("[data-row]").nth(2)
    assert row.locator("[data-col=discount]").count() == 0
    assert cell(page, "unit_price", 2).input_value() == "40.00"

    cell(page, "unit_price", 2).fill("50")
    page.keyboard.press("Enter")

    expect(page.locator("#grand")).to_have_text("€108.00")
    expect(row).to_contain_text("−€50.00")


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

    dialog.get_by_text("Category is empty: choose one.").first.wait_for()
    assert dialog.get_by_label("Description").input_value() == "Delivery"
    assert dialog.get_by_label("Category", exact=True).evaluate(
        "field => field === document.activeElement"
    )
    assert order.lines.count() == 2


def cell(page: Page, name: str, row: int = 0) -> Locator:
    """Return a cell of a line."""
    return page.locator("[data-row]").nth(row).locator(f"[data-col={name}]")


def is_focused(place: Locator) -> bool:
    """Return whether the keyboard writes there."""
    found: bool = place.evaluate("element => element === document.activeElement")
    return found


def marked(page: Page) -> list[tuple[int, str]]:
    """Return the cells that are marked as refused, by row and name."""
    found: list[list[object]] = page.evaluate(
        """[...document.querySelectorAll("[data-row]")].flatMap((row, number) =>
            [...row.querySelectorAll("[aria-invalid=true]")].map((cell) => [number, cell.name]))"""
    )
    return [(int(str(number)), str(name)) for number, name in found]


class Held:
    """Requests that the server does not receive before the test lets them go."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.routes: list[Route] = []
        page.evaluate(
            """window.answers = 0;
            document.addEventListener("htmx:afterRequest", (event) => {
                if (event.detail.requestConfig.verb === "post") window.answers += 1;
            });"""
        )
        page.route("**/lines/**", self._hold)
        page.route("**/?is-intercepted", lambda route: route.fulfill(status=202))
        self._wait_for(self._is_intercepted, "the browser to intercept requests")

    def _is_intercepted(self) -> bool:
        """Return whether requests arrive here, which begins some time after it was asked for."""
        status: int = self.page.evaluate(
            "fetch('/?is-intercepted').then((answer) => answer.status)"
        )
        return status == 202

    def _hold(self, route: Route) -> None:
        if route.request.method == "POST":
            self.routes.append(route)
        else:
            route.continue_()

    def wait_for_request(self) -> None:
        """Wait until a request is on its way."""
        self._wait_for(lambda: self.routes, "a request")

    def let_go(self) -> None:
        """Let the oldest request go on, and wait until its answer is in the page."""
        self.wait_for_request()
        before = self._answers()
        self.routes.pop(0).continue_()
        self._wait_for(lambda: self._answers() > before, "its answer")
        expect(self.page.locator(".htmx-settling")).to_have_count(0)

    def _answers(self) -> int:
        found: int = self.page.evaluate("window.answers")
        return found

    def _wait_for(self, condition: Callable[[], object], what: str) -> None:
        for _ in range(250):
            if condition():
                return
            self.page.wait_for_timeout(20)
        raise AssertionError(f"Waited in vain for {what}.")


def test_marks_only_the_cell_at_fault(page: Page, order: Order) -> None:
    cell(page, "quantity").fill("many")
    page.keyboard.press("Tab")

    error = page.get_by_role("alert").filter(has_text="Quantity")
    expect(error).to_have_text("Quantity is not a number: enter one, such as 12.50.")
    assert marked(page) == [(0, "quantity")]
    assert cell(page, "quantity").input_value() == "many"
    assert order.lines.all()[0].quantity == 1

    cell(page, "quantity").fill("3")
    page.keyboard.press("Tab")
    expect(page.locator("#grand")).to_have_text("€408.00")
    assert marked(page) == []
    assert page.get_by_role("alert").filter(has_text="Quantity").count() == 0


def test_marks_every_cell_at_fault_and_no_other(page: Page) -> None:
    cell(page, "quantity").fill("-1")
    held = Held(page)
    page.keyboard.press("Tab")
    held.wait_for_request()
    expect(cell(page, "unit_price")).to_be_focused()
    page.keyboard.type("cheap")
    expect(cell(page, "unit_price")).to_have_value("cheap")
    page.keyboard.press("Tab")
    held.let_go()
    held.let_go()

    assert marked(page) == [(0, "quantity"), (0, "unit_price")]
    expect(page.locator(".cell-error").first).to_have_text(
        "Quantity is at least 0; you entered −1. "
        "Unit price is not a number: enter one, such as 12.50."
    )


def test_names_the_cell_that_a_rule_refuses(page: Page) -> None:
    cell(page, "discount").fill("400%")
    page.keyboard.press("Tab")

    expect(page.locator(".cell-error").first).to_have_text(
        "Discount: A discount is between 0% and 100%, not 400%."
    )
    assert marked(page) == [(0, "discount")]


def test_leaves_the_focus_where_one_types_while_the_answer_is_on_its_way(
    page: Page, order: Order
) -> None:
    held = Held(page)
    cell(page, "quantity").fill("many")
    page.keyboard.press("Tab")
    assert is_focused(cell(page, "unit_price"))
    page.keyboard.type("14")

    held.let_go()
    page.keyboard.type("0")

    assert is_focused(cell(page, "unit_price"))
    assert cell(page, "unit_price").input_value() == "140"
    assert cell(page, "description").input_value() == "Espresso machine"
    assert marked(page) == [(0, "quantity")]

    cell(page, "quantity").fill("2")
    held.let_go()  # of the price, refused as the quantity still was
    page.keyboard.press("Tab")
    held.let_go()

    expect(page.locator("#grand")).to_have_text("€384.00")
    line = order.lines.all()[0]
    assert (line.description, line.quantity, line.unit_price) == ("Espresso machine", 2, 140)
    assert marked(page) == []


def test_leaves_the_focus_in_another_line_while_the_answer_is_on_its_way(
    page: Page, order: Order
) -> None:
    cell(page, "quantity").fill("many")
    page.keyboard.press("Tab")
    expect(page.locator(".cell-error").first).to_have_text(
        "Quantity is not a number: enter one, such as 12.50."
    )
    held = Held(page)
    cell(page, "quantity", 1).fill("2")
    page.keyboard.press("Tab")
    page.keyboard.type("4")

    held.let_go()
    page.keyboard.type("5")

    assert is_focused(cell(page, "unit_price", 1))
    assert cell(page, "unit_price", 1).input_value() == "45"
    assert [each.description for each in order.lines.all()] == ["Espresso machine", "Grinder"]
    page.keyboard.press("Escape")
    assert cell(page, "unit_price", 1).input_value() == "40.00"


@pytest.mark.parametrize("leaves", ["remove", "add"])
def test_keeps_what_is_typed_while_the_lines_are_drawn_again(
    page: Page, market: Market, order: Order, leaves: str
) -> None:
    market.product("5.00", name="Milk pitcher", sku="MILK-1")
    held = Held(page)
    if leaves == "remove":
        page.locator("[data-row]").first.get_by_role("button", name="Remove").click()
    else:
        page.get_by_label("Add a product").fill("MILK-1")
        page.get_by_role("option", name="MILK-1").click()
    cell(page, "description", 1).fill("Grinder, re")
    page.keyboard.press("End")

    held.let_go()
    page.keyboard.type("d")

    row = 0 if leaves == "remove" else 1
    assert is_focused(cell(page, "description", row))
    assert cell(page, "description", row).input_value() == "Grinder, red"
    page.keyboard.press("Tab")
    held.let_go()
    assert "Grinder, red" in [line.description for line in order.lines.all()]
    assert order.lines.count() == (1 if leaves == "remove" else 3)


def test_shows_the_tax_of_every_line_once_a_change_takes_the_rate_of_the_day(
    page: Page, order: Order
) -> None:
    TaxRate.objects.update(rate=Decimal("0.25"))
    page.reload()
    notice = page.get_by_text("Tax was 20% and is 25% today")
    expect(notice).to_be_visible()
    cell(page, "description", 1).fill("Grinder, red")

    cell(page, "quantity").fill("2")
    page.keyboard.press("Tab")

    expect(page.locator(".c-tax")).to_have_text(["25%", "25%"])
    expect(notice).to_have_count(0)
    expect(page.locator("#grand")).to_have_text("€300.00")
    assert is_focused(cell(page, "unit_price"))
    assert cell(page, "description", 1).input_value() == "Grinder, red"


def test_goes_to_the_quantity_of_a_line_that_was_added(page: Page, market: Market) -> None:
    market.product("5.00", name="Milk pitcher", sku="MILK-1")

    page.get_by_label("Add a product").fill("MILK-1")
    page.get_by_role("option", name="MILK-1").wait_for()
    page.keyboard.press("Enter")

    expect(cell(page, "quantity", 2)).to_be_focused()
    assert page.get_by_label("Add a product").input_value() == ""


def test_keeps_the_next_product_that_is_typed_while_a_line_is_added(
    page: Page, market: Market
) -> None:
    market.product("5.00", name="Milk pitcher", sku="MILK-1")
    held = Held(page)
    adder = page.get_by_label("Add a product")
    adder.fill("MILK-1")
    page.get_by_role("option", name="MILK-1").click()
    adder.fill("ESP")

    held.let_go()

    expect(page.locator("[data-row]")).to_have_count(3)
    assert adder.input_value() == "ESP"
    assert is_focused(adder)
