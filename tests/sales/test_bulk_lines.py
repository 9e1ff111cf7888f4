"""Many lines at once: built, checked, priced and inserted in as many statements as few."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.errors import DomainError, MissingField, NotAllowed
from common.identifiers import uuid7
from crm.actors import System
from crm.models import Partner
from sales.models import BundleItem, Order, Product, SalesEvent
from sales.pricing.errors import InvalidDiscount, QuantityNotAllowed
from sales.services.change_orders import Changes, change_order
from sales.services.documents.draft_fields import NewLineFields
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line, add_lines
from sales.services.orders import submit_order
from tests.factories import Market
from tests.sales.written import written

SCM = System("SCM", connection="scm")
FEW, MANY = 5, 500
DAY = dt.date(2026, 12, 24)


@pytest.fixture
def order(market: Market) -> Order:
    return draft_order(actor=market.rep, account=market.account, name="Bar refit")


def put_into(bundle: Product, product: Product, **fields: Any) -> None:
    BundleItem.objects.create(bundle=bundle, product=product, unit=product.default_unit, **fields)


def test_adds_lines_of_every_kind_in_order(market: Market, order: Order) -> None:
    add_line(order, actor=market.rep, product=market.product("1.00"))
    order.refresh_from_db()
    version, chosen = order.version, uuid7()
    wanted: list[NewLineFields] = [
        {"id": chosen, "product": market.product("19.99"), "quantity": Decimal(3)},
        {
            "product": market.product("5.00"),
            "quantity": Decimal(250),
            "unit_price": Decimal("3.99"),
            "price_quantity": Decimal(100),
            "requested_on": DAY,
        },
        {
            "description": "Packing",
            "product_category": market.category,
            "unit_price": Decimal(20),
            "price_source": "external",
            "discount_amount": Decimal(2),
            "charge_amount": Decimal("1.50"),
            "tax_rate": Decimal("0.07"),
        },
    ]

    added = add_lines(order, wanted, actor=SCM)

    lines = list(order.lines.order_by("position"))[1:]
    assert [line.pk for line in lines] == [line.pk for line in added]
    assert lines[0].pk == chosen
    assert [
        (line.position, line.kind, line.price_source, line.net, line.tax, line.requested_on)
        for line in lines
    ] == [
        (2, "product", "list", Decimal("59.97"), Decimal("11.99"), None),
        (3, "product", "external", Decimal("9.98"), Decimal("2.00"), DAY),
        (4, "write_in", "external", Decimal("19.50"), Decimal("1.37"), None),
    ]
    order.refresh_from_db()
    assert order.detail == Decimal("90.45")
    assert order.version == version + 1
    event = SalesEvent.objects.filter(subject_id=order.pk).latest("id")
    assert event.data == {"added": [str(line.pk) for line in added]}


def test_places_the_parts_of_bundles_below_their_lines_or_leaves_them_out(
    market: Market, order: Order
) -> None:
    bundle = market.product("100.00", kind="bundle")
    part = market.product("10.00", name="Grinder")
    put_into(bundle, part, quantity=Decimal(2))
    wanted: list[NewLineFields] = [
        {"product": bundle},
        {"product": market.product("1.00", name="Cups")},
    ]

    add_lines(order, wanted, actor=SCM)
    add_lines(order, wanted, actor=SCM, with_parts=False)

    names = ["Espresso machine", "Grinder", "Cups", "Espresso machine", "Cups"]
    lines = list(order.lines.order_by("position"))
    assert [(line.position, line.description) for line in lines] == list(enumerate(names, 1))
    assert (lines[1].bundle_line, lines[1].quantity, lines[1].net) == (lines[0], 2, 0)


@pytest.mark.parametrize(
    ("wrong", "error", "field"),
    [
        ({"description": "Packing", "unit_price": Decimal(1)}, MissingField, "product_category"),
        ({"quantity": Decimal("1.5")}, QuantityNotAllowed, "quantity"),
        ({"quantity": Decimal(1), "discount_amount": Decimal(99)}, InvalidDiscount, "discount"),
    ],
)
def test_adds_none_where_one_is_refused_and_names_it(
    market: Market, order: Order, wrong: NewLineFields, error: type[Exception], field: str
) -> None:
    product = market.product("10.00", decimals=0)
    if "description" not in wrong:
        wrong = {"product": product, **wrong}
    pk, before = uuid7(), written(order)

    with pytest.raises(error) as refused:
        add_lines(order, [{"product": product}, {"id": pk, **wrong}], actor=SCM)

    assert isinstance(refused.value, DomainError)
    assert (refused.value.line, refused.value.field) == (str(pk), field)
    assert written(order) == before


def test_lets_no_partner_type_a_price(market: Market, order: Order) -> None:
    before = written(order)
    typed: NewLineFields = {"product": market.product(), "unit_price": Decimal(1)}

    with pytest.raises(NotAllowed):
        add_lines(order, [typed], actor=Partner.objects.create(name="Shop"))

    assert written(order) == before


def wanted_lines(market: Market, count: int) -> list[NewLineFields]:
    """List count lines of two products, one of them a bundle, and of a write-in."""
    machine, bundle = market.product("20.00"), market.product("90.00", kind="bundle")
    put_into(bundle, market.product("1.00"))
    packing: NewLineFields = {"description": "Packing", "product_category": market.category}
    kinds: list[NewLineFields] = [
        {"product": machine, "charge_amount": Decimal(1)},
        {"product": bundle},
        {**packing, "unit_price": Decimal(5), "tax_rate": Decimal("0.07")},
    ]
    return [kinds[place % 3] for place in range(count)]


def statements_to_add(market: Market, count: int) -> int:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    wanted = wanted_lines(market, count)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        add_lines(order, wanted, actor=SCM)
    assert order.lines.filter(bundle_line=None).count() == count
    return len(queries)


def test_takes_as_many_statements_for_500_lines_as_for_5(market: Market) -> None:
    assert statements_to_add(market, FEW) == statements_to_add(market, MANY) <= 26


def statements_to_change(market: Market, count: int) -> int:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_lines(order, wanted_lines(market, count), actor=SCM)
    submit_order(order.pk, actor=SCM)
    lines: dict[Any, dict[str, Any]] = {
        line.pk: {
            "quantity": Decimal(2),
            "unit_price": Decimal(7),
            "charge_amount": Decimal(2),
            "tax_rate": Decimal("0.055"),
            "requested_on": DAY,
        }
        for line in order.lines.filter(bundle_line=None)
    }
    changes = Changes(lines=lines, additions=wanted_lines(market, count))
    with CaptureQueriesContext(connection) as queries:
        change_order(order.pk, changes, actor=SCM)
    assert order.lines.filter(charge_amount=2).count() == count
    return len(queries)


def test_changes_and_adds_500_lines_in_as_many_statements_as_5(market: Market) -> None:
    assert statements_to_change(market, FEW) == statements_to_change(market, MANY) <= 50
