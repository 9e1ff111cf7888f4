"""Pushes of what is cancelled here: it stays there as it was ordered, and nothing is wanted."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fulfilment.models import Discrepancy
from fulfilment.outbound.drain import drain
from sales.models import Order, Product
from sales.services.change_orders import Changes, change_order
from sales.services.documents.draft_fields import NewLineFields
from sales.services.orders import cancel_order
from tests.factories import Market
from tests.fulfilment.supply import sold
from tests.fulfilment.supply_system import LINE, SupplySystem, connected_system, settled

NAMES = ("quantity", "cancelled", "price", "discount", "description", "amount")


@pytest.fixture
def system(market: Market, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SupplySystem:
    """The sandbox's supply-chain system."""
    return connected_system(market, monkeypatch, tmp_path)


def change(order: Order, market: Market, **fields: Any) -> None:
    """Change the first line of an order."""
    line = order.lines.order_by("position").values_list("pk", flat=True)[0]
    change_order(order.pk, Changes(lines={line: fields}), actor=market.rep)


def cancel(order: Order, market: Market) -> None:
    """Cancel an order here."""
    cancel_order(order.pk, actor=market.rep, reason="Not wanted")


def lines_of(there: dict[str, Any]) -> list[tuple[str, ...]]:
    """What their lines say."""
    return [tuple(line[name] for name in NAMES) for line in there["lines"]]


def named(system: SupplySystem, market: Market) -> Order:
    """An order of three at 20.00 less 10.00, settled."""
    order = sold(market, description="Grinder", discount_amount=Decimal("10.00"))
    settled(system, order)
    return order


def of_two_lines(system: SupplySystem, market: Market) -> Order:
    """The same with a second line of one."""
    order = named(system, market)
    addition: NewLineFields = {"product": Product.objects.get(), "quantity": Decimal(1)}
    change_order(order.pk, Changes(additions=[addition]), actor=market.rep)
    settled(system, order)
    return order


@pytest.mark.parametrize("on_conflict", ["refuse", "named", "overwrite"])
def test_an_order_cancelled_here_keeps_its_lines_there(
    system: SupplySystem, market: Market, on_conflict: str
) -> None:
    system.set_modes(on_conflict=on_conflict)
    order = named(system, market)

    cancel(order, market)

    there = settled(system, order)
    assert there["cancelled"]
    assert lines_of(there) == [("3", "3", "20.00", "3.33", "Grinder", "0.00")]
    assert not Discrepancy.objects.exists()


def test_an_order_cancelled_before_it_was_sent_has_its_lines_there(
    system: SupplySystem, market: Market
) -> None:
    order = sold(market, description="Grinder", discount_amount=Decimal("10.00"))
    cancel(order, market)

    there = settled(system, order)

    assert there["cancelled"]
    assert lines_of(there) == [("3", "3", "20.00", "3.33", "Grinder", "0.00")]


def test_a_line_set_to_none_here_keeps_what_it_was_there(
    system: SupplySystem, market: Market
) -> None:
    order = of_two_lines(system, market)
    change(order, market, quantity=Decimal(4), unit_price=Decimal(19))
    drain()

    change(order, market, quantity=Decimal(0), discount_amount=None)
    drain()
    change_order(order.pk, Changes(head={"customer_reference": "PO-9"}), actor=market.rep)

    kept = ("4", "4", "19.00", "2.50", "Grinder", "0.00")
    assert lines_of(settled(system, order))[0] == kept
    change_order(order.pk, Changes(head={"customer_reference": "PO-10"}), actor=market.rep)
    assert lines_of(settled(system, order))[0] == kept
    assert not Discrepancy.objects.exists()

    change(order, market, quantity=Decimal(5))
    there = settled(system, order)
    assert lines_of(there)[0] == ("5", "0", "19.00", "0.00", "Grinder", "95.00")


def test_a_line_cancelled_there_is_sent_as_they_wrote_it(
    system: SupplySystem, market: Market
) -> None:
    order = named(system, market)
    there = settled(system, order)
    system.edit_line(there["id"], "cancel")
    kept = [("3", "3", "20.00", "3.33", "Grinder", "-0.01")]
    assert lines_of(settled(system, order)) == kept

    change_order(order.pk, Changes(head={"customer_reference": "PO-9"}), actor=market.rep)

    assert lines_of(settled(system, order)) == kept


@pytest.mark.parametrize("on_conflict", ["refuse", "named", "overwrite"])
def test_a_line_removed_there_is_not_made_anew(
    system: SupplySystem, market: Market, on_conflict: str
) -> None:
    system.set_modes(on_conflict=on_conflict)
    theirs = system.enter(LINE | {"quantity": "2"}, LINE)
    system.deliver()
    order = Order.objects.get(number=theirs["number"])
    settled(system, order)
    system.edit_line(theirs["id"], "remove")
    assert [line["quantity"] for line in settled(system, order)["lines"]] == ["3"]

    change_order(order.pk, Changes(head={"customer_reference": "PO-9"}), actor=market.rep)
    there = settled(system, order)

    assert there["customer_reference"] == "PO-9"
    assert [line["quantity"] for line in there["lines"]] == ["3"]
    assert not Discrepancy.objects.exists()

    cancel(order, market)
    assert [line["quantity"] for line in settled(system, order)["lines"]] == ["3"]


def test_a_line_removed_there_that_is_wanted_again_is_made_anew(
    system: SupplySystem, market: Market
) -> None:
    order = of_two_lines(system, market)
    there = settled(system, order)
    system.edit_line(there["id"], "remove")
    assert len(settled(system, order)["lines"]) == 1

    change(order, market, quantity=Decimal(5))

    assert [line["quantity"] for line in settled(system, order)["lines"]] == ["1", "5"]


def test_a_line_in_conflict_of_an_order_cancelled_here_keeps_what_it_is_there(
    system: SupplySystem, market: Market
) -> None:
    order = named(system, market)
    there = settled(system, order)
    change(order, market, quantity=Decimal(5))
    system.edit_line(there["id"], quantity="7")
    system.deliver()
    assert Discrepancy.objects.open().count() == 1

    cancel(order, market)

    there = settled(system, order)
    assert lines_of(there) == [("7", "0", "20.00", "3.33", "Grinder", "116.68")]
