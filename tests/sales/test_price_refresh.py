"""Price refresh: prices change only on request; differences are shown and previewed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.errors import MissingField, NotAllowed, StaleVersion
from crm import roles
from sales.models import Order, PriceListItem, Product, Quote, SalesEvent
from sales.pricing.errors import InactivePriceList
from sales.services.documents.drafts import change_head, draft_order, draft_quote
from sales.services.documents.lines import add_line
from sales.services.errors import NotDraft, PricesLocked
from sales.services.orders import submit_order
from sales.services.price_refresh import (
    lock_prices,
    preview_refresh,
    price_drift,
    refresh_prices,
    unlock_prices,
)
from sales.services.quotes import accept_quote, activate_quote
from tests.factories import Market, UserFactory


@pytest.fixture
def order(market: Market) -> Order:
    """A draft with a machine at 100 from the list and a grinder typed at 45 instead of 50."""
    made = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(made, actor=market.rep, product=market.product("100.00", name="Machine"))
    grinder = market.product("50.00", name="Grinder")
    add_line(made, actor=market.rep, product=grinder, unit_price=Decimal(45))
    made.refresh_from_db()
    return made


def raise_prices(to: str) -> None:
    PriceListItem.objects.filter(product__name="Machine").update(amount=Decimal(to))


def prices(document: Order | Quote) -> list[Any]:
    return list(document.lines.order_by("position").values_list("unit_price", flat=True))


def test_a_dearer_list_leaves_the_order_alone_and_shows_as_drift(order: Order) -> None:
    raise_prices("110.00")

    machine, grinder = price_drift(order)

    assert (machine.frozen_price, machine.list_price) == (Decimal(100), Decimal(110))
    assert machine.has_drifted
    assert (grinder.frozen_price, grinder.list_price) == (Decimal(45), Decimal(50))
    assert grinder.is_typed
    assert prices(order) == [100, 45]


def test_previews_each_line_and_the_total_and_changes_nothing(order: Order) -> None:
    raise_prices("110.00")

    preview = preview_refresh(order)

    assert [(line.description, line.frozen_price, line.list_price) for line in preview.changes] == [
        ("Machine", Decimal(100), Decimal(110))
    ]
    assert (preview.total_before, preview.total_after) == (Decimal(174), Decimal(186))
    version, total = order.version, order.total
    order.refresh_from_db()
    assert (prices(order), order.version, order.total) == ([100, 45], version, total)


def test_refreshes_what_comes_from_the_list_and_leaves_what_was_typed(
    market: Market, order: Order
) -> None:
    raise_prices("110.00")

    changes = refresh_prices(order, actor=market.rep)

    order.refresh_from_db()
    assert (prices(order), order.total) == ([110, 45], 186)
    event = SalesEvent.objects.get(subject_id=order.pk, subject_version=order.version)
    assert event.data == {
        "prices_refreshed": [{"line": str(changes[0].line_id), "before": "100", "after": "110"}]
    }


def test_the_same_amount_for_other_units_is_another_price(market: Market) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Workshop")
    screws = market.product("3.99", price_quantity="100")
    line = add_line(order, actor=market.rep, product=screws, quantity=Decimal(250))
    PriceListItem.objects.filter(product=screws).update(price_quantity=Decimal(1000))

    [change] = refresh_prices(order, actor=market.rep)

    line.refresh_from_db()
    assert change.frozen_price == change.list_price == line.unit_price
    assert (line.price_quantity, line.net) == (1000, Decimal("1.00"))


def test_takes_the_units_that_the_list_s_price_is_for_along(market: Market) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Workshop")
    screws = market.product("3.99", price_quantity="100")
    line = add_line(order, actor=market.rep, product=screws, quantity=Decimal(250))
    assert not price_drift(order)[0].has_drifted
    PriceListItem.objects.filter(product=screws).update(
        amount=Decimal("39.90"), price_quantity=Decimal(1000)
    )

    [drift] = price_drift(order)
    preview = preview_refresh(order)
    refresh_prices(order, actor=market.rep)

    assert drift.has_drifted
    assert (drift.frozen_price, drift.frozen_quantity) == (Decimal("3.99"), Decimal(100))
    assert (drift.list_price, drift.list_quantity) == (Decimal("39.90"), Decimal(1000))
    assert preview.total_before == preview.total_after == Decimal("11.98")
    line.refresh_from_db()
    assert (line.unit_price, line.price_quantity) == (Decimal("39.90"), 1000)
    event = SalesEvent.objects.filter(subject_id=order.pk).latest("subject_version")
    assert event.data == {
        "prices_refreshed": [{"line": str(line.pk), "before": "3.99 / 100", "after": "39.9 / 1000"}]
    }


def test_replaces_a_typed_price_when_its_line_is_named(market: Market, order: Order) -> None:
    raise_prices("110.00")
    grinder = order.lines.get(description="Grinder")

    refresh_prices(order, actor=market.rep, line_ids=[grinder.pk])

    grinder.refresh_from_db()
    assert (prices(order), grinder.price_source) == ([100, 50], "list")


def test_nothing_drifted_is_nothing_written(market: Market, order: Order) -> None:
    assert refresh_prices(order, actor=market.rep) == []

    version = order.version
    order.refresh_from_db()
    assert order.version == version


def test_a_product_no_longer_on_the_list_keeps_its_price_and_is_marked(
    market: Market, order: Order
) -> None:
    PriceListItem.objects.filter(product__name="Machine").delete()

    [drift, _] = price_drift(order)

    assert (drift.has_drifted, drift.problem) == (
        False,
        (
            f"{order.lines.get(position=1).sku} is not on the price list per pc: choose another "
            "unit or price list, or have it added in the admin under Price list items."
        ),
    )
    assert refresh_prices(order, actor=market.rep) == []
    assert prices(order) == [100, 45]


def test_takes_the_price_a_line_was_missing(market: Market) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    product = market.product(None)
    add_line(order, actor=market.rep, product=product)
    PriceListItem.objects.create(
        price_list=market.price_list,
        product=product,
        unit=product.default_unit,
        amount=Decimal(80),
    )

    refresh_prices(order, actor=market.rep)

    assert prices(order) == [80]
    assert submit_order(order.pk, actor=market.rep).total == 96


def test_refuses_an_older_version_a_list_out_of_force_and_an_issued_order(
    market: Market, order: Order
) -> None:
    raise_prices("110.00")
    with pytest.raises(StaleVersion):
        refresh_prices(order, actor=market.rep, expected_version=order.version - 1)
    market.price_list.is_active = False
    market.price_list.save()
    with pytest.raises(InactivePriceList):
        refresh_prices(order, actor=market.rep)
    market.price_list.is_active = True
    market.price_list.save()
    submit_order(order.pk, actor=market.rep)
    with pytest.raises(NotDraft):
        refresh_prices(order, actor=market.rep)

    assert prices(order) == [100, 45]


def test_refuses_without_a_price_list(market: Market, order: Order) -> None:
    change_head(order, actor=market.rep, price_list=None)

    with pytest.raises(MissingField, match="Choose a price list"):
        refresh_prices(order, actor=market.rep)


def test_agreed_prices_are_refreshed_only_once_unlocked(market: Market) -> None:
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    add_line(quote, actor=market.rep, product=market.product("100.00", name="Machine"))
    quote = activate_quote(quote.pk, actor=market.rep)
    order = accept_quote(quote.pk, actor=market.rep)
    raise_prices("110.00")

    with pytest.raises(PricesLocked, match=f"agreed in quote {quote.number} r1: unlock") as refusal:
        refresh_prices(order, actor=market.rep)
    assert refusal.value.code == "prices_locked"
    assert prices(order) == [100]

    unlock_prices(order.pk, actor=market.rep)
    refresh_prices(order, actor=market.rep)
    assert prices(order) == [110]

    lock_prices(order.pk, actor=market.rep)
    with pytest.raises(PricesLocked):
        refresh_prices(order, actor=market.rep)


def test_refuses_to_unlock_without_the_right_to_override_prices(market: Market) -> None:
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    add_line(quote, actor=market.rep, product=market.product("100.00"))
    activate_quote(quote.pk, actor=market.rep)
    order = accept_quote(quote.pk, actor=market.rep)

    with pytest.raises(NotAllowed):
        unlock_prices(order.pk, actor=UserFactory.create(role=roles.AUDITOR))

    order.refresh_from_db()
    assert order.prices_are_locked


def test_compares_any_number_of_lines_in_as_many_statements(market: Market, order: Order) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            price_drift(Order.objects.get(pk=order.pk))
        return len(captured)

    few = statements()
    for _ in range(5):
        add_line(order, actor=market.rep, product=market.product("9.00"))
    assert Product.objects.count() == 7

    assert statements() == few
