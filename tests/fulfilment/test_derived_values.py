"""What follows here from an edit of theirs: they are sent it, so that both come to the same."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Unpack

import pytest

from fulfilment.models import Discrepancy, SyncState
from sales.models import DiscountBand, DiscountList, Order, PriceListItem, Product, SalesEvent
from sales.services.change_orders import Changes, change_order
from sales.services.documents.draft_fields import OrderFields
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.orders import submit_order
from sales.services.promotions import apply_promotion
from tests.factories import Market
from tests.fulfilment.supply_system import SupplySystem, connected_system, settle
from tests.sales.promotion_codes import code


@pytest.fixture
def system(market: Market, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SupplySystem:
    """The supply-chain system, with one mapped item AX-9 at 20.00."""
    return connected_system(market, monkeypatch, tmp_path)


def placed(market: Market, promotion: str = "", **head: Unpack[OrderFields]) -> Order:
    """An order of two at their list price."""
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit", **head)
    add_line(order, actor=market.rep, product=Product.objects.get(), quantity=Decimal(2))
    if promotion:
        apply_promotion(order, promotion, actor=market.rep)
    return submit_order(order.pk, actor=market.rep)


def totals(system: SupplySystem, order: Order) -> tuple[Decimal, Decimal]:
    """What the order comes to here and there."""
    order.refresh_from_db()
    there = system.there(order.number or "")
    return order.total, Decimal(there["totals"]["total"])


def sent_again(order: Order) -> int:
    return SalesEvent.objects.filter(subject_id=order.pk, type="order.sent_again").count()


def test_a_discount_in_percent_of_the_order_follows_their_quantity(
    system: SupplySystem, market: Market
) -> None:
    order = placed(market, discount_rate=Decimal("0.1"))
    settle(system)
    assert totals(system, order) == (Decimal("43.20"), Decimal("43.20"))

    system.edit_line(system.there(order.number or "")["id"], quantity="6")
    settle(system)

    assert totals(system, order) == (Decimal("129.60"), Decimal("129.60"))
    assert system.there(order.number or "")["header_discount"] == "12.00"
    assert (sent_again(order), SyncState.objects.get().pushes) == (1, [])
    assert not Discrepancy.objects.open().exists()


def test_a_volume_discount_follows_their_quantity(system: SupplySystem, market: Market) -> None:
    by_volume = DiscountList.objects.create(name="Volume")
    DiscountBand.objects.create(
        discount_list=by_volume, quantity_from=5, discount_rate=Decimal("0.10")
    )
    PriceListItem.objects.update(discount_list=by_volume)
    order = placed(market)
    settle(system)

    system.edit_line(system.there(order.number or "")["id"], quantity="6")
    settle(system)

    assert totals(system, order) == (Decimal("129.60"), Decimal("129.60"))
    assert (sent_again(order), Discrepancy.objects.open().count()) == (1, 0)


def test_a_promotion_follows_their_quantity(system: SupplySystem, market: Market) -> None:
    code(discount_rate=Decimal("0.1"))
    order = placed(market, promotion="SPRING")
    settle(system)
    assert totals(system, order) == (Decimal("43.20"), Decimal("43.20"))

    system.edit_line(system.there(order.number or "")["id"], quantity="6")
    settle(system)

    assert totals(system, order) == (Decimal("129.60"), Decimal("129.60"))
    line = order.lines.get()
    assert (line.discount_amount, line.promotion_discount) == (0, Decimal("12.00"))
    assert not Discrepancy.objects.open().exists()


def test_what_follows_from_several_edits_is_no_loop(system: SupplySystem, market: Market) -> None:
    order = placed(market, discount_rate=Decimal("0.1"))
    settle(system)
    there = system.there(order.number or "")["id"]

    for quantity in ("6", "7", "8", "9", "10", "11"):
        system.edit_line(there, quantity=quantity)
        settle(system)

    assert totals(system, order) == (Decimal("237.60"), Decimal("237.60"))
    assert not Discrepancy.objects.open().exists()


def test_what_follows_beside_an_edit_of_ours_is_sent_too(
    system: SupplySystem, market: Market
) -> None:
    order = placed(market, discount_rate=Decimal("0.1"))
    settle(system)
    change_order(order.pk, Changes(head={"customer_reference": "PO-9"}), actor=market.rep)
    system.edit_line(system.there(order.number or "")["id"], quantity="6")
    settle(system)

    assert totals(system, order) == (Decimal("129.60"), Decimal("129.60"))
    assert system.there(order.number or "")["customer_reference"] == "PO-9"
