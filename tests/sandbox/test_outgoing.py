"""The outbox of reports: each is stored until it is delivered."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug import Response

from tests.sandbox.throughline_stub import Client, Receiver, order_event, wait_until


def accept(warehouse: Client, number: int = 1) -> None:
    """Make the warehouse report its n-th order as accepted."""
    reply = warehouse.post(f"/orders/WH-00000{number}/report", {"status": "accepted"})
    assert reply.status == 200, reply.text


def sent(warehouse: Client) -> list[tuple[str, int, str]]:
    """Return state, attempts and last response of each report."""
    return [(row["state"], row["attempts"], row["answer"]) for row in warehouse.get("/outgoing")]


def test_signs_what_it_reports(warehouse: Client, receiver: Receiver) -> None:
    warehouse.push(order_event())

    accept(warehouse)

    wait_until(lambda: receiver.received)
    [report], [headers] = receiver.received, receiver.headers
    assert headers["content-type"] == "application/cloudevents+json"
    assert headers["webhook-id"] == report["id"]
    assert report["id"].startswith("msg_")
    assert report["specversion"] == "1.0"
    assert report["type"] == "warehouse.order.status"
    assert report["data"] == {"order": "O-2026-00042", "status": "accepted"}


def test_stores_the_response(warehouse: Client, receiver: Receiver) -> None:
    warehouse.push(order_event())

    accept(warehouse)

    wait_until(lambda: sent(warehouse)[0][0] == "delivered")
    message_id = receiver.received[0]["id"]
    answer = f'200 {{"id": "{message_id}", "result": "applied"}}'
    assert sent(warehouse) == [("delivered", 1, answer)]


@pytest.mark.parametrize("status", [500, 503, 429, 408, 425])
def test_tries_again_with_the_same_message(
    warehouse: Client, receiver: Receiver, status: int
) -> None:
    receiver.answers = [Response("later", status=status), Response("later", status=status)]
    warehouse.push(order_event())

    accept(warehouse)

    wait_until(lambda: sent(warehouse)[0][0] == "delivered")
    assert len(receiver.received) == 3
    assert all(report == receiver.received[0] for report in receiver.received)
    assert sent(warehouse)[0][1] == 3


@pytest.mark.parametrize("status", [400, 401, 404, 422, 302])
def test_stops_when_refused_and_stores_the_reason(
    warehouse: Client, receiver: Receiver, status: int
) -> None:
    receiver.answers = [Response("No such order.", status=status)]
    warehouse.push(order_event())

    accept(warehouse)

    wait_until(lambda: sent(warehouse)[0][0] == "stopped")
    assert sent(warehouse) == [("stopped", 1, f"{status} No such order.")]
    assert len(receiver.received) == 1


def test_sends_a_stopped_report_again_on_request(warehouse: Client, receiver: Receiver) -> None:
    receiver.answers = [Response("No such order.", status=404)]
    warehouse.push(order_event())
    accept(warehouse)
    wait_until(lambda: sent(warehouse)[0][0] == "stopped")

    assert warehouse.post(f"/outgoing/{receiver.received[0]['id']}/resend").status == 202

    wait_until(lambda: sent(warehouse)[0][0] == "delivered")
    assert receiver.received[0] == receiver.received[1]
    assert warehouse.post("/outgoing/msg_unknown/resend").status == 404


def test_keeps_the_reports_of_each_document_in_order(warehouse: Client, receiver: Receiver) -> None:
    warehouse.push(order_event(number="O-1"))
    warehouse.push(order_event(number="O-2"))
    receiver.answers = [Response("later", status=503)]

    warehouse.post("/orders/WH-000001/report", {"status": "shipped"})
    warehouse.post("/orders/WH-000002/report", {"status": "shipped"})

    wait_until(lambda: [state for state, *_ in sent(warehouse)] == ["delivered"] * 8)
    for subject in ("O-1", "O-2"):
        statuses = [w.split()[-1] for w in receiver.summaries() if w.startswith(subject)]
        assert list(dict.fromkeys(statuses)) == ["accepted", "picking", "packed", "shipped"]
        assert sorted(_sequences(receiver, subject)) == _sequences(receiver, subject)


def _sequences(receiver: Receiver, subject: str) -> list[Any]:
    return [event["sequence"] for event in receiver.received if event["subject"] == subject]
