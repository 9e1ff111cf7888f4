"""One lead to its official invoice number, through the public doors only.

The rep is a browser with a session; the warehouse and the ERP are told over their own HTTP. Nothing
here touches a model or a service.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from demo.browser import Browser
from demo.errors import Halted
from demo.http import fetch_json, post_json
from demo.pages import Page
from demo.personas import Prospect
from demo.programs import House

PATIENCE = 45.0
"""Seconds a handoff or a report may take to arrive."""

NUMBER = re.compile(r"\b(?:[A-Z]{1,5}-)?(?:Q|O|INV)-\d{4}-\d{5}(?: r\d+)?")

PRICE_LIST = "Europe (EUR)"
PAYMENT_TERMS = "14 days net"
TAX_ZONE = "France"

Say = Callable[[str], None]
Found = TypeVar("Found")


LINES = (("GR-75", "2", ""), ("BR-12", "1", "5%"), ("CP-E6", "24", ""))
"""SKU, quantity and discount as the rep types them."""

FIRST_PARCEL = {"GR-75": "1", "CP-E6": "24"}


def play(house: House, say: Say, *, email: str, password: str, prospect: Prospect) -> str:
    """Play the whole thread and return the official invoice number."""
    story = _Story(house, say, prospect)
    story.sign_in(email, password)
    story.win_the_customer()
    story.offer()
    order = story.sell()
    story.ship(order)
    return story.bill(order)


class _Story:
    """The rep at the screen, with the clerk and the bookkeeper a call away."""

    def __init__(self, house: House, say: Say, prospect: Prospect) -> None:
        self._house = house
        self._say = say
        self._prospect = prospect
        self._browser = Browser(house.web)
        self._page: Page
        self._opportunity = ""
        self._steps = 0

    def sign_in(self, email: str, password: str) -> None:
        """Sign in as anybody would."""
        page = self._browser.open("/accounts/login/")
        self._page = self._browser.press(page, "Sign in", login=email, password=password)
        if "/accounts/login" in self._page.address:
            raise Halted(f"{email} cannot sign in: {' '.join(self._page.problems)}")
        self._tell(f"Signed in as {email}")

    def win_the_customer(self) -> None:
        """Enter the lead, speak with them, qualify."""
        who = self._prospect
        page = self._browser.open("/leads/new/")
        self._page = self._browser.submit(
            page,
            page.form(),
            topic=who.topic,
            company_name=who.company,
            first_name=who.first,
            last_name=who.last,
            email=who.email,
            phone=who.phone,
            source="web",
        )
        self._tell(f"Lead entered: {who.topic}, {who.company}")
        self._press("Mark as contacted")
        self._tell(f"{who.name} contacted")
        self._press("Qualify")
        self._save()
        self._opportunity = self._page.address
        self._tell("Lead qualified: account, contact and opportunity made")

    def offer(self) -> None:
        """Draft the quote, set its terms, add the lines, send it."""
        self._press("Create quote")
        self._save()
        self._press("Edit head")
        form = self._page.form("price_list")
        self._save(
            price_list=form.choice("price_list", PRICE_LIST),
            payment_terms=form.choice("payment_terms", PAYMENT_TERMS),
            tax_zone=form.choice("tax_zone", TAX_ZONE),
        )
        for sku, quantity, discount in LINES:
            self._add_line(sku, quantity, discount)
        self._tell(f"Quote drafted: {self._prospect.topic}, {len(LINES)} lines")
        self._press("Activate")
        self._tell(f"Quote {self._number()} activated")

    def sell(self) -> str:
        """Take the customer's yes and submit the order; the warehouse hears of it."""
        self._press("Record acceptance")
        self._save(
            name=self._prospect.name,
            email=self._prospect.email,
            customer_reference=self._prospect.reference,
        )
        self._tell(f"Quote accepted by {self._prospect.name}: order drafted")
        self._press("Submit")
        number, page = self._number(), self._page
        self._tell(f"Order {number} submitted")
        self._page = self._browser.open(self._opportunity)
        self._press("Close as won")
        self._save()
        self._tell("Opportunity won")
        self._page = page
        return number

    def ship(self, number: str) -> None:
        """Have the warehouse send it in two parcels, and see it on the order's page."""
        clerk, page = self._house.warehouse, urlsplit(self._page.address).path
        order = self._at_the_far_end(f"{clerk}/orders", number, "the warehouse")
        reports = f"{clerk}/orders/{order['reference']}/report"
        self._tell(f"Warehouse took it as {order['reference']}", f"{clerk}/")
        for status in ("accepted", "picked", "packed"):
            post_json(reports, {"status": status})
        first = [
            {"order_line": line["order_line"], "quantity": FIRST_PARCEL[line["sku"]]}
            for line in order["lines"]
            if line["sku"] in FIRST_PARCEL
        ]
        post_json(reports, {"status": "shipped", "lines": first})
        self._wait_for(page, "Partly shipped")
        self._tell("Warehouse shipped the first parcel: order partly shipped")
        post_json(reports, {"status": "shipped"})
        post_json(reports, {"status": "delivered"})
        self._wait_for(page, "Delivered")
        self._tell("Warehouse shipped the rest, all delivered")

    def bill(self, order: str) -> str:
        """Invoice what was shipped, issue it, and wait for the number of record."""
        self._press("Create invoice")
        self._save()
        self._tell(f"Invoice drafted for what was shipped of {order}")
        self._press("Issue")
        number, page = self._number(), urlsplit(self._page.address).path
        self._tell(f"Invoice {number} issued")
        books = self._house.erp
        entered = self._at_the_far_end(f"{books}/invoices", number, "the ERP")
        self._tell(f"ERP entered it as {entered['reference']}", f"{books}/")
        posted = post_json(f"{books}/invoices/{entered['reference']}/post", {})
        official: str = posted["official_number"]
        self._wait_for(page, official, anywhere=True)
        self._tell(f"ERP posted it as {official}, beside ours on the invoice")
        return official

    def _add_line(self, sku: str, quantity: str, discount: str) -> None:
        self._page = self._browser.submit(self._page, self._page.form("q", "product"), q=sku)
        row = self._page.row(sku)
        self._page = self._browser.submit(self._page, row, quantity=quantity, discount=discount)

    def _press(self, words: str) -> None:
        self._page = self._browser.press(self._page, words)

    def _save(self, **typed: str) -> None:
        """Fill and send the form the page is about."""
        self._page = self._browser.submit(self._page, self._page.form(), **typed)

    def _number(self) -> str:
        found = NUMBER.search(self._page.heading)
        if not found:
            raise Halted(f"{self._page.address} shows no number: {self._page.heading}")
        return found.group()

    def _tell(self, words: str, address: str = "") -> None:
        self._steps += 1
        self._say(f"{self._steps:>2}. {words:<64} {address or self._page.address}")

    def _wait_for(self, path: str, words: str, *, anywhere: bool = False) -> None:
        """Look at a page again until its heading, with the chips, says something."""

        def look() -> bool:
            self._page = self._browser.open(path)
            return words in (self._page.html if anywhere else self._page.heading)

        _until(look, f"{self._house.web}{path} does not come to say “{words}”")

    def _at_the_far_end(self, address: str, number: str, where: str) -> dict[str, Any]:
        """Look into the other system until our document is there."""

        def look() -> dict[str, Any] | None:
            known: list[dict[str, Any]] = fetch_json(address)
            return next((record for record in known if record["number"] == number), None)

        return _until(look, f"{number} does not arrive at {where}")


def _until(look: Callable[[], Found | None], otherwise: str) -> Found:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.1)
    raise Halted(f"{otherwise} (waited {PATIENCE:.0f} s).")
