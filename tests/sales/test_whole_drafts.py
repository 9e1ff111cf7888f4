"""Order drafts with all their lines: figures as line by line, and nothing of a refused one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Unpack

import pytest

from common.errors import DomainError
from sales.models import BundleItem, Order, Product, SalesEvent
from sales.pricing.errors import DiscountAboveLimit
from sales.services.documents.draft_fields import NewLineFields, OrderFields
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.documents.totals import HEAD_FIGURES, LINE_FIGURES
from sales.services.whole_drafts import draft_whole
from tests.database_assertions import found_in_documents
from tests.factories import Market

pytestmark = pytest.mark.django_db


def drafted(market: Market, *lines: NewLineFields, **head: Unpack[OrderFields]) -> Order:
    order, _lines = draft_whole(
        Order, actor=market.rep, account=market.account, name="Bar refit", head=head, lines=lines
    )
    return order


def test_has_the_figures_of_lines_that_are_added_one_by_one(market: Market) -> None:
    mug, pot = market.product("19.99"), market.product("0.35")
    lines: list[NewLineFields] = [
        {"product": mug, "quantity": Decimal(3), "discount_rate": Decimal("0.05")},
        {"product": pot, "quantity": Decimal(1000)},
        {"product": mug, "discount_amount": Decimal("1.50")},
    ]

    whole = drafted(market, *lines, discount_rate=Decimal("0.10"))
    stepwise = draft_order(
        actor=market.rep,
        account=market.account,
        name="Bar refit",
        discount_rate=Decimal("0.10"),
    )
    for line in lines:
        add_line(stepwise, actor=market.rep, **line)

    def figures(order: Order) -> list[tuple[Any, ...]]:
        read = Order.objects.get(pk=order.pk)
        head = tuple(getattr(read, name) for name in HEAD_FIGURES)
        return [head, *read.lines.order_by("position").values_list("position", *LINE_FIGURES)]

    assert figures(whole) == figures(stepwise)
    assert whole.total == Decimal("459.49")
    assert list(SalesEvent.objects.filter(subject_id=whole.pk).values_list("type", flat=True)) == [
        "order.drafted"
    ]
    assert found_in_documents() == []


def test_brings_the_parts_of_a_bundle_along(market: Market) -> None:
    part, bundle = market.product("5.00"), market.product("12.00", kind=Product.Kind.BUNDLE)
    BundleItem.objects.create(
        bundle=bundle, product=part, quantity=Decimal(2), unit=part.default_unit
    )

    order = drafted(market, {"product": bundle}, {"product": part})

    assert list(order.lines.order_by("position").values_list("product", "quantity")) == [
        (bundle.pk, 1),
        (part.pk, 2),
        (part.pk, 1),
    ]
    assert [line.position for line in order.lines.order_by("position")] == [1, 2, 3]


@pytest.mark.parametrize(
    "line",
    [
        {"description": "Delivery", "quantity": Decimal(1)},
        {"quantity": Decimal(-1)},
        {"quantity": Decimal("0.5")},
    ],
)
def test_keeps_nothing_of_an_order_with_a_line_that_is_refused(
    market: Market, line: NewLineFields
) -> None:
    product = market.product("19.99")
    wrong: NewLineFields = line if "description" in line else {"product": product, **line}

    with pytest.raises(DomainError):
        drafted(market, {"product": product}, wrong)

    assert not Order.objects.exists()
    assert not SalesEvent.objects.exists()


def test_measures_discounts_of_lines_and_head_together(market: Market) -> None:
    market.rep.discount_limit_rate = Decimal("0.10")
    market.rep.save()
    line: NewLineFields = {"product": market.product("100.00"), "discount_rate": Decimal("0.06")}

    assert drafted(market, line).total == Decimal("112.80")
    with pytest.raises(DiscountAboveLimit, match="Together with the lines' own discounts"):
        drafted(market, line, discount_rate=Decimal("0.05"))
    with pytest.raises(DiscountAboveLimit, match="11% is above your limit of 10%"):
        drafted(market, {**line, "discount_rate": Decimal("0.11")})
    assert Order.objects.count() == 1
