"""Intake of signed messages: authentication, validation, and the answer to each message."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import hmac
import io
import json
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from fulfilment import signing
from fulfilment.inbound.fields import SEQUENCE
from fulfilment.models import Connection, InboundMessage, Secret
from fulfilment.services.connections import rotate_secret
from sales.models import Order, SalesEvent
from tests.factories import Market
from tests.fulfilment.conftest import (
    SECRET_IN,
    SECRET_OUT,
    FarEnd,
    event,
    send,
    shipment_event,
    spoil_secret,
    submitted_order,
)
from tests.fulfilment.messages import receive_from, returned, status_event


def signature_of(body: bytes) -> dict[str, str]:
    """The headers that the Standard Webhooks specification asks for, over raw bytes."""
    seconds = str(int(timezone.now().timestamp()))
    signed = b".".join([b"msg_1", seconds.encode(), body])
    key = base64.b64decode(SECRET_IN.removeprefix("whsec_"))
    signature = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": seconds,
        "webhook-signature": f"v1,{signature}",
    }


def post_bytes(body: bytes, headers: dict[str, str]) -> Any:
    return Client().post(
        "/api/v1/intake/warehouse", body, "application/cloudevents+json", headers=headers
    )


def assert_refused(answer: Any, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"
    assert not InboundMessage.objects.exists()


def test_applies_a_signed_message(order: Order, warehouse: FarEnd) -> None:
    message = status_event(order, "picking")

    answer = send(message)

    assert answer.status_code == 200
    assert answer.json() == {"id": message["id"], "result": "applied", "detail": ""}
    order.refresh_from_db()
    assert order.processing_status == "picking"
    stored = InboundMessage.objects.get()
    assert (stored.root_id, stored.body, stored.sequence) == (
        order.pk,
        message,
        int(message["sequence"]),
    )
    caused = SalesEvent.objects.get(type="order.progressed")
    assert (caused.origin, caused.causation_id) == ("warehouse", message["id"])
    assert (caused.actor_kind, caused.actor_name) == ("connection", "Warehouse")


def test_answers_a_known_message_as_a_duplicate(order: Order, warehouse: FarEnd) -> None:
    message = status_event(order)
    send(message)
    order.refresh_from_db()

    answer = send(message)

    assert answer.json() == {
        "id": message["id"],
        "result": "duplicate",
        "detail": "Applied before.",
    }
    assert Order.objects.get().version == order.version


def test_refuses_the_same_id_with_another_body(order: Order, warehouse: FarEnd) -> None:
    message = status_event(order)
    send(message)

    answer = send(status_event(order, "packed", id=message["id"]))

    assert (answer.status_code, answer.json()["code"]) == (422, "message_changed")
    order.refresh_from_db()
    assert order.processing_status == "accepted"
    assert InboundMessage.objects.count() == 1


@pytest.mark.parametrize(
    "options",
    [
        {"secret": SECRET_OUT},
        {"at": timezone.now() - dt.timedelta(minutes=20)},
        {"at": timezone.now() + dt.timedelta(minutes=20)},
        {"code": "nobody"},
        {"code": "erp"},
    ],
)
def test_refuses_wrong_signatures_and_old_messages(
    order: Order, warehouse: FarEnd, options: dict[str, Any]
) -> None:
    assert_refused(send(status_event(order), **options), 401, "bad_signature")
    order.refresh_from_db()
    assert order.processing_status == ""


def test_refuses_a_message_without_any_signature(order: Order, warehouse: FarEnd) -> None:
    answer = Client().post(
        "/api/v1/intake/warehouse", json.dumps(status_event(order)), content_type="text/plain"
    )

    assert_refused(answer, 401, "bad_signature")


def test_refuses_messages_of_a_disabled_connection(order: Order, warehouse: FarEnd) -> None:
    Connection.objects.update(status=Connection.Status.DISABLED)

    assert_refused(send(status_event(order)), 401, "bad_signature")


def test_asks_to_send_again_while_its_secret_cannot_be_read(
    order: Order, warehouse: FarEnd, erp: FarEnd
) -> None:
    spoil_secret(warehouse.connection, Secret.Purpose.INBOUND)

    answer = send(status_event(order))

    assert_refused(answer, 503, "secret_unreadable")
    assert answer.headers["Retry-After"] == "900"
    assert not InboundMessage.objects.exists()
    assert_refused(send(status_event(order), code="erp", secret=SECRET_OUT), 401, "bad_signature")
    new = rotate_secret(warehouse.connection, Secret.Purpose.INBOUND)
    assert send(status_event(order), secret=new).status_code == 200


def test_accepts_both_secrets_during_a_rotation(order: Order, warehouse: FarEnd) -> None:
    new = rotate_secret(warehouse.connection, Secret.Purpose.INBOUND)

    assert send(status_event(order), secret=new).status_code == 200
    assert send(status_event(order, "packed"), secret=SECRET_IN).status_code == 200


def test_needs_no_cookie_and_no_csrf_token(order: Order, warehouse: FarEnd) -> None:
    answer = send(status_event(order), client=Client(enforce_csrf_checks=True))

    assert answer.status_code == 200


def test_refuses_a_body_that_is_too_large(order: Order, warehouse: FarEnd) -> None:
    message = status_event(order) | {"filler": "x" * 300 * 1024}

    answer = send(message)

    assert_refused(answer, 413, "too_large")
    assert answer["Connection"] == "close"


@pytest.mark.parametrize("length", ["1_0", "²"])
def test_refuses_a_length_that_is_no_number(order: Order, warehouse: FarEnd, length: str) -> None:
    body = json.dumps(status_event(order)).encode()
    headers = signing.sign("1", body.decode(), [SECRET_IN], at=timezone.now())
    answer = Client().generic(
        "POST", "/api/v1/intake/warehouse", body, headers=headers, CONTENT_LENGTH=length
    )

    assert_refused(answer, 413, "too_large")


def in_chunks(body: bytes, **environ: Any) -> Any:
    """Post a body without its length, as a server hands it over that joins the chunks."""
    message_id = json.loads(body)["id"]
    headers = signing.sign(message_id, body.decode(), [SECRET_IN], at=timezone.now())
    given: dict[str, Any] = {
        "HTTP_TRANSFER_ENCODING": "chunked",
        "CONTENT_LENGTH": "",
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
    }
    return Client().generic(
        "POST", "/api/v1/intake/warehouse", headers=headers, **(given | environ)
    )


def test_reads_a_body_in_chunks(order: Order, warehouse: FarEnd) -> None:
    answer = in_chunks(json.dumps(status_event(order, "packed")).encode())

    assert (answer.status_code, answer.json()["result"]) == (200, "applied")
    order.refresh_from_db()
    assert order.processing_status == "packed"


def test_refuses_chunks_that_are_too_large_or_break_off(order: Order, warehouse: FarEnd) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise ConnectionResetError

    large = json.dumps(status_event(order) | {"filler": "x" * 300 * 1024}).encode()
    small = json.dumps(status_event(order)).encode()

    assert_refused(in_chunks(large), 413, "too_large")
    assert_refused(in_chunks(small, **{"wsgi.input": Broken()}), 400, "unreadable")


def test_asks_for_the_length_where_the_server_cannot_join_chunks(
    order: Order, warehouse: FarEnd
) -> None:
    body = json.dumps(status_event(order)).encode()

    answer = in_chunks(body, **{"wsgi.input_terminated": False})

    assert_refused(answer, 411, "length_required")
    assert "Content-Length" in answer.json()["detail"]


@pytest.mark.parametrize("encoding", ["gzip", "br", "GZIP, identity"])
def test_refuses_an_encoded_body(order: Order, warehouse: FarEnd, encoding: str) -> None:
    text = json.dumps(status_event(order))
    headers = signing.sign("m", text, [SECRET_IN], at=timezone.now())

    answer = Client().post(
        "/api/v1/intake/warehouse",
        gzip.compress(text.encode()),
        content_type="application/cloudevents+json",
        headers=headers | {"Content-Encoding": encoding},
    )

    assert_refused(answer, 415, "unsupported_encoding")
    assert answer.headers["Accept-Encoding"] == "identity"
    assert f"“{encoding}”" in answer.json()["detail"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "17",
        '"text"',
        "{",
        '{"id": NaN}',
        '{"a":' * 9000 + "1" + "}" * 9000,
        '{"id": "\\ud800"}',
        '{"id": "a\\u0000b"}',
        "[]",
        "{}",
        "[[]]",
        "[" * 5000 + "]" * 5000,
    ],
)
def test_refuses_what_is_not_an_event(order: Order, warehouse: FarEnd, text: str) -> None:
    answer = send(text, message_id="m")

    if text.startswith("[["):
        assert answer.json()["results"][0]["result"] == "invalid"
        assert not InboundMessage.objects.exists()
    else:
        assert_refused(answer, 422, "invalid_message")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"specversion": "0.3"}, "/specversion"),
        ({"type": "warehouse.coffee.made"}, "/type"),
        ({"sequence": "-1"}, "/sequence"),
        ({"sequence": "9" * 20}, "/sequence"),
        ({"sequence": "12a"}, "/sequence"),
        ({"id": ""}, "/id"),
        ({"data": []}, "/data"),
        ({"data": {}}, "/data/order"),
        ({"data": {"order": "O-1", "status": "lost"}}, "/data/status"),
    ],
)
def test_points_to_the_wrong_field_of_an_event(
    order: Order, warehouse: FarEnd, change: dict[str, Any], pointer: str
) -> None:
    answer = send(status_event(order) | change, message_id="m")

    assert_refused(answer, 422, "invalid_message")
    assert pointer in {error["pointer"] for error in answer.json()["errors"]}


@pytest.mark.parametrize("quantity", ["-1", "NaN", "Infinity", "1e30", "0.000001", "many", None])
def test_refuses_an_invalid_quantity(order: Order, warehouse: FarEnd, quantity: str | None) -> None:
    message = shipment_event(order, "WH-1", "shipped", "1")
    message["data"]["lines"][0]["quantity"] = quantity

    assert_refused(send(message), 422, "invalid_message")


def twice(message: dict[str, Any], key: str) -> str:
    """The message as text, with a key a second time in the object that has it."""
    value = json.dumps(message["data"]["lines"][0][key] if key == "quantity" else message[key])
    return json.dumps(message).replace(f'"{key}":', f'"{key}": {value}, "{key}":', 1)


@pytest.mark.parametrize("key", ["data", "sequence", "quantity", "correction"])
@pytest.mark.parametrize("in_a_batch", [False, True], ids=["alone", "in a batch"])
def test_refuses_a_key_that_an_object_has_twice(
    order: Order, warehouse: FarEnd, key: str, in_a_batch: bool
) -> None:
    message = shipment_event(order, "WH-1", "shipped", "1", correction=False)
    text = twice(message, key)
    if in_a_batch:
        text = f"[{json.dumps(status_event(order))}, {text}]"

    answer = send(text, message_id=message["id"])

    assert_refused(answer, 400, "duplicate_key")
    assert f"“{key}” stands twice" in answer.json()["detail"]


def test_refuses_a_deep_value_that_a_second_key_hides(order: Order, warehouse: FarEnd) -> None:
    text = '{"id": ' + "[" * 1000 + "]" * 1000 + ', "id": 1}'

    assert send(text, message_id="m").status_code in {400, 422}
    assert not InboundMessage.objects.exists()


@pytest.mark.parametrize("type_", ["shipment", "return"])
def test_refuses_what_moves_nothing_unless_it_corrects(
    market: Market, warehouse: FarEnd, type_: str
) -> None:
    order = submitted_order(market, "10", "3")
    make = returned if type_ == "return" else picked
    receive_from(warehouse, make(order, "WH-1", "1", "0"))
    nothing = make(order, "WH-1", "0", "0.00")

    answer = send(nothing)
    in_a_batch = send([nothing, status_event(order)]).json()["results"]

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_message")
    assert answer.json()["errors"][0]["pointer"] == "/data/lines"
    assert "Every quantity of WH-1 is 0" in answer.json()["detail"]
    assert [each["result"] for each in in_a_batch] == ["invalid", "applied"]
    assert send(nothing | {"correction": True}).json()["result"] == "applied"


def picked(order: Order, reference: str, *quantities: str) -> dict[str, Any]:
    return shipment_event(order, reference, "picked", *quantities)


def test_refuses_an_event_signed_under_another_id(order: Order, warehouse: FarEnd) -> None:
    assert_refused(send(status_event(order), message_id="other"), 422, "invalid_message")


def test_applies_each_message_of_a_batch_on_its_own(order: Order, warehouse: FarEnd) -> None:
    good, repeated = status_event(order), status_event(order, "picking")
    changed = repeated | {"time": "2026-11-22T02:00:00Z"}
    bad: dict[str, Any] = event("warehouse.order.status", {})
    later = status_event(order, "packed")

    answer = send([good, bad, repeated, repeated, changed, 17, later])

    assert [each["result"] for each in answer.json()["results"]] == [
        "applied",
        "invalid",
        "applied",
        "duplicate",
        "conflict",
        "invalid",
        "applied",
    ]
    order.refresh_from_db()
    assert order.processing_status == "packed"
    assert InboundMessage.objects.count() == 3


def test_a_changed_body_under_a_known_id_is_a_conflict_in_a_batch(
    order: Order, warehouse: FarEnd
) -> None:
    known = status_event(order)
    send(known)
    changed = status_event(order, "packed", id=known["id"])

    answer = send([changed, status_event(order, "picking")])

    first, second = answer.json()["results"]
    assert (first["id"], first["result"]) == (known["id"], "conflict")
    assert first["detail"] == f"{known['id']} was received before with another body."
    assert second["result"] == "applied"
    order.refresh_from_db()
    assert order.processing_status == "picking"


@pytest.mark.parametrize("sequence", ["9" * 20, "9" * 19, "9000000000000000000", "1" * 21])
def test_refuses_a_sequence_that_its_schema_does_not_allow(
    order: Order, warehouse: FarEnd, sequence: str
) -> None:
    answer = send(status_event(order, sequence=sequence))

    assert_refused(answer, 422, "invalid_message")
    [error] = answer.json()["errors"]
    assert error == {
        "pointer": "/sequence",
        "code": "invalid",
        "detail": "Write a whole number below 9000000000000000000, of at most 20 digits.",
    }
    assert re.fullmatch(SEQUENCE, sequence) is None


@pytest.mark.parametrize("sequence", ["0", "8" + "9" * 18, "0" + "8" + "9" * 18, "00" + "9" * 18])
def test_takes_every_sequence_that_its_schema_allows(
    order: Order, warehouse: FarEnd, sequence: str
) -> None:
    assert send(status_event(order, sequence=sequence)).json()["result"] == "applied"
    assert InboundMessage.objects.get().sequence == int(sequence)


def test_a_signed_body_that_is_no_text_is_refused_for_that(warehouse: FarEnd) -> None:
    body = b'{"id": "caf\xe9"}'

    assert_refused(post_bytes(body, signature_of(body)), 400, "not_utf8")
    wrong = signature_of(body + b" ")
    assert_refused(post_bytes(body, wrong), 401, "bad_signature")


def test_refuses_a_batch_of_more_than_a_hundred(order: Order, warehouse: FarEnd) -> None:
    assert_refused(send([status_event(order)] * 101), 422, "invalid_message")
