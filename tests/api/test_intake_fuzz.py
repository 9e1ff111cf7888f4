"""Intake under fuzzing: whatever stands in a field, it is taken or refused, and nothing stops."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from pytest_httpserver import HTTPServer

from fulfilment.inbound.deferral import retry_deferred
from fulfilment.inbound.schemas import SCHEMAS
from fulfilment.models import InboundMessage
from sales.models import Invoice, Order
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, send
from tests.fulfilment.messages import every_message
from tests.fulfilment.supply import (
    connect_supply,
    every_supply_message,
    mapped_product,
    their_order,
)

Path = tuple[str | int, ...]


def nested(depth: int) -> Any:
    """A list in a list in a list."""
    value: Any = "deep"
    for _ in range(depth):
        value = [value]
    return value


ODD: list[Any] = [
    *("", " ", "x", "x" * 61, "x" * 81, "x" * 100, "x" * 101, "x" * 5000, "\u202e\U0001f4a9", "\n"),
    *(
        "\x00",
        "a\x00b",
        "\ud800",
        "\ufffe",
        "%s",
        "'; --",
        "-1",
        "0",
        "0.00",
        "-0.01",
        "1e30",
        "1e-30",
    ),
    *("NaN", "Infinity", "9" * 15, "9" * 15 + ".99999", "9" * 400, "0" * 400, "0.000001"),
    *("1969-12-31", "9999-12-31", "0001-01-01", "10000-01-01", "2026-02-30"),
    *("9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "1969-12-31T23:59:59Z"),
    *("ffffffff-ffff-ffff-ffff-ffffffffffff", "EUR", "paid", "failed"),
    *(0, -1, 1, 2**31, 2**63, 2**64, 10**400, 1.5, -0.0, 1e308, True, False, None),
    *([], {}, [[]], [None], {"": ""}, {"amount": "1"}, nested(40), nested(900)),
    *([{"order_line": 1, "quantity": 1}] * 2, list(range(3000))),
]
TYPES = sorted(SCHEMAS)


def paths(value: Any, above: Path = ()) -> Iterator[Path]:
    """Every place in a message, the containers too."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in items:
        yield (*above, key)
        if isinstance(each, dict | list):
            yield from paths(each, (*above, key))


def put(message: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """A copy of the message with another value in one place."""
    changed = copy.deepcopy(message)
    target: Any = changed
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return changed


def mutants(message: dict[str, Any], every: int) -> Iterator[dict[str, Any]]:
    """The message with odd values in each place, under an id of its own where it can have.

    Of the odd values every so-manieth stands in a place, others in the next one.
    """
    for number, path in enumerate(paths(message)):
        for index, value in list(enumerate(ODD))[number % every :: every]:
            named = message | {"id": f"{message['id']}-{number}-{index}"}
            yield put(named, path, value)


def taken_or_refused(body: list[Any], code: str) -> list[str]:
    """Send a batch, and return what was done with each."""
    answer = send(body, code=code, message_id="batch")
    assert answer.status_code == 200, (answer.status_code, answer.content[:300])
    results: list[str] = [each["result"] for each in answer.json()["results"]]
    assert len(results) == len(body)
    return results


def rename(data: dict[str, Any]) -> None:
    """Have a message name a document that is not known here."""
    key = "order" if "order" in data else "invoice"
    named = data[key]
    data[key] = named | {"id": "X-1", "number": "X-1"} if isinstance(named, dict) else "X-1"


@pytest.fixture
def both(
    market: Market,
    order: Order,
    invoice: Invoice,
    warehouse: FarEnd,
    erp: FarEnd,
    httpserver: HTTPServer,
) -> tuple[Order, Invoice]:
    """An order and an invoice that can be reported on."""
    supply = connect_supply(httpserver, market)
    mapped_product(supply.connection, market, "AX-9", "25.00")
    return order, invoice


@pytest.mark.parametrize(
    "every",
    [
        pytest.param(5, id="some"),
        pytest.param(1, id="all", marks=pytest.mark.exhaustive),
    ],
)
@pytest.mark.parametrize("is_known", [True, False], ids=["known", "not yet known"])
@pytest.mark.parametrize("type_", TYPES)
def test_takes_or_refuses_whatever_stands_in_a_field(
    both: tuple[Order, Invoice], type_: str, is_known: bool, every: int
) -> None:
    order, invoice = both
    messages = every_message(order, invoice) | every_supply_message(their_order())
    message = messages[type_]
    if not is_known:
        rename(message["data"])
    code = type_.partition(".")[0]
    batch: list[Any] = []
    size = 0
    for mutant in mutants(message, every):
        text = json.dumps(mutant)
        if len(batch) == 100 or size + len(text) > 200_000:
            taken_or_refused(batch, code)
            batch, size = [], 0
        batch.append(mutant)
        size += len(text)
    taken_or_refused(batch, code)
    retry_deferred()

    assert not InboundMessage.objects.filter(detail__contains="Unexpected").exists()


def lengthened(message: dict[str, Any]) -> dict[str, Any]:
    """The message with ids and references as long as they may be."""
    data = {
        name: f"{value}-".ljust(100, "r")
        if name.endswith(("_ref", "_number")) or name in {"tracking", "carrier"}
        else value
        for name, value in message["data"].items()
    }
    long = {"id": f"{message['id']}-".ljust(100, "i"), "correlationid": "c" * 100}
    return message | long | {"data": data}


def test_takes_ids_and_references_up_to_the_limit_of_the_schema(
    both: tuple[Order, Invoice],
) -> None:
    for type_, message in every_message(*both).items():
        answer = send(lengthened(message), code=type_.partition(".")[0])

        assert answer.json()["result"] == "applied", (type_, answer.json())


def test_refuses_a_body_that_nests_too_deep_and_goes_on(both: tuple[Order, Invoice]) -> None:
    order, invoice = both
    message = every_message(order, invoice)["warehouse.order.status"]
    deep = message | {"extra": nested(900)}

    assert send(deep, client=Client()).status_code == 422
    assert send(message).json()["result"] == "applied"
