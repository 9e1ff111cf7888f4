"""A partner's receiver of webhooks: verifies with the published recipe, repeats challenges."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.api.partner_client import PartnerHttp
from tests.api.test_integrators import DOCS

CODE = dict(
    re.findall(r"```(python|js|php)\n(.*?)```", (DOCS / "partners.md").read_text(), re.DOTALL)
)
"""The recipes of docs/partners.md that verify a signature, by their language."""

HELD = "throughline.order.held"
RELEASED = "throughline.order.released"


def published_verify() -> Callable[[dict[str, str], bytes, str], bool]:
    """Return the recipe in Python."""
    names: dict[str, Any] = {}
    exec(CODE["python"], names)  # noqa: S102  # our own documentation
    verify: Callable[[dict[str, str], bytes, str], bool] = names["verify"]
    return verify


class Receiver:
    """Keeps events whose signature is right, and repeats challenges unless ``answer`` is set."""

    def __init__(self, server: HTTPServer, path: str = "/partner/hooks") -> None:
        self.url = f"http://127.0.0.1:{server.port}{path}"
        self.secret = ""
        self.events: list[dict[str, Any]] = []
        self.bodies: list[str] = []
        self.challenges = 0
        self.answer: Response | None = None
        """What is answered to everything, in place of what is right."""
        server.expect_request(path, method="POST").respond_with_handler(self._take)

    def _take(self, request: Request) -> Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = request.get_data()
        if not published_verify()(headers, body, self.secret):
            return Response("", 401)
        event = json.loads(body)
        is_challenge = event["type"] == "throughline.endpoint.challenged"
        self.challenges += is_challenge
        if self.answer is not None:
            return self.answer
        if is_challenge:
            return Response(json.dumps({"challenge": event["data"]["challenge"]}))
        self.events.append(event)
        self.bodies.append(body.decode())
        return Response("{}", 200)

    @property
    def types(self) -> list[str]:
        """The types of the events received, in their order."""
        return [each["type"] for each in self.events]


def register(http: PartnerHttp, receiver: Receiver, *types: str, **headers: str) -> dict[str, Any]:
    """Register the receiver, which gets the secret."""
    body = {"url": receiver.url, "event_types": list(types) or [HELD, RELEASED]}
    answer = http.post("/webhook-endpoints", body, **headers)
    assert answer.status_code == 201, answer.content
    made: dict[str, Any] = answer.json()
    receiver.secret = made["secret"]
    return made


def verified(http: PartnerHttp, receiver: Receiver, *types: str) -> dict[str, Any]:
    """Register the receiver, and have it answer the challenge."""
    made = register(http, receiver, *types)
    answer = http.post(f"/webhook-endpoints/{made['id']}/verify", If_Match="*")
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found
