"""HTTP client for programs on this machine."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from typing import Any

from demo.errors import DemoError

TIMEOUT = 45.0
"""Seconds a response may take."""

CONNECTION_ERRORS = (urllib.error.URLError, http.client.HTTPException, OSError)


def is_healthy(address: str) -> bool:
    """Whether the program at this address answers 200."""
    try:
        with urllib.request.urlopen(address, timeout=2) as response:  # noqa: S310  # ours, http
            return bool(response.status == 200)
    except CONNECTION_ERRORS:
        return False


def fetch_json(address: str) -> Any:
    """GET a JSON document."""
    return _send(urllib.request.Request(address))  # noqa: S310  # ours, http


def post_json(address: str, content: object) -> Any:
    """POST a JSON document and return the JSON response."""
    body = json.dumps(content).encode()
    headers = {"Content-Type": "application/json"}
    return _send(urllib.request.Request(address, data=body, headers=headers))  # noqa: S310  # http to the demo on this machine


def _send(request: urllib.request.Request) -> Any:
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310  # http to the demo on this machine
            return json.load(response)
    except urllib.error.HTTPError as error:
        body = error.read().decode(errors="replace")[:300]
        raise DemoError(f"{request.full_url} answered {error.code}: {body}") from error
    except CONNECTION_ERRORS as error:
        raise DemoError(f"{request.full_url} does not answer: {error}") from error
