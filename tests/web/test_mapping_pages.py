"""Codes of other systems where people look: the list of handoffs, a message's page, the admin."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from pytest_httpserver import HTTPServer

from crm import roles
from crm.models import User
from fulfilment.models import InboundMessage, Mapping
from sales.models import Order, Product
from tests.factories import AccountFactory, Market, UserFactory
from tests.fulfilment.conftest import FarEnd
from tests.fulfilment.messages import receive_from
from tests.fulfilment.supply import (
    Kind,
    changed,
    connect_supply,
    mapped_product,
    their_line,
    their_order,
    there,
)
from tests.sales.admin_pages import address, problems

HANDOFFS = "/handoffs/"


@pytest.fixture
def supply(market: Market, httpserver: HTTPServer) -> FarEnd:
    """The supply-chain system, with one mapped item AX-9 at 25.00."""
    far_end = connect_supply(httpserver, market)
    mapped_product(far_end.connection, market, "AX-9", "25.00")
    return far_end


@pytest.fixture
def grinder(supply: FarEnd, market: Market) -> Product:
    """A product that nothing is mapped to yet."""
    known = Product.objects.get()
    return market.product(
        "20.00",
        sku="GR-75",
        name="Corvo grinder",
        default_unit=known.default_unit,
        unit_group=known.unit_group,
    )


@pytest.fixture
def clerk(clerk: User, client: Client) -> User:
    """A user of the back office, signed in."""
    client.force_login(clerk)
    return clerk


def wait_for(supply: FarEnd, code: str, *numbers: str, quantity: str = "3") -> InboundMessage:
    """Receive orders with a code that is not mapped; returns the last message."""
    for number in numbers:
        line = their_line(item=code, quantity=quantity, discount="0", charge="0", amount=None)
        order = their_order(line, id=f"id-{number}", number=number)
        assert receive_from(supply, changed(order)) == "quarantined"
    return InboundMessage.objects.latest("id")


def card(client: Client, url: str) -> str:
    """The card of codes that are not mapped; empty if there is none."""
    page = client.get(url).content.decode()
    return page.split('id="unmapped"')[1].split("</section>")[0] if 'id="unmapped"' in page else ""


def map_url(message: InboundMessage, code: str, kind: str = "product") -> str:
    return reverse("fulfilment:inboundmessage-map", args=[message.pk, kind, code])


def test_a_code_is_one_row_however_many_orders_wait_for_it(
    supply: FarEnd, clerk: User, client: Client
) -> None:
    wait_for(supply, "ZZ-1", "SO-1", "SO-2", "SO-2")
    message = wait_for(supply, "ZZ/2", "SO-3")

    shown = card(client, HANDOFFS)

    assert shown.index("ZZ-1: 2 orders") < shown.index("ZZ/2: 1 order")
    assert shown.count("<bdi>Product</bdi> · <bdi>Supply</bdi>") == 2
    assert f'href="{map_url(message, "ZZ/2")}"' in shown
    assert "ZZ/2: 1 order" in card(client, f"/messages/{message.pk}/")
    assert "ZZ-1" not in card(client, f"/messages/{message.pk}/")


def test_mapping_a_code_applies_the_newest_snapshot_of_each_order(
    supply: FarEnd, grinder: Product, clerk: User, client: Client
) -> None:
    wait_for(supply, "GR 75", "SO-1", "SO-2")
    message = wait_for(supply, "GR 75", "SO-1", quantity="6")

    asked = client.get(map_url(message, "GR 75")).content.decode()
    answer = client.post(map_url(message, "GR 75"), {"suggested": str(grinder.pk)}, follow=True)

    assert "GR-75 Corvo grinder" in asked
    assert "The code is mapped: 2 messages are applied." in answer.content.decode()
    orders = Order.objects.order_by("number")
    assert [(order.number, there(order)) for order in orders] == [
        ("SO-1", "6=120.00"),
        ("SO-2", "3=60.00"),
    ]
    assert not InboundMessage.objects.waiting().exists()
    assert card(client, HANDOFFS) == ""


def test_a_code_in_two_ways_of_writing_is_one_row_and_mapped_at_once(
    supply: FarEnd, grinder: Product, clerk: User, client: Client
) -> None:
    wait_for(supply, "gr 75", "SO-1")
    wait_for(supply, "GR 75", "SO-2", "SO-3")

    shown = card(client, HANDOFFS)
    [url] = re.findall(r'href="(/messages/[^"]*/map/[^"]*)"', shown)
    client.post(url, {"suggested": str(grinder.pk)})

    assert "GR 75: 3 orders" in shown
    assert card(client, HANDOFFS) == ""
    assert not InboundMessage.objects.waiting().exists()
    assert Order.objects.count() == 3


def test_another_record_is_found_by_its_code_or_name(
    supply: FarEnd, grinder: Product, clerk: User, client: Client
) -> None:
    message = wait_for(supply, "ZZ-1", "SO-1")

    client.post(map_url(message, "ZZ-1"), {"another": "corvo GRINDER"})

    mapping = Mapping.objects.get(their_code="ZZ-1")
    assert (mapping.record_id, mapping.is_outward) == (grinder.pk, True)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ({"another": ""}, "Choose a record, or type the code or name of one."),
        ({"another": "PARTS"}, "Product: none is called “PARTS”."),
        ({"another": "GR-7"}, "Similar ones: GR-75 Corvo grinder."),
    ],
)
def test_a_mapping_that_is_not_one_is_refused(
    typed: dict[str, str],
    reason: str,
    supply: FarEnd,
    grinder: Product,
    clerk: User,
    client: Client,
) -> None:
    message = wait_for(supply, "ZZ-1", "SO-1")

    answer = client.post(map_url(message, "ZZ-1"), typed)

    assert answer.status_code == 422
    assert reason in answer.content.decode()
    assert not Mapping.objects.filter(their_code="ZZ-1").exists()


def test_a_name_that_two_records_have_is_refused_and_an_id_decides(
    supply: FarEnd, market: Market, clerk: User, client: Client
) -> None:
    AccountFactory.create(name="Café")
    second = AccountFactory.create(name="Café", owner=market.rep)
    receive_from(supply, changed(their_order(customer="C-9")))
    url = map_url(InboundMessage.objects.get(), "C-9", "account")

    answer = client.post(url, {"another": "Café"})
    assert "Account: more than one is called “Café”." in answer.content.decode()

    client.post(url, {"another": str(second.pk)})
    assert Mapping.objects.get(their_code="C-9").record_id == second.pk


def test_a_code_that_somebody_mapped_meanwhile_is_refused(
    supply: FarEnd, grinder: Product, clerk: User, client: Client
) -> None:
    message = wait_for(supply, "ZZ-1", "SO-1")
    other = Product.objects.exclude(pk=grinder.pk).get()
    Mapping.objects.create(
        connection=supply.connection, kind=Kind.PRODUCT, their_code="ZZ-1", record_id=other.pk,
        is_outward=False,
    )  # fmt: skip

    answer = client.post(map_url(message, "ZZ-1"), {"another": "GR-75"})

    assert answer.status_code == 422
    assert "Product ZZ-1 of Supply is mapped already." in answer.content.decode()
    assert Mapping.objects.get(their_code="ZZ-1").record_id == other.pk


def test_a_code_that_the_message_does_not_wait_for_is_not_found(
    supply: FarEnd, clerk: User, client: Client
) -> None:
    message = wait_for(supply, "ZZ-1", "SO-1")

    assert client.get(map_url(message, "AX-9")).status_code == 404
    assert client.get(map_url(message, "ZZ-1", "colour")).status_code == 404


def test_who_may_not_apply_messages_may_not_map(supply: FarEnd, client: Client) -> None:
    message = wait_for(supply, "ZZ-1", "SO-1")
    client.force_login(UserFactory.create(role=roles.AUDITOR))

    assert "ZZ-1: 1 order" in card(client, HANDOFFS)
    assert "Map it" not in card(client, HANDOFFS)
    assert client.get(map_url(message, "ZZ-1")).status_code == 403


def test_the_admin_maps_by_code_or_name_and_applies_what_waited(
    supply: FarEnd, grinder: Product, admin_client: Client
) -> None:
    wait_for(supply, "ZZ-1", "SO-1")
    typed = {
        "connection": str(supply.connection.pk),
        "kind": "product",
        "their_code": "ZZ-1",
        "is_outward": "on",
    }
    add = address(Mapping, "add")

    refused = admin_client.post(add, typed | {"record_id": "pc"})
    assert problems(refused)[0].startswith("Product: none is called “pc”.")
    assert admin_client.post(add, typed | {"record_id": "GR-75"}).status_code == 302
    assert Order.objects.get().lines.get().product == grinder

    twice = admin_client.post(add, typed | {"record_id": "GR-75"})
    assert problems(twice) == [
        "This code of theirs is mapped already.",
        "Messages to them use another code for this record.",
    ]
    second = admin_client.post(add, typed | {"record_id": "GR-75", "their_code": "ZZ-2"})
    assert problems(second) == ["Messages to them use another code for this record."]


def test_the_admin_shows_and_keeps_the_record_of_a_mapping(
    supply: FarEnd, grinder: Product, admin_client: Client
) -> None:
    mapping = Mapping.objects.get(their_code="AX-9")
    page = address(Mapping, "change", mapping.pk)
    other = Product.objects.exclude(pk=grinder.pk).get()
    shown = admin_client.get(page).context["adminform"].form["record_id"].value()

    typed = {
        "connection": str(supply.connection.pk),
        "kind": "product",
        "their_code": "AX-9",
        "record_id": shown,
    }
    assert admin_client.post(page, typed).status_code == 302

    mapping.refresh_from_db()
    assert shown == f"{other.sku} {other.name}"
    assert (mapping.record_id, mapping.is_outward) == (other.pk, False)


def test_the_admin_lists_mappings_in_as_many_statements_as_kinds(
    supply: FarEnd,
    market: Market,
    admin_client: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(20):
        record = AccountFactory.create(name=f"Buyer {number}")
        Mapping.objects.create(
            connection=supply.connection,
            kind=Kind.ACCOUNT,
            their_code=f"B-{number}",
            record_id=record.pk,
        )
    Mapping.objects.create(
        connection=supply.connection, kind=Kind.UNIT, their_code="X", record_id=market.company.pk
    )
    connection_page = admin_client.get(
        reverse("admin:fulfilment_connection_change", args=[supply.connection.pk])
    ).content.decode()

    with django_assert_max_num_queries(20):
        listed = admin_client.get(address(Mapping)).content.decode()

    assert "Buyer 19" in listed
    assert market.company.name in listed
    assert f"?connection__id__exact={supply.connection.pk}" in connection_page
