"""Deciding discrepancies."""

from __future__ import annotations

import pytest
from django.test import Client

from common.errors import MissingField
from crm.models import User
from fulfilment.models import Discrepancy
from fulfilment.services.discrepancies import (
    AlreadyResolved,
    resolve_discrepancy,
    update_discrepancies,
)
from sales.models import Order
from tests.fulfilment.conftest import FarEnd, send, shipment_event


def test_is_decided_once_and_with_a_reason(order: Order, warehouse: FarEnd, clerk: User) -> None:
    send(shipment_event(order, "WH-1", "shipped", "11"))
    discrepancy = Discrepancy.objects.get()
    with pytest.raises(MissingField):
        resolve_discrepancy(discrepancy, actor=clerk, reason="")

    resolve_discrepancy(discrepancy, actor=clerk, reason="They counted a sample")

    with pytest.raises(AlreadyResolved):
        resolve_discrepancy(discrepancy, actor=clerk, reason="Again")
    discrepancy.refresh_from_db()
    assert discrepancy.decision == f"{clerk}: They counted a sample"


def test_the_admin_shows_how_it_was_resolved(
    order: Order, warehouse: FarEnd, admin_client: Client
) -> None:
    send(shipment_event(order, "WH-1", "shipped", "11"))
    discrepancy = Discrepancy.objects.get()
    update_discrepancies(Discrepancy.objects.all(), ())

    page = admin_client.get(f"/admin/fulfilment/discrepancy/{discrepancy.pk}/change/")

    assert "Both values agree again." in page.text
