"""Open rest of an order: what has begun, and what is neither shipped nor billed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fulfilment.services.shipments import record_shipment
from sales.models import BundleItem, DocumentLine, OrderLine, Product
from sales.pricing.advances import TaxAmount
from sales.services.billing.open_rest import has_open_units, has_started, open_deductions
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.errors import AlreadyShipped
from sales.services.orders import cancel_order, submit_order
from tests.factories import Market

TEN = Decimal(10)


@pytest.mark.parametrize(
    ("done", "started", "is_open"),
    [
        ({}, False, True),
        ({"shipped_quantity": Decimal(4)}, True, True),
        ({"shipped_quantity": TEN}, True, False),
        ({"invoiced_quantity": TEN}, True, False),
        ({"cancelled_quantity": TEN}, False, False),
        ({"drafted_quantity": TEN}, False, True),
        ({"shipped_quantity": TEN, "drafted_quantity": TEN}, True, False),
        ({"is_optional": True, "is_taken": False}, False, False),
        ({"kind": DocumentLine.Kind.NOTE}, False, False),
    ],
)
def test_tells_what_has_begun_and_what_is_open(
    done: dict[str, Decimal], started: bool, is_open: bool
) -> None:
    lines = [OrderLine(quantity=TEN, **done)]

    assert (has_started(lines), has_open_units(lines)) == (started, is_open)


def test_a_trade_in_is_open_until_all_of_it_is_taken_off() -> None:
    line = OrderLine(kind=DocumentLine.Kind.DEDUCTION, net=Decimal(-50), tax=Decimal(-10))
    whole, part = TaxAmount(Decimal(50), TEN), TaxAmount(Decimal(25), Decimal(5))

    assert open_deductions([line], {line.pk: part}) == [line]
    assert open_deductions([line], {line.pk: whole}) == []
    assert open_deductions([line], {}) == []


def test_an_option_that_is_not_taken_is_nothing_to_close(market: Market) -> None:
    bundle = market.product("100.00", kind=Product.Kind.BUNDLE, name="Set")
    for name, is_required in (("Part", True), ("Lamp", False)):
        part = market.product("5.00", name=name)
        BundleItem.objects.create(
            bundle=bundle, product=part, unit=part.default_unit, quantity=1, is_required=is_required
        )
    draft = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(draft, actor=market.rep, product=bundle)
    order = submit_order(draft.pk, actor=market.rep)
    shipped = order.lines.get(description="Part")
    record_shipment(order.pk, actor=market.rep, lines={shipped.pk: Decimal(1)})

    with pytest.raises(AlreadyShipped) as refusal:
        cancel_order(order.pk, actor=market.rep, reason="Changed their mind")

    way_on = "is shipped: record what comes back as a return instead."
    assert str(refusal.value) == f"{order} {way_on}"
