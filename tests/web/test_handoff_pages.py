"""Handoff pages: the list, its causes, and the actions on one handoff."""

from __future__ import annotations

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from common.errors import IllegalTransition
from crm.models import User
from fulfilment.models import Handoff
from fulfilment.outbound.drain import drain
from fulfilment.outbound.handoff_actions import replay_handoff, skip_handoff
from sales.models import Order
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, refuse, submitted_order
from tests.web.refusals import reason_shown
from web.pages.handoffs import handoff_page

State = Handoff.State


@pytest.fixture
def clerk(clerk: User, client: Client) -> User:
    """A user of the back office, signed in."""
    client.force_login(clerk)
    return clerk


def refused(market: Market, warehouse: FarEnd, orders: int = 1) -> list[Handoff]:
    """Handoffs of new orders that the warehouse refused until they need attention."""
    for _ in range(orders):
        submitted_order(market)
    refuse(warehouse, orders)
    found = list(Handoff.objects.filter(state=State.NEEDS_ATTENTION).order_by("id"))
    assert len(found) == orders
    return found


def test_sends_again_with_one_click(
    market: Market, warehouse: FarEnd, clerk: User, client: Client
) -> None:
    [handoff] = refused(market, warehouse)
    page = client.get(f"/handoffs/{handoff.pk}/").content.decode()
    assert f'action="/handoffs/{handoff.pk}/replay/"' in page

    client.post(f"/handoffs/{handoff.pk}/replay/")
    drain()

    handoff.refresh_from_db()
    assert (handoff.state, handoff.display_resolution) == (State.ACCEPTED, f"Sent again by {clerk}")
    assert len({request.get_data() for request in warehouse.received}) == 1


def test_refuses_a_second_click_while_it_is_queued(
    market: Market, warehouse: FarEnd, clerk: User, client: Client
) -> None:
    [handoff] = refused(market, warehouse)
    client.post(f"/handoffs/{handoff.pk}/replay/")

    again = client.post(f"/handoffs/{handoff.pk}/replay/")

    assert reason_shown(client, again, handoff) == f"{handoff} is queued already."


def test_says_on_the_page_what_the_services_say(
    market: Market, warehouse: FarEnd, clerk: User
) -> None:
    [handoff] = refused(market, warehouse)
    replay_handoff(handoff.pk, actor=clerk)
    handoff = Handoff.objects.with_wait().get()
    with pytest.raises(IllegalTransition) as replay:
        replay_handoff(handoff.pk, actor=clerk)
    with pytest.raises(IllegalTransition) as skip:
        skip_handoff(handoff.pk, actor=clerk, reason="Lost")

    actions = handoff_page(handoff, clerk).actions

    assert actions is not None
    assert {str(each.label): each.reason for each in actions.all} == {
        "Send again": str(replay.value),
        "Handled outside": str(skip.value),
        "Skip": str(skip.value),
    }
    assert str(replay.value) == f"{handoff} is queued already."
    assert str(skip.value) == (
        f"{handoff} is queued: only what was tried and not delivered is skipped or marked as "
        "handled outside."
    )


def test_sends_all_again_with_the_same_cause(
    market: Market, warehouse: FarEnd, clerk: User, client: Client
) -> None:
    handoffs = refused(market, warehouse, orders=3)
    page = client.get("/handoffs/").content.decode()
    alert = "3 handoffs were refused by Warehouse: send them again, skip them, or mark them as"
    assert f"{alert} handled outside." in page
    assert "Unknown SKU AX-9" in page

    client.post(f"/handoffs/{handoffs[0].pk}/replay-like/")
    drain()

    assert set(Handoff.objects.values_list("state", flat=True)) == {State.ACCEPTED}


def test_skips_only_with_a_reason(
    market: Market, warehouse: FarEnd, clerk: User, client: Client
) -> None:
    [handoff] = refused(market, warehouse)
    url = f"/handoffs/{handoff.pk}/skip/"

    without_reason = client.post(url, {"reason": " "})
    handoff.refresh_from_db()
    assert (without_reason.status_code, handoff.state) == (422, State.NEEDS_ATTENTION)

    client.post(url, {"reason": "ordered by telephone"})
    handoff.refresh_from_db()
    assert handoff.state == State.SKIPPED
    assert handoff.display_resolution == f"Skipped by {clerk}: ordered by telephone"


def test_settles_what_was_handled_outside_with_its_reference(
    market: Market, warehouse: FarEnd, clerk: User, client: Client
) -> None:
    [handoff] = refused(market, warehouse)

    client.post(
        f"/handoffs/{handoff.pk}/settle/", {"reason": "typed in there", "reference": "WH-77"}
    )

    handoff.refresh_from_db()
    assert (handoff.state, handoff.reference) == (State.ACCEPTED, "WH-77")
    order = client.get(f"/orders/{Order.objects.get().pk}/").content.decode()
    assert "WH-77" in order


@pytest.mark.parametrize("action", ["replay", "replay-like", "skip", "settle"])
def test_is_closed_to_anonymous_users_and_to_those_who_may_not_replay(
    market: Market, warehouse: FarEnd, client: Client, action: str
) -> None:
    [handoff] = refused(market, warehouse)
    url = f"/handoffs/{handoff.pk}/{action}/"
    form = {"reason": "I say so"}
    client.force_login(market.rep)
    assert client.post(url, form).status_code == 403
    client.logout()
    assert client.post(url, form).status_code == 302

    handoff.refresh_from_db()
    assert (handoff.state, handoff.display_resolution) == (State.NEEDS_ATTENTION, "")


def test_takes_as_many_statements_for_many_handoffs_as_for_one(
    market: Market, warehouse: FarEnd, clerk: User, client: Client
) -> None:
    refused(market, warehouse)
    with CaptureQueriesContext(database) as for_one:
        client.get("/handoffs/")
    more = [submitted_order(market) for _ in range(4)]
    Handoff.objects.filter(event__subject_id__in=[order.pk for order in more]).update(
        state=State.NEEDS_ATTENTION, cause="Another"
    )

    with CaptureQueriesContext(database) as for_many:
        client.get("/handoffs/")

    assert len(for_many) == len(for_one)
