"""Every stored value is changed once, past all triggers: what `manage.py verify` does not see.

A few rows of each table by default; ``TAMPER=all`` takes every row.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable

import pytest
from django.db import connection, models

from fulfilment.models import Shipment, ShipmentLine
from sales.models import (
    Invoice,
    InvoiceInstalment,
    InvoiceLine,
    Order,
    OrderChange,
    OrderLine,
    Payment,
    PromotionUse,
    Quote,
    QuoteLine,
    SalesEvent,
)
from sales.services.integrity import verification
from sales.services.integrity.history_checks import compare_with_history
from tests.factories import Market
from tests.sales.tampering import Cell, Look, cells
from tests.sales.traded_documents import TradedDocuments

EVERYTHING = os.environ.get("TAMPER") == "all"
TABLES: tuple[type[models.Model], ...] = (
    Quote, QuoteLine, Order, OrderLine, OrderChange, Invoice, InvoiceLine, InvoiceInstalment,
    Payment, PromotionUse, Shipment, ShipmentLine, SalesEvent,
)  # fmt: skip

MAY_MOVE = {
    "salesevent.xid": "counted by the database cluster, and set again after a restore",
}
"""Columns that no check sees."""

SEEN_BY_HISTORY_ALONE = {
    "quoteline.unit_cost": "the cost of the day the line was added, kept on the line only",
    "invoiceline.unit_cost": "the same, on an invoice without an order",
    "orderline.unit_cost": "the same, on a line whose cost no quote and no invoice repeats",
    "order.discount_amount": "a changed order: closing its rest leaves the discount that was typed",
    "order.discount_rate": "a changed order: closing its rest leaves the discount that was typed",
    "orderline.discount_amount": "a changed order: what is billed keeps the discount of then",
    "orderline.discount_rate": "a changed order: what is billed keeps the discount of then",
}
"""Figures that have no second statement but the history, and why."""


@pytest.fixture
def _traded(market: Market) -> None:
    TradedDocuments(market)
    connection.check_constraints()  # nothing is left for the savepoints to check again


def by_history(table: type[models.Model]) -> bool:
    """Compare the rows of the table with their history."""
    return any(True for _ in compare_with_history(table))


def by_figures(_table: type[models.Model]) -> bool:
    """Run the checks until one finds something."""
    return any(True for check in verification._checks.values() for _ in check())


def unseen(tampered: Iterable[Cell], look: Look) -> Counter[str]:
    """Count, by column, the changes that the database took and nobody saw."""
    return Counter(cell.place for cell in tampered if cell.tamper(look) == "unseen")


@pytest.mark.usefixtures("_traded")
def test_every_changed_value_is_named() -> None:
    tampered = cells(*TABLES, rows=None if EVERYTHING else 1)
    assert unseen(tampered, by_history).keys() == MAY_MOVE.keys()


@pytest.mark.usefixtures("_traded")
def test_figures_are_seen_to_be_wrong_without_any_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(verification._checks, "rows are as their history has them")
    tampered = [cell for cell in cells(*TABLES, rows=None if EVERYTHING else 2) if cell.is_figure]

    found = unseen(tampered, by_figures)

    assert found.keys() <= SEEN_BY_HISTORY_ALONE.keys()
    assert not EVERYTHING or found.keys() == SEEN_BY_HISTORY_ALONE.keys()
    assert found.total() < 100
