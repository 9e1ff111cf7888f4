"""Shipping: the steps of an order in the warehouse, each with its reports."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sandbox.cloudevents import utc_now
from sandbox.errors import Malformed, Refused
from sandbox.json_fields import Fields, plain
from sandbox.outgoing import Outgoing
from sandbox.store import Store
from sandbox.warehouse.records import Order, Orders, Shipment

CARRIERS = ("DHL", "DPD", "UPS")
PHASES = ("new", "accepted", "picking", "packed")
STATUSES = ("accepted", "picked", "packed", "shipped", "delivered")
BEFORE = {"packed": {"picked"}, "shipped": {"picked", "packed"}, "delivered": {"shipped"}}
"""The statuses from which a shipment can reach a status."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of an order. Without ``quantities`` it applies to everything that is open."""

    status: str
    quantities: dict[str, Decimal] = field(default_factory=dict)
    shipment_ref: str = ""
    carrier: str = ""
    tracking: str = ""


class Shipping:
    """Moves orders step by step from accepted to delivered."""

    def __init__(self, store: Store, outgoing: Outgoing) -> None:
        self._store = store
        self._orders = Orders(store)
        self._outgoing = outgoing

    def report(self, reference: str, step: Step) -> Order:
        """Apply a step and queue its reports in one transaction."""
        with self._store.transaction():
            order = self._orders.get(reference)
            self._check(order, step)
            self._reach_phase(order, "accepted")
            if step.status != "accepted":
                self._apply(order, step)
            self._orders.set_stepped(reference, utc_now().timestamp())
        return self._orders.get(reference)

    def suspend(self, reference: str) -> None:
        """Skip an order in automatic steps until Throughline changes it."""
        self._orders.set_stepped(reference, math.inf)

    def _check(self, order: Order, step: Step) -> None:
        if order.cancelled:
            raise Refused(409, "cancelled", f"{order.reference} is cancelled.")
        if order.held and step.status != "delivered":
            raise Refused(409, "on_hold", f"{order.reference} is on hold.")
        if step.status == "accepted" and order.phase != "new":
            raise Refused(409, "nothing_to_do", f"{order.reference} is accepted already.")

    def _apply(self, order: Order, step: Step) -> None:
        """Apply a step to the whole order or to a shipment."""
        if step.status == "delivered":
            self._advance(order, self._chosen(order, step), step)
        elif step.status == "shipped":
            self._ship(order, step)
        elif step.quantities or step.shipment_ref:
            self._fill_shipment(order, step)
        else:
            self._whole_order(order, step)

    def _whole_order(self, order: Order, step: Step) -> None:
        """Pick or pack the whole order, without creating a shipment."""
        phase = "picking" if step.status == "picked" else "packed"
        shipments = order.shipments_in("picked") if phase == "packed" else []
        moved = self._reach_phase(order, phase)
        if shipments:
            self._advance(order, shipments, step)
        elif not moved:
            raise Refused(409, "nothing_to_do", f"{order.reference} is {order.state} already.")

    def _ship(self, order: Order, step: Step) -> None:
        """Ship the named quantities, or everything that is not shipped."""
        if step.quantities or step.shipment_ref:
            self._fill_shipment(order, step)
            return
        shipments = order.shipments_in("picked", "packed")
        rest = order.open_quantities
        if not shipments and not rest:
            raise Refused(409, "nothing_to_do", f"Nothing of {order.reference} is open.")
        if shipments:
            self._advance(order, shipments, step)
        if rest:
            self._open_shipment(order, rest, step)

    def _fill_shipment(self, order: Order, step: Step) -> None:
        """Move the shipment with exactly these quantities, or create one."""
        if step.shipment_ref or (step.status != "picked" and self._matching(order, step)):
            self._advance(order, self._chosen(order, step), step)
            return
        for key, quantity in step.quantities.items():
            _check_quantity(order, key, quantity)
        self._open_shipment(order, step.quantities, step)

    def _matching(self, order: Order, step: Step) -> list[Shipment]:
        candidates = order.shipments_in(*BEFORE[step.status])
        return [shipment for shipment in candidates if shipment.lines == step.quantities][:1]

    def _chosen(self, order: Order, step: Step) -> list[Shipment]:
        candidates = order.shipments_in(*BEFORE.get(step.status, set()))
        if step.shipment_ref:
            candidates = [s for s in candidates if s.shipment_ref == step.shipment_ref]
        elif step.quantities:
            candidates = self._matching(order, step)
        if not candidates:
            none = f"No shipment of {order.reference} can"
            what = f"{step.shipment_ref} cannot" if step.shipment_ref else none
            raise Refused(409, "nothing_to_do", f"{what} become {step.status} now.")
        return candidates

    def _open_shipment(self, order: Order, quantities: dict[str, Decimal], step: Step) -> None:
        count = self._store.next_number(f"shipments of {order.reference}")
        shipment = Shipment(f"{order.reference}-{count}", step.status, "", "", quantities)
        self._store.execute(
            "insert into shipments values (?, ?, '', '', '')",
            shipment.shipment_ref,
            order.reference,
        )
        for key, quantity in quantities.items():
            sql = "insert into shipment_lines values (?, ?, ?)"
            self._store.execute(sql, shipment.shipment_ref, key, plain(quantity))
        self._reach_phase(order, "picking" if step.status == "picked" else "packed")
        self._advance(order, [shipment], step)

    def _advance(self, order: Order, shipments: list[Shipment], step: Step) -> None:
        for shipment in shipments:
            shipment.status = step.status
            if step.status == "shipped":
                carrier, tracking = assign_carrier(shipment.shipment_ref)
                shipment.carrier = step.carrier or carrier
                shipment.tracking = step.tracking or tracking
            self._store.execute(
                "update shipments set status = ?, carrier = ?, tracking = ? where shipment_ref = ?",
                shipment.status,
                shipment.carrier,
                shipment.tracking,
                shipment.shipment_ref,
            )
            data = shipment_report(order, shipment)
            self._outgoing.report("warehouse.shipment.reported", order.number, data)

    def _reach_phase(self, order: Order, phase: str) -> bool:
        """Move the order to a phase and report each one passed; False if it is already there."""
        passed = PHASES[PHASES.index(order.phase) + 1 : PHASES.index(phase) + 1]
        for status in passed:
            data = {"order": order.number, "status": status}
            self._outgoing.report("warehouse.order.status", order.number, data)
        if passed:
            order.phase = phase
            sql = "update orders set phase = ? where reference = ?"
            self._store.execute(sql, phase, order.reference)
        return bool(passed)


