"""Webhook connector, against real sockets."""

from __future__ import annotations

import datetime as dt
import gzip
import socket
import threading
import time
from email.utils import format_datetime

import pytest
from pytest_django import Settings
from pytest_httpserver import HTTPServer

from fulfilment import signing
from fulfilment.errors import (
    AddressBlocked,
    AuthenticationFailed,
    EndpointGone,
    HandoffError,
    NoReference,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unreachable,
    Unsigned,
)
from tests.fulfilment.conftest import SECRET_OUT
from tests.fulfilment.webhook_far_end import (
    answers,
    close_without_answer,
    far_end,
    find,
    push,
    target,
)

TOO_LONG = f'{{"reference": "{"X" * 101}"}}'


def test_returns_the_reference_of_a_success(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hooks").respond_with_json({"reference": " WH-7 "}, status=201)

    reply = push(target(httpserver.url_for("/hooks")))

    assert (reply.reference, reply.status, reply.refers_to_record) == ("WH-7", 201, True)


UNSTORABLE = ["1e400", "9" * 5000, '"\\u0000"', '"\\ud800"', "[" * 9000 + "]" * 9000]


@pytest.mark.parametrize("value", UNSTORABLE)
def test_returns_the_reference_beside_what_cannot_be_kept(
    httpserver: HTTPServer, value: str
) -> None:
    answer = f'{{"reference": "WH-7", "more": {value}}}'
    httpserver.expect_request("/hooks").respond_with_data(answer, status=201)
    httpserver.expect_request("/hooks/evt_1").respond_with_data(answer)

    replies = push(target(httpserver.url_for("/hooks"))), find(target(httpserver.url_for("/hooks")))

    assert [each and each.reference for each in replies] == ["WH-7", "WH-7"]


@pytest.mark.parametrize("value", UNSTORABLE)
def test_a_value_that_cannot_be_kept_is_no_reference(httpserver: HTTPServer, value: str) -> None:
    httpserver.expect_request("/hooks").respond_with_data(f'{{"reference": {value}}}', status=201)

    with pytest.raises(NoReference):
        push(target(httpserver.url_for("/hooks")))


def test_treats_the_reference_of_a_202_as_no_record(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hooks").respond_with_json({"reference": "NOTE-1"}, status=202)

    assert not push(target(httpserver.url_for("/hooks"))).refers_to_record


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (301, AddressBlocked),
        (307, AddressBlocked),
        (400, Refused),
        (401, AuthenticationFailed),
        (403, AuthenticationFailed),
        (404, Refused),
        (408, Unreachable),
        (409, Refused),
        (410, EndpointGone),
        (413, Refused),
        (422, Refused),
        (425, Unreachable),
        (429, RateLimited),
        (500, Unreachable),
        (502, Unreachable),
        (503, Unreachable),
    ],
)
def test_raises_the_error_of_each_status(
    httpserver: HTTPServer, status: int, error: type[HandoffError]
) -> None:
    httpserver.expect_request("/hooks").respond_with_data("no", status=status)

    with pytest.raises(error) as raised:
        push(target(httpserver.url_for("/hooks")))

    assert type(raised.value) is error
    assert (raised.value.status, raised.value.head) == (status, "no")


def test_never_follows_a_redirect(httpserver: HTTPServer) -> None:
    elsewhere = httpserver.url_for("/elsewhere")
    httpserver.expect_request("/hooks").respond_with_data("", 307, headers={"Location": elsewhere})

    with pytest.raises(AddressBlocked, match="redirects are not followed"):
        push(target(httpserver.url_for("/hooks")))

    assert [request.path for request, _ in httpserver.log] == ["/hooks"]


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("120", 120),
        ("0", 1),
        ("99999999999999", 3600),
        (format_datetime(dt.datetime(2020, 1, 1, tzinfo=dt.UTC), usegmt=True), 1),
        (None, 5),
        ("soon", 5),
    ],
)
def test_reads_retry_after_between_its_limits(
    httpserver: HTTPServer, retry_after: str | None, seconds: float
) -> None:
    headers = {"Retry-After": retry_after} if retry_after else {}
    httpserver.expect_request("/hooks").respond_with_data("", 429, headers=headers)

    with pytest.raises(RateLimited) as raised:
        push(target(httpserver.url_for("/hooks")))

    assert raised.value.retry_after == seconds


