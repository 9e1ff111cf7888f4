"""Edits of another system: sorted by the use case that makes them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from fulfilment.services.order_sync.order_edits import apply_edit, read_edit
from sales.models import Order
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, submitted_order


def values(order: Order) -> list[tuple[str, object]]:
    """Canonical values of edits, and of what is as it was."""
    line = order.lines.get()
    return [
        ("head.name", order.name),
        ("head.requested_on", "2026-12-03"),
        ("head.freight", "7.00"),
        ("head.processing_status", "Picked"),
        (f"line.{line.pk}.quantity", "8"),
        (f"line.{line.pk}.price", {"amount": "100", "per": "1"}),
        (f"line.{line.pk}.delivered", "2"),
    ]


def test_keeps_what_differs_and_what_changes_an_order(market: Market) -> None:
    order = submitted_order(market)
    line = order.lines.get()

    edit = read_edit(values(order), order, [line])

    assert edit.head == {"requested_on": dt.date(2026, 12, 3), "freight": Decimal("7.00")}
    assert edit.lines == {line.pk: {"quantity": Decimal(8)}}
    assert (edit.added, edit.is_on_hold, edit.is_cancelled) == ({}, None, None)


def test_makes_one_version_of_all_and_none_of_nothing(market: Market) -> None:
    order = submitted_order(market)
    before, lines = order.version, list(order.lines.all())

    changed = apply_edit(
        order, read_edit(values(order), order, lines), actor=market.rep, reason="SCM"
    )
    order.refresh_from_db()
    again = apply_edit(order, read_edit([], order, lines), actor=market.rep, reason="SCM")

    assert (changed, again, order.version) == (True, False, before + 1)


def test_confirmed_days_are_no_change_order(market: Market) -> None:
    order = submitted_order(market)
    line = order.lines.get()
    edited = [("head.confirmed_on", "2026-12-04"), (f"line.{line.pk}.confirmed_on", "2026-12-05")]

    apply_edit(order, read_edit(edited, order, [line]), actor=market.rep, reason="SCM")

    order.refresh_from_db()
    line.refresh_from_db()
    assert (order.confirmed_on, line.confirmed_on) == (
        dt.date(2026, 12, 4),
        dt.date(2026, 12, 5),
    )
    assert not order.changes.exists()
    assert read_edit(edited, order, [line]).confirmed == {}


def test_hold_and_cancellation_are_actions_of_their_own(market: Market, warehouse: FarEnd) -> None:
    order = submitted_order(market)
    lines = list(order.lines.all())

    apply_edit(
        order, read_edit([("head.is_on_hold", True)], order, lines), actor=market.rep, reason="SCM"
    )
    order.refresh_from_db()
    assert (order.is_on_hold, order.hold_reason) == (True, "SCM")

    apply_edit(
        order,
        read_edit([("head.is_cancelled", True)], order, lines),
        actor=market.rep,
        reason="SCM",
    )
    order.refresh_from_db()
    assert (order.status, order.cancelled_reason) == ("cancelled", "SCM")