def _check_quantity(order: Order, key: str, quantity: Decimal) -> None:
    line = order.lines.get(key)
    if line is None:
        raise Refused(422, "unknown_line", f"{order.reference} has no line {key}.")
    if quantity > line.open:
        detail = f"Line {line.position} has {plain(line.open)} open, not {plain(quantity)}."
        raise Refused(409, "too_many", detail)


def shipment_report(order: Order, shipment: Shipment) -> dict[str, Any]:
    """Return the report of a shipment with its total quantities."""
    return {
        "order": order.number,
        "shipment_ref": shipment.shipment_ref,
        "status": shipment.status,
        "carrier": shipment.carrier,
        "tracking": shipment.tracking,
        "lines": [
            {"order_line": key, "quantity": plain(quantity)}
            for key, quantity in shipment.lines.items()
        ],
    }


def assign_carrier(shipment_ref: str) -> tuple[str, str]:
    """Return a carrier and a tracking number, always the same for the same shipment."""
    number = int.from_bytes(hashlib.sha256(shipment_ref.encode()).digest()[:8])
    return CARRIERS[number % len(CARRIERS)], f"{number % 10**12:012d}"


def parse_step(fields: Fields) -> Step:
    """Parse the body of ``POST /orders/{ref}/report``."""
    status = fields.text("status")
    if status not in STATUSES:
        raise Malformed(f"status must be one of {', '.join(STATUSES)}.")
    quantities: dict[str, Decimal] = {}
    for item in fields.objects("lines") if fields.has("lines") else []:
        quantity = item.decimal("quantity")
        if quantity < 0:
            raise Malformed(f"{item.where('quantity')} must not be negative.")
        if quantity > 0:
            key = item.text("order_line")
            quantities[key] = quantities.get(key, Decimal(0)) + quantity
    if fields.has("lines") and not quantities:
        raise Malformed("lines must name at least one quantity above 0.")
    return Step(
        status,
        quantities,
        fields.optional_text("shipment_ref"),
        fields.optional_text("carrier"),
        fields.optional_text("tracking"),
    )


def next_step(order: Order) -> Step | None:
    """Return the next step of an order, or None if it is done or waiting."""
    if order.cancelled:
        return None
    if order.held:  # what has been shipped is still delivered
        return Step("delivered") if order.shipments_in("shipped") else None
    if order.phase in ("new", "accepted", "picking"):
        after = {"new": "accepted", "accepted": "picked", "picking": "packed"}
        return Step(after[order.phase])
    if order.open_quantities or order.shipments_in("picked", "packed"):
        return Step("shipped")
    return Step("delivered") if order.shipments_in("shipped") else None


def first_half(order: Order) -> dict[str, Decimal]:
    """Return half of each line of two or more, to ship an order in two parts."""
    if order.shipments or all(line.open < 2 for line in order.lines.values()):
        return {}
    parts = {key: quantity // 2 for key, quantity in order.open_quantities.items()}
    return {key: quantity for key, quantity in parts.items() if quantity > 0}
