"""The inbox: signatures, idempotency and sequence of messages."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.sandbox.throughline_stub import (
    HOOKS,
    SECRET_IN,
    SECRET_OUT,
    Client,
    order_event,
    signed,
)


def test_takes_a_message_and_answers_with_its_reference(warehouse: Client) -> None:
    reply = warehouse.push(order_event())

    assert (reply.status, reply.json) == (200, {"reference": "WH-000001"})


def test_repeats_the_response_without_a_second_effect(warehouse: Client) -> None:
    event = order_event()

    replies = [warehouse.push(event) for _ in range(3)]

    assert [(r.status, r.json) for r in replies] == [(200, {"reference": "WH-000001"})] * 3
    assert len(warehouse.get("/orders")) == 1
    assert warehouse.ledger(event["id"]) == (3, 1)


def test_refuses_a_known_id_with_another_body(warehouse: Client) -> None:
    event = order_event(pens="10")
    warehouse.push(event)

    reply = warehouse.push(order_event(pens="11") | {"id": event["id"]})

    assert (reply.status, reply.json["code"]) == (422, "message_changed")
    [order] = warehouse.get("/orders")
    assert order["lines"][0]["ordered"] == "10"
    assert warehouse.ledger(event["id"]) == (2, 1)


def test_ignores_a_lower_sequence(warehouse: Client) -> None:
    warehouse.push(order_event("changed", 3, pens="7"))

    late = order_event("submitted", 2, pens="10")
    reply = warehouse.push(late)

    assert (reply.status, reply.json) == (200, {"reference": "WH-000001"})
    [order] = warehouse.get("/orders")
    assert (order["version"], order["lines"][0]["ordered"]) == (3, "7")
    assert warehouse.ledger(late["id"]) == (1, 0)


def test_counts_sequences_per_source(warehouse: Client) -> None:
    warehouse.push(order_event("submitted", 5, number="O-1"))

    reply = warehouse.push(order_event("submitted", 1, number="O-2"))

    assert reply.json == {"reference": "WH-000002"}


def test_finds_the_reference_of_a_message(warehouse: Client) -> None:
    event = order_event()
    warehouse.push(event)

    assert warehouse.find(event["id"]).json == {"reference": "WH-000001"}
    assert warehouse.find("evt_unknown").status == 404


def test_finds_no_unknown_message(warehouse: Client) -> None:
    event = order_event()
    warehouse.push(event)

    assert warehouse.ask("GET", f"{HOOKS}/{event['id']}").status == 401


def test_finds_only_the_message_that_was_signed_for(warehouse: Client) -> None:
    event = order_event()
    warehouse.push(event)

    reply = warehouse.ask("GET", f"{HOOKS}/{event['id']}", headers=signed("evt_other", b""))

    assert (reply.status, reply.json["code"]) == (401, "bad_signature")


def test_does_not_find_a_message_that_it_refused(warehouse: Client) -> None:
    warehouse.push(order_event("cancelled", 1))
    refused = order_event("changed", 2)

    assert warehouse.push(refused).status == 409
    assert warehouse.find(refused["id"]).status == 404


def _headers(**changes: str) -> dict[str, str]:
    body = json.dumps(order_event() | {"id": "evt_1"}).encode()
    return signed("evt_1", body) | {name.replace("_", "-"): v for name, v in changes.items()}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        _headers(webhook_signature=""),
        _headers(webhook_signature="nonsense"),
        _headers(webhook_signature="v1,nonsense,v1"),
        _headers(webhook_signature="v1," + base64.b64encode(b"x" * 32).decode()),
        _headers(webhook_timestamp="nan"),
        _headers(webhook_timestamp="1"),
        _headers(webhook_id="evt_2"),
        signed("evt_1", b"another body"),
        signed("evt_1", b"BODY", SECRET_OUT),
        signed("evt_1", b"BODY", age=86_400),
        signed("evt_1", b"BODY", age=-86_400),
    ],
)
def test_refuses_what_is_not_signed(warehouse: Client, headers: dict[str, str]) -> None:
    reply = warehouse.ask("POST", HOOKS, b"BODY", headers)

    assert (reply.status, reply.json["code"]) == (401, "bad_signature")
    assert warehouse.get("/ledger") == []


def test_takes_any_of_several_signatures(warehouse: Client) -> None:
    event = order_event()
    body = json.dumps(event).encode()

    reply = warehouse.ask("POST", HOOKS, body, signed(event["id"], body, SECRET_OUT, SECRET_IN))

    assert reply.status == 200


def test_verifies_the_raw_bytes(warehouse: Client) -> None:
    event = order_event()
    body = json.dumps(event, indent=3).encode()

    assert warehouse.ask("POST", HOOKS, body, signed(event["id"], body)).status == 200
    assert warehouse.ask("POST", HOOKS, body + b" ", signed(event["id"], body)).status == 401


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"BODY", "The body is not valid JSON."),
        (b"[]", "The body must be an object."),
        (b'{"specversion":NaN}', "The body contains NaN, which is not JSON."),
        (b"[" * 100_000, "The body is not valid JSON."),
        (b'{"specversion":"0.3"}', "specversion must be 1.0."),
        (b'{"specversion":"1.0","id":"evt_2"}', "id must equal the webhook-id header."),
    ],
)
def test_says_what_is_wrong_with_an_envelope(warehouse: Client, body: bytes, detail: str) -> None:
    reply = warehouse.ask("POST", HOOKS, body, signed("evt_1", body))

    assert (reply.status, reply.json["detail"]) == (422, detail)
    assert warehouse.get("/ledger") == []


def _set(event: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    *way, last = path.split("/")
    target: Any = event["data"]
    for step in way:
        target = target[int(step) if step.isdigit() else step]
    target[last] = value
    return event


@pytest.mark.parametrize(
    ("path", "value", "detail"),
    [
        ("order", None, "data.order must be an object."),
        ("order/number", " ", "data.order.number must be a text that is not empty."),
        ("order/version", "2", "data.order.version must be a whole number from 0 on."),
        ("order/lines", {}, "data.order.lines must be a list."),
        ("order/lines/0/quantity", 10, "data.order.lines[0].quantity must be a decimal number"),
        ("order/lines/0/quantity", "1_0", "data.order.lines[0].quantity must be a decimal number"),
        ("order/lines/0/quantity", "NaN", "data.order.lines[0].quantity must be a decimal number"),
        ("order/lines/1/quantity", "-1", "data.order.lines[1].quantity must not be negative."),
        ("order/lines/1/id", "0199f3c1-0000-7000-8000-00000000000a", "names a line twice."),
        ("order/lines/1/net/currency", "USD", "net.currency must be EUR, as the document."),
    ],
)
def test_says_what_is_wrong_with_an_order(
    warehouse: Client, path: str, value: Any, detail: str
) -> None:
    event = _set(order_event(), path, value)

    reply = warehouse.push(event)

    assert reply.status == 422
    assert detail in reply.json["detail"]
    assert warehouse.get("/orders") == []
    assert warehouse.ledger(event["id"]) == (1, 0)


def test_refuses_a_body_over_a_megabyte(warehouse: Client) -> None:
    body = b"x" * (1024 * 1024 + 1)

    assert warehouse.ask("POST", HOOKS, body, signed("evt_1", body)).status == 413
