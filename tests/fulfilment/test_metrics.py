"""Metrics and alerts of connections."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from fulfilment.models import Connection, Handoff
from fulfilment.monitoring.alerts import alerts_for
from fulfilment.monitoring.metrics import ConnectionMetrics, as_prometheus, collect_metrics
from fulfilment.outbound.drain import drain
from sales.models import Order
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, refuse, send, shipment_event, submitted_order


def alerts() -> list[tuple[str, str, str]]:
    return [(each.severity, each.code, each.text) for each in alerts_for(collect_metrics())]


def test_has_no_alerts_when_everything_was_accepted(order: Order, warehouse: FarEnd) -> None:
    drain()

    [metrics] = collect_metrics()
    assert (metrics.waiting, metrics.drift, metrics.oldest_seconds) == (0, 0, 0)
    assert alerts() == []


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
            "1 handoff was refused by Warehouse: send it again, skip or settle it.",
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


def test_takes_as_many_statements_for_many_connections_as_for_one(
    order: Order, warehouse: FarEnd
) -> None:
    counts = []
    for number in range(2):
        with CaptureQueriesContext(database) as captured:
            collect_metrics()
        counts.append(len(captured))
        Connection.objects.create(code=f"c{number}", name=f"C{number}", url="https://c.example/")

    assert counts == [4, 4]


def test_formats_prometheus_text() -> None:
    measured = ConnectionMetrics("erp", "ERP", "active", "open", 3, 1, 12.5, 0, 0, 2, "")

    text = as_prometheus([measured])

    assert "# TYPE throughline_handoffs_waiting gauge" in text
    assert 'throughline_handoffs_waiting{connection="erp"} 3\n' in text
    assert 'throughline_handoffs_oldest_seconds{connection="erp"} 12.5\n' in text
    assert 'throughline_handoffs_drift{connection="erp"} 3\n' in text
    assert text.endswith('throughline_connection_up{connection="erp"} 0\n')


def test_serves_metrics_only_with_the_configured_token(
    order: Order, warehouse: FarEnd, client: Client, settings: Settings
) -> None:
    refuse(warehouse)
    assert client.get("/metrics").status_code == 404

    settings.METRICS_TOKEN = "of-the-monitor"
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"authorization": "Bearer guess"}).status_code == 401
    answer = client.get("/metrics", headers={"authorization": "Bearer of-the-monitor"})

    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'throughline_handoffs_drift{connection="warehouse"} 1\n' in answer.content.decode()
