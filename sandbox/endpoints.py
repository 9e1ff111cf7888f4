"""HTTP endpoints of every sandbox system: events, look-ups, faults, ledger, health check."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.cloudevents import Keys, parse_event
from sandbox.errors import Refused
from sandbox.faults import (
    AFTER,
    BEFORE,
    Faults,
    Mode,
    inject_after,
    inject_before,
    parse_faults,
)
from sandbox.inbox import Answer, Inbox
from sandbox.json_fields import parse_json
from sandbox.outgoing import Outgoing, Sender
from sandbox.store import Store

log = logging.getLogger(__name__)

BODY_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one process."""

    intake_url: str
    keys_in: Keys
    keys_out: Keys
    auto_seconds: float | None = None


class System(Protocol):
    """The part that differs between the systems."""

    inbox: Inbox

    def run_due_steps(self, seconds: float) -> None:
        """Run the automatic steps that are due, each this long after the one before."""

    def add_routes(self, app: web.Application) -> None:
        """Add the endpoints that only this system has."""


Describe = Callable[[str, str], Mapping[str, Any]]
"""What the response to a message says beside its reference; from the message's id and that."""


def _reference_only(message_id: str, reference: str) -> Mapping[str, Any]:
    return {}


INBOX = web.AppKey("INBOX", Inbox)
DESCRIBE: web.AppKey[Describe] = web.AppKey("DESCRIBE")
FAULTS = web.AppKey("FAULTS", Faults)
OUTGOING = web.AppKey("OUTGOING", Outgoing)
SETTINGS = web.AppKey("SETTINGS", Settings)


def build_app(
    system: System,
    store: Store,
    outgoing: Outgoing,
    settings: Settings,
    describe: Describe = _reference_only,
) -> web.Application:
    """Build the application of a system, with its endpoints and background tasks."""
    app = web.Application(client_max_size=BODY_BYTES, middlewares=[refusals, same_site])
    faults = Faults()
    app[INBOX] = system.inbox
    app[DESCRIBE] = describe
    app[FAULTS] = faults
    app[OUTGOING] = outgoing
    app[SETTINGS] = settings
    app.router.add_post("/hooks/throughline", push)
    app.router.add_get("/hooks/throughline/{message_id}", find)
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/ledger", ledger)
    app.router.add_get("/outgoing", list_outgoing)
    app.router.add_post("/outgoing/{message_id}/resend", resend)
    app.router.add_get("/control", show_faults)
    app.router.add_post("/control", set_faults)
    app.router.add_delete("/control", clear_faults)
    system.add_routes(app)

    sender = Sender(outgoing, faults, settings.keys_out, settings.intake_url)
    app.cleanup_ctx.append(_closing(store))
    app.cleanup_ctx.append(_running(sender.run))
    if settings.auto_seconds is not None:
        app.cleanup_ctx.append(_running(lambda: _run_steps(system, settings.auto_seconds or 0)))
    return app


def _closing(store: Store) -> Callable[[web.Application], AsyncIterator[None]]:
    async def context(app: web.Application) -> AsyncIterator[None]:
        yield
        store.close()

    return context


def _running(
    work: Callable[[], Awaitable[None]],
) -> Callable[[web.Application], AsyncIterator[None]]:
    async def context(app: web.Application) -> AsyncIterator[None]:
        task = asyncio.ensure_future(work())
        task.add_done_callback(_log_error)
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    return context


