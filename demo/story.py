"""The story: one lead to its official invoice number, through public interfaces only.

The rep uses a browser session; the warehouse and the ERP are driven over their own HTTP. Nothing
here touches a model or a service.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from demo.browser import Browser
from demo.errors import DemoError
from demo.http import fetch_json, post_json
from demo.pages import Page
from demo.personas import Prospect
from demo.programs import Deployment

TIMEOUT = 45.0
"""Seconds a handoff or a report may take to arrive."""

NUMBER = re.compile(r"\b(?:[A-Z]{1,5}-)?(?:Q|O|INV)-\d{4}-\d{5}(?: r\d+)?")

PRICE_LIST = "Europe (EUR)"
PAYMENT_TERMS = "14 days net"
TAX_ZONE = "France"
SHIP_TO = {"street": "3 rue des Halles", "postal_code": "37000", "city": "Tours", "country": "FR"}
"""What the rep types into the quote's head."""

DRAFT = "Grinders for the autumn list"
"""The order of the wholesale company that the rep submits; a draft until the first story."""
THEIR_ORDER = {
    "company": "AURW",
    "currency": "EUR",
    "customer": "C-001",
    "name": "Cups for the summer terraces",
    "lines": [
        {
            "item": "CP-E6",
            "description": "Espresso cup, 70 ml, stoneware",
            "unit": "EA",
            "quantity": "3",
            "price": "20.00",
            "discount": "3.33",
            "charge": "-0.01",
            "tax_rate": "0.2",
        }
    ],
}
"""What the supply chain's clerk enters: three at 20.00 with 10.00 off, as it writes that."""

Print = Callable[[str], None]
Found = TypeVar("Found")


LINES = (("GR-75", "2", ""), ("BR-12", "1", "5%"), ("CP-E6", "24", ""))
"""SKU, quantity and discount as the rep types them."""

FIRST_PARCEL = {"GR-75": "1", "CP-E6": "24"}


def run_story(
    deployment: Deployment, print_line: Print, *, email: str, password: str, prospect: Prospect
) -> str:
    """Run all steps and return the official invoice number."""
    story = _Story(deployment, print_line, prospect)
    story.sign_in(email, password)
    story.qualify_lead()
    story.send_quote()
    order = story.submit_order()
    story.ship(order)
    official = story.issue_invoice(order)
    story.trade_with_supply_chain()
    return official