def test_reads_retry_after_as_a_date(httpserver: HTTPServer) -> None:
    until = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=90)
    headers = {"Retry-After": format_datetime(until, usegmt=True)}
    httpserver.expect_request("/hooks").respond_with_data("", 503, headers=headers)

    with pytest.raises(RateLimited) as raised:
        push(target(httpserver.url_for("/hooks")))

    assert 85 <= (raised.value.retry_after or 0) <= 90


@pytest.mark.parametrize(
    "body",
    [
        "",
        "OK",
        "[]",
        "{}",
        '{"reference": 7}',
        '{"reference": ""}',
        '{"reference": "%s"}' % ("X" * 101),
    ],
)
def test_raises_no_reference_for_a_success_without_one(httpserver: HTTPServer, body: str) -> None:
    httpserver.expect_request("/hooks").respond_with_data(body, status=200)

    with pytest.raises(NoReference):
        push(target(httpserver.url_for("/hooks")))
    assert push(target(httpserver.url_for("/hooks")), needs_reference=False).reference == ""


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (
            '{"title": "Conflict", "detail": "O-7 is cancelled.", "status": 409}',
            "O-7 is cancelled.",
        ),
        ('{"accepted": false, "error": "O-7 is cancelled."}', "O-7 is cancelled."),
        ('{"error": {"text": "O-7 is cancelled."}}', '{"error": {"text": "O-7 is cancelled."}}'),
        ('["O-7 is cancelled."]', '["O-7 is cancelled."]'),
        ("O-7 is\n cancelled.", "O-7 is cancelled."),
        ("{}", "409"),
        ("", "409"),
    ],
)
def test_reads_the_reason_of_a_refusal_from_its_answer(
    httpserver: HTTPServer, answer: str, reason: str
) -> None:
    httpserver.expect_request("/hooks").respond_with_data(answer, status=409)

    with pytest.raises(Refused) as raised:
        push(target(httpserver.url_for("/hooks")))

    assert str(raised.value.detail) == f"Warehouse refused: {reason}"


def test_raises_unreachable_for_a_closed_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(Unreachable, match="could not be reached") as raised:
        push(target(f"http://127.0.0.1:{port}/hooks"))
    assert type(raised.value) is Unreachable


def test_raises_unreachable_for_an_unknown_host() -> None:
    with pytest.raises(Unreachable):
        push(target("http://does-not-exist.invalid/hooks"))


def test_raises_unreachable_without_tls(httpserver: HTTPServer) -> None:
    url = httpserver.url_for("/hooks").replace("http:", "https:")

    with pytest.raises(Unreachable):
        push(target(url))


def test_raises_outcome_unknown_when_the_connection_is_closed_before_the_answer() -> None:
    with far_end(close_without_answer) as url, pytest.raises(OutcomeUnknown) as raised:
        push(target(url))

    assert type(raised.value) is OutcomeUnknown


def test_raises_outcome_unknown_after_the_deadline() -> None:
    started = time.monotonic()
    with (
        far_end(lambda client: time.sleep(3)) as url,
        pytest.raises(OutcomeUnknown, match=r"did not answer for 0\.5 s"),
    ):
        push(target(url, deadline=0.5))

    assert time.monotonic() - started < 1.5


def test_keeps_the_deadline_when_headers_arrive_byte_by_byte() -> None:
    def send_slowly(client: socket.socket) -> None:
        client.recv(65536)
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 1000:
            client.sendall(bytes([byte]))
            time.sleep(0.05)

    started = time.monotonic()
    with far_end(send_slowly) as url, pytest.raises(OutcomeUnknown):
        push(target(url, deadline=0.5))
    assert time.monotonic() - started < 1.5


