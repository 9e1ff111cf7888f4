"""The warehouse: its page, its JSON endpoints and its application."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox.cloudevents import utc_now
from sandbox.endpoints import Settings, build_app, wants_page
from sandbox.errors import Refused
from sandbox.json_fields import Fields, parse_json
from sandbox.outgoing import Outgoing
from sandbox.pages import PAGE_SIZE, page, traffic, version_of
from sandbox.store import Store
from sandbox.warehouse.intake import Intake
from sandbox.warehouse.pages import order_card
from sandbox.warehouse.records import SCHEMA, Order, Orders, order_as_json
from sandbox.warehouse.shipping import Shipping, Step, first_half, next_step, parse_step

QUANTITY = "quantity-"
BATCH_SIZE = 100
"""Orders processed at once, so that requests are answered in between."""


class Warehouse:
    """The warehouse system: receives and ships orders."""

    def __init__(self, store: Store, outgoing: Outgoing, settings: Settings) -> None:
        self.inbox = Intake(store).inbox
        self._store = store
        self._settings = settings
        self._orders = Orders(store)
        self._outgoing = outgoing
        self._shipping = Shipping(store, outgoing)

    def run_due_steps(self, seconds: float) -> None:
        """Run the next step of every order whose last step was this long ago."""
        before = utc_now().timestamp() - seconds
        sql = "select reference from orders where stepped_at <= ? order by stepped_at limit ?"
        for row in self._store.rows(sql, before, BATCH_SIZE):
            order = self._orders.get(row["reference"])
            step = next_step(order)
            if step is None:
                self._shipping.suspend(order.reference)
            else:
                self._shipping.report(order.reference, _in_parts(order, step))

    def add_routes(self, app: web.Application) -> None:
        """Add the page and the JSON endpoints."""
        app.router.add_get("/", self.show)
        app.router.add_get("/orders", self.list_orders)
        app.router.add_get("/orders/{reference}", self.show_order)
        app.router.add_post("/orders/{reference}/report", self.report)

    async def show(self, request: web.Request) -> web.Response:
        """Show the page."""
        return self._page()

    def _page(self, problem: str = "") -> web.Response:
        orders = [self._orders.get(ref) for ref in self._orders.references()[:PAGE_SIZE]]
        cards = "".join(map(order_card, orders))
        cards = cards or '<p class="soft">No order yet. Submit one in Throughline.</p>'
        ledger, reports = self.inbox.ledger(), self._outgoing.as_json()
        auto = self._settings.auto_seconds
        intro = f"Runs automatically, a step every {auto:g} s." if auto is not None else ""
        intro = intro or "You are the clerk: take each order to its next step."
        version = version_of(ledger, reports, [order.state for order in orders])
        body = f"<h2>Orders</h2>{cards}{traffic(ledger, reports)}"
        return page("Warehouse", intro, body, version, problem)

    async def list_orders(self, request: web.Request) -> web.Response:
        """List all orders, newest first."""
        orders = [self._orders.get(reference) for reference in self._orders.references()]
        return web.json_response([order_as_json(order) for order in orders])

    async def show_order(self, request: web.Request) -> web.Response:
        """Show one order."""
        return web.json_response(order_as_json(self._orders.get(request.match_info["reference"])))

    async def report(self, request: web.Request) -> web.Response:
        """Run a step of an order, sent as a form or as JSON."""
        reference = request.match_info["reference"]
        if not wants_page(request):
            step = parse_step(Fields(parse_json(await request.read()), ""))
            return web.json_response(order_as_json(self._shipping.report(reference, step)))
        try:
            step = parse_step(Fields(await _read_form(request), ""))
            self._shipping.report(reference, step)
        except Refused as refused:
            return self._page(refused.detail)
        raise web.HTTPSeeOther(f"/#{reference}")


async def _read_form(request: web.Request) -> dict[str, Any]:
    form = await request.post()
    value: dict[str, Any] = {"status": form.get("status")}
    lines = [
        {"order_line": name.removeprefix(QUANTITY), "quantity": str(quantity).strip() or "0"}
        for name, quantity in form.items()
        if name.startswith(QUANTITY)
    ]
    if lines and value["status"] == "shipped":
        value["lines"] = lines
    return value


def _in_parts(order: Order, step: Step) -> Step:
    return Step("shipped", first_half(order)) if step.status == "shipped" else step


def build_warehouse(store_path: Path, settings: Settings) -> web.Application:
    """Build a warehouse that stores its data in this file."""
    store = Store(store_path, SCHEMA)
    outgoing = Outgoing(store, "/warehouse")
    return build_app(Warehouse(store, outgoing, settings), store, outgoing, settings)
