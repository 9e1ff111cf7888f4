"""Bundles: included parts have no price of their own, optional ones add theirs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sales.models import (
    BundleItem,
    DiscountBand,
    DiscountList,
    Order,
    PriceListItem,
    Product,
    Quote,
)
from sales.pricing.errors import InactiveProduct, QuantityNotAllowed
from sales.services.change_orders import Changes, change_order
from sales.services.documents.draft_fields import LineChanges
from sales.services.documents.drafts import draft_order, draft_quote
from sales.services.documents.lines import add_line, change_line, remove_line
from sales.services.errors import PartOfBundle, QuantityBelowDone
from sales.services.order_progress import Progress, record_progress
from sales.services.orders import submit_order
from sales.services.prices import price_rules
from sales.services.quotes import accept_quote, activate_quote
from tests.factories import Market


@pytest.fixture
def quote(market: Market) -> Quote:
    return draft_quote(actor=market.rep, account=market.account, name="Starter bar")


@pytest.fixture
def bundle(market: Market) -> Product:
    """A bar for 1000: always a machine and two jugs, a grinder for 200 to choose."""
    made = market.product("1000.00", kind=Product.Kind.BUNDLE, name="Starter bar")
    for name, price, quantity, is_required in (
        ("Machine", "900.00", 1, True),
        ("Jug", None, 2, True),
        ("Grinder", "200.00", 1, False),
    ):
        product = market.product(price, name=name)
        BundleItem.objects.create(
            bundle=made,
            product=product,
            unit=product.default_unit,
            quantity=quantity,
            is_required=is_required,
            position=BundleItem.objects.count(),
        )
    return made


def figures(document: Quote | Order) -> list[tuple[Any, ...]]:
    return [
        (line.description, line.quantity, line.net, line.counts)
        for line in document.lines.order_by("position")
    ]


def test_brings_its_parts_along_and_only_the_bundle_costs(
    market: Market, quote: Quote, bundle: Product
) -> None:
    add_line(quote, actor=market.rep, product=bundle, quantity=Decimal(3))

    quote.refresh_from_db()
    assert figures(quote) == [
        ("Starter bar", 3, 3000, True),
        ("Machine", 3, 0, True),
        ("Jug", 6, 0, True),
        ("Grinder", 3, 0, False),
    ]
    assert (quote.detail, quote.tax, quote.total) == (3000, 600, 3600)


def test_a_chosen_part_adds_its_price_until_it_is_put_back(
    market: Market, quote: Quote, bundle: Product
) -> None:
    add_line(quote, actor=market.rep, product=bundle, quantity=Decimal(3))
    grinder = quote.lines.get(description="Grinder")

    change_line(grinder, actor=market.rep, is_taken=True)
    quote.refresh_from_db()
    assert quote.detail == 3600

    change_line(grinder, actor=market.rep, is_taken=False)
    quote.refresh_from_db()
    assert quote.detail == 3000


def test_parts_follow_the_quantity_of_the_bundle_even_from_nothing(
    market: Market, quote: Quote, bundle: Product
) -> None:
    line = add_line(quote, actor=market.rep, product=bundle, quantity=Decimal(3))

    change_line(line, actor=market.rep, quantity=Decimal(7))
    assert [row[1] for row in figures(quote)] == [7, 7, 14, 7]

    change_line(line, actor=market.rep, quantity=Decimal(0))
    change_line(line, actor=market.rep, quantity=Decimal(2))
    assert [row[1] for row in figures(quote)] == [2, 2, 4, 2]


def test_a_part_to_choose_falls_into_the_band_of_its_new_quantity(
    market: Market, quote: Quote, bundle: Product
) -> None:
    by_volume = DiscountList.objects.create(name="Grinders")
    DiscountBand.objects.create(
        discount_list=by_volume, quantity_from=5, discount_rate=Decimal("0.10")
    )
    PriceListItem.objects.filter(product__name="Grinder").update(discount_list=by_volume)
    line = add_line(quote, actor=market.rep, product=bundle)
    change_line(quote.lines.get(description="Grinder"), actor=market.rep, is_taken=True)

    change_line(line, actor=market.rep, quantity=Decimal(5))

    assert figures(quote)[3] == ("Grinder", 5, 900, True)


@pytest.mark.parametrize(("keeper", "net"), [("", 900), ("Supply", 1000)])
def test_a_part_at_a_price_that_another_system_keeps_falls_into_no_band(
    market: Market, bundle: Product, monkeypatch: pytest.MonkeyPatch, keeper: str, net: int
) -> None:
    by_volume = DiscountList.objects.create(name="Grinders")
    DiscountBand.objects.create(
        discount_list=by_volume, quantity_from=5, discount_rate=Decimal("0.10")
    )
    PriceListItem.objects.filter(product__name="Grinder").update(discount_list=by_volume)
    order = draft_order(actor=market.rep, account=market.account, name="Starter bar")
    line = add_line(order, actor=market.rep, product=bundle)
    change_line(order.lines.get(description="Grinder"), actor=market.rep, is_taken=True)
    order = submit_order(order.pk, actor=market.rep)
    monkeypatch.setattr(price_rules, "_keepers", [lambda _order: keeper])

    to_five = Changes(lines={line.pk: {"quantity": Decimal(5)}})
    change_order(order.pk, to_five, actor=market.rep)

    assert figures(order)[3] == ("Grinder", 5, net, True)


@pytest.mark.parametrize(
    "change",
    [{"quantity": Decimal(9)}, {"unit_price": Decimal(1)}, {"is_taken": False}],
)
def test_refuses_to_change_a_part_that_is_always_in_it(
    market: Market, quote: Quote, bundle: Product, change: LineChanges
) -> None:
    add_line(quote, actor=market.rep, product=bundle)
    jug = quote.lines.get(description="Jug")
    quote.refresh_from_db()

    with pytest.raises(PartOfBundle, match="Jug belongs to the bundle Starter bar") as refusal:
        change_line(jug, actor=market.rep, **change)

    assert (refusal.value.line, refusal.value.field) == (str(jug.pk), next(iter(change)))
    version = quote.version
    quote.refresh_from_db()
    assert quote.version == version


def test_refuses_to_remove_a_part_but_takes_all_parts_away_with_the_bundle(
    market: Market, quote: Quote, bundle: Product
) -> None:
    line = add_line(quote, actor=market.rep, product=bundle)

    with pytest.raises(PartOfBundle):
        remove_line(quote.lines.get(description="Machine"), actor=market.rep)
    assert quote.lines.count() == 4

    remove_line(quote.lines.get(description="Grinder"), actor=market.rep)
    remove_line(line, actor=market.rep)
    assert not quote.lines.exists()


def test_parts_of_an_optional_bundle_count_only_once_it_is_taken(
    market: Market, quote: Quote, bundle: Product
) -> None:
    line = add_line(quote, actor=market.rep, product=bundle, is_optional=True)
    assert [row[3] for row in figures(quote)] == [False, False, False, False]

    with pytest.raises(PartOfBundle, match="Take the bundle Starter bar before"):
        change_line(quote.lines.get(description="Grinder"), actor=market.rep, is_taken=True)

    change_line(line, actor=market.rep, is_taken=True)
    assert [row[3] for row in figures(quote)] == [True, True, True, False]


def test_leaves_out_an_unsold_part_to_choose_and_refuses_an_unsold_one_always_in_it(
    market: Market, quote: Quote, bundle: Product
) -> None:
    Product.objects.filter(name="Grinder").update(is_active=False)
    add_line(quote, actor=market.rep, product=bundle)
    assert [row[0] for row in figures(quote)] == ["Starter bar", "Machine", "Jug"]

    Product.objects.filter(name="Jug").update(is_active=False)
    with pytest.raises(InactiveProduct):
        add_line(quote, actor=market.rep, product=bundle)
    assert quote.lines.count() == 3


def test_refuses_a_quantity_that_would_split_a_part(
    market: Market, quote: Quote, bundle: Product
) -> None:
    bundle.decimals = 1
    bundle.save()
    line = add_line(quote, actor=market.rep, product=bundle)

    with pytest.raises(
        QuantityNotAllowed,
        match=r"Machine: This product is sold in whole units: enter 1 or 2 instead of 1\.5",
    ):
        change_line(line, actor=market.rep, quantity=Decimal("1.5"))

    assert [row[1] for row in figures(quote)] == [1, 1, 2, 1]


def test_an_order_keeps_parts_under_their_bundle_and_leaves_what_was_not_chosen(
    market: Market, quote: Quote, bundle: Product
) -> None:
    add_line(quote, actor=market.rep, product=bundle)
    activate_quote(quote.pk, actor=market.rep)

    order = accept_quote(quote.pk, actor=market.rep)

    whole = order.lines.get(description="Starter bar")
    parts = order.lines.filter(bundle_line=whole).order_by("position")
    assert [part.description for part in parts] == ["Machine", "Jug"]


def shipped(order: Order, market: Market, **quantities: int) -> None:
    lines = order.lines.filter(description__in=quantities)
    progress = {line.pk: Progress(Decimal(quantities[line.description])) for line in lines}
    record_progress(order, progress, actor=market.rep)


def test_a_change_order_takes_the_parts_along_but_not_under_what_is_shipped(
    market: Market, bundle: Product
) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Starter bar")
    line = add_line(order, actor=market.rep, product=bundle, quantity=Decimal(2))
    order = submit_order(order.pk, actor=market.rep)
    shipped(order, market, Jug=3)

    change_order(order.pk, Changes(lines={line.pk: {"quantity": Decimal(3)}}), actor=market.rep)
    assert [row[1] for row in figures(order)] == [3, 3, 6, 3]

    with pytest.raises(QuantityBelowDone, match="Jug: 3 are shipped or billed, so 2 is too few"):
        change_order(order.pk, Changes(lines={line.pk: {"quantity": Decimal(1)}}), actor=market.rep)
    assert [row[1] for row in figures(order)] == [3, 3, 6, 3]


@pytest.mark.parametrize(("bundles", "typed"), [("6", "12"), ("2", "4"), ("1", "5")])
def test_a_change_order_takes_the_quantity_typed_of_a_part_to_choose(
    market: Market, bundle: Product, bundles: str, typed: str
) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Starter bar")
    line = add_line(order, actor=market.rep, product=bundle, quantity=Decimal(4))
    chosen = order.lines.get(description="Grinder")
    change_line(chosen, actor=market.rep, is_taken=True)
    order = submit_order(order.pk, actor=market.rep)

    wanted = {line.pk: {"quantity": Decimal(bundles)}, chosen.pk: {"quantity": Decimal(typed)}}
    change_order(order.pk, Changes(lines=wanted), actor=market.rep)

    quantities = [row[1] for row in figures(order)]
    assert (quantities[0], quantities[-1]) == (Decimal(bundles), Decimal(typed))


def test_a_change_order_adds_a_bundle_with_its_parts(market: Market, bundle: Product) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Starter bar")
    add_line(order, actor=market.rep, product=market.product("10.00", name="Tamper"))
    order = submit_order(order.pk, actor=market.rep)

    change_order(order.pk, Changes(additions=[{"product": bundle}]), actor=market.rep)

    order.refresh_from_db()
    assert [row[0] for row in figures(order)] == [
        "Tamper",
        "Starter bar",
        "Machine",
        "Jug",
        "Grinder",
    ]
    assert order.detail == 1010
