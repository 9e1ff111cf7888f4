"""What a draft order is refused for, with the way on; nothing is written."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from common.errors import IllegalTransition
from sales.models import SalesEvent
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.order_invoices import invoice_order
from sales.services.orders import hold_order
from tests.factories import Market
from tests.sales.order_steps import drafted


@pytest.mark.parametrize(
    ("use_case", "given", "rule"),
    [
        (hold_order, {"reason": "Credit check"}, "are put on hold"),
        (invoice_order, {"what": "all"}, "are invoiced"),
        (invoice_down_payment, {"rate": Decimal("0.3")}, "take a down payment"),
    ],
)
def test_a_draft_is_submitted_first(
    market: Market, use_case: Any, given: dict[str, object], rule: str
) -> None:
    order = drafted(market, "2")
    events = SalesEvent.objects.count()

    with pytest.raises(IllegalTransition) as refusal:
        use_case(order.pk, actor=market.rep, **given)

    assert str(refusal.value) == (
        f"{order} is draft: only submitted orders {rule}. "
        "Submit it if it is a draft, or choose another order."
    )
    order.refresh_from_db()
    assert (order.is_on_hold, order.invoices.count()) == (False, 0)
    assert SalesEvent.objects.count() == events
