"""Intake of the warehouse: what each event from Throughline changes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal

from sandbox.cloudevents import Event, utc_now
from sandbox.errors import Malformed, Refused
from sandbox.inbox import Answer, Inbox
from sandbox.json_fields import Fields, plain
from sandbox.store import Store
from sandbox.warehouse.records import NOT_GOODS, SHIPPED_STATUSES, Line, Order, Orders

CHANGES = {
    "throughline.order.submitted",
    "throughline.order.changed",
    "throughline.order.held",
    "throughline.order.released",
    "throughline.order.cancelled",
}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An order as it was sent, validated."""

    order_id: str
    number: str
    version: int
    lines: dict[str, Line]
    on_hold: bool | None
    text: str


class Intake:
    """Applies events. Every event carries the whole order, so none depends on one before it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._orders = Orders(store)
        self.inbox = Inbox(store, self._apply)

    def _apply(self, event: Event, forgotten: bool) -> Answer:
        if event.type not in CHANGES:
            return self.inbox.note(event, "WH-NOTE")
        snapshot = read_snapshot(event.data.object("order"))
        order = self._orders.find_by_id(snapshot.order_id)
        if order is None or forgotten:
            order = self._create(snapshot)
        self._check(order, snapshot, event.type)
        self._write(order.reference, snapshot)
        self._move(order.reference, event, snapshot)
        self._orders.set_stepped(order.reference, utc_now().timestamp())
        return Answer(order.reference)

    def _create(self, snapshot: Snapshot) -> Order:
        reference = f"WH-{self._store.next_number('WH'):06d}"
        self._store.execute(
            "insert into orders (reference, order_id, number, version, snapshot)"
            " values (?, ?, ?, ?, ?)",
            reference,
            snapshot.order_id,
            snapshot.number,
            snapshot.version,
            snapshot.text,
        )
        return self._orders.get(reference)

    def _check(self, order: Order, snapshot: Snapshot, type_: str) -> None:
        if order.cancelled:
            raise Refused(409, "cancelled", f"{order.reference} is cancelled.")
        if type_ == "throughline.order.cancelled":
            if order.shipments_in(*SHIPPED_STATUSES):
                detail = f"{order.reference} is partly shipped; it cannot be cancelled."
                raise Refused(409, "already_shipped", detail)
            return
        for line in order.lines.values():
            new = snapshot.lines.get(line.order_line)
            _check_line(line, new.ordered if new else Decimal(0))

    def _write(self, reference: str, snapshot: Snapshot) -> None:
        self._store.execute(
            "update orders set number = ?, version = ?, snapshot = ? where reference = ?",
            snapshot.number,
            snapshot.version,
            snapshot.text,
            reference,
        )
        self._store.execute("delete from lines where reference = ?", reference)
        for line in snapshot.lines.values():
            self._store.execute(
                "insert into lines values (?, ?, ?, ?, ?, ?, ?, ?)",
                reference,
                line.order_line,
                line.position,
                line.kind,
                line.sku,
                line.description,
                line.unit,
                plain(line.ordered),
            )

    def _move(self, reference: str, event: Event, snapshot: Snapshot) -> None:
        action = event.type.rpartition(".")[2]
        if action in {"held", "released"}:
            reason = event.data.optional_text("reason") if action == "held" else ""
            sql = "update orders set held = ?, hold_reason = ? where reference = ?"
            self._store.execute(sql, int(action == "held"), reason, reference)
        elif snapshot.on_hold is not None:
            sql = "update orders set held = ? where reference = ?"
            self._store.execute(sql, int(snapshot.on_hold), reference)
        if action == "cancelled":
            self._unpack(reference)
            self._store.execute("update orders set cancelled = 1 where reference = ?", reference)

    def _unpack(self, reference: str) -> None:
        """Delete the shipments of a cancelled order."""
        mine = "(select shipment_ref from shipments where reference = ?)"
        self._store.execute(f"delete from shipment_lines where shipment_ref in {mine}", reference)  # noqa: S608  # no input
        self._store.execute("delete from shipments where reference = ?", reference)


def _check_line(line: Line, ordered: Decimal) -> None:
    if ordered < line.in_shipments:
        action = "shipped" if line.shipped == line.in_shipments else "picked"
        detail = (
            f"Line {line.position} ({line.sku or line.description}) cannot become"
            f" {plain(ordered)}: {plain(line.in_shipments)} are already {action}."
        )
        raise Refused(409, "under_shipped", detail)


def read_snapshot(order: Fields) -> Snapshot:
    """Validate an order and return the fields that the warehouse needs."""
    currency = order.text("currency")
    lines = [_read_line(fields, currency) for fields in order.objects("lines")]
    by_key = {line.order_line: line for line in lines}
    if len(by_key) != len(lines):
        raise Malformed(f"{order.where('lines')} names a line twice.")
    order.object("account").text("name")
    kept = {name: order.raw(name) for name in ("name", "account", "ship_to", "requested_on")}
    return Snapshot(
        order_id=order.text("id"),
        number=order.text("number"),
        version=order.integer("version"),
        lines={key: line for key, line in by_key.items() if line.kind not in NOT_GOODS},
        on_hold=order.flag("is_on_hold"),
        text=json.dumps(kept, ensure_ascii=False),
    )


def _read_line(fields: Fields, currency: str) -> Line:
    quantity = fields.decimal("quantity")
    if quantity < 0:
        raise Malformed(f"{fields.where('quantity')} must not be negative.")
    fields.money("net", currency)
    return Line(
        order_line=fields.text("id"),
        position=fields.integer("position"),
        kind=fields.text("kind"),
        sku=fields.optional_text("sku"),
        description=fields.optional_text("description"),
        unit=fields.optional_text("unit"),
        ordered=quantity,
    )
