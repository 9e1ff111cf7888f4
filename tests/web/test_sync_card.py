"""What the page of an order shows of two-way sync: the chip, and the card of each system."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_httpserver import HTTPServer

from crm.models import User
from fulfilment.models import Discrepancy, SyncState
from fulfilment.outbound.drain import drain
from sales.models import Order
from sales.services.change_orders import Changes, change_order
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, submitted_order
from tests.fulfilment.messages import receive_from
from tests.fulfilment.supply import (
    answered,
    changed,
    connect_supply,
    last_push,
    mapped_product,
    sold,
)
from web.record_urls import record_url


@pytest.fixture
def supply(market: Market, httpserver: HTTPServer) -> FarEnd:
    """The supply-chain system, with one mapped item AX-9 at 20.00."""
    far_end = connect_supply(httpserver, market)
    mapped_product(far_end.connection, market, "AX-9", "20.00")
    return far_end


@pytest.fixture
def agreed(supply: FarEnd, market: Market) -> tuple[Order, dict[str, Any]]:
    """An order that both hold alike, but for a cent of its total, and their snapshot of it."""
    order = sold(market, description="Grinder")
    drain()
    totals = {"lines": "60.00", "discount": "0.00", "charges": "0.00", "tax": "12.01"}
    echo = answered(
        last_push(),
        id="REF-000001",
        number="SO-000123",
        processing_status="Partially delivered",
        totals=totals | {"total": "72.01"},
    )
    assert receive_from(supply, changed(echo)) == "applied"
    return order, echo


@pytest.fixture
def reader(clerk: User, client: Client) -> Client:
    """A browser in which somebody of the back office is signed in."""
    client.force_login(clerk)
    return client


def seen(reader: Client, order: Order) -> tuple[list[str], str]:
    """The chips of the head, and the text of the sync card."""
    page = unescape(reader.get(record_url(order)).content.decode())
    chips = [chip.label for chip in reader.get(record_url(order)).context["chips"]]
    if 'id="sync"' not in page:
        return chips, ""
    card = page.split('id="sync"')[1].split("</section>")[0]
    return chips, " ".join(re.sub(r"<[^>]*>", " ", card).split())


def test_shows_their_number_word_and_total_of_record(
    agreed: tuple[Order, dict[str, Any]], reader: Client
) -> None:
    order, _echo = agreed
    SyncState.objects.update(received_at=timezone.now() - dt.timedelta(hours=3))

    chips, card = seen(reader, order)

    assert chips[-1] == "In sync"
    assert "Supply SO-000123 Partially delivered" in card
    assert (
        "their total €72.01 (ours €72.00, +€0.01) · "
        f"they know version {order.version} of {order.version}"
    ) in card
    assert "3 hours ago" in card
    assert "In sync" in card


def test_shows_open_conflicts_with_links_and_how_many(
    agreed: tuple[Order, dict[str, Any]], supply: FarEnd, market: Market, reader: Client
) -> None:
    order, echo = agreed
    fields = {order.lines.get().pk: {"quantity": Decimal(4)}}
    change_order(order.pk, Changes(lines=fields), actor=market.rep)
    theirs = echo | {"sequence": 10_001, "lines": [echo["lines"][0] | {"quantity": "5"}]}
    receive_from(supply, changed(theirs))

    chips, card = seen(reader, order)

    assert chips[-1] == "Differs (1)"
    assert "Differs (1)" in card
    assert "Quantity of Grinder: ours 4, Supply 5" in card
    found = Discrepancy.objects.get()
    assert f'href="{record_url(found)}"' in reader.get(record_url(order)).content.decode()


def test_syncing_until_they_know_it_and_waiting_while_they_are_ahead(
    agreed: tuple[Order, dict[str, Any]], market: Market, reader: Client
) -> None:
    order, _echo = agreed
    fields = {order.lines.get().pk: {"quantity": Decimal(4)}}
    change_order(order.pk, Changes(lines=fields), actor=market.rep)
    chips, card = seen(reader, order)
    assert (chips[-1], "Syncing" in card) == ("Syncing", True)
    assert f"they know version {order.version} of {order.version + 1}" in card

    SyncState.objects.update(must_send_again=True)
    drain()

    chips, card = seen(reader, order)
    assert (chips[-1], "Waiting" in card) == ("Waiting", True)


def test_other_orders_have_no_card(market: Market, warehouse: FarEnd, reader: Client) -> None:
    chips, card = seen(reader, submitted_order(market))

    assert (chips[-1], card) == ("Syncing", "")


def test_takes_no_more_statements_for_more_conflicts(
    agreed: tuple[Order, dict[str, Any]],
    supply: FarEnd,
    market: Market,
    reader: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    order, echo = agreed
    reader.get(record_url(order))
    with django_assert_max_num_queries(16) as few:
        reader.get(record_url(order))
    fields = {order.lines.get().pk: {"quantity": Decimal(4), "discount_amount": Decimal(1)}}
    change_order(order.pk, Changes(lines=fields), actor=market.rep)
    line = echo["lines"][0] | {"quantity": "5", "discount": "2.00"}
    receive_from(supply, changed(echo | {"sequence": 10_001, "lines": [line]}))
    assert Discrepancy.objects.open().count() == 2

    with django_assert_max_num_queries(16) as many:
        reader.get(record_url(order))

    assert len(many) <= len(few) + 1


def test_the_card_leads_to_the_order_there(
    client: Client, market: Market, supply: FarEnd, agreed: tuple[Order, dict[str, Any]]
) -> None:
    order, _echo = agreed
    client.force_login(market.rep)
    before = client.get(record_url(order)).content.decode()
    supply.connection.link_template = "https://scm.example.com/orders/{id}?n={number}"
    supply.connection.save()

    shown = client.get(record_url(order)).content.decode()

    link = '<a class="row-link" href="https://scm.example.com/orders/REF-000001?n=SO-000123">'
    assert link not in before
    assert link in shown
    assert "Supply SO-000123 ↗" in shown
