"""Promotion codes of an order that is billed in part and changed: what is billed keeps its part."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sales.models import Order
from sales.services.change_orders import Changes, change_order
from sales.services.documents.draft_fields import NewLineFields
from sales.services.documents.lines import add_line
from sales.services.integrity.verification import verify
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.orders import submit_order
from sales.services.promotions import apply_promotion
from tests.factories import Market
from tests.sales.order_steps import drafted
from tests.sales.promotion_codes import amount_code, code


def ordered(order: Order, market: Market, *codes: str) -> Order:
    for each in codes:
        apply_promotion(order, each, actor=market.rep)
    return submit_order(order.pk, actor=market.rep)


def bill(order: Order, market: Market, *quantities: str) -> list[Any]:
    """Bill so much of each line, or all that is open; returns the nets of the invoice's lines."""
    lines = zip(order.lines.order_by("position"), quantities, strict=False)
    chosen = {line.pk: Decimal(quantity) for line, quantity in lines if Decimal(quantity)}
    what: Any = {"what": "lines", "quantities": chosen} if chosen else {"what": "all"}
    draft = issue_invoice(invoice_order(order.pk, actor=market.rep, **what).pk, actor=market.rep)
    return list(draft.lines.order_by("position").values_list("net", flat=True))


def figures(order: Order) -> list[Any]:
    """Read base, promotion and net of each line."""
    return list(order.lines.order_by("position").values_list("base", "promotion_discount", "net"))


def mismatches() -> list[str]:
    return [str(each) for found in verify().values() for each in found]


def test_a_line_that_is_added_gets_what_is_left_of_a_code(market: Market) -> None:
    amount_code("500")
    order = ordered(drafted(market, "10", price="100"), market, "SPRING")
    assert bill(order, market, "8") == [400]

    other: NewLineFields = {"product": market.product("9000")}
    change_order(order.pk, Changes(additions=[other]), actor=market.rep)

    assert figures(order) == [(1000, 400, 600), (9000, 100, 8900)]
    assert order.promotions.get().amount == 500
    assert bill(order, market) == [200, 8900]
    assert mismatches() == []


def test_another_quantity_leaves_a_billed_line_what_was_billed(market: Market) -> None:
    amount_code("500")
    order = drafted(market, "5", price="100")
    add_line(order, actor=market.rep, product=market.product("100"), quantity=Decimal(5))
    ordered(order, market, "SPRING")
    assert bill(order, market, "3", "0") == [150]

    second = order.lines.order_by("position")[1]
    change_order(order.pk, Changes(lines={second.pk: {"quantity": Decimal(20)}}), actor=market.rep)

    assert figures(order) == [(500, 150, 350), (2000, 350, 1650)]
    assert bill(order, market) == [200, 1650]
    assert mismatches() == []


@pytest.mark.parametrize("codes", [("SPRING", "WELCOME"), ("WELCOME", "SPRING")])
def test_each_of_two_codes_stays_what_it_is_in_all(market: Market, codes: tuple[str, ...]) -> None:
    amount_code("90")
    code(code="WELCOME")
    order = ordered(drafted(market, "3", price="100"), market, *codes)
    before = bill(order, market, "1")[0]

    other: NewLineFields = {"product": market.product("9000")}
    change_order(order.pk, Changes(additions=[other]), actor=market.rep)

    (base, promotion, _net), (added, _, _) = figures(order)
    assert (base, added) == (300, 9000)
    assert (before, promotion) == ((63, 57) if codes[0] == "SPRING" else (60, 60))
    whole = {(each.code.code): each.amount for each in order.promotions.select_related("code")}
    assert whole == (
        {"SPRING": 90, "WELCOME": 921} if codes[0] == "SPRING" else {"SPRING": 90, "WELCOME": 930}
    )
    bill(order, market)
    assert mismatches() == []


def test_a_code_for_other_products_pays_nothing_of_it(market: Market) -> None:
    cups, beans = market.product("100"), market.product("50")
    amount_code("500", code="CUPS").products.add(cups)
    code(code="BEANS").products.add(beans)
    order = drafted(market)
    add_line(order, actor=market.rep, product=cups, quantity=Decimal(10))
    add_line(order, actor=market.rep, product=beans, quantity=Decimal(10))
    ordered(order, market, "CUPS", "BEANS")
    assert bill(order, market, "8", "0") == [400]

    other: NewLineFields = {"product": cups, "quantity": Decimal(90)}
    change_order(order.pk, Changes(additions=[other]), actor=market.rep)

    assert figures(order) == [(1000, 400, 600), (500, 50, 450), (9000, 100, 8900)]
    assert mismatches() == []
