"""Orders: submit, hold, release, cancel."""

from __future__ import annotations

from decimal import Decimal

import pytest

from common.errors import MissingField
from sales.models import Order
from sales.services.documents.drafts import change_head, draft_order
from sales.services.documents.lines import add_line
from sales.services.errors import (
    AlreadyShipped,
    NotDraft,
)
from sales.services.orders import cancel_order, hold_order, release_order, submit_order
from tests.factories import Market
from tests.sales.order_steps import ship, submitted


def test_an_order_needs_a_price_list(market: Market) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(
        order,
        actor=market.rep,
        description="Moving",
        product_category=market.category,
        tax_category=market.tax_category,
        unit_price=Decimal(80),
    )
    Order.objects.filter(pk=order.pk).update(price_list=None)
    with pytest.raises(MissingField, match="price list"):
        submit_order(order.pk, actor=market.rep)


def test_a_submitted_order_is_not_edited(market: Market) -> None:
    order = submitted(market, "1")
    with pytest.raises(NotDraft):
        change_head(order, actor=market.rep, name="Else")
    with pytest.raises(NotDraft):
        add_line(order, actor=market.rep, product=market.product())
    assert order.lines.count() == 1


def test_hold_and_release(market: Market) -> None:
    order = submitted(market, "1")
    with pytest.raises(MissingField):
        hold_order(order.pk, actor=market.rep, reason=" ")
    assert hold_order(order.pk, actor=market.rep, reason="Credit check").is_on_hold
    assert not release_order(order.pk, actor=market.rep).is_on_hold


def test_refuses_to_cancel_what_has_left(market: Market) -> None:
    order = ship(submitted(market, "2"), market, "1")
    with pytest.raises(AlreadyShipped):
        cancel_order(order.pk, actor=market.rep, reason="Changed their mind")
    order.refresh_from_db()
    assert order.status == Order.Status.SUBMITTED
