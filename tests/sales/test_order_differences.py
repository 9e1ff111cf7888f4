"""Differences of an order before and after a change order."""

from __future__ import annotations

from decimal import Decimal

from sales.models import Order, OrderLine
from sales.services.order_differences import field_changes, snapshot


def line_of(**fields: object) -> OrderLine:
    return OrderLine(description="Grinder", quantity=Decimal(2), **fields)


def test_lists_each_field_that_differs_of_the_head_and_of_the_lines() -> None:
    order = Order(name="Bar refit", total=Decimal("20.00"))
    line = line_of(unit_price=Decimal("10.00"))
    before = snapshot(order, [line])

    order.total = Decimal("27.00000")
    line.quantity, line.volume_discount = Decimal(3), Decimal("1.0")
    added = line_of(unit_price=None)

    changes = field_changes(before, snapshot(order, [line, added]))
    of_order = [each for each in changes if each["line"] is None]
    of_line = [each for each in changes if each["line"] == str(line.pk)]
    of_added = [each for each in changes if each["line"] == str(added.pk)]
    assert [(each["field"], each["before"], each["after"]) for each in of_order] == [
        ("total", "20", "27")
    ]
    assert [(each["field"], each["before"], each["after"]) for each in of_line] == [
        ("quantity", "2", "3"),
        ("volume_discount", "0", "1"),
    ]
    assert ("quantity", None, "2") in [
        (each["field"], each["before"], each["after"]) for each in of_added
    ]
    assert {each["what"] for each in (*of_line, *of_added)} == {"Grinder"}


def test_equal_figures_with_other_decimals_are_no_change() -> None:
    order, line = Order(total=Decimal("20.00")), line_of(unit_price=Decimal("10.0"))
    before = snapshot(order, [line])

    order.total, line.unit_price = Decimal("20.00000"), Decimal("10.00000")

    assert field_changes(before, snapshot(order, [line])) == []
