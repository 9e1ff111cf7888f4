"""Values of events that are JSON and cannot be kept: they make their own event invalid."""

from __future__ import annotations

import json

import pytest

from fulfilment.models import InboundMessage
from sales.models import Order
from tests.fulfilment.conftest import FarEnd, send
from tests.fulfilment.messages import status_event

UNSTORABLE = {
    "too large": ("1e400", "a number that is too large"),
    "of 5000 digits": ("9" * 5000, "a number that is too large"),
    "NUL": ('"a\\u0000"', "a NUL character"),
    "half a character": ('"\\ud800"', "half a character"),
    "deep": ("[" * 40 + "]" * 40, "more than 32 deep"),
    "very deep": ("[" * 50_000 + "]" * 50_000, "more than 32 deep"),
}


@pytest.mark.parametrize(("value", "sentence"), UNSTORABLE.values(), ids=UNSTORABLE)
@pytest.mark.parametrize("field", ["data", "status", "id", "more"])
def test_an_event_that_cannot_be_kept_leaves_the_others_of_a_batch(
    order: Order, warehouse: FarEnd, field: str, value: str, sentence: str
) -> None:
    good, last, bad = status_event(order), status_event(order, "picking"), status_event(order)
    (bad["data"] if field == "status" else bad)[field] = "placeholder"
    text = json.dumps([good, bad, last]).replace('"placeholder"', value)

    answer = send(text, message_id="batch")

    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [each["result"] for each in results] == ["applied", "invalid", "applied"]
    assert sentence in results[1]["detail"]
    assert results[1]["id"] == (bad["id"] if field != "id" else results[1]["id"])
    order.refresh_from_db()
    assert order.processing_status == "picking"
    alone = send(json.dumps(bad).replace('"placeholder"', value), message_id="alone")
    assert (alone.status_code, alone.json()["code"]) == (422, "invalid_message")
    assert sentence in alone.json()["detail"]
    assert InboundMessage.objects.count() == 2


def test_takes_the_letters_that_write_a_nul_character(order: Order, warehouse: FarEnd) -> None:
    assert send(status_event(order) | {"more": "\\u0000"}).json()["result"] == "applied"


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "[" * 100_000 + "}" * 100_000, "[" * 9000 + "NaN" + "]" * 9000]
)
def test_refuses_a_deep_body_that_is_no_json(order: Order, warehouse: FarEnd, text: str) -> None:
    answer = send(text, message_id="m")

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_message")
    assert not InboundMessage.objects.exists()
