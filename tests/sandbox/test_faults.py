"""Fault injection: every fault, as the sender sees it."""

from __future__ import annotations

import http.client
import json
import time
from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request

from sandbox.endpoints import only_from_this_machine
from sandbox.errors import Refused
from sandbox.faults import Faults
from tests.sandbox.throughline_stub import (
    HOOKS,
    Client,
    Receiver,
    order_event,
    signed,
    wait_until,
)

MEGABYTE = 1024 * 1024


def test_answers_a_status_so_many_times(warehouse: Client) -> None:
    warehouse.fault({"mode": "status", "code": 503, "times": 2, "retry_after": 7})
    event = order_event()

    replies = [warehouse.push(event) for _ in range(3)]

    assert [reply.status for reply in replies] == [503, 503, 200]
    assert replies[0].headers["Retry-After"] == "7"
    assert warehouse.ledger(event["id"]) == (1, 1)
    assert warehouse.get("/control") == []


def test_answers_retry_after_as_a_date(warehouse: Client) -> None:
    date = "Sun, 22 Nov 2026 01:20:00 GMT"
    warehouse.fault({"mode": "status", "code": 429, "retry_after": date})

    reply = warehouse.push(order_event())

    assert (reply.status, reply.headers["Retry-After"]) == (429, date)


def test_closes_the_connection_before_it_stores(warehouse: Client) -> None:
    warehouse.fault({"mode": "drop_before", "times": 1})
    event = order_event()

    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        warehouse.push(event)

    assert warehouse.find(event["id"]).status == 404
    assert warehouse.get("/ledger") == []


def test_closes_the_connection_after_it_stored(warehouse: Client) -> None:
    warehouse.fault({"mode": "commit_then_drop"})
    event = order_event()

    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        warehouse.push(event)

    assert warehouse.find(event["id"]).json == {"reference": "WH-000001"}
    assert warehouse.ledger(event["id"]) == (1, 1)


def test_answers_late(warehouse: Client) -> None:
    warehouse.fault({"mode": "slow", "seconds": 0.3})

    before = time.monotonic()
    reply = warehouse.push(order_event())

    assert reply.status == 200
    assert time.monotonic() - before >= 0.3


def test_stores_even_if_the_sender_timed_out(warehouse: Client) -> None:
    warehouse.fault({"mode": "slow", "seconds": 0.3, "times": 1})
    event = order_event()
    warehouse.timeout = 0.1

    with pytest.raises(TimeoutError):
        warehouse.push(event)

    warehouse.timeout = 10
    wait_until(lambda: warehouse.find(event["id"]).status == 200)


def test_answers_byte_by_byte(warehouse: Client) -> None:
    warehouse.fault({"mode": "drip", "seconds": 0.01})

    before = time.monotonic()
    reply = warehouse.push(order_event())

    assert reply.json == {"reference": "WH-000001"}
    assert time.monotonic() - before >= 0.01 * len(reply.text)


def test_answers_with_a_huge_body(warehouse: Client) -> None:
    warehouse.fault({"mode": "huge", "megabytes": 2})

    reply = warehouse.push(order_event())

    assert len(reply.text) > 2 * MEGABYTE
    assert reply.json["reference"] == "WH-000001"


def test_answers_with_a_gzip_bomb(warehouse: Client) -> None:
    warehouse.fault({"mode": "huge", "megabytes": 20, "gzip": True})
    event = order_event()
    body = json.dumps(event).encode()
    connection = http.client.HTTPConnection("127.0.0.1", warehouse.port, timeout=10)

    connection.request("POST", HOOKS, body, signed(event["id"], body))
    answer = connection.getresponse()

    assert answer.getheader("Content-Encoding") == "gzip"
    assert len(answer.read()) < MEGABYTE / 10
    connection.close()


def test_redirects(warehouse: Client) -> None:
    warehouse.fault({"mode": "redirect", "to": "http://10.0.0.1/steal"})

    reply = warehouse.push(order_event())

    assert (reply.status, reply.headers["Location"]) == (307, "http://10.0.0.1/steal")
    assert warehouse.get("/ledger") == []


def test_answers_without_a_reference(warehouse: Client) -> None:
    warehouse.fault({"mode": "garbage", "times": 1})
    event = order_event()

    reply = warehouse.push(event)

    assert (reply.status, reply.json) == (200, {"accepted": True})
    assert warehouse.find(event["id"]).json == {"reference": "WH-000001"}


