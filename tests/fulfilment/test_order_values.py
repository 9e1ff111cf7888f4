"""An order of ours in canonical values."""

from __future__ import annotations

from decimal import Decimal

from fulfilment.services.order_sync.order_values import values_of
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.orders import submit_order
from tests.factories import Market


def test_states_each_field_as_it_is_compared(market: Market) -> None:
    product = market.product("20.00")
    order = draft_order(
        actor=market.rep,
        account=market.account,
        name="Bar refit",
        freight=Decimal(4),
        customer_reference="PO-77",
    )
    line = add_line(
        order, actor=market.rep, product=product, quantity=Decimal(3), discount_amount=Decimal(10)
    )
    order = submit_order(order.pk, actor=market.rep)

    found = values_of(order, list(order.lines.all()), {"head.of_record.total": "64.00"})

    prefix = f"line.{line.pk}"
    assert {name: found[f"{prefix}.{name}"] for name in ("quantity", "price", "discount")} == {
        "quantity": "3",
        "price": {"amount": "20", "per": "1"},
        "discount": "10.00",
    }
    assert (found[f"{prefix}.product"], found[f"{prefix}.charge"]) == (str(product.pk), "0.00")
    assert (found["head.freight"], found["head.customer_reference"]) == ("4.00", "PO-77")
    assert found["head.payment_terms"] == str(market.payment_terms.pk).upper()
    assert found["head.of_record.total"] == "64.00"
    assert found["head.line_order"] == [str(line.pk)]
