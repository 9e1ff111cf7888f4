"""What each event from Throughline does to an order."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal

from sandbox.errors import Malformed, Refused
from sandbox.inbox import Answer, Inbox
from sandbox.shapes import Fields, plain
from sandbox.store import Store
from sandbox.warehouse.records import GONE, NOT_GOODS, Line, Order, Orders
from sandbox.wire import Event, utc_now

CHANGES = {
    "throughline.order.submitted",
    "throughline.order.changed",
    "throughline.order.held",
    "throughline.order.released",
    "throughline.order.cancelled",
}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The order as it was sent, read and found in shape."""

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
        order = self._orders.known_as(snapshot.order_id)
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
            if order.shipments_in(*GONE):
                detail = f"{order.reference} has left the house in part; it cannot be cancelled."
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
        verb = event.type.rpartition(".")[2]
        if verb in {"held", "released"}:
            reason = event.data.optional_text("reason") if verb == "held" else ""
            sql = "update orders set held = ?, hold_reason = ? where reference = ?"
            self._store.execute(sql, int(verb == "held"), reason, reference)
        elif snapshot.on_hold is not None:
            sql = "update orders set held = ? where reference = ?"
            self._store.execute(sql, int(snapshot.on_hold), reference)
        if verb == "cancelled":
            self._unpack(reference)
            self._store.execute("update orders set cancelled = 1 where reference = ?", reference)

    def _unpack(self, reference: str) -> None:
        """Put what was picked back on the shelf."""
        mine = "(select shipment_ref from shipments where reference = ?)"
        self._store.execute(f"delete from shipment_lines where shipment_ref in {mine}", reference)  # noqa: S608 - no input
        self._store.execute("delete from shipments where reference = ?", reference)


def _check_line(line: Line, ordered: Decimal) -> None:
    if ordered < line.boxed:
        verb = "shipped" if line.shipped == line.boxed else "picked"
        detail = (
            f"Line {line.position} ({line.sku or line.description}) cannot become"
            f" {plain(ordered)}: {plain(line.boxed)} are already {verb}."
        )
        raise Refused(409, "under_shipped", detail)


def read_snapshot(order: Fields) -> Snapshot:
    """Check the shape of an order and take what a warehouse needs."""
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