def test_forgets_known_messages(warehouse: Client) -> None:
    warehouse.fault({"mode": "forget_idempotency", "times": 1})
    event = order_event()

    references = [warehouse.push(event).json["reference"] for _ in range(3)]

    assert references == ["WH-000001", "WH-000002", "WH-000001"]
    assert warehouse.find(event["id"]).json == {"reference": "WH-000001"}
    assert warehouse.ledger(event["id"]) == (3, 2)


def test_reports_twice(warehouse: Client, receiver: Receiver) -> None:
    warehouse.fault({"mode": "duplicate_reports"})
    warehouse.push(order_event())

    warehouse.post("/orders/WH-000001/report", {"status": "picked"})

    wait_until(lambda: len(receiver.received) == 4)
    assert [w.split()[-1] for w in receiver.summaries()] == [
        "accepted",
        "accepted",
        "picking",
        "picking",
    ]
    assert receiver.received[0] == receiver.received[1]


def test_reports_in_another_order(warehouse: Client, receiver: Receiver) -> None:
    warehouse.fault({"mode": "shuffle_reports", "seconds": 0.2})
    warehouse.push(order_event())

    warehouse.post("/orders/WH-000001/report", {"status": "shipped"})
    warehouse.post("/orders/WH-000001/report", {"status": "delivered"})

    wait_until(lambda: len(receiver.received) == 5)
    sequences = [int(event["sequence"]) for event in receiver.received]
    assert sorted(sequences) == [1, 2, 3, 4, 5]
    assert sequences != [1, 2, 3, 4, 5]


def test_reports_without_a_signature(warehouse: Client, receiver: Receiver) -> None:
    warehouse.fault({"mode": "unsigned", "times": 1})
    warehouse.push(order_event())

    warehouse.post("/orders/WH-000001/report", {"status": "accepted"})

    wait_until(lambda: receiver.headers)
    assert not [name for name in receiver.headers[0] if name.startswith("webhook-")]


def test_limits_a_fault_to_one_endpoint(warehouse: Client) -> None:
    warehouse.fault({"mode": "status", "code": 500, "on": "find"}, {"mode": "garbage"})
    event = order_event()

    assert warehouse.push(event).json == {"accepted": True}
    assert warehouse.find(event["id"]).status == 500


def test_removes_all_faults(warehouse: Client) -> None:
    warehouse.fault({"mode": "status", "code": 500})

    assert warehouse.ask("DELETE", "/control").status == 204

    assert warehouse.get("/control") == []
    assert warehouse.push(order_event()).status == 200


def test_replaces_what_was_set_before(warehouse: Client) -> None:
    warehouse.post("/control", {"mode": "status", "code": 500})
    warehouse.post("/control", {"mode": "garbage", "times": 2})

    [fault] = warehouse.get("/control")
    assert (fault["mode"], fault["times"]) == ("garbage", 2)


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        ({"mode": "explode"}, "fault.mode must be one of status, drop_before,"),
        ({"mode": "status", "code": 99}, "fault.code must be from 200 to 599."),
        ({"mode": "slow", "seconds": "2"}, "fault.seconds must be a number from 0 to 3600."),
        ({"mode": "status", "times": -1}, "fault.times must be a whole number from 0 on."),
        ({"mode": "redirect"}, "fault.to must be a text that is not empty."),
        ({"mode": "status", "on": "window"}, "fault.on must be push or find."),
        ("status", "fault must be an object."),
    ],
)
def test_says_what_is_wrong_with_a_fault(warehouse: Client, value: Any, detail: str) -> None:
    reply = warehouse.post("/control", value)

    assert reply.status == 422
    assert detail in reply.json["detail"]
    assert warehouse.get("/control") == []


def test_has_no_faults_by_itself() -> None:
    assert Faults().as_json() == []


@pytest.mark.parametrize("remote", ["192.0.2.7", "::ffff:192.0.2.7", "fe80::1%eth0"])
def test_refuses_faults_from_other_machines(remote: str) -> None:
    request = make_mocked_request("POST", "/control").clone(remote=remote)

    with pytest.raises(Refused, match="from this machine only"):
        only_from_this_machine(request)


@pytest.mark.parametrize("remote", ["127.0.0.1", "::1"])
def test_accepts_faults_from_this_machine(remote: str) -> None:
    only_from_this_machine(make_mocked_request("POST", "/control").clone(remote=remote))
