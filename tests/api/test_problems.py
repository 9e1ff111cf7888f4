"""Refusals under the address of the API: problem+json, whatever is asked, whoever refuses."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest
from django.http import HttpRequest
from django.test import Client, override_settings
from django.urls import URLPattern, get_resolver
from rest_framework.response import Response

from api.views.events import EventsView
from fulfilment.models import InboundMessage
from sales.models import Order
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, send
from tests.fulfilment.messages import status_event

API = "/api/v1/"
METHODS = ("get", "post", "put", "patch", "delete", "head", "trace", "options")
ACCEPTED = ("*/*", "application/json", "text/html", "application/problem+json", "nonsense", "")


def known_paths() -> list[str]:
    """Every address of the API."""
    found = []
    for pattern in get_resolver("api.urls").url_patterns:
        assert isinstance(pattern, URLPattern)
        found.append(API + str(pattern.pattern).replace("<slug:code>", "nobody"))
    return found


def wrong_paths() -> list[str]:
    """Addresses beside each of them that there are not."""
    return [f"{each}{more}" for each in known_paths() for more in ("/", "/x")]


def odd_paths() -> list[str]:
    """Addresses that are no longer ones of a resource, or never were."""
    beside = [
        "",
        "intake",
        "intake/",
        "intake/a b",
        "intake/..",
        "event",
        "events.json",
        "\x00",
        "é",
    ]
    return [*(API + each for each in beside), "/api", "/api/", "/api/v2/events"]


def requests() -> Iterator[tuple[str, str, str]]:
    """Every path with every method and every kind of answer that may be asked for."""
    every = [*known_paths(), *wrong_paths(), *odd_paths()]
    return itertools.product(every, METHODS, ACCEPTED)


def some_requests() -> Iterator[tuple[str, str, str]]:
    """Every path with every method, each with one of the six kinds of answer in turn.

    Of the paths that one segment more makes wrong, each with one method: one handler answers them.
    """
    for first, path in enumerate([*known_paths(), *odd_paths()]):
        for number, method in enumerate(METHODS, first):
            yield path, method, ACCEPTED[number % len(ACCEPTED)]
    for number, path in enumerate(wrong_paths()):
        yield path, METHODS[number % len(METHODS)], ACCEPTED[number % len(ACCEPTED)]


@pytest.mark.parametrize(
    "asked", [some_requests, pytest.param(requests, marks=pytest.mark.exhaustive)]
)
@pytest.mark.parametrize("is_signed_in", [False, True], ids=["stranger", "rep"])
def test_every_refusal_is_a_problem(
    market: Market,
    is_signed_in: bool,
    asked: Callable[[], Iterator[tuple[str, str, str]]],
) -> None:
    client = Client(raise_request_exception=False)
    if is_signed_in:
        client.force_login(market.rep)
    refused = set()
    for path, method, accept in asked():
        answer = client.generic(method.upper(), path, headers={"Accept": accept})
        if answer.status_code < 400:
            assert method == "options" or path == "/api/v1/events"
            continue
        refused.add(answer.status_code)
        request = (path, method, accept, answer.status_code)
        assert answer["Content-Type"] == "application/problem+json", request
        if method == "head":
            continue
        problem = answer.json()
        assert problem["status"] == answer.status_code, request
        assert problem["code"], request
        assert problem["detail"], request
        assert problem["request_id"] or answer.status_code == 400, request
    assert refused == {400, 401, 404, 405, 406}


@pytest.mark.parametrize(
    ("path", "method", "headers", "status", "code"),
    [
        ("/api/v1/intake/", "post", {}, 404, "not_found"),
        ("/api/v1/order", "get", {}, 404, "not_found"),
        ("/api", "get", {}, 404, "not_found"),
        ("/api/v1/intake/warehouse", "get", {}, 405, "method_not_allowed"),
        ("/api/v1/intake/warehouse", "post", {"Accept": "text/html"}, 406, "not_acceptable"),
        ("/api/v1/intake/nobody", "post", {}, 401, "bad_signature"),
        ("/api/v1/events?after=%00", "get", {}, 400, "bad_request"),
        ("/api/v1/events", "get", {"Host": "evil.example"}, 400, "bad_request"),
        ("/api/v1/events", "get", {}, 401, "not_authenticated"),
    ],
)
def test_says_what_is_wrong_with_an_address(
    warehouse: FarEnd, path: str, method: str, headers: dict[str, str], status: int, code: str
) -> None:
    answer = getattr(Client(), method)(path, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"


def test_keeps_the_sentence_of_a_middleware() -> None:
    answer = Client().get("/api/v1/events?after=%00")

    assert answer.json()["detail"] == (
        "after in the address has a NUL character, which no text can have: leave it out."
    )


def test_a_form_from_elsewhere_is_a_problem(market: Market) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(market.rep)

    answer = client.post("/api/v1/events", {})

    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


def test_an_unexpected_error_is_a_problem(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(view: EventsView, request: HttpRequest) -> Response:
        raise ZeroDivisionError

    monkeypatch.setattr(EventsView, "get", fail)
    client = Client(raise_request_exception=False)
    client.force_login(market.rep)

    answer = client.get("/api/v1/events")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "ZeroDivisionError" not in answer.content.decode()
    assert answer.json()["request_id"]


def test_takes_nothing_that_it_refuses(order: Order, warehouse: FarEnd) -> None:
    answer = send(status_event(order), client=Client(headers={"Accept": "text/html"}))

    assert answer.status_code == 406
    assert not InboundMessage.objects.exists()


@override_settings(DEBUG=True)
def test_pages_for_people_stay_pages(db: None) -> None:
    assert Client().get("/nowhere")["Content-Type"] == "text/html; charset=utf-8"
