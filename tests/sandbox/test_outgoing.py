"""Reports: kept until Throughline has answered."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug import Response

from tests.sandbox.playing import Ears, Peer, order_event, wait_until


def accept(warehouse: Peer, number: int = 1) -> None:
    """Make the warehouse report one word about its n-th order."""
    reply = warehouse.post(f"/orders/WH-00000{number}/report", {"status": "accepted"})
    assert reply.status == 200, reply.text


def sent(warehouse: Peer) -> list[tuple[str, int, str]]:
    """What became of each report: state, attempts, last answer."""
    return [(row["state"], row["attempts"], row["answer"]) for row in warehouse.get("/outgoing")]


def test_signs_what_it_reports(warehouse: Peer, ears: Ears) -> None:
    warehouse.push(order_event())

    accept(warehouse)

    wait_until(lambda: ears.heard)
    [heard], [headers] = ears.heard, ears.headers
    assert headers["content-type"] == "application/cloudevents+json"
    assert headers["webhook-id"] == heard["id"]
    assert heard["id"].startswith("msg_")
    assert heard["specversion"] == "1.0"
    assert heard["type"] == "warehouse.order.status"
    assert heard["data"] == {"order": "O-2026-00042", "status": "accepted"}


def test_remembers_the_answer(warehouse: Peer, ears: Ears) -> None:
    warehouse.push(order_event())

    accept(warehouse)

    wait_until(lambda: sent(warehouse)[0][0] == "delivered")
    message_id = ears.heard[0]["id"]
    answer = f'200 {{"id": "{message_id}", "result": "applied"}}'
    assert sent(warehouse) == [("delivered", 1, answer)]


@pytest.mark.parametrize("status", [500, 503, 429, 408, 425])
def test_tries_again_with_the_same_message(warehouse: Peer, ears: Ears, status: int) -> None:
    ears.answers = [Response("later", status=status), Response("later", status=status)]
    warehouse.push(order_event())

    accept(warehouse)

    wait_until(lambda: sent(warehouse)[0][0] == "delivered")
    assert len(ears.heard) == 3
    assert all(heard == ears.heard[0] for heard in ears.heard)
    assert sent(warehouse)[0][1] == 3


@pytest.mark.parametrize("status", [400, 401, 404, 422, 302])
def test_stops_when_refused_and_remembers_why(warehouse: Peer, ears: Ears, status: int) -> None:
    ears.answers = [Response("No such order.", status=status)]
    warehouse.push(order_event())

    accept(warehouse)

    wait_until(lambda: sent(warehouse)[0][0] == "stopped")
    assert sent(warehouse) == [("stopped", 1, f"{status} No such order.")]
    assert len(ears.heard) == 1


def test_sends_a_stopped_report_again_when_told(warehouse: Peer, ears: Ears) -> None:
    ears.answers = [Response("No such order.", status=404)]
    warehouse.push(order_event())
    accept(warehouse)
    wait_until(lambda: sent(warehouse)[0][0] == "stopped")

    assert warehouse.post(f"/outgoing/{ears.heard[0]['id']}/resend").status == 202

    wait_until(lambda: sent(warehouse)[0][0] == "delivered")
    assert ears.heard[0] == ears.heard[1]
    assert warehouse.post("/outgoing/msg_unknown/resend").status == 404


def test_keeps_the_story_of_each_document_in_order(warehouse: Peer, ears: Ears) -> None:
    warehouse.push(order_event(number="O-1"))
    warehouse.push(order_event(number="O-2"))
    ears.answers = [Response("later", status=503)]

    warehouse.post("/orders/WH-000001/report", {"status": "shipped"})
    warehouse.post("/orders/WH-000002/report", {"status": "shipped"})

    wait_until(lambda: [state for state, *_ in sent(warehouse)] == ["delivered"] * 8)
    for subject in ("O-1", "O-2"):
        words = [w.split()[-1] for w in ears.words() if w.startswith(subject)]
        assert list(dict.fromkeys(words)) == ["accepted", "picking", "packed", "shipped"]
        assert sorted(_sequences(ears, subject)) == _sequences(ears, subject)


def _sequences(ears: Ears, subject: str) -> list[Any]:
    return [event["sequence"] for event in ears.heard if event["subject"] == subject]