class _Story:
    """The steps of the story, with the page the rep is on."""

    def __init__(self, deployment: Deployment, print_line: Print, prospect: Prospect) -> None:
        self._deployment = deployment
        self._print_line = print_line
        self._prospect = prospect
        self._browser = Browser(deployment.web)
        self._page: Page
        self._opportunity = ""
        self._steps = 0

    def sign_in(self, email: str, password: str) -> None:
        """Sign in with e-mail address and password."""
        page = self._browser.open("/accounts/login/")
        self._page = self._browser.click(page, "Sign in", login=email, password=password)
        if "/accounts/login" in self._page.address:
            raise DemoError(f"{email} cannot sign in: {' '.join(self._page.problems)}")
        self._report(f"Signed in as {email}")

    def qualify_lead(self) -> None:
        """Enter a lead, mark it as contacted, qualify it."""
        prospect = self._prospect
        page = self._browser.open("/leads/new/")
        self._page = self._browser.submit(
            page,
            page.form(),
            topic=prospect.topic,
            company_name=prospect.company,
            first_name=prospect.first,
            last_name=prospect.last,
            email=prospect.email,
            phone=prospect.phone,
            source="web",
        )
        self._report(f"Lead entered: {prospect.topic}, {prospect.company}")
        self._click("Mark as contacted")
        self._report(f"{prospect.name} contacted")
        self._click("Qualify")
        self._save()
        self._opportunity = self._page.address
        self._report("Lead qualified: account, contact and opportunity created")

    def send_quote(self) -> None:
        """Draft a quote, set its terms, add its lines, activate it."""
        self._click("Create quote")
        self._save()
        self._click("Edit head")
        form = self._page.form("price_list")
        self._save(
            price_list=form.choice("price_list", PRICE_LIST),
            payment_terms=form.choice("payment_terms", PAYMENT_TERMS),
            tax_zone=form.choice("tax_zone", TAX_ZONE),
            **SHIP_TO,
        )
        for sku, quantity, discount in LINES:
            self._add_line(sku, quantity, discount)
        self._report(f"Quote drafted: {self._prospect.topic}, {len(LINES)} lines")
        self._click("Activate")
        self._report(f"Quote {self._number()} activated")

    def submit_order(self) -> str:
        """Record the acceptance and submit the order, which is sent to the warehouse."""
        self._click("Record acceptance")
        self._save(
            name=self._prospect.name,
            email=self._prospect.email,
            customer_reference=self._prospect.reference,
        )
        self._report(f"Quote accepted by {self._prospect.name}: order drafted")
        self._click("Submit")
        number, page = self._number(), self._page
        self._report(f"Order {number} submitted")
        self._page = self._browser.open(self._opportunity)
        self._click("Close as won")
        self._save()
        self._report("Opportunity won")
        self._page = page
        return number

    def ship(self, number: str) -> None:
        """Ship the order in two parcels at the warehouse, and wait for each on the order's page."""
        warehouse, page = self._deployment.warehouse, urlsplit(self._page.address).path
        order = self._find_in_external_system(f"{warehouse}/orders", number, "the warehouse")
        reports = f"{warehouse}/orders/{order['reference']}/report"
        self._report(f"Warehouse created the order as {order['reference']}", f"{warehouse}/")
        for status in ("accepted", "picked", "packed"):
            post_json(reports, {"status": status})
        first = [
            {"order_line": line["order_line"], "quantity": FIRST_PARCEL[line["sku"]]}
            for line in order["lines"]
            if line["sku"] in FIRST_PARCEL
        ]
        post_json(reports, {"status": "shipped", "lines": first})
        self._wait_for(page, "Partly shipped")
        self._report("Warehouse shipped the first parcel: order partly shipped")
        post_json(reports, {"status": "shipped"})
        post_json(reports, {"status": "delivered"})
        self._wait_for(page, "Delivered")
        self._report("Warehouse shipped the rest, all delivered")

    def issue_invoice(self, order: str) -> str:
        """Invoice what was shipped, issue the invoice, and wait for its official number."""
        self._click("Create invoice")
        self._save()
        self._report(f"Invoice drafted for what was shipped of {order}")
        self._click("Issue")
        number, page = self._number(), urlsplit(self._page.address).path
        self._report(f"Invoice {number} issued")
        erp = self._deployment.erp
        entered = self._find_in_external_system(f"{erp}/invoices", number, "the ERP")
        self._report(f"ERP created the invoice as {entered['reference']}", f"{erp}/")
        posted = post_json(f"{erp}/invoices/{entered['reference']}/post", {})
        official: str = posted["official_number"]
        self._wait_for(page, official, anywhere=True)
        self._report(f"ERP posted it as {official}, which the invoice shows too")
        return official

    def trade_with_supply_chain(self) -> None:
        """Take in an order that was entered there; submit the draft, which then appears there."""
        supply = self._deployment.supply
        theirs: str = post_json(f"{supply}/orders", THEIR_ORDER)["number"]
        self._wait_for_order(theirs)
        self._report(f"Supply chain entered {theirs}, which appears here to the cent")
        self._page = self._browser.open(f"/search/?{urlencode({'q': DRAFT})}")
        if not self._page.link("Draft order"):
            return
        self._click("Draft order")
        self._click("Submit")
        ours = self._number()
        self._find_in_external_system(f"{supply}/orders", ours, "the supply chain")
        self._report(f"Order {ours} submitted, and made in the supply chain too")

    def _wait_for_order(self, number: str) -> None:
        """Search for an order of another system until its page comes up."""

        def poll() -> bool:
            self._page = self._browser.open(f"/search/?{urlencode({'q': number})}")
            return number in self._page.heading

        _until(poll, f"{number} does not arrive from the supply chain")

    def _add_line(self, sku: str, quantity: str, discount: str) -> None:
        self._page = self._browser.submit(self._page, self._page.form("q", "product"), q=sku)
        row = self._page.row(sku)
        self._page = self._browser.submit(self._page, row, quantity=quantity, discount=discount)

    def _click(self, label: str) -> None:
        self._page = self._browser.click(self._page, label)

    def _save(self, **typed: str) -> None:
        """Fill in and send the main form of the page."""
        self._page = self._browser.submit(self._page, self._page.form(), **typed)

    def _number(self) -> str:
        found = NUMBER.search(self._page.heading)
        if not found:
            raise DemoError(f"{self._page.address} shows no number: {self._page.heading}")
        return found.group()

    def _report(self, text: str, address: str = "") -> None:
        self._steps += 1
        self._print_line(f"{self._steps:>2}. {text:<64} {address or self._page.address}")

    def _wait_for(self, path: str, text: str, *, anywhere: bool = False) -> None:
        """Reload a page until its heading, which includes the chips, shows the text."""

        def poll() -> bool:
            self._page = self._browser.open(path)
            return text in (self._page.html if anywhere else self._page.heading)

        _until(poll, f"{self._deployment.web}{path} does not show “{text}”")

    def _find_in_external_system(self, address: str, number: str, where: str) -> dict[str, Any]:
        """Poll an external system until it has our document."""

        def poll() -> dict[str, Any] | None:
            known: list[dict[str, Any]] = fetch_json(address)
            return next((record for record in known if record["number"] == number), None)

        return _until(poll, f"{number} does not arrive at {where}")


def _until(poll: Callable[[], Found | None], failure: str) -> Found:
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        if found := poll():
            return found
        time.sleep(0.1)
    raise DemoError(f"{failure} (waited {TIMEOUT:.0f} s).")
