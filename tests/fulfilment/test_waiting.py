"""What a handoff waits for, in the words that a person reads."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import escape

from crm.models import User
from fulfilment.models import Connection, Handoff, Health, Lane, Secret
from fulfilment.monitoring.integration_log import read_exchange
from fulfilment.monitoring.waiting import wait_of
from fulfilment.outbound.drain import drain
from fulfilment.outbound.leases import claim
from fulfilment.services.connections import pause_connection
from sales.models import Order
from sales.services.orders import hold_order, release_order
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, refuse, spoil_secret, submitted_order
from web.chips.handoffs import connection_chip
from web.record_urls import record_url

SOON = dt.datetime(2026, 11, 22, 14, 5, 9, tzinfo=dt.UTC)
UNAVAILABLE = "Warehouse is not available (503)."
NOW = dt.datetime(2026, 11, 22, 14, 5, tzinfo=dt.UTC)

pytestmark = pytest.mark.usefixtures("order")


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five past two on 22 November, to whoever reads."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def waits() -> list[str]:
    """What every handoff waits for, in the order of the lane; empty if it does not."""
    handoffs = Handoff.objects.with_wait().order_by("position")
    return [str(wait_of(handoff) or "") for handoff in handoffs]


def set_lane(**fields: Any) -> None:
    Lane.objects.update(**fields)


def set_health(**fields: Any) -> None:
    Health.objects.update(**fields)


def test_one_that_is_due_is_sent_next() -> None:
    set_lane(due_at=NOW)

    assert waits() == ["It is due, and sent as soon as Warehouse has a place free."]


def test_one_that_is_retried_says_when() -> None:
    Handoff.objects.update(state=Handoff.State.RETRYING)
    set_lane(due_at=SOON)

    assert waits() == ["It is tried again at 14:05:09."]


def test_one_that_is_retried_tomorrow_says_on_which_day() -> None:
    Handoff.objects.update(state=Handoff.State.RETRYING)
    set_lane(due_at=SOON + dt.timedelta(days=1))

    assert waits() == ["It is tried again at 23 Nov 2026, 14:05."]


def test_one_that_is_being_sent_says_so(warehouse: FarEnd) -> None:
    claim(1)
    set_lane(due_at=SOON)

    assert waits() == ["It is being sent now."]


@pytest.mark.parametrize(
    ("status", "text"),
    [
        ("paused", "Warehouse is paused: it is sent once that is resumed."),
        ("disabled", "Warehouse is disabled: it is sent once that is resumed."),
        ("gone", "The address of Warehouse is gone: it is sent once the URL is corrected."),
        (
            "auth_failed",
            (
                "Warehouse does not accept our signature: it is tried again at 14:05:09, "
                "and at once when the secret is rotated."
            ),
        ),
    ],
)
def test_one_of_a_connection_that_is_not_active_says_what_must_happen(
    status: str, text: str
) -> None:
    Connection.objects.update(status=status)
    set_health(not_before=SOON)

    assert waits() == [text]


@pytest.mark.parametrize(
    ("breaker", "text"),
    [
        ("open", f"{UNAVAILABLE} It is tried again at 14:05:09."),
        ("half_open", f"{UNAVAILABLE} It is tried again at 14:05:09."),
        ("closed", "Warehouse asked for a pause until 14:05:09."),
    ],
)
def test_one_of_a_connection_with_a_pause_says_until_when(breaker: str, text: str) -> None:
    set_health(breaker=breaker, not_before=SOON, last_failure=UNAVAILABLE)

    assert waits() == [text]


def test_one_of_a_connection_with_an_unreadable_secret_says_that(
    warehouse: FarEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    spoil_secret(warehouse.connection, Secret.Purpose.OUTBOUND)
    drain()

    [text] = waits()
    connection = Connection.objects.select_related("health").get()
    chip = connection_chip(connection, connection.health)

    unreadable = (
        "Warehouse has no secret to sign with that can be read: rotate it, "
        "or put the old key back into FIELD_ENCRYPTION_KEYS."
    )
    assert text.startswith(f"{unreadable} It is tried again at ")
    assert (chip.label, chip.title) == ("Not sending", unreadable)


def test_one_behind_another_names_it(order: Order, market: Market) -> None:
    hold_order(order.pk, actor=market.rep, reason="Credit check")
    release_order(order.pk, actor=market.rep)
    set_lane(due_at=SOON)

    behind = f"It is sent after “Order submitted {order.number}”, which is not delivered yet."
    assert waits() == ["It is tried again at 14:05:09.", behind, behind]
    first, second, _ = Handoff.objects.with_wait().order_by("position")
    assert getattr(wait_of(second), "behind", None) == first.pk


def test_one_that_is_delivered_waits_for_nothing() -> None:
    Handoff.objects.update(state=Handoff.State.ACCEPTED)

    assert waits() == [""]


@pytest.fixture
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()


@pytest.mark.usefixtures("_now")
def test_one_behind_a_refused_one_names_it_on_its_page_and_on_the_order(
    order: Order, market: Market, warehouse: FarEnd, clerk: User, client: Client
) -> None:
    hold_order(order.pk, actor=market.rep, reason="Credit check")
    refuse(warehouse)
    refused, behind = Handoff.objects.order_by("position")
    name = f"Order submitted {order.number}"
    text = f"It is sent after “{name}”, which was refused and needs a person."
    assert waits() == ["A person must send it again, skip it, or mark it as handled outside.", text]

    client.force_login(clerk)
    page = client.get(f"/handoffs/{behind.pk}/").content.decode()
    listed = client.get("/handoffs/").content.decode()
    on_order = client.get(record_url(order)).content.decode()

    link = page.split(f'<a href="/handoffs/{refused.pk}/">')[1].split("</a>")[0]
    assert escape(text) in link
    assert escape(text) in listed
    assert escape(text) in on_order.split('id="handoffs"')[1]
    waiting = f"“Order put on hold {order.number}” waits to be sent to Warehouse. {text}"
    assert waiting in map(str, read_exchange(order).entries)


@pytest.mark.usefixtures("_now")
def test_an_alert_links_to_what_it_counts(
    order: Order, market: Market, warehouse: FarEnd, clerk: User, client: Client
) -> None:
    refuse(warehouse)
    waiting = submitted_order(market)
    pause_connection(warehouse.connection)
    Handoff.objects.filter(event__subject_id=waiting.pk).update(
        created_at=timezone.now() - dt.timedelta(minutes=11)
    )
    client.force_login(clerk)

    page = client.get("/handoffs/").content.decode()

    links = {
        "?connection=warehouse&amp;state=needs_attention": order.number,
        "?connection=warehouse&amp;state=to_send": waiting.number,
    }
    for query, number in links.items():
        assert f'href="/handoffs/{query}"' in page
        rows = client.get(f"/handoffs/{query.replace('&amp;', '&')}").content.decode()
        table = rows.split("<tbody")[1]
        assert {found for found in links.values() if str(found) in table} == {number}


@pytest.mark.usefixtures("_now")
def test_takes_as_many_statements_for_many_handoffs_as_for_one(market: Market) -> None:
    with CaptureQueriesContext(database) as for_one:
        waits()
    for _ in range(4):
        submitted_order(market)

    with CaptureQueriesContext(database) as for_many:
        assert len(waits()) == 5

    assert (len(for_one), len(for_many)) == (1, 1)
    drain()
