"""Checks of mappings: what is sent under our own name, and codes whose record is gone."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_httpserver import HTTPServer

from crm import roles
from crm.models import User
from fulfilment.models import Mapping
from fulfilment.services.mapping_checks import MappingCheck, check_mapping
from sales.models import PaymentTerms, Product, ProductCategory
from tests.factories import Market, UserFactory
from tests.fulfilment.conftest import FarEnd
from tests.fulfilment.messages import receive_from
from tests.fulfilment.supply import (
    changed,
    connect_supply,
    map_market,
    mapped_product,
    sold,
    their_line,
    their_order,
)
from web.record_urls import record_url

Kind = Mapping.Kind


@pytest.fixture
def supply(market: Market, httpserver: HTTPServer) -> FarEnd:
    """The supply-chain system, with one mapped item AX-9 at 25.00."""
    far_end = connect_supply(httpserver, market)
    map_market(far_end.connection, market)
    mapped_product(far_end.connection, market, "AX-9", "25.00")
    return far_end


def checks(supply: FarEnd) -> dict[str, MappingCheck]:
    return {each.kind: each for each in check_mapping(supply.connection)}


def test_all_matches_that_an_order_names(supply: FarEnd, market: Market) -> None:
    sold(market)

    found = checks(supply)

    assert {kind for kind, check in found.items() if not check.matches} == set()
    assert found[Kind.PRODUCT] == MappingCheck(Kind.PRODUCT, 1)


def test_names_what_is_sent_as_we_call_it(supply: FarEnd, market: Market) -> None:
    for sku in ("ESP-4", "ESP-1", "ESP-3", "ESP-2"):
        market.product(sku=sku, name=f"Machine {sku}")
    market.product(sku="OLD-1", is_active=False)
    PaymentTerms.objects.create(name="60 days")
    sold_by_code = ProductCategory.objects.create(
        code="SERV", name="Services", tax_category=Product.objects.all()[0].tax_category
    )
    ProductCategory.objects.create(code="NONE", name="Never sold as such")

    found = checks(supply)

    assert found[Kind.PRODUCT].unmapped == 4
    assert found[Kind.PRODUCT].unmapped_examples == ("ESP-1", "ESP-2", "ESP-3")
    assert "60 days" in found[Kind.PAYMENT_TERMS].unmapped_examples
    assert sold_by_code.code in found[Kind.CATEGORY].unmapped_examples
    assert "NONE" not in found[Kind.CATEGORY].unmapped_examples


def test_a_code_that_only_comes_in_is_not_sent(supply: FarEnd, market: Market) -> None:
    Mapping.objects.filter(kind=Kind.PRODUCT).update(is_outward=False)

    assert checks(supply)[Kind.PRODUCT].unmapped == 1


def test_names_codes_whose_record_is_gone(supply: FarEnd, market: Market) -> None:
    gone = ProductCategory.objects.create(code="GONE", name="Gone")
    Mapping.objects.create(
        connection=supply.connection, kind=Kind.CATEGORY, their_code="C-9", record_id=gone.pk
    )
    gone.delete()

    check = checks(supply)[Kind.CATEGORY]

    assert (check.dangling, check.dangling_examples) == (1, ("C-9",))


def test_takes_three_statements(
    supply: FarEnd, market: Market, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        market.product(sku=f"ESP-{number}")

    with django_assert_num_queries(3):
        check_mapping(supply.connection)


def card(client: Client, supply: FarEnd, name: str) -> str:
    """The text of a card of the connection's page."""
    page = unescape(client.get(record_url(supply.connection)).content.decode())
    part = page.split(f'id="{name}"')[1].split("</section>")[0]
    return " ".join(re.sub(r"<[^>]*>", " ", part.split(">", 1)[1]).split())


def test_the_page_says_who_does_what_and_what_does_not_match(
    supply: FarEnd, market: Market, clerk: User, client: Client
) -> None:
    client.force_login(clerk)
    market.product(sku="ESP-1", name="Machine")
    company = market.company
    company.shipped_by = supply.connection.code
    company.save()
    supply.connection.field_owners = {"head.payment_terms": "theirs"}
    supply.connection.save()
    receive_from(supply, changed(their_order(lines=[their_line(item="ZZ-7")])))

    duties = card(client, supply, "duties")
    mapping = card(client, supply, "mapping")
    fields = card(client, supply, "fields")

    assert f"Ships for {company}" in duties
    assert "Bills for –" in duties
    assert "Product 1 code 1 is sent as we call it: ESP-1 To check" in mapping
    assert "Account 1 code Matches" in mapping
    assert "Payment terms" in fields.split("The other system")[1]
    assert "Quantity of a line" in fields.split("Throughline")[0]
    assert "ZZ-7: 1 order" in card(client, supply, "unmapped")


def test_a_kind_leads_into_the_administration_for_those_who_enter_it(
    supply: FarEnd, market: Market, client: Client
) -> None:
    codes = f"/admin/fulfilment/mapping/?connection__id__exact={supply.connection.pk}"
    seen = {}
    for role in (roles.ADMINISTRATOR, roles.AUDITOR):
        client.force_login(UserFactory.create(role=role))
        page = client.get(record_url(supply.connection)).content.decode()
        seen[role] = codes in page

    assert seen == {roles.ADMINISTRATOR: True, roles.AUDITOR: False}
