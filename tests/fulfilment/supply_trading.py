"""The sandbox's supply-chain system without its web server: what its clerk does, it reports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sandbox.json_fields import Fields
from sandbox.outgoing import Outgoing
from sandbox.store import Store
from sandbox.supply.amounts import Currencies
from sandbox.supply.clerk import Clerk
from sandbox.supply.modes import Modes, ModeSettings
from sandbox.supply.postings import Postings
from sandbox.supply.records import SCHEMA, Order, Orders
from sandbox.supply.snapshots import Reports

Message = dict[str, Any]

LINE = {
    "item": "AX-9",
    "unit": "EA",
    "quantity": "3",
    "price": "20.00",
    "discount": "3.33",
    "charge": "-0.01",
    "tax_rate": "0.2",
}
"""Three at 20.00 with 10.00 off: 50.00."""


class SupplyTrading:
    """Makes orders, delivers, takes back, bills and credits; ``messages`` are its reports."""

    def __init__(self, path: Path, *, reformatted: bool = False) -> None:
        self._store = Store(path / "supply.sqlite", SCHEMA)
        reports = Reports(
            Outgoing(self._store, "/supply"), Modes(ModeSettings(reformatted=reformatted))
        )
        self._clerk = Clerk(self._store, reports, Currencies())
        self._postings = Postings(self._store, reports)
        self._orders = Orders(self._store)
        self._seen = 0

    def enter(self, *lines: dict[str, Any], **head: Any) -> Order:
        """Enter an order of a mapped customer."""
        known = {"company": "USMF", "currency": "EUR", "customer": "C-001", "name": "Grinders"}
        return self._clerk.create(Fields(known | head | {"lines": list(lines)}, ""))

    def post(self, order: Order, action: str, **fields: Any) -> Order:
        """Deliver, return, invoice or credit."""
        return self._postings.run(order.id, action, Fields(fields, ""))

    def edit(self, order: Order, action: str, **fields: Any) -> Order:
        """Edit, hold, cancel or delete an order."""
        return self._clerk.run(order.id, action, Fields(fields, ""))

    def edit_line(self, order: Order, place: int, action: str, **fields: Any) -> Order:
        """Edit the line at a place, from 0."""
        lot = order.lines[place].id
        return self._clerk.run_on_line(order.id, lot, action, Fields(fields, ""))

    def now(self, order: Order) -> Order:
        """Read an order as it is there now."""
        return self._orders.get(order.id)

    def messages(self) -> list[Message]:
        """Return what it has reported since it was asked last, oldest first."""
        sql = "select sequence, body from outgoing where sequence > ? order by sequence"
        rows = self._store.rows(sql, self._seen)
        self._seen = rows[-1]["sequence"] if rows else self._seen
        return [json.loads(row["body"]) for row in rows]

    def bills(self, order: Order) -> list[dict[str, Any]]:
        """Return the invoices and credit notes of an order, oldest first."""
        found = [each for each in self._orders.documents() if each["order"] == order.id]
        return [each for each in found if each["type"] in {"invoice", "credit_note"}]


def part(order: Order, **quantities: str) -> list[dict[str, str]]:
    """Choose quantities of lines by their place, from 0: ``_0="2"``."""
    return [
        {"id": order.lines[int(place.removeprefix("_"))].id, "quantity": quantity}
        for place, quantity in quantities.items()
    ]
