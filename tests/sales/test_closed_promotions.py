"""Promotion codes of an order that is changed or closed: they show what its lines say."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fulfilment.services.shipments import record_shipment
from sales.models import Order, PromotionUse
from sales.services.change_orders import Changes, change_order, close_rest
from sales.services.documents.lines import add_line
from sales.services.integrity.verification import verify
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.orders import submit_order
from sales.services.promotions import apply_promotion
from tests.database_assertions import found_in_documents, run_data_steps, tamper
from tests.factories import Market
from tests.sales.order_steps import drafted
from tests.sales.promotion_codes import amount_code, code


def ordered(order: Order, market: Market, *codes: str) -> Order:
    """Submit an order with these codes."""
    for each in codes:
        apply_promotion(order, each, actor=market.rep)
    return submit_order(order.pk, actor=market.rep)


def bill(order: Order, market: Market, *quantities: str) -> None:
    """Ship and bill so much of each line."""
    lines = zip(order.lines.order_by("position"), quantities, strict=True)
    shipped = {line.pk: Decimal(quantity) for line, quantity in lines if Decimal(quantity)}
    record_shipment(order.pk, actor=market.rep, lines=shipped)
    draft = invoice_order(order.pk, actor=market.rep, what="shipped")
    issue_invoice(draft.pk, actor=market.rep)


def close(order: Order, market: Market) -> None:
    close_rest(order.pk, actor=market.rep, reason="They need no more")


def of_lines(order: Order) -> list[Decimal]:
    return list(order.lines.order_by("position").values_list("promotion_discount", flat=True))


def of_codes(order: Order) -> list[Decimal]:
    return list(order.promotions.order_by("id").values_list("amount", flat=True))


def mismatches() -> list[str]:
    return [str(each) for found in verify().values() for each in found]


def test_a_closed_order_has_the_promotion_of_what_is_billed(market: Market) -> None:
    code()
    order = ordered(drafted(market, "10", price="100"), market, "SPRING")
    bill(order, market, "2")
    assert of_lines(order) == of_codes(order) == [100]

    close(order, market)

    assert of_lines(order) == of_codes(order) == [20]
    assert mismatches() == []


@pytest.mark.parametrize(
    ("codes", "whole", "left"),
    [
        (("WELCOME", "SPRING"), [10, 99], [2, Decimal("19.80")]),
        (("SPRING", "WELCOME"), [100, 10], [20, 2]),
    ],
)
def test_each_code_of_a_closed_order_keeps_its_part_whatever_comes_after(
    market: Market, codes: tuple[str, ...], whole: list[Decimal], left: list[Decimal]
) -> None:
    code()
    amount_code("10.00", code="WELCOME")
    order = ordered(drafted(market, "10", price="100"), market, *codes)
    bill(order, market, "2")
    assert of_codes(order) == whole

    close(order, market)
    assert of_codes(order) == left

    change_order(order.pk, Changes(head={"name": "Bar refit, first half"}), actor=market.rep)
    assert of_codes(order) == left
    assert mismatches() == []


def test_a_code_that_is_for_a_line_closed_before_any_is_billed_takes_nothing_off(
    market: Market,
) -> None:
    spring, welcome = code(), amount_code("10.00", code="WELCOME")
    order = drafted(market)
    cups, beans = market.product("33.33"), market.product("19.99")
    spring.products.add(cups)
    welcome.products.add(beans)
    add_line(order, actor=market.rep, product=cups, quantity=Decimal(7))
    add_line(order, actor=market.rep, product=beans, quantity=Decimal(3))
    ordered(order, market, "SPRING", "WELCOME")
    assert of_codes(order) == [Decimal("23.33"), Decimal("10.00")]
    bill(order, market, "2", "0")

    close(order, market)

    assert of_lines(order) == [Decimal("6.67"), 0]
    assert of_codes(order) == [Decimal("6.67"), 0]
    assert mismatches() == []


def test_codes_of_several_lines_come_to_the_cent_to_what_the_lines_keep(market: Market) -> None:
    code(discount_rate=Decimal("0.07"))
    amount_code("10.00", code="WELCOME")
    order = drafted(market)
    for price, quantity in (("33.33", 7), ("19.99", 3)):
        product = market.product(price)
        add_line(order, actor=market.rep, product=product, quantity=Decimal(quantity))
    ordered(order, market, "WELCOME", "SPRING")
    assert of_codes(order) == [Decimal("10.00"), Decimal("19.83")]
    bill(order, market, "2", "1")

    close(order, market)

    assert sum(of_codes(order)) == sum(of_lines(order))
    assert of_codes(order) == [Decimal("2.95"), Decimal("5.86")]
    assert mismatches() == []


def test_verify_names_codes_that_do_not_come_to_their_lines(market: Market) -> None:
    code()
    order = ordered(drafted(market, "10", price="100"), market, "SPRING")

    tamper("UPDATE sales_promotionuse SET amount = 90")

    assert found_in_documents() == [f"{order}: promotions is 90.00000, should be 100.00000."]


def test_codes_of_orders_that_were_closed_before_are_brought_to_their_lines(
    market: Market,
) -> None:
    code()
    amount_code("10.00", code="WELCOME")
    order = ordered(drafted(market, "10", price="100"), market, "SPRING", "WELCOME")
    bill(order, market, "2")
    close(order, market)
    PromotionUse.objects.filter(code__code="SPRING").update(amount=100)
    PromotionUse.objects.filter(code__code="WELCOME").update(amount=10)
    assert found_in_documents() == [f"{order}: promotions is 110.00000, should be 22.00000."]

    run_data_steps("sales", "0043_codes_of_closed_orders")

    assert of_codes(order) == [20, 2]
    assert mismatches() == []
