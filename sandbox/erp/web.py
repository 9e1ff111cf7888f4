"""The ERP: its page, its JSON endpoints and its application."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from sandbox.cloudevents import utc_now
from sandbox.endpoints import Settings, build_app, wants_page
from sandbox.erp.accounting import Accounting
from sandbox.erp.intake import Intake
from sandbox.erp.pages import invoice_card
from sandbox.erp.records import SCHEMA, Invoice, Invoices, invoice_as_json
from sandbox.erp.taxes import TaxRounding
from sandbox.errors import Refused
from sandbox.outgoing import Outgoing
from sandbox.pages import PAGE_SIZE, page, traffic, version_of
from sandbox.store import Store


class Erp:
    """The ERP system: receives, posts and settles invoices."""

    def __init__(
        self,
        store: Store,
        outgoing: Outgoing,
        settings: Settings,
        rounding: TaxRounding,
        auto_pay: bool,
    ) -> None:
        self.inbox = Intake(store, rounding).inbox
        self._settings = settings
        self._auto_pay = auto_pay
        self._invoices = Invoices(store)
        self._outgoing = outgoing
        self._accounting = Accounting(store, outgoing)

    def run_due_steps(self, seconds: float) -> None:
        """Post invoices received this long ago and, if configured, record their payment."""
        before = utc_now().timestamp() - seconds
        for invoice in self._invoices.unpaid(before) if self._auto_pay else []:
            self._accounting.pay(invoice.reference)
        for invoice in self._invoices.unposted(before):
            self._accounting.post(invoice.reference)

    def add_routes(self, app: web.Application) -> None:
        """Add the page and the JSON endpoints."""
        app.router.add_get("/", self.show)
        app.router.add_get("/invoices", self.list_invoices)
        app.router.add_get("/invoices/{reference}", self.show_invoice)
        app.router.add_post("/invoices/{reference}/post", self.post)
        app.router.add_post("/invoices/{reference}/pay", self.pay)

    async def show(self, request: web.Request) -> web.Response:
        """Show the page."""
        return self._page()

    def _page(self, problem: str = "") -> web.Response:
        invoices = self._invoices.newest_first(PAGE_SIZE)
        cards = "".join(map(invoice_card, invoices))
        cards = cards or '<p class="soft">No invoice yet. Issue one in Throughline.</p>'
        ledger, reports = self.inbox.ledger(), self._outgoing.as_json()
        auto = self._settings.auto_seconds
        intro = f"Posts automatically after {auto:g} s." if auto is not None else ""
        intro = intro or "You are the bookkeeper: post each invoice and take its payment."
        version = version_of(ledger, reports, [invoice.state for invoice in invoices])
        body = f"<h2>Invoices</h2>{cards}{traffic(ledger, reports)}"
        return page("ERP", intro, body, version, problem)

    async def list_invoices(self, request: web.Request) -> web.Response:
        """List all invoices, newest first."""
        invoices = self._invoices.newest_first()
        return web.json_response([invoice_as_json(invoice) for invoice in invoices])

    async def show_invoice(self, request: web.Request) -> web.Response:
        """Show one invoice."""
        invoice = self._invoices.get(request.match_info["reference"])
        return web.json_response(invoice_as_json(invoice))

    async def post(self, request: web.Request) -> web.Response:
        """Post an invoice."""
        return self._run(request, self._accounting.post)

    async def pay(self, request: web.Request) -> web.Response:
        """Record the payment of an invoice."""
        return self._run(request, self._accounting.pay)

    def _run(self, request: web.Request, action: Callable[[str], Invoice]) -> web.Response:
        reference = request.match_info["reference"]
        if not wants_page(request):
            return web.json_response(invoice_as_json(action(reference)))
        try:
            action(reference)
        except Refused as refused:
            return self._page(refused.detail)
        raise web.HTTPSeeOther(f"/#{reference}")


def build_erp(
    store_path: Path,
    settings: Settings,
    *,
    rounding: TaxRounding = TaxRounding.DOCUMENT,
    auto_pay: bool = False,
) -> web.Application:
    """Build an ERP that stores its data in this file."""
    store = Store(store_path, SCHEMA)
    outgoing = Outgoing(store, "/erp")
    system = Erp(store, outgoing, settings, rounding, auto_pay)
    return build_app(system, store, outgoing, settings)
