"""The warehouse's own doors, and the warehouse put together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox.errors import Refused
from sandbox.outgoing import Outgoing
from sandbox.pages import SHOWN, page, traffic
from sandbox.service import Settings, build_app, wants_page
from sandbox.shapes import Fields, parse_json
from sandbox.store import Store
from sandbox.warehouse.intake import Intake
from sandbox.warehouse.pages import order_card
from sandbox.warehouse.records import SCHEMA, Order, Orders, order_as_json
from sandbox.warehouse.shipping import Shipping, Step, first_half, next_step, parse_step
from sandbox.wire import utc_now

QUANTITY = "quantity-"
AT_ONCE = 100
"""So many orders are played in one go, so that the doors stay open."""


class Warehouse:
    """Takes orders and ships them."""

    def __init__(self, store: Store, outgoing: Outgoing, settings: Settings) -> None:
        self.inbox = Intake(store).inbox
        self._store = store
        self._settings = settings
        self._orders = Orders(store)
        self._outgoing = outgoing
        self._shipping = Shipping(store, outgoing)

    def play(self, seconds: float) -> None:
        """Take every order one step on whose last step is this long ago."""
        before = utc_now().timestamp() - seconds
        sql = "select reference from orders where stepped_at <= ? order by stepped_at limit ?"
        for row in self._store.rows(sql, before, AT_ONCE):
            order = self._orders.get(row["reference"])
            step = next_step(order)
            if step is None:
                self._shipping.let_rest(order.reference)
            else:
                self._shipping.report(order.reference, _in_parts(order, step))

    def add_routes(self, app: web.Application) -> None:
        """Add the doors for the clerk and for programs that play one."""
        app.router.add_get("/", self.show)
        app.router.add_get("/orders", self.list_orders)
        app.router.add_get("/orders/{reference}", self.show_order)
        app.router.add_post("/orders/{reference}/report", self.report)

    async def show(self, request: web.Request) -> web.Response:
        """Show the page."""
        return self._page()

    def _page(self, problem: str = "") -> web.Response:
        orders = [self._orders.get(ref) for ref in self._orders.references()[:SHOWN]]
        cards = "".join(map(order_card, orders))
        cards = cards or '<p class="soft">No order yet. Submit one in Throughline.</p>'
        ledger, reports = self.inbox.ledger(), self._outgoing.as_json()
        auto = self._settings.auto_seconds
        about = f"Plays by itself, a step every {auto:g} s." if auto is not None else ""
        about = about or "You are the clerk: take each order to its next step."
        received = sum(row["deliveries"] for row in ledger)
        tries = sum(row["attempts"] for row in reports)
        states = ",".join(order.state for order in orders)
        version = f"{received}.{tries}.{len(reports)}.{states}"
        body = f"<h2>Orders</h2>{cards}{traffic(ledger, reports)}"
        return page("Warehouse", about, body, version, problem)

    async def list_orders(self, request: web.Request) -> web.Response:
        """List all orders, newest first."""
        orders = [self._orders.get(reference) for reference in self._orders.references()]
        return web.json_response([order_as_json(order) for order in orders])

    async def show_order(self, request: web.Request) -> web.Response:
        """Show one order."""
        return web.json_response(order_as_json(self._orders.get(request.match_info["reference"])))

    async def report(self, request: web.Request) -> web.Response:
        """Take an order one step on, pressed by a person or told by a program."""
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
    """Make a warehouse that keeps its orders in this file."""
    store = Store(store_path, SCHEMA)
    outgoing = Outgoing(store, "/warehouse")
    return build_app(Warehouse(store, outgoing, settings), store, outgoing, settings)
