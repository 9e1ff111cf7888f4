"""Orders of the warehouse, and their tables."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from sandbox.errors import Refused
from sandbox.json_fields import plain
from sandbox.store import Store

SCHEMA = """
create table if not exists orders (
    reference text primary key,
    order_id text not null,
    number text not null,
    version integer not null,
    phase text not null default 'new',
    held integer not null default 0,
    hold_reason text not null default '',
    cancelled integer not null default 0,
    snapshot text not null,
    stepped_at real not null default 0
);
create index if not exists orders_by_id on orders (order_id);
create table if not exists lines (
    reference text not null references orders,
    order_line text not null,
    position integer not null,
    kind text not null,
    sku text not null,
    description text not null,
    unit text not null,
    ordered text not null,
    primary key (reference, order_line)
);
create table if not exists shipments (
    shipment_ref text primary key,
    reference text not null references orders,
    status text not null,
    carrier text not null,
    tracking text not null
);
create index if not exists shipments_by_order on shipments (reference);
create table if not exists shipment_lines (
    shipment_ref text not null references shipments,
    order_line text not null,
    quantity text not null,
    primary key (shipment_ref, order_line)
);
"""

SHIPPED_STATUSES = {"shipped", "delivered"}
"""Statuses of shipments that have left the warehouse."""
NOT_GOODS = {"section", "note", "deduction", "down_payment", "freight"}
"""Kinds of line that are never shipped."""


@dataclass(slots=True)
class Line:
    """A line of an order, with the quantity in any shipment and the quantity shipped."""

    order_line: str
    position: int
    kind: str
    sku: str
    description: str
    unit: str
    ordered: Decimal
    in_shipments: Decimal = Decimal(0)
    shipped: Decimal = Decimal(0)

    @property
    def open(self) -> Decimal:
        """The quantity that is not in any shipment yet."""
        return max(self.ordered - self.in_shipments, Decimal(0))


@dataclass(slots=True)
class Shipment:
    """Parcels that go together: picked, packed, shipped, delivered."""

    shipment_ref: str
    status: str
    carrier: str
    tracking: str
    lines: dict[str, Decimal] = field(default_factory=dict)


@dataclass(slots=True)
class Order:
    """An order as the warehouse sees it."""

    reference: str
    order_id: str
    number: str
    version: int
    phase: str
    held: bool
    hold_reason: str
    cancelled: bool
    stepped_at: float
    snapshot: dict[str, Any]
    lines: dict[str, Line]
    shipments: list[Shipment]

    @property
    def open_quantities(self) -> dict[str, Decimal]:
        """The open quantity of each line that has one."""
        return {key: line.open for key, line in self.lines.items() if line.open > 0}

    @property
    def all_shipped(self) -> bool:
        """Whether everything ordered has been shipped."""
        return all(line.shipped >= line.ordered for line in self.lines.values())

    def shipments_in(self, *statuses: str) -> list[Shipment]:
        """List the shipments in one of these statuses."""
        return [shipment for shipment in self.shipments if shipment.status in statuses]

    @property
    def state(self) -> str:
        """The state of the order as shown in the list."""
        if self.cancelled:
            return "cancelled"
        shipped = self.shipments_in(*SHIPPED_STATUSES)
        if not shipped:
            return self.phase
        if not self.all_shipped:
            return "part shipped"
        return "delivered" if all(s.status == "delivered" for s in shipped) else "shipped"


class Orders:
    """Reads orders."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, reference: str) -> Order:
        """Read one order with its lines and shipments."""
        row = self._store.row("select * from orders where reference = ?", reference)
        if row is None:
            raise Refused(404, "not_found", f"There is no order {reference}.")
        shipments = self._shipments(reference)
        return Order(
            reference=reference,
            order_id=row["order_id"],
            number=row["number"],
            version=row["version"],
            phase=row["phase"],
            held=bool(row["held"]),
            hold_reason=row["hold_reason"],
            cancelled=bool(row["cancelled"]),
            stepped_at=row["stepped_at"],
            snapshot=json.loads(row["snapshot"]),
            lines=self._lines(reference, shipments),
            shipments=shipments,
        )

    def find_by_id(self, order_id: str) -> Order | None:
        """Find an order by the sender's id."""
        sql = "select reference from orders where order_id = ? order by rowid limit 1"
        row = self._store.row(sql, order_id)
        return self.get(row["reference"]) if row is not None else None

    def references(self) -> list[str]:
        """List all orders, newest first."""
        rows = self._store.rows("select reference from orders order by rowid desc")
        return [row["reference"] for row in rows]

    def set_stepped(self, reference: str, at: float) -> None:
        """Record when an order last changed; the next automatic step follows from it."""
        sql = "update orders set stepped_at = ? where reference = ?"
        self._store.execute(sql, at, reference)

    def _shipments(self, reference: str) -> list[Shipment]:
        sql = "select * from shipments where reference = ? order by rowid"
        shipments = [
            Shipment(row["shipment_ref"], row["status"], row["carrier"], row["tracking"])
            for row in self._store.rows(sql, reference)
        ]
        for shipment in shipments:
            sql = "select * from shipment_lines where shipment_ref = ?"
            for row in self._store.rows(sql, shipment.shipment_ref):
                shipment.lines[row["order_line"]] = Decimal(row["quantity"])
        return shipments

    def _lines(self, reference: str, shipments: list[Shipment]) -> dict[str, Line]:
        sql = "select * from lines where reference = ? order by position, rowid"
        lines = {}
        for row in self._store.rows(sql, reference):
            values = {name: row[name] for name in row.keys() if name != "reference"}  # noqa: SIM118  # a sqlite3.Row iterates over values
            line = Line(**values | {"ordered": Decimal(row["ordered"])})
            for shipment in shipments:
                quantity = shipment.lines.get(line.order_line, Decimal(0))
                line.in_shipments += quantity
                line.shipped += quantity if shipment.status in SHIPPED_STATUSES else 0
            lines[line.order_line] = line
        return lines


def order_as_json(order: Order) -> dict[str, Any]:
    """Return an order as JSON."""
    snapshot = order.snapshot
    return {
        "reference": order.reference,
        "order_id": order.order_id,
        "number": order.number,
        "version": order.version,
        "state": order.state,
        "held": order.held,
        "hold_reason": order.hold_reason,
        "name": snapshot.get("name", ""),
        "account": snapshot.get("account"),
        "ship_to": snapshot.get("ship_to"),
        "requested_on": snapshot.get("requested_on"),
        "lines": [_line_as_json(line) for line in order.lines.values()],
        "shipments": [_shipment_as_json(shipment) for shipment in order.shipments],
    }


def _line_as_json(line: Line) -> dict[str, Any]:
    quantities = {"ordered": line.ordered, "shipped": line.shipped, "open": line.open}
    shown = asdict(line) | {name: plain(value) for name, value in quantities.items()}
    del shown["in_shipments"]
    return shown


def _shipment_as_json(shipment: Shipment) -> dict[str, Any]:
    lines = [{"order_line": key, "quantity": plain(q)} for key, q in shipment.lines.items()]
    return asdict(shipment) | {"lines": lines}
