"""Metrics of connections, and their Prometheus text."""

from __future__ import annotations

from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from fulfilment.models import Connection
from fulfilment.monitoring.metrics import ConnectionMetrics, as_prometheus, collect_metrics
from fulfilment.outbound.drain import drain
from sales.models import Order
from tests.fulfilment.conftest import FarEnd, refuse


def test_counts_nothing_as_waiting_when_everything_was_accepted(
    order: Order, warehouse: FarEnd
) -> None:
    drain()

    [metrics] = collect_metrics()
    assert (metrics.waiting, metrics.drift, metrics.oldest_seconds) == (0, 0, 0)


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
