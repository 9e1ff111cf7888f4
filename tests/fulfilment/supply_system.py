"""The sandbox's supply-chain system in this process: its clerk, its intake, its feed, its reports.

Nothing goes over a network. What it reports waits until a test delivers or drops it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from demo.registration import register_connection
from fulfilment import connectors
from fulfilment.connectors import ChangesPage, Message, Reply, Target
from fulfilment.errors import HandoffError, StaleMessage, Unreachable
from fulfilment.errors import Refused as HandoffRefused
from fulfilment.inbound.intake import receive
from fulfilment.inbound.schemas import parse_message
from fulfilment.models import Connection
from fulfilment.outbound.drain import drain
from sales.models import Order
from sandbox.cloudevents import parse_event
from sandbox.errors import Refused
from sandbox.json_fields import Fields
from sandbox.outgoing import Outgoing
from sandbox.store import Store
from sandbox.supply.amounts import Currencies
from sandbox.supply.clerk import Clerk
from sandbox.supply.feed import Feed
from sandbox.supply.intake import Intake
from sandbox.supply.modes import Modes
from sandbox.supply.postings import Postings
from sandbox.supply.records import SCHEMA, Orders
from sandbox.supply.snapshots import Reports, as_sent, snapshot
from tests.factories import Market
from tests.fulfilment.conftest import ORDER_EVENTS, SECRET_IN, SECRET_OUT
from tests.fulfilment.supply import map_market, mapped_product

LINE = {"item": "AX-9", "unit": "EA", "quantity": "3", "price": "20.00", "tax_rate": "0.2"}
HEAD = {"company": "USMF", "currency": "EUR", "customer": "C-001", "name": "Grinders"}


class SupplySystem:
    """A supply-chain system; ``on_push`` may raise what happens to a push instead."""

    def __init__(self, path: Path) -> None:
        self.connection: Connection
        self.store = Store(path, SCHEMA)
        self.outgoing = Outgoing(self.store, "/supply")
        self.modes = Modes()
        self.orders = Orders(self.store)
        reports = Reports(self.outgoing, self.modes)
        self.intake = Intake(self.store, reports, self.modes, Currencies())
        self.clerk = Clerk(self.store, reports, Currencies())
        self.postings = Postings(self.store, reports)
        self.feed = Feed(self.orders, self.modes)
        self.lock = threading.Lock()
        self.on_push: Callable[[str], None] = lambda body: None
        self.on_read: Callable[[], None] = lambda: None
        self.reads: list[str] = []
        """What was read, by id or by cursor."""

    def set_modes(self, **modes: Any) -> None:
        """Switch modes on or off."""
        self.modes.change(Fields(modes, ""))

    # The clerk

    def enter(self, *lines: Mapping[str, Any], **head: Any) -> dict[str, Any]:
        """Enter an order there; returns it as it is there."""
        order = self.clerk.create(Fields(HEAD | head | {"lines": list(lines) or [LINE]}, ""))
        return snapshot(order)

    def edit(self, order_id: str, action: str = "edit", **fields: Any) -> None:
        """Edit an order there."""
        self.clerk.run(order_id, action, Fields(fields, ""))

    def edit_line(self, order_id: str, action: str = "edit", **fields: Any) -> None:
        """Edit the first line of an order there."""
        lot = self.orders.get(order_id).lines[0].id
        self.clerk.run_on_line(order_id, lot, action, Fields(fields, ""))

    def post(self, order_id: str, action: str, **fields: Any) -> None:
        """Deliver, return, invoice or credit an order there."""
        self.postings.run(order_id, action, Fields(fields, ""))

    def there(self, number: str) -> dict[str, Any]:
        """An order as it is there."""
        [found] = [each for each in self.orders.newest_first() if each.number == number]
        return snapshot(found)

    # What it reports

    def reports(self) -> list[dict[str, Any]]:
        """The reports that nobody delivered or dropped yet."""
        return [json.loads(row["body"]) for row in self.outgoing.waiting()]

    def drop(self) -> int:
        """Lose all reports that wait; returns how many."""
        waiting = self.outgoing.waiting()
        for row in waiting:
            self.outgoing.record(row, "delivered", "", 0)
        return len(waiting)

    def deliver(self) -> list[str]:
        """Deliver the reports that wait, in their order; returns what was done with each."""
        results = []
        for row in self.outgoing.waiting():
            results.append(self.send(json.loads(row["body"])))
            self.outgoing.record(row, "delivered", "", 0)
        return results

    def send(self, message: dict[str, Any]) -> str:
        """Deliver one report."""
        return receive(self.connection, parse_message(message)).result

    def connector(self, target: Target) -> InMemorySupply:
        """Return a connector to this system."""
        return InMemorySupply(self)


class InMemorySupply:
    """A connector to the system of this process."""

    def __init__(self, system: SupplySystem) -> None:
        self._system = system

    async def push(self, message: Message) -> Reply:
        """Have a push applied."""
        self._system.on_push(message.body)
        event = parse_event(message.body.encode(), message.id)
        with self._system.lock:
            try:
                answer = self._system.intake.inbox.receive(event, message.body.encode())
            except Refused as refused:
                raise _error(refused) from refused
        return Reply(answer.reference, answer.status)

    async def find(self, message_id: str) -> Reply | None:
        """Look a push up."""
        with self._system.lock, suppress(Refused):
            answer = self._system.intake.inbox.find(message_id)
            return Reply(answer.reference, answer.status)
        return None

    async def fetch_order(self, order_id: str) -> Mapping[str, Any] | None:
        """Read an order."""
        self._system.reads.append(order_id)
        self._system.on_read()
        with self._system.lock, suppress(Refused):
            order = snapshot(self._system.orders.get(order_id))
            return as_sent(order, self._system.modes.now)
        return None

    async def fetch_changes(self, cursor: str, limit: int) -> ChangesPage:
        """Read a page of the feed."""
        self._system.reads.append(cursor)
        self._system.on_read()
        with self._system.lock:
            page = self._system.feed.page(cursor, str(limit))
        return ChangesPage(page["orders"], page["next"], page["more"], page["latest"])

    async def close(self) -> None:
        """Nothing to close."""


def _error(refused: Refused) -> HandoffError:
    if refused.code == "behind":
        return StaleMessage(refused.detail, sequence=refused.more.get("sequence"))
    return HandoffRefused(refused.detail, status=refused.status)


def unreachable(*_arguments: object) -> None:
    """What a system does that is not there."""
    raise Unreachable("Nobody answers.")


def plugged_in(path: Path, monkeypatch: pytest.MonkeyPatch) -> SupplySystem:
    """Start a system that every connection of its kind leads to."""
    system = SupplySystem(path)
    monkeypatch.setitem(connectors.KINDS, "supply", system.connector)
    monkeypatch.setitem(connectors.READERS, "supply", system.connector)
    return system


def connected_system(market: Market, monkeypatch: pytest.MonkeyPatch, folder: Path) -> SupplySystem:
    """Connect the supply-chain system, with one mapped item AX-9 at 20.00."""
    system = plugged_in(folder / "supply.db", monkeypatch)
    system.connection = register_connection(
        "supply",
        name="Supply",
        kind=Connection.Kind.SUPPLY,
        url="http://supply.example/hooks",
        event_types=ORDER_EVENTS,
        reports_as=["supply"],
        secret_out=SECRET_OUT,
        secret_in=SECRET_IN,
    )
    map_market(system.connection, market)
    mapped_product(system.connection, market, "AX-9", "20.00")
    return system


def settle(system: SupplySystem) -> None:
    """Deliver everything, both ways, until nothing waits."""
    for _round in range(6):
        drain()
        if not system.deliver():
            return
    raise AssertionError("The two systems do not come to rest.")


def settled(system: SupplySystem, order: Order) -> dict[str, Any]:
    """Deliver what both sides send until there is nothing more; returns the order there."""
    settle(system)
    return system.there(order.number or "")
