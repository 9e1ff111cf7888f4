"""Webhook connector: CloudEvents over HTTP with Standard Webhooks signatures (HMAC)."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import SimpleNamespace
from typing import NoReturn

import aiohttp
from django.conf import settings

from common.json_reading import NotJson, read_answer
from common.sentences import Sentence
from common.sentences import sentence as _
from common.stored_sentences import printable
from fulfilment import signing
from fulfilment.addresses import InvalidAddress, below, check_url, shown_url
from fulfilment.cloudevents import CONTENT_TYPE
from fulfilment.connectors.base import Message, Reply, Target
from fulfilment.connectors.ssrf import AddressFilter, refused_addresses
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

ANSWER_BYTES = 64 * 1024
HEAD_CHARACTERS = 2000
DEFAULT_PAUSE = 5.0
"""Seconds to wait after a 429 without Retry-After."""
SHORTEST_PAUSE, LONGEST_PAUSE = 1.0, 3600.0
IDLE_SECONDS = 1.5
"""Keep-alive time. Servers close idle connections after two seconds and more; a request sent into
one that is being closed has an unknown outcome.
"""
LONGEST_REFERENCE = 100
REASONS = ("detail", "message", "error", "title", "code")
"""Where answers give their reason, the plainest first; problem+json has a detail."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it arrived."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class WebhookConnector:
    """Posts to one URL within a deadline; redirects are never followed."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._secrets = signing.readable(target.ciphertexts)
        addresses = AddressFilter(settings.OUTBOUND_NETWORKS)
        trace = aiohttp.TraceConfig()
        trace.on_request_headers_sent.append(_note_sent)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0, socket_factory=addresses.open_socket, keepalive_timeout=IDLE_SECONDS
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            trace_configs=[trace],
            auto_decompress=False,
            headers={"User-Agent": "Throughline", "Accept-Encoding": "identity"},
        )

    async def push(self, message: Message) -> Reply:
        """Post the message; a reference that is missing is looked up, if that is possible."""
        needs_look_up = message.needs_reference and self._target.answers_look_ups
        headers = self._sign(message.id, message.body) | {
            "Content-Type": CONTENT_TYPE,
            "Idempotency-Key": f'"{message.id}"',
        }
        try:
            reply = await self._request("POST", self._target.url, headers, message.body.encode())
        except NoReference as error:
            if needs_look_up or error.status is None:
                raise
            return Reply("", error.status)
        if needs_look_up and not reply.reference:
            raise NoReference(
                _(
                    "%(name)s answered %(status)s without a reference.",
                    name=self._target.name,
                    status=reply.status,
                ),
                status=reply.status,
                head=reply.head,
            )
        return reply

    async def find(self, message_id: str) -> Reply | None:
        """Look a message up by its id, below the URL it was posted to."""
        url = below(self._target.url, message_id)
        try:
            reply = await self._request("GET", url, self._sign(message_id), None)
        except Refused as refused:
            if refused.status == 404:
                return None
            if refused.status == 405:
                detail = _(
                    "%(name)s answers no look-ups (405): switch them off.", name=self._target.name
                )
                raise Refused(detail, status=405, head=refused.head) from refused
            raise
        except OutcomeUnknown as error:  # a look-up is safe to repeat
            raise Unreachable(error.detail, status=error.status, head=error.head) from error
        if self._target.gives_references and not reply.reference:
            raise Refused(
                _(
                    "%(name)s knows the message but returned no reference.",
                    name=self._target.name,
                ),
                status=reply.status,
                head=reply.head,
            )
        return reply

    async def close(self) -> None:
        """Close the HTTP session."""
        await self._session.close()

    def _sign(self, message_id: str, body: str | None = None) -> dict[str, str]:
        """Sign a message, or without a body a look-up."""
        if not self._secrets:
            raise Unsigned(
                _(
                    "%(name)s has no secret to sign with that can be read: rotate it, "
                    "or put the old key back into FIELD_ENCRYPTION_KEYS.",
                    name=self._target.name,
                )
            )
        now = dt.datetime.now(dt.UTC)
        if body is None:
            return signing.sign_look_up(message_id, self._secrets, at=now)
        return signing.sign(message_id, body, self._secrets, at=now)

    async def _request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Reply:
        answer = await self._ask(method, url, headers, body)
        return self._interpret(answer.status, answer.headers, answer.body)

    async def _ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None = None,
        most: int = ANSWER_BYTES,
    ) -> Answer:
        """Make one request, and read at most so many bytes of its answer."""
        self._check_url()
        progress = SimpleNamespace(sent=False, status=None, refused=[])
        refused_addresses.set(progress.refused)
        request = self._session.request(
            method,
            url,
            data=body,
            headers=headers,
            allow_redirects=False,
            trace_request_ctx=progress,
        )
        async with (
            self._handoff_errors(progress),
            asyncio.timeout(self._target.deadline),
            request as response,
        ):
            progress.status = response.status
            read = await _read(response, most)
        return Answer(response.status, response.headers, read)

    def _check_url(self) -> None:
        """Refuse an address that was stored before it was checked, or is not allowed any more."""
        try:
            check_url(self._target.url)
        except InvalidAddress as error:
            problem = _("%(name)s: %(problem)s", name=self._target.name, problem=error.sentence)
            raise AddressBlocked(problem) from error

    @asynccontextmanager
    async def _handoff_errors(self, progress: SimpleNamespace) -> AsyncIterator[None]:
        """Turn network exceptions into the handoff errors that decide the next step."""
        try:
            yield
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
            detail = _(
                "%(name)s: %(url)s is not an address like https://erp.example.com/hooks.",
                name=self._target.name,
                url=shown_url(self._target.url),
            )
            raise AddressBlocked(detail) from error
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            self._raise_handoff_error(progress, error)

    def _raise_handoff_error(self, progress: SimpleNamespace, error: Exception) -> NoReturn:
        name = self._target.name
        if progress.refused and not progress.sent:
            detail = _(
                "%(name)s is at %(address)s, not in a network that an operator allowed.",
                name=name,
                address=progress.refused[-1],
            )
            raise AddressBlocked(detail) from error
        if progress.status is not None and 200 <= progress.status < 300:
            detail = _(
                "%(name)s answered %(status)s, but the body did not arrive in full.",
                name=name,
                status=progress.status,
            )
            raise NoReference(detail, status=progress.status)
        detail = self._no_answer(error, is_sent=progress.sent)
        if progress.sent:
            raise OutcomeUnknown(detail, status=progress.status) from error
        raise Unreachable(detail) from error

    def _no_answer(self, error: Exception, *, is_sent: bool) -> Sentence:
        name, text = self._target.name, _error_text(error)
        if isinstance(error, TimeoutError):
            return _(
                "%(name)s did not answer for %(seconds)s s.",
                name=name,
                seconds=f"{self._target.deadline:g}",
            )
        if is_sent:
            return _("%(name)s closed the connection: %(error)s.", name=name, error=text)
        return _("%(name)s could not be reached: %(error)s.", name=name, error=text)

    def _interpret(self, status: int, headers: Mapping[str, str], answer: bytes) -> Reply:
        head = answer[:HEAD_CHARACTERS].decode(errors="replace")
        if 200 <= status < 300:
            return Reply(_reference(answer), status, printable(head))
        raise self._refusal(status, headers, head)

    def _refusal(self, status: int, headers: Mapping[str, str], head: str) -> HandoffError:
        name, pause = self._target.name, _pause(headers.get("Retry-After"))
        if 300 <= status < 400:
            detail = _(
                "%(name)s answered with a redirect (%(status)s); redirects are not followed.",
                name=name,
                status=status,
            )
            return AddressBlocked(detail, status=status, head=head)
        if status == 429 or (status == 503 and pause is not None):
            pause = DEFAULT_PAUSE if pause is None else pause
            detail = _(
                "%(name)s asked for a pause of %(seconds)s s (%(status)s).",
                name=name,
                seconds=f"{pause:.0f}",
                status=status,
            )
            return RateLimited(detail, status=status, head=head, retry_after=pause)
        if status in {401, 403}:
            detail = _(
                "%(name)s does not accept our signature (%(status)s).", name=name, status=status
            )
            return AuthenticationFailed(detail, status=status, head=head)
        if status == 410:
            detail = _("%(name)s answered that its address is gone (410).", name=name)
            return EndpointGone(detail, status=status, head=head)
        if status >= 500 or status in {408, 425}:
            detail = _("%(name)s is not available (%(status)s).", name=name, status=status)
            return Unreachable(detail, status=status, head=head)
        reason = _reason(head) or status
        detail = _("%(name)s refused: %(reason)s", name=name, reason=reason)
        return Refused(detail, status=status, head=head)


async def _note_sent(
    session: aiohttp.ClientSession,
    context: SimpleNamespace,
    params: aiohttp.TraceRequestHeadersSentParams,
) -> None:
    context.trace_request_ctx.sent = True


async def _read(response: aiohttp.ClientResponse, most: int) -> bytes:
    """Read an answer up to the limit; after a longer one the connection is closed."""
    answer = bytearray()
    while len(answer) < most:
        chunk = await response.content.read(most - len(answer))
        if not chunk:
            return bytes(answer)
        answer += chunk
    if not response.content.at_eof():
        response.close()
    return bytes(answer)


def _reference(answer: bytes) -> str:
    try:
        value = read_answer(answer)
    except NotJson:
        return ""
    reference = value.get("reference") if isinstance(value, dict) else None
    if not isinstance(reference, str) or printable(reference) != reference:
        return ""
    return reference.strip() if len(reference.strip()) <= LONGEST_REFERENCE else ""


def _reason(head: str) -> str:
    """Return what a JSON answer gives as its reason, or the beginning of any other text."""
    try:
        value = read_answer(head.encode())
    except NotJson:
        value = head
    given = [value.get(name) for name in REASONS] if isinstance(value, dict) else []
    reason = next((each for each in given if isinstance(each, str) and each.strip()), "")
    return " ".join((reason or (head if value else "")).split())[:200]


def _pause(retry_after: str | None) -> float | None:
    """Return Retry-After, given as seconds or as a date, in seconds between the two limits."""
    if not retry_after:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        seconds = float(text[:9])
    else:
        try:
            until = parsedate_to_datetime(text)
        except (TypeError, ValueError):
            return None
        until = until if until.tzinfo else until.replace(tzinfo=dt.UTC)
        seconds = (until - dt.datetime.now(dt.UTC)).total_seconds()
    return min(max(seconds, SHORTEST_PAUSE), LONGEST_PAUSE)


def _error_text(error: Exception) -> str:
    return (str(error) or type(error).__name__).rstrip(".")[:200]
