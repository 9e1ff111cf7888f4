"""Fault injection: the system misbehaves on request, to test the sender."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, NoReturn

from aiohttp import web

from sandbox.errors import Malformed
from sandbox.json_fields import Fields

MEGABYTE = 1024 * 1024


class Mode(StrEnum):
    """The kinds of fault."""

    STATUS = "status"
    DROP_BEFORE = "drop_before"
    COMMIT_THEN_DROP = "commit_then_drop"
    SLOW = "slow"
    DRIP = "drip"
    HUGE = "huge"
    REDIRECT = "redirect"
    GARBAGE = "garbage"
    FORGET_IDEMPOTENCY = "forget_idempotency"
    DUPLICATE_REPORTS = "duplicate_reports"
    SHUFFLE_REPORTS = "shuffle_reports"
    UNSIGNED = "unsigned"


BEFORE = {Mode.STATUS, Mode.DROP_BEFORE, Mode.SLOW, Mode.REDIRECT}
"""Faults before anything is read or stored."""
AFTER = {Mode.COMMIT_THEN_DROP, Mode.DRIP, Mode.HUGE, Mode.GARBAGE}
"""Faults after the effect is stored, in the response only."""
PUSH_ONLY = {Mode.COMMIT_THEN_DROP, Mode.FORGET_IDEMPOTENCY}
"""Faults that do not apply to a look-up."""


@dataclass(slots=True)
class Fault:
    """A fault that occurs a number of ``times`` or, with None, until it is replaced."""

    mode: Mode
    times: int | None = None
    code: int = 503
    retry_after: str | None = None
    seconds: float = 1.0
    to: str = ""
    on: str = ""
    megabytes: int = 16
    gzip: bool = False

    def applies_to(self, endpoint: str) -> bool:
        """Whether the fault applies to an endpoint (``push`` or ``find``)."""
        if endpoint == "find" and self.mode in PUSH_ONLY:
            return False
        return self.times != 0 and self.on in {"", endpoint}


class Faults:
    """The active faults, in the order in which they occur."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def replace(self, faults: list[Fault]) -> None:
        """Replace all active faults."""
        self._faults = faults

    def as_json(self) -> list[dict[str, Any]]:
        """Return the active faults as JSON."""
        return [asdict(fault) for fault in self._faults if fault.times != 0]

    def peek(self, mode: Mode) -> Fault | None:
        """Return an active fault without counting it."""
        return next((f for f in self._faults if f.mode == mode and f.times != 0), None)

    def take(self, modes: set[Mode], endpoint: str = "") -> Fault | None:
        """Return the first active fault of these kinds and count one occurrence."""
        for fault in self._faults:
            if fault.mode in modes and fault.applies_to(endpoint or fault.on):
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None


def parse_faults(value: Any) -> list[Fault]:
    """Parse the body of ``POST /control``: a fault or a list of faults."""
    items = value if isinstance(value, list) else [value]
    return [_parse_fault(Fields(item, "fault")) for item in items]


def _parse_fault(fields: Fields) -> Fault:
    fault = Fault(_mode(fields.text("mode")))
    if fields.has("times"):
        fault.times = fields.integer("times")
    if fields.has("code"):
        fault.code = _between(fields, "code", 200, 599)
    if fields.has("retry_after"):
        fault.retry_after = str(fields.raw("retry_after"))
    if fields.has("seconds"):
        fault.seconds = _seconds(fields)
    if fields.has("megabytes"):
        fault.megabytes = _between(fields, "megabytes", 1, 1024)
    fault.on = _endpoint(fields)
    fault.to = fields.text("to") if fault.mode is Mode.REDIRECT else ""
    fault.gzip = fields.raw("gzip") is True
    return fault


def _mode(name: str) -> Mode:
    try:
        return Mode(name)
    except ValueError as error:
        raise Malformed(f"fault.mode must be one of {', '.join(Mode)}.") from error


def _endpoint(fields: Fields) -> str:
    endpoint = fields.optional_text("on")
    if endpoint not in {"", "push", "find"}:
        raise Malformed(f"{fields.where('on')} must be push or find.")
    return endpoint


def _between(fields: Fields, name: str, low: int, high: int) -> int:
    value = fields.integer(name)
    if not low <= value <= high:
        raise Malformed(f"{fields.where(name)} must be from {low} to {high}.")
    return value


def _seconds(fields: Fields) -> float:
    value = fields.raw("seconds")
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 3600:
        raise Malformed(f"{fields.where('seconds')} must be a number from 0 to 3600.")
    return float(value)


async def inject_before(request: web.Request, fault: Fault) -> web.Response | None:
    """Inject a fault before the request is processed; None means that processing continues."""
    if fault.mode is Mode.SLOW:
        await asyncio.sleep(fault.seconds)
        return None
    if fault.mode is Mode.DROP_BEFORE:
        abort_connection(request)
    if fault.mode is Mode.REDIRECT:
        return web.Response(status=307, headers={"Location": fault.to})
    headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
    body = {"status": fault.code, "detail": f"Injected fault: status {fault.code}."}
    return web.json_response(body, status=fault.code, headers=headers)


async def inject_after(
    request: web.Request, fault: Fault, status: int, reference: str
) -> web.StreamResponse:
    """Inject a fault into the response, after the effect is stored."""
    if fault.mode is Mode.COMMIT_THEN_DROP:
        abort_connection(request)
    if fault.mode is Mode.GARBAGE:
        return web.json_response({"accepted": True}, status=status)
    body = json.dumps({"reference": reference}).encode()
    if fault.mode is Mode.DRIP:
        return await _drip(request, status, body, fault.seconds)
    return await _flood(request, status, reference, fault)


def abort_connection(request: web.Request) -> NoReturn:
    """Close the connection without a response."""
    if request.transport is not None:
        request.transport.abort()
    raise ConnectionResetError("Injected fault: connection closed.")


async def _drip(
    request: web.Request, status: int, body: bytes, seconds: float
) -> web.StreamResponse:
    response = web.StreamResponse(status=status, headers={"Content-Type": "application/json"})
    await response.prepare(request)
    for byte in body:
        await response.write(bytes([byte]))
        await asyncio.sleep(seconds)
    await response.write_eof()
    return response


async def _flood(
    request: web.Request, status: int, reference: str, fault: Fault
) -> web.StreamResponse:
    headers = {"Content-Type": "application/json"}
    compress: Callable[[bytes], bytes] = bytes
    if fault.gzip:  # members of a gzip stream may follow one another, so one can be repeated
        headers["Content-Encoding"] = "gzip"
        compress = gzip.compress
    response = web.StreamResponse(status=status, headers=headers)
    await response.prepare(request)
    await response.write(compress(b'{"padding":"'))
    filler = compress(b"x" * MEGABYTE)
    for _ in range(fault.megabytes):
        await response.write(filler)
    await response.write(compress(f'","reference":"{reference}"}}'.encode()))
    await response.write_eof()
    return response
