"""Split lines: a typed price is that of what is neither shipped nor billed."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest

from common.errors import NotAllowed
from crm import roles
from fulfilment.services.shipments import record_shipment
from sales.models import BundleItem, Order, OrderLine, Product
from sales.pricing.errors import InvalidDiscount
from sales.services.change_orders import Changes, change_order, preview_change
from sales.services.documents.draft_fields import OrderFields
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.errors import AlreadyBilled
from sales.services.explanations import explain
from sales.services.orders import submit_order
from tests.database_assertions import found_in_documents
from tests.factories import Market, UserFactory
from tests.sales.order_steps import billed, ship, submitted


def change(order: Order, market: Market, **typed: Any) -> None:
    """Change the first line of an order."""
    line = order.lines.order_by("position")[0]
    change_order(order.pk, Changes(lines={line.pk: typed}), actor=market.rep)
    order.refresh_from_db()


def bill(order: Order, market: Market, quantity: str) -> None:
    line = order.lines.order_by("position")[0]
    billed(order, market, what="lines", quantities={line.pk: Decimal(quantity)})


def shown(lines: Any) -> list[Any]:
    """Quantity, price and net of lines, as they are printed."""
    return [(line.quantity, line.unit_price, line.net) for line in lines.order_by("position")]


@pytest.fixture
def order(market: Market) -> Order:
    """Ten at 100.00, of which four are billed."""
    order = submitted(market, "10", price="100.00")
    bill(order, market, "4")
    return order


def test_what_is_billed_stays_and_the_rest_has_the_typed_price(
    market: Market, order: Order
) -> None:
    change(order, market, unit_price=Decimal(90))

    assert shown(order.lines) == [(4, 100, 400), (6, 90, 540)]
    rest = billed(order, market, what="all")
    assert shown(rest.lines) == [(6, 90, 540)]
    assert found_in_documents() == []


def test_the_typed_quantity_is_that_of_both(market: Market, order: Order) -> None:
    change(order, market, unit_price=Decimal(90), quantity=Decimal(12))

    assert shown(order.lines) == [(4, 100, 400), (8, 90, 720)]


def test_what_is_shipped_keeps_its_price_too(market: Market) -> None:
    order = submitted(market, "10", price="100.00")
    record_shipment(order.pk, actor=market.rep, lines={order.lines.get().pk: Decimal(7)})
    bill(order, market, "4")

    change(order, market, unit_price=Decimal(90))

    assert shown(order.lines) == [(7, 100, 700), (3, 90, 270)]
    assert shown(billed(order, market, what="all").lines) == [(3, 100, 300), (3, 90, 270)]
    assert found_in_documents() == []


def test_a_typed_percentage_comes_off_the_rest(market: Market, order: Order) -> None:
    change(order, market, discount_rate=Decimal("0.1"))

    assert shown(order.lines) == [(4, 100, 400), (6, 100, 540)]


def test_an_amount_off_the_line_is_shared_by_the_units(market: Market) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    product = market.product("100.00")
    add_line(
        order,
        actor=market.rep,
        product=product,
        quantity=Decimal(10),
        discount_amount=Decimal("50.00"),
    )
    order = submit_order(order.pk, actor=market.rep)
    bill(order, market, "4")

    change(order, market, unit_price=Decimal(90))

    assert shown(order.lines) == [(4, 100, 380), (6, 90, 510)]
    discounts = order.lines.order_by("position").values_list("discount_amount", "discount")
    assert list(discounts) == [(20, 20), (30, 30)]
    assert found_in_documents() == []


def test_the_preview_says_both_lines(market: Market, order: Order) -> None:
    changes = Changes(lines={order.lines.get().pk: {"unit_price": Decimal(90)}})

    seen = preview_change(order.pk, changes, actor=market.rep)

    entries = [(each["field"], each["before"], each["after"]) for each in seen]
    assert ("quantity", "10", "4") in entries
    assert ("quantity", None, "6") in entries
    assert ("unit_price", None, "90") in entries
    assert ("total", "1200", "1128") in entries
    assert order.lines.count() == 1


def test_a_line_that_is_shipped_or_billed_as_a_whole_keeps_its_price(market: Market) -> None:
    order = ship(submitted(market, "10", price="100.00"), market, "10")
    bill(order, market, "4")

    with pytest.raises(AlreadyBilled, match=r"All of .* is shipped or billed, and keeps its price"):
        change(order, market, unit_price=Decimal(90))

    assert shown(order.lines) == [(10, 100, 1000)]


def test_refusals_name_the_line_that_was_typed_in(market: Market, order: Order) -> None:
    line = order.lines.get()
    changes = Changes(lines={line.pk: {"discount_rate": Decimal(2)}})
    with pytest.raises(InvalidDiscount) as refusal:
        change_order(order.pk, changes, actor=market.rep)
    assert refusal.value.line == str(line.pk)

    cheaper = Changes(lines={line.pk: {"unit_price": Decimal(90)}})
    with pytest.raises(NotAllowed):
        change_order(order.pk, cheaper, actor=UserFactory.create(role=roles.AUDITOR))
    assert shown(order.lines) == [(10, 100, 1000)]


def test_the_rest_of_a_bundle_has_its_parts(market: Market) -> None:
    starter, cup = market.product("100.00", kind=Product.Kind.BUNDLE), market.product("20.00")
    BundleItem.objects.create(
        bundle=starter, product=cup, unit=cup.default_unit, quantity=2, is_required=True
    )
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, product=starter, quantity=Decimal(10))
    order = submit_order(order.pk, actor=market.rep)
    bill(order, market, "4")

    change(order, market, unit_price=Decimal(90))

    kept, parts, rest, rest_parts = order.lines.order_by("position")
    assert (kept.quantity, parts.quantity, parts.bundle_line_id) == (4, 8, kept.pk)
    assert (rest.quantity, rest_parts.quantity, rest_parts.bundle_line_id) == (6, 12, rest.pk)


def drawn(market: Market, dice: random.Random) -> Order:
    """Submit an order of two random lines, of the first of which a part is billed."""
    terms: OrderFields = {"prices_include_tax": dice.random() < 0.5}
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit", **terms)
    for _ in range(2):
        price, units = Decimal(dice.randint(1, 99_999)) / 100, dice.choice(["1", "100", "3"])
        product = market.product(f"{price}", price_quantity=units, decimals=2)
        off: dict[str, Any] = dice.choice([{}, {"discount_rate": Decimal("0.07")}])
        quantity = Decimal(dice.randint(2, 500))
        add_line(order, actor=market.rep, product=product, quantity=quantity, **off)
    return submit_order(order.pk, actor=market.rep)


@pytest.mark.parametrize("seed", range(12))
def test_every_line_is_printed_as_it_is_made_up(market: Market, seed: int) -> None:
    dice = random.Random(seed)
    order = drawn(market, dice)
    first = order.lines.order_by("position")[0]
    for _ in range(dice.randint(1, 2)):
        open_now = OrderLine.objects.get(pk=first.pk).open_to_bill
        bill(order, market, str(max(Decimal(1), (open_now / 2).to_integral_value())))
    kept = OrderLine.objects.get(pk=first.pk)
    typed = Decimal(dice.randint(1, 99_999)) / 100

    if kept.open_to_bill > 0:
        change(order, market, unit_price=typed, quantity=kept.quantity + dice.randint(0, 5))

    kept.refresh_from_db()
    assert kept.quantity == kept.billed
    assert kept.net == sum(part.net for part in kept.invoice_lines.all())
    lines = list(order.lines.order_by("position"))
    steps = explain(order, lines).lines
    for line in lines:
        [net] = [step.result for step in steps[str(line.pk)] if step.label == "net"]
        assert abs(line.net - net) <= (Decimal("0.03") if line == kept else Decimal("0.01"))
    rest = billed(order, market, what="all")
    for part in rest.lines.order_by("position"):
        assert part.order_line is not None
        assert part.net == part.order_line.net
    order.refresh_from_db()
    assert sum(each.total for each in order.invoices.all()) == order.total
    assert found_in_documents() == []
