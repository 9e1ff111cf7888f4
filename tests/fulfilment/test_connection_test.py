"""Connection test: a signed message without data, sent at once and stored nowhere."""

from __future__ import annotations

from fulfilment.models import Attempt, Handoff
from fulfilment.outbound.connection_test import send_test_message
from tests.fulfilment.conftest import FarEnd


def test_sends_a_signed_message_without_data(warehouse: FarEnd) -> None:
    result = send_test_message(warehouse.connection)

    [sent] = warehouse.events
    assert (sent["type"], sent["subject"]) == ("throughline.connection.tested", "warehouse")
    assert (sent["source"], sent["data"]) == (f"/connections/{warehouse.connection.pk}", {})
    assert (result.verb, result.outcome, result.detail) == ("push", "done", "")
    assert not Handoff.objects.exists()
    assert not Attempt.objects.exists()


def test_returns_why_the_far_end_did_not_take_it(warehouse: FarEnd) -> None:
    warehouse.will_answer(401)

    result = send_test_message(warehouse.connection)

    assert result.outcome == "auth_failed"
    assert str(result.detail) == "Warehouse does not accept our signature (401)."
    warehouse.connection.refresh_from_db()
    assert warehouse.connection.status == "active"
