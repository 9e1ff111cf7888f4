"""Pages that show how the orders of both sides stand, and start a comparison or a first load."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from crm import roles
from crm.models import User
from fulfilment.models import Discrepancy, ReconcileRun
from fulfilment.monitoring.metrics import as_prometheus, collect_metrics
from fulfilment.outbound.drain import drain
from fulfilment.reconciliation.runs import continue_runs
from sales.models import Order
from sales.services.change_orders import Changes, change_order
from tests.factories import Market, UserFactory
from tests.fulfilment.supply import sold
from tests.fulfilment.supply_system import LINE, SupplySystem, connected_system, unreachable
from web.record_urls import record_url


@pytest.fixture
def system(market: Market, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SupplySystem:
    """The supply-chain system, with one mapped item AX-9 at 20.00."""
    return connected_system(market, monkeypatch, tmp_path)


@pytest.fixture
def reader(clerk: User, client: Client) -> Client:
    """A browser in which somebody of the back office is signed in."""
    client.force_login(clerk)
    return client


def agreed(system: SupplySystem, market: Market) -> Order:
    """An order that both hold alike."""
    order = sold(market)
    drain()
    system.deliver()
    return order


def text_of(page: str, card: str) -> str:
    """The text of a card, by its id."""
    part = unescape(page).split(f'id="{card}"')[1].split("</section>")[0]
    return " ".join(re.sub(r"<[^>]*>", " ", part.split(">", 1)[1]).split())


def compared(reader: Client, order: Order) -> str:
    """What pressing *Compare now* says."""
    url = reverse("fulfilment:order-compare", args=[order.pk, "supply"])
    [message] = reader.post(url, follow=True).context["messages"]
    return str(message)


def test_says_how_many_agree_and_why_the_others_do_not(
    system: SupplySystem, market: Market, reader: Client
) -> None:
    agreed(system, market)
    in_flight, differing = agreed(system, market), agreed(system, market)
    for order, text in ((in_flight, "A"), (differing, "B")):
        change_order(order.pk, Changes(head={"customer_reference": text}), actor=market.rep)
    their_id = system.there(differing.number or "")["id"]
    system.edit(their_id, customer_reference="C")
    system.enter(LINE | {"item": "ZZ-1"})
    system.deliver()
    assert Discrepancy.objects.count() == 1

    page = reader.get(record_url(system.connection)).content.decode()

    assert "1 of 4 orders agree" in page
    apart = text_of(page, "apart")
    for expected in (f"{in_flight.number}", f"{differing.number}", "SO-000001", "Missing here"):
        assert expected in apart
    assert f'href="{record_url(differing)}#sync"' in page
    listed = reader.get(reverse("fulfilment:handoff-list")).content.decode()
    assert "1 of 4 orders agree" in text_of(listed, "sync-counts")
    assert "1 in flight · 1 differ · 1 missing here" in text_of(listed, "sync-counts")
    metrics = as_prometheus(collect_metrics())
    assert 'throughline_orders_agree{connection="supply"} 1' in metrics
    assert 'throughline_orders_out_of_sync{connection="supply"} 3' in metrics
    assert 'throughline_orders_out_of_sync_oldest_seconds{connection="supply"}' in metrics


def test_starts_a_comparison_and_shows_how_far_it_is(
    system: SupplySystem, market: Market, reader: Client
) -> None:
    agreed(system, market)
    url = reverse("fulfilment:connection-reconcile", args=[system.connection.pk])

    page = reader.post(url, follow=True).content.decode()

    assert "Both systems are compared now" in page
    run = ReconcileRun.objects.get()
    assert (run.purpose, run.ended_at) == (ReconcileRun.Purpose.ON_DEMAND, None)
    assert "0 orders read" in text_of(page, "runs")
    assert "is compared already" in reader.post(url, follow=True).content.decode()
    continue_runs()
    assert "Looks again" in reader.get(record_url(system.connection)).content.decode()


def test_asks_whether_ours_are_sent_and_starts_a_first_load(
    system: SupplySystem, market: Market, reader: Client
) -> None:
    url = reverse("fulfilment:connection-load", args=[system.connection.pk])
    assert "Send them our open orders too" in reader.get(url).content.decode()

    reader.post(url, {"sends_ours": "on"})

    run = ReconcileRun.objects.get()
    assert (run.purpose, run.sends_ours) == (ReconcileRun.Purpose.FIRST_LOAD, True)


def test_is_not_for_reps(system: SupplySystem, market: Market, client: Client) -> None:
    client.force_login(market.rep)

    assert client.get(record_url(system.connection)).status_code == 403
    url = reverse("fulfilment:connection-reconcile", args=[system.connection.pk])
    assert client.post(url).status_code == 403
    assert not ReconcileRun.objects.exists()
    assert 'id="sync-counts"' not in client.get(reverse("fulfilment:handoff-list")).content.decode()


def test_compares_an_order_now_and_says_what_came_of_it(
    system: SupplySystem, market: Market, reader: Client
) -> None:
    order = agreed(system, market)
    assert compared(reader, order) == f"Supply holds {order} as it is here."

    system.edit(system.there(order.number or "")["id"], customer_reference="PO-77")
    system.drop()
    assert compared(reader, order) == f"Supply changed {order} since: that is taken in now."
    order.refresh_from_db()
    assert order.customer_reference == "PO-77"

    system.set_modes(forgets_pushes=True)
    change_order(order.pk, Changes(head={"customer_reference": "PO-78"}), actor=market.rep)
    assert "is on its way" in compared(reader, order)
    drain()
    system.set_modes(forgets_pushes=False)
    assert "it is sent again" in compared(reader, order)
    drain()
    assert system.there(order.number or "")["customer_reference"] == "PO-78"

    system.on_read = unreachable
    assert compared(reader, order) == "Nobody answers."


def test_shows_compare_now_to_those_who_may_change_the_order(
    system: SupplySystem, market: Market, client: Client
) -> None:
    order = agreed(system, market)
    auditor = UserFactory.create(role=roles.AUDITOR)

    shown = {}
    for user in (market.rep, auditor):
        client.force_login(user)
        shown[user] = "Compare now" in client.get(record_url(order)).content.decode()

    assert shown == {market.rep: True, auditor: False}
