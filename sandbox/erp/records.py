"""Invoices of the ERP, and their table."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from sandbox.errors import Refused
from sandbox.json_fields import Money
from sandbox.store import Store

SCHEMA = """
create table if not exists invoices (
    reference text primary key,
    kind text not null,
    invoice_id text not null,
    number text not null,
    order_number text not null,
    account text not null,
    currency text not null,
    issued_on text not null,
    due_on text not null,
    net text not null,
    tax text not null,
    total text not null,
    sent_tax text not null,
    sent_total text not null,
    paid text not null,
    credited text not null,
    credits text not null,
    state text not null default 'received',
    official_number text not null default '',
    payment_ref text not null default '',
    lines text not null,
    stepped_at real not null
);
create index if not exists invoices_by_id on invoices (invoice_id);
create index if not exists memos on invoices (credits);
create unique index if not exists official_numbers on invoices (official_number)
    where official_number <> '';
"""

BATCH_SIZE = 100
"""Invoices processed at once, so that requests are answered in between."""
AMOUNTS = ("net", "tax", "total", "sent_tax", "sent_total", "paid", "credited")


@dataclass(slots=True)
class Invoice:
    """An invoice or a credit memo, with the sent and the computed amounts."""

    reference: str
    kind: str
    invoice_id: str
    number: str
    order_number: str
    account: str
    currency: str
    issued_on: str
    due_on: str
    net: Decimal
    tax: Decimal
    total: Decimal
    sent_tax: Decimal
    sent_total: Decimal
    paid: Decimal = Decimal(0)
    credited: Decimal = Decimal(0)
    credits: str = ""
    state: str = "received"
    official_number: str = ""
    payment_ref: str = ""
    lines: list[dict[str, str]] = field(default_factory=list)
    stepped_at: float = 0

    @property
    def differs(self) -> bool:
        """Whether the computed tax or total differs from the sent one."""
        return (self.tax, self.total) != (self.sent_tax, self.sent_total)

    @property
    def outstanding(self) -> Decimal:
        """The outstanding amount; zero on a credit memo."""
        return self.total - self.credited - self.paid if self.kind == "invoice" else Decimal(0)

    @property
    def next_action(self) -> str:
        """The next action: post, pay, or none."""
        if not self.official_number:
            return "post"
        return "pay" if self.outstanding > 0 else ""

    def update_state(self) -> None:
        """Set the state from what was posted, credited and paid."""
        if self.kind == "invoice" and self.outstanding <= 0 < self.total:
            self.state = "paid" if self.paid else "credited"
        else:
            self.state = "posted" if self.official_number else "received"

    def money(self, amount: Decimal) -> dict[str, str]:
        """Return an amount as JSON."""
        return Money(amount, self.currency).as_json()


class Invoices:
    """Reads and saves invoices."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, reference: str) -> Invoice:
        """Read one invoice."""
        row = self._store.row("select * from invoices where reference = ?", reference)
        if row is None:
            raise Refused(404, "not_found", f"There is no invoice {reference}.")
        return _from_row(row)

    def find_by_id(self, invoice_id: str) -> Invoice | None:
        """Find a document by the sender's id."""
        sql = "select * from invoices where invoice_id = ? order by rowid limit 1"
        row = self._store.row(sql, invoice_id)
        return _from_row(row) if row is not None else None

    def newest_first(self, limit: int = -1) -> list[Invoice]:
        """List invoices, the newest first."""
        sql = "select * from invoices order by rowid desc limit ?"
        return [_from_row(row) for row in self._store.rows(sql, limit)]

    def unposted(self, before: float) -> list[Invoice]:
        """List documents without an official number that have waited since a moment."""
        return self._waiting("official_number = ''", before)

    def unpaid(self, before: float) -> list[Invoice]:
        """List posted invoices that have waited for their payment since a moment."""
        return self._waiting("state = 'posted' and kind = 'invoice'", before)

    def _waiting(self, condition: str, before: float) -> list[Invoice]:
        sql = f"select * from invoices where {condition} and stepped_at <= ? order by rowid limit ?"  # noqa: S608  # the two conditions above
        return [_from_row(row) for row in self._store.rows(sql, before, BATCH_SIZE)]

    def credited_on(self, invoice_id: str) -> Decimal:
        """Add up the credit memos on an invoice."""
        rows = self._store.rows("select total from invoices where credits = ?", invoice_id)
        return sum((Decimal(row["total"]) for row in rows), Decimal(0))

    def save(self, invoice: Invoice) -> None:
        """Insert or update an invoice."""
        invoice.update_state()
        values = {name: str(value) for name, value in asdict(invoice).items()}
        values["lines"] = json.dumps(invoice.lines, ensure_ascii=False)
        names = ", ".join(values)
        marks = ", ".join("?" for _ in values)
        changes = ", ".join(f"{name} = excluded.{name}" for name in values)
        self._store.execute(
            f"insert into invoices ({names}) values ({marks})"  # noqa: S608  # our own field names
            f" on conflict (reference) do update set {changes}",
            *values.values(),
        )


def _from_row(row: sqlite3.Row) -> Invoice:
    values: dict[str, Any] = {name: row[name] for name in row.keys()}  # noqa: SIM118  # a sqlite3.Row iterates over values
    values |= {name: Decimal(values[name]) for name in AMOUNTS}
    values["lines"] = json.loads(values["lines"])
    return Invoice(**values)


def invoice_as_json(invoice: Invoice) -> dict[str, Any]:
    """Return an invoice as JSON."""
    shown: dict[str, Any] = asdict(invoice)
    del shown["stepped_at"]
    amounts = {name: invoice.money(getattr(invoice, name)) for name in AMOUNTS}
    return shown | amounts | {"differs": invoice.differs}
