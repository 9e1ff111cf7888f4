"""Dice: a clerk who works at random, the same way for the same seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sandbox.errors import Refused
from sandbox.json_fields import Fields, plain
from sandbox.supply.clerk import Clerk
from sandbox.supply.postings import Postings
from sandbox.supply.records import Line, Order, Orders

ORDERS_AT_ONCE = 20
"""Only so many of the newest orders are worked on."""
MOST_ORDERS = 50
"""No more orders are entered once there are so many."""

WEIGHTS = {
    "create": 2,
    "edit": 5,
    "edit line": 8,
    "add": 2,
    "remove": 1,
    "replace": 1,
    "convert": 1,
    "hold": 1,
    "release": 3,
    "confirm": 4,
    "pick": 4,
    "deliver": 6,
    "invoice": 5,
    "return": 1,
    "credit": 1,
    "cancel": 1,
    "reopen": 2,
    "delete": 1,
}
"""How often each action is chosen, against the others."""
PRICES = ("2.50", "9.99", "12.00", "48.00", "149.00")
REFERENCES = ("PO 4711", "PO 4712", "Call off 3", "")


class Dice:
    """Chooses an order and an action at random; one that is refused is a turn without effect."""

    def __init__(self, orders: Orders, clerk: Clerk, postings: Postings, seed: int) -> None:
        self._orders = orders
        self._clerk = clerk
        self._postings = postings
        self._random = random.Random(seed)
        self._on_lines: dict[str, Callable[[Line], dict[str, Any]]] = {
            "edit line": self._line_edit,
            "remove": lambda line: {},
            "replace": lambda line: {"item": f"{line.item or 'ITEM'}-B"},
            "convert": lambda line: {"unit": f"2 {line.unit}", "factor": "2"},
        }

    def roll(self) -> str:
        """Take one turn and return what was chosen."""
        names, weights = list(WEIGHTS), list(WEIGHTS.values())
        [action] = self._random.choices(names, weights)
        orders = [o for o in self._orders.newest_first(ORDERS_AT_ONCE) if not o.is_deleted]
        try:
            if not orders or action == "create":
                self._create(orders)
            else:
                self._act(self._random.choice(orders), action)
        except Refused as refused:
            return f"{action}: {refused.code}"
        return action

    def _create(self, known: list[Order]) -> None:
        """Enter an order for a customer and items that are known from others."""
        if len(self._orders.newest_first(MOST_ORDERS)) >= MOST_ORDERS:
            return
        like = self._random.choice(known) if known else None
        items = [line.item for line in like.lines if line.item] if like else []
        values: dict[str, Any] = {
            "company": like.company if like else "USMF",
            "currency": like.currency if like else "EUR",
            "customer": like.customer if like else "C-001",
            "lines": [self._new_line(item) for item in items or ["ITEM-1", "ITEM-2"]],
        }
        self._clerk.create(Fields(values, ""))

    def _act(self, order: Order, action: str) -> None:
        if action in self._on_lines:
            line = self._random.choice(order.lines) if order.lines else None
            if line is not None:
                values = self._on_lines[action](line)
                name = action.partition(" ")[0]
                self._clerk.run_on_line(order.id, line.id, name, Fields(values, ""))
        elif action in self._clerk.order_actions:
            self._clerk.run(order.id, action, Fields(self._head_values(order, action), ""))
        else:
            part = self._random.choice(["half", "half", "over", ""])
            self._postings.run(order.id, action, Fields({"part": part}, ""))

    def _head_values(self, order: Order, action: str) -> dict[str, Any]:
        if action == "add":
            known = [line.item for line in order.lines if line.item]
            return self._new_line(self._random.choice(known or ["ITEM-3"]))
        day = f"2027-{self._random.randint(1, 12):02d}-{self._random.randint(1, 28):02d}"
        return self._random.choice(
            [
                {"requested_ship_date": day},
                {"customer_reference": self._random.choice(REFERENCES)},
                {"header_discount": f"{self._random.randint(0, 500) / 100:.2f}"},
                {"header_charges": f"{self._random.randint(0, 2000) / 100:.2f}"},
                {"confirmed_ship_date": day},
            ]
        )

    def _line_edit(self, line: Line) -> dict[str, Any]:
        cents = f"{self._random.randint(0, 300) / 100:.2f}"
        more = line.quantity + Decimal(self._random.randint(-2, 4))
        return self._random.choice(
            [
                {"quantity": plain(max(more, Decimal(0)))},
                {"price": self._random.choice(PRICES)},
                {"discount": cents},
                {"discount_percent": str(self._random.randint(0, 20))},
                {"charge": cents},
            ]
        )

    def _new_line(self, item: str) -> dict[str, Any]:
        return {
            "item": item,
            "description": item.title(),
            "unit": "pc",
            "quantity": str(self._random.randint(1, 12)),
            "price": self._random.choice(PRICES),
            "tax_rate": "0.19",
        }
