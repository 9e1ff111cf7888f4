"""Integrity checks of messages and shipments."""

from __future__ import annotations

import pgtrigger

from sales.models import Order
from sales.services.integrity.verification import verify
from tests.database_assertions import sql
from tests.fulfilment.conftest import FarEnd


def test_finds_a_message_that_was_tampered_with(order: Order, warehouse: FarEnd) -> None:
    assert differences_found() == []

    with pgtrigger.ignore():
        sql("UPDATE fulfilment_payload SET body = replace(body, 'submitted', 'cancelled')")

    [difference] = differences_found()
    assert difference.startswith(f"{order.number}, order.submitted: message sent is ")


def differences_found() -> list[str]:
    return [str(difference) for found in verify().values() for difference in found]
