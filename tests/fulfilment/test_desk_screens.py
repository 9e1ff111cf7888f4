"""The handoff desk in the browser: what needs a person, and the one click that mends it."""

from __future__ import annotations

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from crm import roles
from crm.models import User
from fulfilment.models import Handoff
from fulfilment.outbound.drain import drain
from sales.models import Order
from tests.factories import Market, UserFactory
from tests.fulfilment.conftest import FarEnd, make_due, submitted_order

State = Handoff.State


@pytest.fixture
def clerk(client: Client) -> User:
    """A person of the back office, signed in."""
    user = UserFactory.create(role=roles.BACK_OFFICE)
    client.force_login(user)
    return user


def stuck(market: Market, warehouse: FarEnd, orders: int = 1) -> list[Handoff]:
    """Handoffs that the warehouse refused until a person has to look."""
    for _ in range(orders):
        submitted_order(market)
    for _ in range(6 * orders):
        warehouse.will_answer(422, '{"detail": "Unknown SKU AX-9"}')
    for _ in range(6):
        drain()
        make_due()
    found = list(Handoff.objects.filter(state=State.NEEDS_ATTENTION).order_by("id"))
    assert len(found) == orders
    return found


def test_sends_again_with_one_click(
    market: Market, warehouse: FarEnd, clerk: User, client: Client
) -> None:
    [handoff] = stuck(market, warehouse)
    page = client.get(f"/handoffs/{handoff.pk}/").content.decode()
    assert f'action="/handoffs/{handoff.pk}/replay/"' in page

    client.post(f"/handoffs/{handoff.pk}/replay/")
    drain()

    handoff.refresh_from_db()
    assert (handoff.state, handoff.resolution) == (State.ACCEPTED, f"Replayed by {clerk}")
    assert len({request.get_data() for request in warehouse.received}) == 1


def test_a_second_press_says_that_it_is_under_way(
    market: Market, warehouse: FarEnd, clerk: User, client: Client
) -> None:
    [handoff] = stuck(market, warehouse)
    client.post(f"/handoffs/{handoff.pk}/replay/")

    again = client.post(f"/handoffs/{handoff.pk}/replay/")

    assert again.status_code == 422
    assert "is queued already" in again.content.decode()


def test_sends_all_again_that_one_cause_holds_up(
    market: Market, warehouse: FarEnd, clerk: User, client: Client
) -> None:
    handoffs = stuck(market, warehouse, orders=3)
    desk = client.get("/handoffs/").content.decode()
    assert "3 handoffs to Warehouse need a person." in desk
    assert "Unknown SKU AX-9" in desk

    client.post(f"/handoffs/{handoffs[0].pk}/replay-like/")
    drain()

    assert set(Handoff.objects.values_list("state", flat=True)) == {State.ACCEPTED}


def test_skips_for_a_reason_only(
    market: Market, warehouse: FarEnd, clerk: User, client: Client
) -> None:
    [handoff] = stuck(market, warehouse)
    address = f"/handoffs/{handoff.pk}/skip/"

    refused = client.post(address, {"reason": " "})
    handoff.refresh_from_db()
    assert (refused.status_code, handoff.state) == (422, State.NEEDS_ATTENTION)

    client.post(address, {"reason": "ordered by telephone"})
    handoff.refresh_from_db()
    assert handoff.state == State.SKIPPED
    assert handoff.resolution == f"Skipped by {clerk}: ordered by telephone"


def test_notes_what_was_handled_outside_under_their_reference(
    market: Market, warehouse: FarEnd, clerk: User, client: Client
) -> None:
    [handoff] = stuck(market, warehouse)

    client.post(
        f"/handoffs/{handoff.pk}/settle/", {"reason": "typed in there", "reference": "WH-77"}
    )

    handoff.refresh_from_db()
    assert (handoff.state, handoff.reference) == (State.ACCEPTED, "WH-77")
    order = client.get(f"/orders/{Order.objects.get().pk}/").content.decode()
    assert "WH-77" in order


@pytest.mark.parametrize("deed", ["replay", "replay-like", "skip", "settle"])
def test_is_closed_to_strangers_and_to_who_may_not_replay(
    market: Market, warehouse: FarEnd, client: Client, deed: str
) -> None:
    [handoff] = stuck(market, warehouse)
    address = f"/handoffs/{handoff.pk}/{deed}/"
    answers = {"reason": "I say so"}
    client.force_login(market.rep)
    assert client.post(address, answers).status_code == 403
    client.logout()
    assert client.post(address, answers).status_code == 302

    handoff.refresh_from_db()
    assert (handoff.state, handoff.resolution) == (State.NEEDS_ATTENTION, "")


def test_reads_as_much_for_one_as_for_many(
    market: Market, warehouse: FarEnd, clerk: User, client: Client
) -> None:
    stuck(market, warehouse)
    with CaptureQueriesContext(database) as for_one:
        client.get("/handoffs/")
    stuck_more = [submitted_order(market) for _ in range(4)]
    Handoff.objects.filter(event__subject_id__in=[order.pk for order in stuck_more]).update(
        state=State.NEEDS_ATTENTION, cause="Another"
    )

    with CaptureQueriesContext(database) as for_many:
        client.get("/handoffs/")

    assert len(for_many) == len(for_one)


def test_metrics_are_for_who_brings_the_token(
    market: Market, warehouse: FarEnd, client: Client, settings: Settings
) -> None:
    stuck(market, warehouse)
    assert client.get("/metrics").status_code == 404

    settings.METRICS_TOKEN = "of the watchdog"
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"authorization": "Bearer guess"}).status_code == 401
    told = client.get("/metrics", headers={"authorization": "Bearer of the watchdog"})

    assert told.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'throughline_handoffs_drift{connection="warehouse"} 1\n' in told.content.decode()
