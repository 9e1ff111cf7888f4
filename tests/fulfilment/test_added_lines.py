"""Lines that are added there to an order that is cancelled here."""

from __future__ import annotations

from pathlib import Path

import pytest

from fulfilment.models import Discrepancy
from fulfilment.outbound.drain import drain
from fulfilment.sync.conflicts import Choice
from sales.models import Order
from sales.services.orders import cancel_order
from sandbox.json_fields import Fields
from tests.factories import Market
from tests.fulfilment.decisions import decide_conflict
from tests.fulfilment.supply import sold
from tests.fulfilment.supply_system import LINE, SupplySystem, connected_system, settled

CANCELLATION = [("head.is_cancelled", "True", "False")]


@pytest.fixture
def system(market: Market, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SupplySystem:
    """The sandbox's supply-chain system, which sets what a push names."""
    system = connected_system(market, monkeypatch, tmp_path)
    system.set_modes(on_conflict="named")
    return system


def cancelled_while_they_add(system: SupplySystem, market: Market) -> Order:
    """An order that is cancelled here before the line that they added is reported."""
    order = sold(market)
    there = settled(system, order)
    system.edit(there["id"], "add", **LINE)
    cancel_order(order.pk, actor=market.rep, reason="Not wanted")
    return order


def asked() -> list[tuple[str, str, str]]:
    """What a person is asked about."""
    return sorted(Discrepancy.objects.open().values_list("field", "ours", "theirs"))


def test_a_line_of_an_order_that_both_cancelled_is_not_taken(
    system: SupplySystem, market: Market
) -> None:
    order = cancelled_while_they_add(system, market)
    drain()

    assert "quarantined" not in system.deliver()

    there = system.there(order.number or "")
    assert (there["cancelled"], len(there["lines"]), order.lines.count()) == (True, 2, 1)
    assert {field for field, _ours, _theirs in asked()} <= {"head.is_cancelled"}
    system.edit(there["id"], "reopen")
    assert system.deliver() == ["conflict"]
    assert asked() == CANCELLATION


def test_the_cancellation_is_asked_about_before_they_know_it(
    system: SupplySystem, market: Market
) -> None:
    order = cancelled_while_they_add(system, market)

    assert system.deliver() == ["conflict"]
    assert asked() == CANCELLATION

    decide_conflict(
        Discrepancy.objects.open().get().pk, Choice.OURS, actor=market.rep, reason="Asked them"
    )
    there = settled(system, order)
    assert (there["cancelled"], order.lines.count()) == (True, 1)
    assert asked() == []


def test_a_line_that_they_added_and_cancelled_is_not_taken(
    system: SupplySystem, market: Market
) -> None:
    order = sold(market)
    there = settled(system, order)
    system.edit(there["id"], "add", **LINE | {"cancelled": LINE["quantity"]})

    assert system.deliver() == ["applied"]

    assert order.lines.count() == 1
    lot = system.there(order.number or "")["lines"][1]["id"]
    system.clerk.run_on_line(there["id"], lot, "edit", Fields({"cancelled": "1"}, ""))
    assert system.deliver() == ["applied"]
    assert [line.quantity for line in order.lines.order_by("position")] == [3, 2]
    assert asked() == []
