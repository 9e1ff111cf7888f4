"""Connector of a supply-chain system: reading an order, and what changed, signed as a look-up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeVar

import pytest
from django.core.exceptions import ValidationError
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from fulfilment import signing
from fulfilment.connectors import ChangesPage, Target
from fulfilment.connectors.supply import SupplyConnector
from fulfilment.errors import AuthenticationFailed, RateLimited, Refused, Unreachable
from fulfilment.models import Connection
from tests.fulfilment.conftest import SECRET_OUT
from tests.fulfilment.webhook_far_end import close_without_answer, far_end, target

ResultT = TypeVar("ResultT")
ORDER = {"id": "5637144577", "number": "SO-000123", "sequence": 7}
PAGE = {"orders": [ORDER], "next": "7", "more": True, "latest": "12"}


def ask(to: Target, request: Callable[[SupplyConnector], Awaitable[ResultT]]) -> ResultT:
    async def run() -> ResultT:
        connector = SupplyConnector(to)
        try:
            return await request(connector)
        finally:
            await connector.close()

    return asyncio.run(run())


def supply_at(url: str, **fields: Any) -> Target:
    return replace(target(url), kind="supply", name="Supply", **fields)


def signed(value: object) -> Callable[[Request], Response]:
    """Answer what is signed over no body."""

    def answer(request: Request) -> Response:
        assert request.get_data() == b""
        signing.verify(dict(request.headers), b"", [SECRET_OUT])
        return Response(json.dumps(value), 200)

    return answer


def test_reads_an_order_beside_the_address_of_messages(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/orders/A%2F7").respond_with_handler(signed(ORDER))
    httpserver.expect_request("/orders/A/7").respond_with_handler(signed(ORDER))
    to = supply_at(httpserver.url_for("/hooks/throughline"))

    assert ask(to, lambda each: each.fetch_order("A/7")) == ORDER


def test_an_order_that_is_not_there_is_none(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/orders/7").respond_with_data("{}", status=404)

    assert ask(supply_at(httpserver.url_for("/hooks")), lambda each: each.fetch_order("7")) is None


def test_reads_a_page_of_what_changed_after_a_cursor(httpserver: HTTPServer) -> None:
    asked = {"code": "S3cret", "changed_since": "2026-11-22T01:20:00Z", "limit": "50"}
    httpserver.expect_request("/api/orders", query_string=asked).respond_with_handler(signed(PAGE))
    to = supply_at(
        httpserver.url_for("/hooks"), orders_url=httpserver.url_for("/api/orders?code=S3cret")
    )

    page = ask(to, lambda each: each.fetch_changes("2026-11-22T01:20:00Z", 50))

    assert page == ChangesPage([ORDER], "7", has_more=True, latest="12")


@pytest.mark.parametrize(
    "answer",
    [
        *("OK", "[]", "{}", '{"orders": [1], "next": "1", "latest": "1"}'),
        *('{"orders": [], "next": 1}', '{"orders": [], "next": "1\\u0000", "latest": "1"}'),
    ],
)
def test_refuses_what_is_no_page(httpserver: HTTPServer, answer: str) -> None:
    httpserver.expect_request("/orders").respond_with_data(answer)
    httpserver.expect_request("/orders/7").respond_with_data(answer)
    to = supply_at(httpserver.url_for("/hooks"))

    with pytest.raises(Refused, match="no page of orders"):
        ask(to, lambda each: each.fetch_changes("", 50))
    with pytest.raises(Refused, match="no page of orders"):
        ask(to, lambda each: each.fetch_order("7"))


@pytest.mark.parametrize("value", ["1e400", "9" * 5000, "[" * 9000 + "]" * 9000, '"\\ud800"'])
def test_reads_a_page_beside_what_cannot_be_kept(httpserver: HTTPServer, value: str) -> None:
    orders = f'[{{"id": "1"}}, {{"id": "2", "more": {value}}}]'
    text = f'{{"orders": {orders}, "next": "1", "latest": "1"}}'
    httpserver.expect_request("/orders").respond_with_data(text)

    page = ask(supply_at(httpserver.url_for("/hooks")), lambda each: each.fetch_changes("", 50))

    assert [each["id"] for each in page.orders] == ["1", "2"]


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, AuthenticationFailed), (429, RateLimited), (500, Unreachable), (422, Refused)],
)
def test_raises_what_each_answer_means(
    httpserver: HTTPServer, status: int, error: type[Exception]
) -> None:
    httpserver.expect_request("/orders").respond_with_data("", status=status)

    with pytest.raises(error):
        ask(supply_at(httpserver.url_for("/hooks")), lambda each: each.fetch_changes("", 50))


def test_an_answer_that_is_lost_does_no_harm() -> None:
    with far_end(close_without_answer) as url, pytest.raises(Unreachable) as raised:
        ask(supply_at(url), lambda each: each.fetch_order("7"))

    assert type(raised.value) is Unreachable


@pytest.mark.parametrize(
    "config",
    [
        {"orders_url": "ftp://erp.example.com/orders"},
        {"orders_url": 7},
        {"most_repairs": 0},
        {"most_repairs": True},
        {"orders_a_minute": "many"},
    ],
)
def test_settings_of_reads_are_checked(config: dict[str, Any]) -> None:
    connection = Connection(name="Supply", kind=Connection.Kind.SUPPLY, config=config)

    with pytest.raises(ValidationError, match=r"cannot be read at|is no number of orders"):
        connection.clean()
    connection.config = {
        "orders_url": "https://erp.example.com/orders",
        "most_repairs": 10,
        "orders_a_minute": 600,
    }
    connection.clean()
