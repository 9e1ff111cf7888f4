"""Records of change orders: what may become one, and what is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from common.errors import IllegalTransition, StaleVersion
from sales.models import Order
from sales.services.change_order_records import NothingChanged
from sales.services.change_orders import Changes, change_order, close_rest
from sales.services.documents.drafts import draft_order
from sales.services.errors import NothingLeft
from tests.factories import Market
from tests.sales.order_steps import submitted
from tests.sales.written import written

CANCEL_INSTEAD = "Nothing of this order is shipped or billed: cancel it instead."


@pytest.fixture
def order(market: Market) -> Order:
    return submitted(market, "10")


def test_an_order_of_which_nothing_is_shipped_or_billed_is_not_closed_but_cancelled(
    market: Market, order: Order
) -> None:
    before = written(order)

    with pytest.raises(NothingLeft) as refusal:
        close_rest(order.pk, actor=market.rep, reason="They need no more")

    assert (str(refusal.value), refusal.value.order) == (CANCEL_INSTEAD, order)
    assert written(order) == before
    assert not order.changes.exists()


def test_no_change_order_takes_everything_off_an_order(market: Market, order: Order) -> None:
    before = written(order)
    nothing = Changes(lines={order.lines.get().pk: {"quantity": Decimal(0)}})

    with pytest.raises(NothingLeft, match=CANCEL_INSTEAD):
        change_order(order.pk, nothing, actor=market.rep)

    assert written(order) == before


def test_refuses_drafts_stale_versions_and_empty_changes(market: Market, order: Order) -> None:
    draft = draft_order(actor=market.rep, account=market.account, name="Other")
    with pytest.raises(IllegalTransition):
        change_order(draft.pk, Changes(head={"name": "x"}), actor=market.rep)
    with pytest.raises(StaleVersion):
        change_order(order.pk, Changes(head={"name": "x"}), actor=market.rep, expected_version=1)
    with pytest.raises(NothingChanged):
        change_order(order.pk, Changes(), actor=market.rep)