def _log_error(task: asyncio.Future[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("Background work ended.", exc_info=error)


async def _run_steps(system: System, seconds: float) -> None:
    while True:
        system.run_due_steps(seconds)
        await asyncio.sleep(min(max(seconds, 0.05), 0.25))


@web.middleware
async def refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn a refusal into a response with its reason."""
    try:
        return await handler(request)
    except Refused as refused:
        body = {"status": refused.status, "code": refused.code, "detail": refused.detail}
        body |= refused.more
        return web.json_response(
            body, status=refused.status, content_type="application/problem+json"
        )


@web.middleware
async def same_site(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse forms submitted from pages of other sites."""
    site = request.headers.get("Sec-Fetch-Site", "none")
    if request.method not in {"GET", "HEAD"} and site not in {"none", "same-origin"}:
        raise Refused(403, "other_site", "This form was submitted from another site.")
    return await handler(request)


async def push(request: web.Request) -> web.StreamResponse:
    """Receive an event: verify, store, apply, respond."""
    faults = request.app[FAULTS]
    body = await request.read()
    if fault := faults.take(BEFORE, "push"):
        response = await inject_before(request, fault)
        if response is not None:
            return response
    answer = _receive(request, body)
    if fault := faults.take(AFTER, "push"):
        return await inject_after(request, fault, answer.status, answer.reference)
    return _response(request, request.headers["webhook-id"], answer)


def _response(request: web.Request, message_id: str, answer: Answer) -> web.Response:
    more = request.app[DESCRIBE](message_id, answer.reference)
    return web.json_response({"reference": answer.reference, **more}, status=answer.status)


def _receive(request: web.Request, body: bytes) -> Answer:
    message_id = request.app[SETTINGS].keys_in.verify(request.headers, body)
    event = parse_event(body, message_id)
    faults = request.app[FAULTS]
    answer = request.app[INBOX].receive(
        event, body, forget=lambda: faults.take({Mode.FORGET_IDEMPOTENCY}, "push") is not None
    )
    log.info("%s %s %s: %s", event.type, event.subject, answer.outcome, answer.reference)
    return answer


async def find(request: web.Request) -> web.StreamResponse:
    """Look up a message by its id."""
    faults = request.app[FAULTS]
    if fault := faults.take(BEFORE, "find"):
        response = await inject_before(request, fault)
        if response is not None:
            return response
    message_id = request.app[SETTINGS].keys_in.verify(request.headers, b"")
    if message_id != request.match_info["message_id"]:
        raise Refused(401, "bad_signature", "The signature is for another message.")
    answer = request.app[INBOX].find(message_id)
    if fault := faults.take(AFTER, "find"):
        return await inject_after(request, fault, answer.status, answer.reference)
    return _response(request, message_id, answer)


async def healthz(request: web.Request) -> web.Response:
    """Health check: 200 while the process runs."""
    return web.json_response({"status": "ok"})


async def ledger(request: web.Request) -> web.Response:
    """List everything received, to compare with what was sent."""
    return web.json_response(request.app[INBOX].ledger())


async def list_outgoing(request: web.Request) -> web.Response:
    """List all reports with their state."""
    return web.json_response(request.app[OUTGOING].as_json())


async def resend(request: web.Request) -> web.Response:
    """Send a report again, under the same id and with the same body."""
    request.app[OUTGOING].resend(request.match_info["message_id"])
    if wants_page(request):
        raise web.HTTPSeeOther("/")
    return web.json_response({"state": "waiting"}, status=202)


async def show_faults(request: web.Request) -> web.Response:
    """Return the active faults."""
    only_from_this_machine(request)
    return web.json_response(request.app[FAULTS].as_json())


async def set_faults(request: web.Request) -> web.Response:
    """Replace the active faults by one or a list of them."""
    only_from_this_machine(request)
    faults = request.app[FAULTS]
    faults.replace(parse_faults(parse_json(await request.read())))
    return web.json_response(faults.as_json())


async def clear_faults(request: web.Request) -> web.Response:
    """Remove all faults."""
    only_from_this_machine(request)
    request.app[FAULTS].replace([])
    return web.Response(status=204)


def only_from_this_machine(request: web.Request) -> None:
    """Refuse requests that do not come from the loopback interface."""
    address = ipaddress.ip_address((request.remote or "0.0.0.0").partition("%")[0])  # noqa: S104  # stands for unknown
    if not address.is_loopback:
        raise Refused(403, "not_local", "Faults can be set from this machine only.")


def wants_page(request: web.Request) -> bool:
    """Whether the request is a submitted form rather than JSON."""
    return request.content_type in {"application/x-www-form-urlencoded", "multipart/form-data"}
