"""Sync statuses of many orders: the list, its filter, and the orders that differ at Home."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_httpserver import HTTPServer

from crm import roles
from crm.models import User
from fulfilment.models import (
    Connection,
    Discrepancy,
    ExternalRef,
    Handoff,
    Health,
    SyncState,
)
from fulfilment.outbound.drain import drain
from fulfilment.services.order_sync.sync_statuses import (
    NEED_A_PERSON,
    OrderSync,
    SyncStatus,
    sync_of,
)
from sales.models import Order
from sales.services.change_orders import Changes, change_order
from sales.services.documents.drafts import draft_order
from tests.database_assertions import statements_of
from tests.factories import CompanyFactory, Market, UserFactory
from tests.fulfilment.conftest import FarEnd, submitted_order
from tests.fulfilment.messages import receive_from
from tests.fulfilment.supply import (
    answered,
    changed,
    connect_supply,
    last_push,
    mapped_product,
    sold,
    their_line,
)
from web.record_urls import record_url


@pytest.fixture
def supply(market: Market, httpserver: HTTPServer) -> FarEnd:
    far_end = connect_supply(httpserver, market)
    mapped_product(far_end.connection, market, "AX-9", "20.00")
    return far_end


@pytest.fixture
def reader(client: Client) -> Client:
    user = UserFactory.create(role=roles.BACK_OFFICE)
    client.force_login(user)
    return client


def agreed(supply: FarEnd, market: Market) -> Order:
    """An order that both hold alike."""
    order, push = sold(market), last_push()
    drain()
    external_id = ExternalRef.objects.get(record_id=order.pk).external_id
    echo = answered(push, id=external_id)
    lines = [line | {"id": f"LOT-{external_id}"} for line in echo["lines"]]
    assert receive_from(supply, changed(echo | {"lines": lines})) == "applied"
    return order


def differing(supply: FarEnd, market: Market, days: int = 0, owner: User | None = None) -> Order:
    """An order of which both changed the quantity, so many days ago."""
    order = agreed(supply, market)
    state = SyncState.objects.get(record_id=order.pk)
    theirs: dict[str, Any] = state.snapshot["order"]
    quantity = {order.lines.get().pk: {"quantity": Decimal(4)}}
    change_order(order.pk, Changes(lines=quantity), actor=market.rep)
    [line] = theirs["lines"]
    edited = theirs | {"sequence": 10_001, "lines": [line | {"quantity": "5"}]}
    assert receive_from(supply, changed(edited)) == "conflict"
    opened_at = timezone.now() - dt.timedelta(days=days)
    Discrepancy.objects.filter(record_id=order.pk).update(opened_at=opened_at)
    if owner is not None:
        Order.objects.filter(pk=order.pk).update(owner=owner)
    return order


def waiting(supply: FarEnd, market: Market) -> Order:
    """An order that they are ahead of."""
    order = agreed(supply, market)
    SyncState.objects.filter(record_id=order.pk).update(must_send_again=True)
    return order


def reported(supply: FarEnd, market: Market, kind: str) -> Order:
    """An order about which a discrepancy without values of fields is open."""
    order = agreed(supply, market)
    opened = {"connection": supply.connection, "record_type": "order", "record_id": order.pk}
    Discrepancy.objects.create(kind=kind, ours="1", theirs="2", **opened)
    return order


def unmapped(supply: FarEnd, market: Market) -> Order:
    """An order of which their latest snapshot has an item that is not mapped."""
    order = agreed(supply, market)
    theirs = SyncState.objects.get(record_id=order.pk).snapshot["order"]
    added = their_line(item="ZZ-77", id=f"LOT-ZZ-{order.number}")
    edited = theirs | {"sequence": 10_001, "lines": [*theirs["lines"], added]}
    assert receive_from(supply, changed(edited)) == "quarantined"
    return order


def of_each_status(supply: FarEnd, market: Market) -> dict[SyncStatus, Order]:
    older = sold(market)
    SyncState.objects.filter(record_id=older.pk).delete()
    return {
        SyncStatus.NOT_SHARED: older,
        SyncStatus.IN_SYNC: agreed(supply, market),
        SyncStatus.WAITING: waiting(supply, market),
        SyncStatus.DIFFERS: differing(supply, market),
        SyncStatus.MISSING_THERE: reported(supply, market, Discrepancy.Kind.MISSING_THERE),
        SyncStatus.SENT_BACK: reported(supply, market, Discrepancy.Kind.SENT_BACK),
        SyncStatus.NEEDS_MAPPING: unmapped(supply, market),
        SyncStatus.SYNCING: sold(market),
    }


def test_reads_the_status_of_each_order(supply: FarEnd, market: Market) -> None:
    orders = of_each_status(supply, market)
    assert set(orders) == set(SyncStatus) - {SyncStatus.NOT_SENDING}

    found = sync_of([order.pk for order in orders.values()])

    assert {found[order.pk].status: order for order in orders.values()} == orders
    connection = supply.connection.pk
    differs, syncing = (found[orders[each].pk] for each in (SyncStatus.DIFFERS, SyncStatus.SYNCING))
    number = orders[SyncStatus.DIFFERS].number or ""
    external_id = differs.external_id
    assert differs == OrderSync(SyncStatus.DIFFERS, 1, connection, external_id, number)
    assert external_id.startswith("REF-")
    assert syncing == OrderSync(SyncStatus.SYNCING, 0, connection, "", "")


def test_says_that_nothing_is_sent_now(supply: FarEnd, market: Market, reader: Client) -> None:
    order, settled = sold(market), agreed(supply, market)
    SyncState.objects.filter(record_id=order.pk).update(pushes=[{"version": 1}])
    health, _is_new = Health.objects.get_or_create(connection=supply.connection)

    def shown() -> tuple[SyncStatus, SyncStatus, str]:
        found = sync_of([order.pk, settled.pk])
        return found[order.pk].status, found[settled.pk].status, head_chip(reader, order)[0]

    Handoff.objects.update(state=Handoff.State.ACCEPTED)
    assert shown() == (SyncStatus.SYNCING, SyncStatus.IN_SYNC, "Syncing")
    supply.connection.status = Connection.Status.PAUSED
    supply.connection.save()
    assert shown() == (SyncStatus.NOT_SENDING, SyncStatus.IN_SYNC, "Not sending")
    supply.connection.status = Connection.Status.ACTIVE
    supply.connection.save()
    Health.objects.filter(pk=health.pk).update(breaker=Health.Breaker.OPEN)
    assert shown() == (SyncStatus.NOT_SENDING, SyncStatus.IN_SYNC, "Not sending")
    assert head_chip(reader, order)[1] == (
        "What changed here waits: Supply is paused, or does not answer."
    )


@pytest.mark.parametrize(
    ("kind", "label"),
    [
        (Discrepancy.Kind.STATUS, "Differs (1)"),
        (Discrepancy.Kind.CHANGED_ON_ARRIVAL, "Differs (1)"),
        (Discrepancy.Kind.MISSING_THERE, "Missing there"),
        (Discrepancy.Kind.SENT_BACK, "Sent back"),
    ],
)
def test_is_never_in_sync_while_a_person_has_to_decide(
    supply: FarEnd, market: Market, reader: Client, kind: str, label: str
) -> None:
    order = reported(supply, market, kind)

    row = reader.get(reverse("sales:order-list")).context["rows"][0]

    card = reader.get(record_url(order)).content.decode().split('id="sync"')[1]
    assert label in str(row.placed[-1][0])
    assert label in card.split("</section>")[0]
    assert head_chip(reader, order)[0] == label


def test_takes_one_statement_for_many_orders(supply: FarEnd, market: Market) -> None:
    orders = [order.pk for order in of_each_status(supply, market).values()]

    assert statements_of(lambda: sync_of(orders)) == 1


def test_the_list_shows_and_filters_the_status(
    supply: FarEnd, market: Market, reader: Client
) -> None:
    orders = of_each_status(supply, market)
    url = reverse("sales:order-list")

    page = reader.get(url)
    assert str(page.context["columns"][-1].label) == "Sync"
    cells = {row.url: str(row.placed[-1][0]) for row in page.context["rows"]}
    labels = {status: str(status.label) for status in SyncStatus}
    labels[SyncStatus.DIFFERS] = "Differs (1)"
    assert {
        status: labels[status] in cells[record_url(order)] for status, order in orders.items()
    } == dict.fromkeys(orders, True)
    for status, order in orders.items():
        rows = reader.get(url, {"sync": status}).context["rows"]
        assert [row.url for row in rows] == [record_url(order)]


def test_the_list_leads_to_the_order_there(supply: FarEnd, market: Market, reader: Client) -> None:
    supply.connection.link_template = "https://scm.example.com/{id}"
    supply.connection.save()
    order = agreed(supply, market)
    external_id = SyncState.objects.get(record_id=order.pk).snapshot["order"]["id"]

    html = reader.get(reverse("sales:order-list")).content.decode()

    assert f'<a href="https://scm.example.com/{external_id}">' in html
    assert f"{order.number} ↗" in html


def test_without_a_supply_chain_system_nothing_is_said(
    market: Market, warehouse: FarEnd, reader: Client
) -> None:
    order = submitted_order(market)
    draft = draft_order(actor=market.rep, account=market.account, name="Bar refit")

    page = reader.get(reverse("sales:order-list"))

    assert "Sync" not in [str(column.label) for column in page.context["columns"]]
    assert "sync" not in page.context["filter"].form.fields
    for each in (order, draft):
        assert "Not shared" not in reader.get(record_url(each)).content.decode()


def head_chip(reader: Client, order: Order) -> tuple[str, str]:
    chip = reader.get(record_url(order)).context["chips"][-1]
    return str(chip.label), str(chip.title)


def test_heading_card_and_list_say_the_same(supply: FarEnd, market: Market, reader: Client) -> None:
    unknown = agreed(supply, market)
    change_order(unknown.pk, Changes(head={"customer_reference": "PO-9"}), actor=market.rep)
    drain()
    orders = of_each_status(supply, market) | {"answered, not known": unknown}
    del orders[SyncStatus.NOT_SHARED], orders[SyncStatus.DIFFERS]
    drain()

    found = sync_of([order.pk for order in orders.values()])

    for order in orders.values():
        label = str(found[order.pk].status.label)
        card = reader.get(record_url(order)).content.decode().split('id="sync"')[1]
        assert head_chip(reader, order)[0] == label
        assert label in card.split("</section>")[0]
    assert found[unknown.pk].status is SyncStatus.SYNCING


def test_the_page_says_why_an_order_is_not_shared(
    supply: FarEnd, market: Market, reader: Client, warehouse: FarEnd
) -> None:
    draft = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    older = sold(market)
    SyncState.objects.filter(record_id=older.pk).delete()
    drain()
    assert head_chip(reader, draft) == (
        "Not shared",
        "Supply: a draft is shared once it is submitted.",
    )
    assert head_chip(reader, older) == (
        "Not shared",
        "Supply: it was not sent there when it was submitted.",
    )

    supply.connection.companies = [CompanyFactory.create().pk]
    supply.connection.save()

    for order in (draft, older):
        assert head_chip(reader, order) == (
            "Not shared",
            f"No supply-chain system keeps the orders of {market.company}.",
        )


def test_what_needs_a_person_is_shown_before_that_it_is_not_shared(
    supply: FarEnd, market: Market, reader: Client, warehouse: FarEnd
) -> None:
    supply.connection.companies = [CompanyFactory.create().pk]
    supply.connection.save()
    order = submitted_order(market)

    assert head_chip(reader, order)[0] == "Syncing"
    warehouse.will_answer(422, '{"detail": "Unknown SKU"}')
    drain()
    assert head_chip(reader, order)[0] in {"Sync retrying", "Sync needs attention"}


def home(client: Client) -> list[tuple[str, str]]:
    """The orders that differ at Home, each with its chip."""
    panels = {panel.title: panel for panel in client.get(reverse("home")).context["panels"]}
    panel = panels.get("Orders that differ")
    return [(row.title, str(row.chip.label)) for row in panel.shown] if panel else []


def test_home_lists_orders_that_differ_own_first_then_the_oldest(
    supply: FarEnd, market: Market, client: Client
) -> None:
    colleague = UserFactory.create(team=market.rep.team)
    client.force_login(market.rep)
    assert home(client) == []
    days = [(1, None), (5, colleague), (3, None), (9, colleague)]
    orders = [differing(supply, market, since, owner) for since, owner in days]
    agreed(supply, market)

    shown = home(client)

    expected = [orders[at] for at in (2, 0, 3, 1)]
    assert shown == [(order.number, "Differs (1)") for order in expected]
    html = unescape(client.get(reverse("home")).content.decode())
    assert f'href="{record_url(expected[0])}#sync"' in html
    assert re.search(rf"{market.account}.*since ", html)


def test_home_lists_what_else_needs_a_person_and_leads_to_all(
    supply: FarEnd, market: Market, client: Client
) -> None:
    client.force_login(market.rep)
    orders = of_each_status(supply, market)

    panels = client.get(reverse("home")).context["panels"]
    [panel] = [panel for panel in panels if panel.title == "Orders that differ"]
    rows = client.get(panel.all_url).context["rows"]

    labels = {SyncStatus.DIFFERS: "Differs (1)"}
    expected = {orders[each].number: str(labels.get(each, each.label)) for each in NEED_A_PERSON}
    assert {row.title: str(row.chip.label) for row in panel.shown} == expected
    assert {row.url for row in rows} == {record_url(orders[each]) for each in NEED_A_PERSON}


def test_home_shows_only_what_the_person_may_see(
    supply: FarEnd, market: Market, client: Client
) -> None:
    differing(supply, market)
    client.force_login(UserFactory.create())

    assert home(client) == []
