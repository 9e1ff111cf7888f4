"""Alerts: what a person should look at, the critical ones first."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from fulfilment.models import Connection, Handoff, Health, Secret
from fulfilment.monitoring.alerts import Alert, alerts_for
from fulfilment.monitoring.metrics import ConnectionMetrics, collect_metrics
from fulfilment.outbound.drain import drain
from sales.models import Order
from tests.factories import Market
from tests.fulfilment.conftest import (
    FarEnd,
    refuse,
    send,
    shipment_event,
    spoil_secret,
    submitted_order,
)


def alerts() -> list[tuple[str, str, str]]:
    return [(each.severity, each.code, each.text) for each in alerts_for(collect_metrics())]


def measured(code: str = "erp", **values: Any) -> ConnectionMetrics:
    """Metrics of a connection to which nothing is wrong but for the given values."""
    fine: dict[str, Any] = {
        "name": code.upper(),
        "status": Connection.Status.ACTIVE,
        "breaker": Health.Breaker.CLOSED,
        "waiting": 0,
        "needs_attention": 0,
        "oldest_seconds": 0.0,
        "deferred": 0,
        "quarantined": 0,
        "discrepancies": 0,
        "last_failure": "",
    }
    return ConnectionMetrics(code=code, **(fine | values))


def test_has_none_when_everything_was_accepted(order: Order, warehouse: FarEnd) -> None:
    drain()

    assert alerts() == []


def test_warns_of_messages_that_wait_long_for_their_documents() -> None:
    early = measured(deferred=3, oldest_deferred_seconds=60.0)
    late = measured(deferred=3, oldest_deferred_seconds=1200.0)

    assert alerts_for([early]) == []
    [alert] = alerts_for([late])
    assert (alert.severity, alert.code, alert.text) == (
        "warning",
        "deferred",
        "3 messages from ERP wait for documents, the oldest for 20 min.",
    )


def test_warns_of_late_and_refused_handoffs_and_of_discrepancies(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    refuse(warehouse)
    send(shipment_event(order, "WH-1", "shipped", "11"))
    submitted_order(market)
    Handoff.objects.update(created_at=timezone.now() - dt.timedelta(minutes=12))

    assert alerts() == [
        ("warning", "late", "1 handoff to Warehouse has been waiting for 12 min."),
        (
            "warning",
            "needs_attention",
            (
                "1 handoff was refused by Warehouse: "
                "send it again, skip it, or mark it as handled outside."
            ),
        ),
        ("warning", "discrepancies", "1 value differs from Warehouse and is not decided."),
    ]


@pytest.mark.parametrize(
    ("status", "code"), [(401, "auth_failed"), (410, "gone"), (302, "not_answering")]
)
def test_is_critical_when_nothing_can_be_sent_to_a_connection(
    order: Order, warehouse: FarEnd, status: int, code: str
) -> None:
    warehouse.will_answer(status)
    drain()

    assert [(severity, found) for severity, found, _ in alerts()] == [("critical", code)]


def test_lists_what_is_critical_before_the_warnings_of_other_connections() -> None:
    found = alerts_for(
        [
            measured("erp", quarantined=2),
            measured("wms", breaker=Health.Breaker.OPEN, last_failure="WMS did not answer."),
        ]
    )

    assert found == [
        Alert(
            "critical",
            "not_answering",
            "wms",
            "Nothing is sent to WMS, but for a try now and then: WMS did not answer.",
        ),
        Alert(
            "warning",
            "quarantined",
            "erp",
            "2 messages from ERP were not applied: apply them again or set them aside.",
        ),
    ]


def test_does_not_expect_an_answer_of_a_paused_connection() -> None:
    paused = measured(status=Connection.Status.PAUSED, breaker=Health.Breaker.OPEN)

    assert alerts_for([paused]) == []


@pytest.mark.parametrize(
    ("waiting", "seconds", "texts"),
    [
        (1, 600.0, []),
        (1, 601.0, ["1 handoff to ERP has been waiting for 10 min."]),
        (3, 7260.5, ["3 handoffs to ERP are waiting, the oldest for 121 min."]),
    ],
)
def test_calls_a_handoff_late_after_ten_minutes(
    waiting: int, seconds: float, texts: list[str]
) -> None:
    found = alerts_for([measured(waiting=waiting, oldest_seconds=seconds)])

    assert [alert.text for alert in found] == texts


def test_names_a_connection_whose_secrets_cannot_be_read(warehouse: FarEnd, erp: FarEnd) -> None:
    spoil_secret(warehouse.connection, Secret.Purpose.OUTBOUND)
    spoil_secret(erp.connection, Secret.Purpose.INBOUND)
    mend = "rotate it, or put the old key back into FIELD_ENCRYPTION_KEYS."

    assert alerts() == [
        (
            "critical",
            "unverified",
            f"Messages from ERP are refused: no secret to verify them can be read; {mend}",
        ),
        (
            "critical",
            "unsigned",
            f"Nothing is sent to Warehouse: no secret to sign with can be read; {mend}",
        ),
    ]