def test_treats_a_success_whose_body_is_slow_as_accepted() -> None:
    def send_slowly(client: socket.socket) -> None:
        client.recv(65536)
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(1000):
            client.sendall(b" ")
            time.sleep(0.05)

    with (
        far_end(send_slowly) as url,
        pytest.raises(NoReference, match="body did not arrive"),
    ):
        push(target(url, deadline=0.5))
    with far_end(send_slowly) as url:
        assert push(target(url, deadline=0.5), needs_reference=False).status == 200


def test_reads_no_more_than_64_kib_of_an_endless_answer() -> None:
    sent = 0

    def flood(client: socket.socket) -> None:
        nonlocal sent
        client.recv(65536)
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n")
        while True:
            sent += client.send(b"x" * 65536)

    with far_end(flood) as url, pytest.raises(NoReference) as raised:
        push(target(url, deadline=5))

    assert raised.value.head == "x" * 2000
    assert sent < 32 * 1024 * 1024


def test_does_not_decompress_an_answer(httpserver: HTTPServer) -> None:
    compressed = gzip.compress(b'{"reference": "WH-1"}' + b" " * 10_000_000)
    headers = {"Content-Encoding": "gzip"}
    httpserver.expect_request("/hooks").respond_with_data(compressed, headers=headers)

    with pytest.raises(NoReference):
        push(target(httpserver.url_for("/hooks")))


def test_raises_outcome_unknown_for_an_answer_that_is_not_http() -> None:
    with far_end(answers(b"SSH-2.0-OpenSSH_9.9\r\n")) as url, pytest.raises(OutcomeUnknown):
        push(target(url))


def test_never_connects_to_a_private_network_that_is_not_allowed(settings: Settings) -> None:
    visited = threading.Event()

    def record_visit(client: socket.socket) -> None:
        visited.set()

    settings.OUTBOUND_NETWORKS = ["10.0.0.0/8"]
    with far_end(record_visit) as url, pytest.raises(AddressBlocked, match=r"127\.0\.0\.1"):
        push(target(url))
    with far_end(record_visit) as url, pytest.raises(AddressBlocked, match=r"is at 127\.0\.0\.1"):
        push(target(url.replace("127.0.0.1", "localhost")))

    assert not visited.is_set()


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://far.example/", "http://", "nonsense", "file:///etc/passwd"),
        *("http://ada:S3cret@localhost/", "http://169.254.169.254/?code=S3cret"),
    ],
)
def test_refuses_an_invalid_url_without_connecting(url: str) -> None:
    with pytest.raises(AddressBlocked, match=r"^Warehouse: ") as raised:
        push(target(url))

    assert "S3cret" not in str(raised.value.detail)


@pytest.mark.parametrize("secrets", [(), (b"not encrypted with any of our keys",)])
def test_sends_nothing_unsigned(httpserver: HTTPServer, secrets: tuple[bytes, ...]) -> None:
    with pytest.raises(Unsigned, match="Warehouse has no secret to sign with that can be read"):
        push(target(httpserver.url_for("/hooks"), secrets=secrets))
    with pytest.raises(Unsigned):
        find(target(httpserver.url_for("/hooks"), secrets=secrets))

    assert httpserver.log == []


def test_signs_with_the_secrets_that_can_be_read(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hooks").respond_with_json({"reference": "WH-7"})
    secrets = (b"not encrypted with any of our keys", signing.encrypt(SECRET_OUT))

    push(target(httpserver.url_for("/hooks"), secrets=secrets))

    [(request, _)] = httpserver.log
    assert len(request.headers["webhook-signature"].split(" ")) == 1
    assert signing.verify(dict(request.headers), request.get_data(), [SECRET_OUT]) == "evt_1"
