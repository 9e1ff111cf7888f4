"""Orders of the supply-chain system, and their tables."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from decimal import Decimal
from typing import Any

from sandbox.cloudevents import utc_now
from sandbox.errors import Refused
from sandbox.store import Store
from sandbox.supply.amounts import LineTerms, TaxTerms, left_after, line_amount, line_tax
from sandbox.supply.statuses import DocumentStatus, Status, line_status, order_status

SCHEMA = """
create table if not exists orders (
    id text primary key,
    number text not null,
    throughline_id text,
    sequence integer not null,
    changed_at integer not null,
    body text not null
);
create index if not exists orders_by_sequence on orders (sequence);
create index if not exists orders_by_clock on orders (changed_at, sequence);
create index if not exists orders_by_number on orders (number);
create index if not exists orders_by_throughline_id on orders (throughline_id);
create table if not exists edits (
    order_id text not null references orders,
    path text not null,
    sequence integer not null,
    primary key (order_id, path)
);
create table if not exists pushes (
    message_id text primary key,
    sequence integer not null
);
create table if not exists documents (
    number text not null,
    type text not null,
    order_id text not null references orders,
    body text not null,
    primary key (order_id, number)
);
"""

ZERO, ONE = Decimal(0), Decimal(1)
FIRST_ID = 5637144576
"""Ids of records begin here."""
CLOCK_BEHIND = 3
"""How many seconds one of the two clocks is behind that changes are stamped with."""


@dataclass(slots=True)
class Line:
    """A line of an order; ``id`` is its lot, which stays whatever its number is.

    ``throughline_id`` is Throughline's id of it. ``replaced`` came back to be delivered once more,
    ``billed_again`` is credited to be invoiced once more. ``invoiced_amount`` and ``invoiced_tax``
    are what is invoiced less what is credited.
    """

    id: str
    line_number: int
    throughline_id: str = ""
    item: str = ""
    category: str = ""
    description: str = ""
    unit: str = ""
    quantity: Decimal = ZERO
    cancelled: Decimal = ZERO
    price: Decimal = ZERO
    price_unit: Decimal = ONE
    discount: Decimal = ZERO
    discount_percent: Decimal = ZERO
    charge: Decimal = ZERO
    tax_rate: Decimal = ZERO
    requested_ship_date: str = ""
    confirmed_ship_date: str = ""
    picked: Decimal = ZERO
    delivered: Decimal = ZERO
    invoiced: Decimal = ZERO
    returned: Decimal = ZERO
    replaced: Decimal = ZERO
    credited: Decimal = ZERO
    billed_again: Decimal = ZERO
    invoiced_amount: Decimal = ZERO
    invoiced_tax: Decimal = ZERO

    @property
    def wanted(self) -> Decimal:
        """The quantity without what is cancelled."""
        return self.quantity - self.cancelled

    @property
    def kept(self) -> Decimal:
        """What is delivered, without what came back to be delivered once more."""
        return self.delivered - self.replaced

    @property
    def status(self) -> Status:
        """The status of the line by itself."""
        return line_status(self.wanted, self.kept, self.invoiced - self.billed_again)

    def amount(self, digits: int) -> Decimal:
        """The amount of what is wanted."""
        terms = LineTerms(
            self.price, self.price_unit, self.discount, self.discount_percent, self.charge
        )
        return line_amount(self.wanted, terms, digits)


@dataclass(slots=True)
class Order:
    """An order, made here or in Throughline.

    ``sequence`` is that of its last change, ``knows`` the latest version of Throughline's order
    that is applied, ``cause`` the message that caused the last change if one did.
    """

    id: str
    number: str
    company: str
    currency: str
    customer: str
    digits: int
    origin: str
    throughline_id: str = ""
    sequence: int = 0
    knows: int = 0
    cause: str = ""
    is_deleted: bool = False
    prices_include_tax: bool = False
    invoice_customer: str = ""
    name: str = ""
    customer_reference: str = ""
    placed_at: str = ""
    requested_ship_date: str = ""
    requested_receipt_date: str = ""
    confirmed_ship_date: str = ""
    ship_to: dict[str, str] = field(default_factory=dict)
    bill_to: dict[str, str] = field(default_factory=dict)
    payment_terms: str = ""
    delivery_terms: str = ""
    delivery_mode: str = ""
    header_discount: Decimal = ZERO
    header_charges: Decimal = ZERO
    on_hold: bool = False
    cancelled: bool = False
    document_status: DocumentStatus = DocumentStatus.NONE
    invoiced_discount: Decimal = ZERO
    invoiced_charges: Decimal = ZERO
    lines: list[Line] = field(default_factory=list)

    @property
    def status(self) -> Status:
        """The status of the order, from that of its lines."""
        if self.cancelled:
            return Status.CANCELLED
        return order_status(line.status for line in self.lines)

    def line(self, lot: str) -> Line:
        """Find a line by its lot."""
        found = next((line for line in self.lines if line.id == lot), None)
        if found is None:
            raise Refused(422, "unknown_line", f"{self.number} has no line {lot}.")
        return found

    def next_line_number(self) -> int:
        """Number a line that is added."""
        return max((line.line_number for line in self.lines), default=0) + 1

    @property
    def lines_amount(self) -> Decimal:
        """The amount of all lines."""
        return sum((line.amount(self.digits) for line in self.lines), ZERO)

    def tax_on(self, line: Line, amount: Decimal) -> Decimal:
        """The tax on an amount of a line, less its share of the header discount."""
        share = left_after(self.header_discount, self.lines_amount)
        return line_tax(
            amount, line.tax_rate, TaxTerms(share, self.prices_include_tax), self.digits
        )

    def totals(self) -> dict[str, Decimal]:
        """The amounts at the foot of the order."""
        amount = self.lines_amount
        taxes = (self.tax_on(line, line.amount(self.digits)) for line in self.lines)
        return foot(self, amount, self.header_discount, self.header_charges, sum(taxes, ZERO))


def foot(
    order: Order, lines: Decimal, discount: Decimal, charges: Decimal, tax: Decimal
) -> dict[str, Decimal]:
    """Add up a document; where prices include the tax, it is a part of the lines."""
    total = lines - discount + charges + (ZERO if order.prices_include_tax else tax)
    return {"lines": lines, "discount": discount, "charges": charges, "tax": tax, "total": total}


class Orders:
    """Reads and saves orders. Each change of one takes the next number of one counter."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, order_id: str) -> Order:
        """Read one order."""
        row = self._store.row("select body from orders where id = ?", order_id)
        if row is None:
            raise Refused(404, "not_found", f"There is no order {order_id}.")
        return _from_body(row["body"])

    def find(self, throughline_id: str, order_id: str) -> Order | None:
        """Find an order by Throughline's id of it, or else by the id that it has here."""
        row = self._store.row(
            "select body from orders where throughline_id = ? or id = ?"
            " order by throughline_id = ? desc, rowid limit 1",
            throughline_id,
            order_id,
            throughline_id,
        )
        return _from_body(row["body"]) if row is not None else None

    def has_number(self, number: str) -> bool:
        """Whether an order has this number."""
        return self._store.row("select 1 from orders where number = ?", number) is not None

    def newest_first(self, limit: int = -1) -> list[Order]:
        """List orders, the newest first."""
        return self._read("select body from orders order by rowid desc limit ?", limit)

    def changed_after(self, sequence: int, limit: int) -> list[Order]:
        """List the orders that changed after a sequence, in the order of their changes."""
        sql = "select body from orders where sequence > ? order by sequence limit ?"
        return self._read(sql, sequence, limit)

    def changed_after_moment(self, moment: int, limit: int) -> list[tuple[int, Order]]:
        """List the orders stamped after a second, with all that share the last one's second."""
        rows = self._store.rows(
            "select changed_at, body from orders where changed_at > ?1 and changed_at <= ("
            " select max(changed_at) from (select changed_at from orders where changed_at > ?1"
            " order by changed_at, sequence limit ?2)) order by changed_at, sequence",
            moment,
            limit,
        )
        return [(row["changed_at"], _from_body(row["body"])) for row in rows]

    def _read(self, sql: str, *values: object) -> list[Order]:
        return [_from_body(row["body"]) for row in self._store.rows(sql, *values)]

    def latest_sequence(self) -> int:
        """Return the last number of the counter."""
        row = self._store.row("select last from series where name = 'change'")
        return row["last"] if row is not None else 0

    def latest_moment(self) -> int:
        """Return the last second that a change is stamped with."""
        [row] = self._store.rows("select coalesce(max(changed_at), 0) as last from orders")
        return int(row["last"])

    def next_id(self) -> str:
        """Return the id of the next order."""
        return str(FIRST_ID + self._store.next_number("id"))

    def next_lot(self) -> str:
        """Return the id of the next line."""
        return f"LOT-{self._store.next_number('lot'):06d}"

    def next_document(self, series: str) -> str:
        """Return the number of the next document of a series."""
        return f"{series}-{self._store.next_number(series):06d}"

    def save(self, order: Order, edited: Iterable[str] = ()) -> None:
        """Save a change in the transaction that makes it; ``edited`` is what a clerk edited."""
        order.sequence = self._store.next_number("change")
        moment = int(utc_now().timestamp()) - CLOCK_BEHIND * (int(order.id) % 2)
        self._store.execute(
            "insert into orders (id, number, throughline_id, sequence, changed_at, body)"
            " values (?, ?, ?, ?, ?, ?) on conflict (id) do update set number = excluded.number,"
            " throughline_id = excluded.throughline_id, sequence = excluded.sequence,"
            " changed_at = excluded.changed_at, body = excluded.body",
            order.id,
            order.number,
            order.throughline_id or None,
            order.sequence,
            moment,
            json.dumps(asdict(order), default=str, ensure_ascii=False),
        )
        for path in edited:
            self._store.execute(
                "insert into edits values (?, ?, ?)"
                " on conflict (order_id, path) do update set sequence = excluded.sequence",
                order.id,
                path,
                order.sequence,
            )

    def edited_after(self, order_id: str, sequence: int) -> list[str]:
        """List what a clerk edited after a sequence."""
        sql = "select path from edits where order_id = ? and sequence > ? order by path"
        return [row["path"] for row in self._store.rows(sql, order_id, sequence)]

    def keep_answer(self, message_id: str, sequence: int) -> None:
        """Keep the sequence that a push led to, for its repeats and look-ups."""
        sql = "insert or replace into pushes values (?, ?)"
        self._store.execute(sql, message_id, sequence)

    def answered(self, message_id: str) -> int | None:
        """Return the sequence that a push led to."""
        sql = "select sequence from pushes where message_id = ?"
        row = self._store.row(sql, message_id)
        return row["sequence"] if row is not None else None

    def keep_document(self, order: Order, type_: str, number: str, body: Mapping[str, Any]) -> None:
        """Keep a delivery, a return, an invoice or a credit note, in its latest form."""
        text = json.dumps(body, ensure_ascii=False)
        sql = "insert or replace into documents values (?, ?, ?, ?)"
        self._store.execute(sql, number, type_, order.id, text)

    def document(self, order: Order, number: str) -> dict[str, Any] | None:
        """Read a document of an order by its number."""
        sql = "select body from documents where order_id = ? and number = ?"
        row = self._store.row(sql, order.id, number)
        return json.loads(row["body"]) if row is not None else None

    def documents(self) -> list[dict[str, Any]]:
        """List all documents, oldest first."""
        rows = self._store.rows("select * from documents order by rowid")
        return [_document(row) for row in rows]


def _document(row: sqlite3.Row) -> dict[str, Any]:
    return {"type": row["type"], "order": row["order_id"], **json.loads(row["body"])}


_LINE_NUMBERS = {each.name for each in fields(Line) if isinstance(each.default, Decimal)}
_HEAD_NUMBERS = {each.name for each in fields(Order) if isinstance(each.default, Decimal)}


def _from_body(body: str) -> Order:
    value = json.loads(body)
    lines = [Line(**_with_numbers(line, _LINE_NUMBERS)) for line in value.pop("lines")]
    value["document_status"] = DocumentStatus(value["document_status"])
    return Order(**_with_numbers(value, _HEAD_NUMBERS), lines=lines)


def _with_numbers(value: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: Decimal(each) if name in names else each for name, each in value.items()}
