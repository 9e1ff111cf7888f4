"""Webhook connector: look-ups of a message by its id."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pytest_httpserver import HTTPServer
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from fulfilment import signing
from fulfilment.connectors import Reply
from fulfilment.errors import (
    Refused,
    Unreachable,
)
from tests.fulfilment.conftest import SECRET_IN, SECRET_OUT
from tests.fulfilment.webhook_far_end import close_without_answer, far_end, find, push, target


def test_looks_up_a_message_by_its_id(httpserver: HTTPServer) -> None:
    to = target(httpserver.url_for("/hooks"))
    httpserver.expect_ordered_request("/hooks/evt_1").respond_with_json({"reference": "WH-7"})
    httpserver.expect_ordered_request("/hooks/evt_1").respond_with_data("", status=404)
    httpserver.expect_ordered_request("/hooks/evt_1").respond_with_data("OK")
    httpserver.expect_ordered_request("/hooks/evt_1").respond_with_data("", status=400)

    found = find(to)
    assert found is not None
    assert found.reference == "WH-7"
    assert find(to) is None
    for _ in range(2):
        with pytest.raises(Refused):
            find(to)


def test_keeps_the_query_of_the_url_in_look_ups(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hook/evt_1", query_string="code=S3cret").respond_with_json(
        {"reference": "WH-7"}
    )

    found = find(target(httpserver.url_for("/hook?code=S3cret")))

    assert found is not None
    assert found.reference == "WH-7"


@pytest.mark.parametrize("body", ["{}", ""])
def test_signs_look_ups_so_that_any_library_verifies_them(
    httpserver: HTTPServer, body: str
) -> None:
    httpserver.expect_request("/hooks/evt_1").respond_with_json({"reference": "WH-7"})
    secrets = (signing.encrypt(SECRET_OUT), signing.encrypt(SECRET_IN))

    find(target(httpserver.url_for("/hooks"), secrets=secrets))

    [(request, _)] = httpserver.log
    assert request.get_data() == b""
    for secret in (SECRET_OUT, SECRET_IN):
        verified = Webhook(secret).verify(body, dict(request.headers), json_parse=bool(body))
        assert verified == ({} if body else None)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET_OUT).verify("{}", dict(request.headers) | {"webhook-id": "evt_2"})


def test_names_the_setting_where_a_look_up_is_not_possible(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hooks/evt_1").respond_with_data("", status=405)

    with pytest.raises(Refused, match="answers no look-ups"):
        find(target(httpserver.url_for("/hooks")))


def test_accepts_what_is_found_without_a_reference_where_none_are_given(
    httpserver: HTTPServer,
) -> None:
    httpserver.expect_request("/hooks/evt_1").respond_with_data("", status=204)

    found = find(replace(target(httpserver.url_for("/hooks")), gives_references=False))

    assert found is not None
    assert found.reference == ""


def test_accepts_a_missing_reference_where_it_cannot_be_looked_up(httpserver: HTTPServer) -> None:
    httpserver.expect_ordered_request("/hooks").respond_with_data("OK")
    httpserver.expect_ordered_request("/hooks").respond_with_json({"reference": "WH-7"})
    to = replace(target(httpserver.url_for("/hooks")), answers_look_ups=False)

    assert push(to) == Reply("", 200, "OK")
    assert push(to).reference == "WH-7"


def test_raises_unreachable_for_a_look_up_without_an_answer() -> None:
    with far_end(close_without_answer) as url, pytest.raises(Unreachable) as raised:
        find(target(url))

    assert type(raised.value) is Unreachable
