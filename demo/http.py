"""Asking programs of this machine over HTTP."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from typing import Any

from demo.errors import Halted

PATIENCE = 45.0
"""Seconds an answer may take."""

NO_ANSWER = (urllib.error.URLError, http.client.HTTPException, OSError)


def answers(address: str) -> bool:
    """Say whether a program answers there as it should."""
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310  ours, http
            return bool(answer.status == 200)
    except NO_ANSWER:
        return False


def fetch_json(address: str) -> Any:
    """Read what a program shows to other programs."""
    return _ask(urllib.request.Request(address))  # noqa: S310  ours, http


def post_json(address: str, content: object) -> Any:
    """Tell a program something, as another program would."""
    body = json.dumps(content).encode()
    headers = {"Content-Type": "application/json"}
    return _ask(urllib.request.Request(address, data=body, headers=headers))  # noqa: S310


def _ask(request: urllib.request.Request) -> Any:
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as error:
        said = error.read().decode(errors="replace")[:300]
        raise Halted(f"{request.full_url} answered {error.code}: {said}") from error
    except NO_ANSWER as error:
        raise Halted(f"{request.full_url} does not answer: {error}") from error
