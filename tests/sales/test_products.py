"""Product search: by SKU, name, or part of either."""

from __future__ import annotations

import pytest

from common.errors import MissingField
from sales.services.errors import AmbiguousProduct, UnknownProduct
from sales.services.products import find_product, search_products
from tests.factories import Market


@pytest.mark.parametrize("typed", ["ESP-40", "esp-40", " Espresso machine ", "espresso", "40"])
def test_finds_a_product_by_its_sku_its_name_or_a_part_of_them(market: Market, typed: str) -> None:
    machine = market.product(sku="ESP-40", name="Espresso machine")
    market.product(sku="GRI-1", name="Grinder")

    assert find_product(typed) == machine


def test_prefers_the_whole_name_to_a_part(market: Market) -> None:
    grinder = market.product(sku="GRI-1", name="Grinder")
    market.product(sku="GRI-2", name="Grinder, large")

    assert find_product("grinder") == grinder


def test_refuses_to_choose_between_several_products(market: Market) -> None:
    market.product(sku="GRI-1", name="Grinder, small")
    market.product(sku="GRI-2", name="Grinder, large")

    with pytest.raises(AmbiguousProduct) as refusal:
        find_product("grinder")

    assert refusal.value.field == "product"


def test_does_not_find_what_is_not_sold(market: Market) -> None:
    market.product(sku="GRI-1", name="Grinder", is_active=False)

    with pytest.raises(UnknownProduct):
        find_product("GRI-1")


def test_lists_products_with_every_typed_word_by_name(market: Market) -> None:
    large = market.product(sku="GRI-2", name="Grinder, large")
    small = market.product(sku="GRI-1", name="Grinder, small")
    market.product(sku="ESP-40", name="Espresso machine")

    assert list(search_products("grind gri")) == [large, small]


def test_nothing_typed_is_asked_for(market: Market) -> None:
    market.product(sku="GRI-1", name="Grinder, small")
    market.product(sku="GRI-2", name="Grinder, large")

    with pytest.raises(MissingField) as refusal:
        find_product("  ")

    assert str(refusal.value) == "Choose a product, or type its SKU or name."
