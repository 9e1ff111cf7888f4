"""Lines that they sell as another item: a cancelled line and a new one, or a person decides."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from fulfilment.models import Discrepancy
from fulfilment.services.mappings import map_code
from fulfilment.sync.conflicts import Choice
from sales.models import Order, Product, SalesEvent, Unit, UnitGroup
from sales.services.change_orders import Changes, change_order
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.orders import cancel_order, submit_order
from tests.factories import Market
from tests.fulfilment.decisions import decide_conflict
from tests.fulfilment.supply import Kind
from tests.fulfilment.supply_system import SupplySystem, connected_system, settle


@pytest.fixture
def system(market: Market, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SupplySystem:
    """The supply-chain system, with two mapped items: AX-9 at 20.00, and BX-1 at 30.00."""
    system = connected_system(market, monkeypatch, tmp_path)
    unit, group = Unit.objects.get(), UnitGroup.objects.get()
    product = market.product("30.00", default_unit=unit, unit_group=group)
    map_code(system.connection, (Kind.PRODUCT, "BX-1"), product)
    return system


@pytest.fixture
def order(system: SupplySystem, market: Market) -> Order:
    """An order of three of AX-9 that both hold."""
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    product = Product.objects.order_by("id").first()
    add_line(order, actor=market.rep, product=product, quantity=Decimal(3))
    submit_order(order.pk, actor=market.rep)
    settle(system)
    order.refresh_from_db()
    return order


def replace_first(system: SupplySystem, order: Order) -> None:
    """Their clerk puts another item on the line."""
    there = system.there(order.number or "")["id"]
    system.edit_line(there, "replace", item="BX-1", description="Other")


def here(order: Order) -> list[tuple[str, str]]:
    lines = order.lines.order_by("position").select_related("product")
    return [(str(line.description), f"{line.wanted_quantity.normalize():f}") for line in lines]


def there(system: SupplySystem, order: Order) -> list[tuple[str, str, str]]:
    lines = system.there(order.number or "")["lines"]
    return [(line["item"], line["description"], line["quantity"]) for line in lines]


def sent_again(order: Order) -> int:
    return SalesEvent.objects.filter(subject_id=order.pk, type="order.sent_again").count()


def test_another_item_is_a_cancelled_line_and_a_new_one(system: SupplySystem, order: Order) -> None:
    [(sold, _quantity)] = here(order)
    replace_first(system, order)

    assert system.deliver() == ["applied"]
    settle(system)

    assert here(order) == [(sold, "0"), ("Other", "3")]
    assert there(system, order) == [("BX-1", "Other", "3")]
    new = order.lines.get(description="Other")
    assert (new.product, new.unit_price) == (Product.objects.latest("id"), Decimal("20.00"))
    assert (sent_again(order), Discrepancy.objects.open().count()) == (0, 0)


def test_both_edit_the_new_line_afterwards(
    system: SupplySystem, order: Order, market: Market
) -> None:
    [(sold, _quantity)] = here(order)
    replace_first(system, order)
    settle(system)
    new = order.lines.get(description="Other")

    change_order(order.pk, Changes(lines={new.pk: {"quantity": Decimal(5)}}), actor=market.rep)
    settle(system)
    assert there(system, order) == [("BX-1", "Other", "5")]
    system.edit_line(system.there(order.number or "")["id"], quantity="7")
    settle(system)

    assert here(order) == [(sold, "0"), ("Other", "7")]
    assert there(system, order) == [("BX-1", "Other", "7")]
    assert not Discrepancy.objects.open().exists()


def test_what_is_delivered_stays_in_conflict_as_they_hold_it(
    system: SupplySystem, order: Order, market: Market
) -> None:
    [(sold, _quantity)] = here(order)
    system.post(system.there(order.number or "")["id"], "deliver")
    settle(system)
    replace_first(system, order)
    settle(system)

    found = Discrepancy.objects.open().get(kind="field")
    assert found.field == f"line.{order.lines.get().pk}.product"
    change_order(order.pk, Changes(head={"customer_reference": "PO-9"}), actor=market.rep)
    settle(system)

    assert (here(order), sent_again(order)) == ([(sold, "3")], 0)
    assert there(system, order) == [("BX-1", "Other", "3")]
    assert Discrepancy.objects.open().filter(pk=found.pk).exists()

    decide_conflict(found.pk, Choice.OURS, actor=market.rep, reason="As sold")
    settle(system)

    assert there(system, order) == [("AX-9", sold, "3")]
    assert not Discrepancy.objects.open().filter(kind="field").exists()


def test_an_edit_of_the_line_that_they_do_not_know_is_not_lost(
    system: SupplySystem, order: Order, market: Market
) -> None:
    line = order.lines.get()
    replace_first(system, order)
    change_order(order.pk, Changes(lines={line.pk: {"quantity": Decimal(4)}}), actor=market.rep)
    settle(system)

    assert [quantity for _name, quantity in here(order)] == ["4"]
    assert [each[0] for each in there(system, order)] == ["BX-1"]
    assert Discrepancy.objects.open().get().field == f"line.{line.pk}.product"


@pytest.mark.parametrize("mode", ["refuse", "named", "overwrite"])
def test_an_echo_of_ours_closes_no_conflict(
    system: SupplySystem, order: Order, market: Market, mode: str
) -> None:
    system.set_modes(on_conflict=mode)
    system.edit(system.there(order.number or "")["id"], customer_reference="THEIRS")
    change_order(order.pk, Changes(head={"customer_reference": "OURS"}), actor=market.rep)
    system.deliver()
    found = Discrepancy.objects.open().get()
    settle(system)

    assert Discrepancy.objects.open().filter(pk=found.pk).exists()


def test_what_is_in_another_unit_is_not_taken_until_it_is_decided(
    system: SupplySystem, order: Order, market: Market
) -> None:
    other = UnitGroup.objects.create(name="Weights")
    box = Unit.objects.create(group=other, name="box of 3", factor=3)
    map_code(system.connection, (Kind.UNIT, "BX3"), box)
    there_id = system.there(order.number or "")["id"]
    system.edit_line(there_id, "convert", unit="BX3", factor="3")
    settle(system)

    line, found = order.lines.get(), Discrepancy.objects.open().get()
    assert (line.quantity, line.unit_price, line.net) == (
        Decimal(3),
        Decimal("20.00"),
        Decimal("60.00"),
    )
    assert found.field == f"line.{line.pk}.unit"
    assert line.unit is not None
    assert (found.ours, found.theirs) == (line.unit.name, "box of 3")

    change_order(order.pk, Changes(head={"customer_reference": "PO-9"}), actor=market.rep)
    settle(system)
    [theirs] = system.there(order.number or "")["lines"]
    assert (theirs["unit"], theirs["quantity"], theirs["price"]) == ("BX3", "1", "60.00")

    decide_conflict(found.pk, Choice.OURS, actor=market.rep, reason="As sold")
    settle(system)
    [theirs] = system.there(order.number or "")["lines"]
    assert (theirs["unit"], theirs["quantity"], theirs["price"]) == ("EA", "3", "20.00")
    assert not Discrepancy.objects.open().exists()


def test_nothing_is_left_to_decide_of_an_order_that_both_cancelled(
    system: SupplySystem, order: Order, market: Market
) -> None:
    line = order.lines.get()
    system.edit_line(system.there(order.number or "")["id"], quantity="7")
    change_order(order.pk, Changes(lines={line.pk: {"quantity": Decimal(5)}}), actor=market.rep)
    settle(system)
    assert Discrepancy.objects.open().get().field == f"line.{line.pk}.quantity"

    cancel_order(order.pk, actor=market.rep, reason="Customer withdrew")
    settle(system)

    assert system.there(order.number or "")["cancelled"]
    assert [each.field for each in Discrepancy.objects.open()] == []
