"""The supply-chain system: its page, its JSON endpoints and its application."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox.cloudevents import utc_now
from sandbox.endpoints import (
    SETTINGS,
    Settings,
    build_app,
    only_from_this_machine,
    wants_page,
)
from sandbox.errors import Refused
from sandbox.json_fields import Fields, parse_json
from sandbox.outgoing import Outgoing
from sandbox.pages import PAGE_SIZE, page, traffic, version_of
from sandbox.store import Store
from sandbox.supply.amounts import Currencies
from sandbox.supply.clerk import Clerk
from sandbox.supply.dice import Dice
from sandbox.supply.feed import Feed
from sandbox.supply.intake import Intake
from sandbox.supply.modes import FLAGS, Modes, ModeSettings
from sandbox.supply.pages import modes_form, new_order_form, order_card
from sandbox.supply.postings import Postings
from sandbox.supply.records import SCHEMA, Order, Orders
from sandbox.supply.snapshots import Reports, as_sent, snapshot

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SupplyOptions:
    """How a supply-chain system is set up."""

    currencies: Currencies = field(default_factory=Currencies)
    modes: ModeSettings = field(default_factory=ModeSettings)
    seed: int = 0


class SupplyChain:
    """The supply-chain system: takes pushes, is worked on by a clerk, feeds what changed."""

    def __init__(
        self,
        store: Store,
        copy: Path,
        outgoing: Outgoing,
        settings: Settings,
        options: SupplyOptions,
    ) -> None:
        self._store = store
        self._copy = copy
        self._outgoing = outgoing
        self._settings = settings
        self._modes = Modes(options.modes)
        self._orders = Orders(store)
        reports = Reports(outgoing, self._modes)
        self.intake = Intake(store, reports, self._modes, options.currencies)
        self.inbox = self.intake.inbox
        self._clerk = Clerk(store, reports, options.currencies)
        self._postings = Postings(store, reports)
        self._feed = Feed(self._orders, self._modes)
        self._dice = Dice(self._orders, self._clerk, self._postings, options.seed)
        self._rolled_at = 0.0

    def run_due_steps(self, seconds: float) -> None:
        """Take a turn at random, if the last one was this long ago."""
        now = utc_now().timestamp()
        if now - self._rolled_at >= seconds:
            self._rolled_at = now
            log.info("dice: %s", self._dice.roll())

    def add_routes(self, app: web.Application) -> None:
        """Add the page and the JSON endpoints."""
        app.router.add_get("/", self.show)
        app.router.add_get("/orders", self.list_orders)
        app.router.add_post("/orders", self.create)
        app.router.add_get("/orders/{id}", self.show_order)
        app.router.add_post("/orders/{id}/{action}", self.act)
        app.router.add_post("/orders/{id}/lines/{lot}/{action}", self.act_on_line)
        app.router.add_get("/documents", self.list_documents)
        app.router.add_get("/modes", self.show_modes)
        app.router.add_post("/modes", self.set_modes)
        app.router.add_post("/store/copy", self.copy_store)
        app.router.add_post("/store/restore", self.restore_store)

    async def show(self, request: web.Request) -> web.Response:
        """Show the page."""
        return self._page()

    def _page(self, problem: str = "") -> web.Response:
        orders = self._orders.newest_first(PAGE_SIZE)
        cards = "".join(map(order_card, orders))
        cards = cards or '<p class="soft">No order yet. Enter one, or submit one.</p>'
        ledger, reports = self.inbox.ledger(), self._outgoing.as_json()
        auto = self._settings.auto_seconds
        intro = f"Works at random, a step every {auto:g} s." if auto is not None else ""
        intro = intro or "You are the clerk: edit, deliver and invoice what Throughline edits too."
        modes = self._modes.now
        version = version_of(ledger, reports, [*(str(o.sequence) for o in orders), repr(modes)])
        body = (
            f"<h2>New order</h2>{new_order_form()}<h2>Orders</h2>{cards}"
            f"<h2>Modes</h2>{modes_form(modes)}{traffic(ledger, reports)}"
        )
        return page("Supply chain", intro, body, version, problem)

    async def list_orders(self, request: web.Request) -> web.Response:
        """List all orders, newest first; with ``changed_since`` a page of the feed.

        The feed is signed as a look-up is, over no body, under any id.
        """
        since = request.query.get("changed_since")
        if since is None:
            orders = self._orders.newest_first()
            return web.json_response([snapshot(order) for order in orders])
        request.app[SETTINGS].keys_in.verify(request.headers, b"")
        return web.json_response(self._feed.page(since, request.query.get("limit", "")))

    async def show_order(self, request: web.Request) -> web.Response:
        """Show one order; to a request that is signed as a look-up, as the modes have it."""
        shown = snapshot(self._orders.get(request.match_info["id"]))
        if "webhook-id" in request.headers:
            request.app[SETTINGS].keys_in.verify(request.headers, b"")
            shown = as_sent(shown, self._modes.now)
        return web.json_response(shown)

    async def list_documents(self, request: web.Request) -> web.Response:
        """List deliveries, returns, invoices and credit notes, oldest first."""
        return web.json_response(self._orders.documents())

    async def create(self, request: web.Request) -> web.Response:
        """Enter an order, sent as JSON or by the form with one line."""

        def enter(value: dict[str, Any]) -> Order:
            if wants_page(request):
                line = {name: value.pop(name) for name in list(value) if name in _LINE_INPUTS}
                value["lines"] = [line]
            return self._clerk.create(Fields(value, ""))

        return await self._answer(request, enter)

    async def act(self, request: web.Request) -> web.Response:
        """Run an action on an order."""
        order_id, action = request.match_info["id"], request.match_info["action"]

        def run(value: dict[str, Any]) -> Order:
            if action in self._postings.actions:
                return self._postings.run(order_id, action, Fields(value, ""))
            if action not in self._clerk.order_actions:
                raise Refused(404, "unknown_action", f"There is no action {action}.")
            return self._clerk.run(order_id, action, Fields(value, ""))

        return await self._answer(request, run)

    async def act_on_line(self, request: web.Request) -> web.Response:
        """Run an action on a line."""
        lot, action = request.match_info["lot"], request.match_info["action"]

        def run(value: dict[str, Any]) -> Order:
            if action not in self._clerk.line_actions:
                raise Refused(404, "unknown_action", f"There is no action {action} on lines.")
            order_id = request.match_info["id"]
            return self._clerk.run_on_line(order_id, lot, action, Fields(value, ""))

        return await self._answer(request, run)

    async def _answer(
        self, request: web.Request, run: Callable[[dict[str, Any]], Order]
    ) -> web.Response:
        if not wants_page(request):
            return web.json_response(snapshot(run(await _read_json(request))))
        try:
            order = run(await _read_form(request))
        except Refused as refused:
            return self._page(refused.detail)
        raise web.HTTPSeeOther(f"/#{order.id}")

    async def show_modes(self, request: web.Request) -> web.Response:
        """Return the modes that are on."""
        return web.json_response(self._modes.as_json())

    async def set_modes(self, request: web.Request) -> web.Response:
        """Set the modes that are named, from this machine only."""
        only_from_this_machine(request)
        if not wants_page(request):
            self._modes.change(Fields(await _read_json(request), ""))
            return web.json_response(self._modes.as_json())
        form = await request.post()
        value = {name: bool(each) if name in FLAGS else str(each) for name, each in form.items()}
        self._modes.change(Fields(value, ""))
        raise web.HTTPSeeOther("/")

    async def copy_store(self, request: web.Request) -> web.Response:
        """Keep a copy of all data beside the store."""
        only_from_this_machine(request)
        self._store.copy_to(self._copy)
        return web.json_response({"sequence": self._orders.latest_sequence()})

    async def restore_store(self, request: web.Request) -> web.Response:
        """Go back to the copy: orders, sequences, received and sent messages."""
        only_from_this_machine(request)
        if not self._copy.exists():
            raise Refused(409, "no_copy", "There is no copy of the data to go back to.")
        self._store.restore_from(self._copy)
        self._outgoing.wake.set()
        return web.json_response({"sequence": self._orders.latest_sequence()})


_LINE_INPUTS = {"item", "category", "quantity", "unit", "price"}


async def _read_json(request: web.Request) -> dict[str, Any]:
    body = await request.read()
    value = parse_json(body) if body else {}
    if not isinstance(value, dict):
        raise Refused(422, "malformed", "The body must be an object.")
    return value


async def _read_form(request: web.Request) -> dict[str, Any]:
    """Read a form; an input that is left empty clears a text, and a number."""
    form = await request.post()
    return {name: str(each).strip() or None for name, each in form.items()}


def build_supply(
    store_path: Path, settings: Settings, options: SupplyOptions | None = None
) -> web.Application:
    """Build a supply-chain system that stores its data in this file."""
    store = Store(store_path, SCHEMA)
    outgoing = Outgoing(store, "/supply")
    copy = store_path.with_name(f"{store_path.name}.copy")
    system = SupplyChain(store, copy, outgoing, settings, options or SupplyOptions())
    return build_app(system, store, outgoing, settings, system.intake.answer)
