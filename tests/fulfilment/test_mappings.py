"""Mappings of another system's codes: many of theirs to one of ours, one of them in messages."""

from __future__ import annotations

import pytest
from django.db.models import Model

from fulfilment.models import Mapping
from fulfilment.services.mappings import (
    AmbiguousRecord,
    NoSuchRecord,
    NotMapped,
    map_code,
    mapped_codes,
    outward_codes,
    record_called,
    suggestions,
    unmapped_code,
)
from tests.factories import AccountFactory, Market
from tests.fulfilment.conftest import FarEnd

Kind = Mapping.Kind


def test_the_first_code_of_a_record_is_the_one_in_messages(
    warehouse: FarEnd, market: Market
) -> None:
    connection = warehouse.connection
    map_code(connection, (Kind.ACCOUNT, "C-1"), market.account)
    map_code(connection, (Kind.ACCOUNT, "C-2"), market.account)

    assert outward_codes(connection, [market.account.pk, market.company.pk]) == {
        market.account.pk: "C-1"
    }
    assert mapped_codes(connection, {("account", "C-1"), ("account", "C-2")}) == {
        ("account", "C-1"): market.account.pk,
        ("account", "C-2"): market.account.pk,
    }


def test_a_code_is_mapped_anew(warehouse: FarEnd, market: Market) -> None:
    first, second = market.product("1.00"), market.product("2.00")
    map_code(warehouse.connection, (Kind.PRODUCT, "AX-9"), first)

    map_code(warehouse.connection, (Kind.PRODUCT, "AX-9"), second)

    assert Mapping.objects.get().record_id == second.pk


@pytest.mark.parametrize("received", ["net 30é", "NET 30É", "Net 30e\u0301", " net 30é "])
@pytest.mark.parametrize("kind", Kind)
def test_a_code_is_the_same_in_other_capitals(
    kind: Mapping.Kind, received: str, warehouse: FarEnd, market: Market
) -> None:
    record = record_of(kind, market)
    map_code(warehouse.connection, (kind, "Net 30é"), record)

    assert mapped_codes(warehouse.connection, {(kind, received)}) == {(kind, received): record.pk}
    assert outward_codes(warehouse.connection, [record.pk]) == {record.pk: "Net 30é"}


def test_a_code_in_other_capitals_is_mapped_anew(warehouse: FarEnd, market: Market) -> None:
    first, second = market.product("1.00"), market.product("2.00")
    map_code(warehouse.connection, (Kind.PRODUCT, "AX-9"), first)

    map_code(warehouse.connection, (Kind.PRODUCT, "ax-9"), second)

    mapping = Mapping.objects.get()
    assert (mapping.their_code, mapping.record_id, mapping.is_outward) == ("AX-9", second.pk, True)


def record_of(kind: Mapping.Kind, market: Market) -> Model:
    """A record that codes of a kind are mapped to."""
    product = market.product("1.00")
    records: dict[str, Model] = {
        Kind.COMPANY: market.company,
        Kind.ACCOUNT: market.account,
        Kind.PRODUCT: product,
        Kind.UNIT: product.default_unit,
        Kind.CATEGORY: market.category,
        Kind.PAYMENT_TERMS: market.payment_terms,
        Kind.PRICE_LIST: market.price_list,
    }
    return records[kind]


def test_names_every_code_that_is_not_mapped(warehouse: FarEnd, market: Market) -> None:
    map_code(warehouse.connection, (Kind.UNIT, "EA"), market.product("1.00").default_unit)

    with pytest.raises(NotMapped) as refused:
        mapped_codes(warehouse.connection, {("unit", "EA"), ("product", "EA"), ("account", "C")})

    assert refused.value.codes == [("account", "C"), ("product", "EA")]
    assert str(refused.value) == (
        "Account “C” of Warehouse is not mapped to a record here. "
        "Product “EA” of Warehouse is not mapped to a record here."
    )


def test_suggests_what_is_called_alike(market: Market) -> None:
    grinder = market.product("1.00", sku="GR-75", name="Corvo on-demand grinder")
    market.product("1.00", sku="ZZ-1", name="Linen towel")

    assert suggestions((Kind.PRODUCT, "GR75 Corvo grinder")) == [grinder]


def test_keeps_a_code_after_its_kind() -> None:
    assert unmapped_code(("unit", "EA")) == "unit:EA"


@pytest.mark.django_db
def test_a_name_that_no_record_has_is_refused_with_similar_ones() -> None:
    AccountFactory.create(name="Café")

    with pytest.raises(NoSuchRecord) as refused:
        record_called("account", "Caf")

    assert refused.value.code == "no_such_record"
    assert str(refused.value) == "Account: none is called “Caf”. Similar ones: Café."


@pytest.mark.django_db
def test_a_name_that_several_records_have_is_refused_as_ambiguous() -> None:
    AccountFactory.create_batch(2, name="Café")

    with pytest.raises(AmbiguousRecord) as refused:
        record_called("account", "Café")

    assert refused.value.code == "ambiguous_record"
    assert str(refused.value) == (
        "Account: more than one is called “Café”. Give the id of the one that is meant, which is "
        "in the address of its page."
    )
