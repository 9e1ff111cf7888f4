"""Admin pages of connections, handoffs, messages, discrepancies and shipments."""

from __future__ import annotations

import pytest
from django.test import Client

from fulfilment.models import Handoff
from sales.models import Order
from tests.factories import Market, UserFactory
from tests.fulfilment.conftest import FarEnd, refuse, send, shipment_event

PAGES = ["connection", "handoff", "inboundmessage", "discrepancy", "shipment"]


def test_shows_every_list_and_replays_a_handoff(
    order: Order, warehouse: FarEnd, admin_client: Client
) -> None:
    refuse(warehouse)
    stuck = Handoff.objects.get()
    send(shipment_event(order, "WH-1", "shipped", "11"))
    for page in PAGES:
        assert admin_client.get(f"/admin/fulfilment/{page}/").status_code == 200
        assert admin_client.get(f"/admin/fulfilment/{page}/?q=x").status_code == 200
    shown = admin_client.get(f"/admin/fulfilment/handoff/{stuck.pk}/change/")
    assert "Unknown SKU AX-9" in shown.content.decode()
    form = {"action": "replay", "_selected_action": [str(stuck.pk)]}

    admin_client.post("/admin/fulfilment/handoff/", form)

    stuck.refresh_from_db()
    assert stuck.state == Handoff.State.QUEUED
    deleted = admin_client.post(f"/admin/fulfilment/handoff/{stuck.pk}/delete/", {"post": "yes"})
    assert deleted.status_code == 403


def test_is_closed_to_reps(order: Order, market: Market, client: Client) -> None:
    client.force_login(market.rep)
    for page in PAGES:
        assert client.get(f"/admin/fulfilment/{page}/").status_code in {302, 403}


@pytest.mark.parametrize(("is_own", "count"), [(True, 1), (False, 0)])
def test_shows_staff_only_the_handoffs_of_documents_they_may_see(
    order: Order, market: Market, client: Client, is_own: bool, count: int
) -> None:
    reader = market.rep if is_own else UserFactory.create()
    reader.is_staff = True
    reader.save()
    client.force_login(reader)

    page = client.get("/admin/fulfilment/handoff/")

    assert page.context["cl"].result_count == count
