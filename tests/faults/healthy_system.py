"""Healthy system: a second external system, unaffected by the faults of the first."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from demo.registration import register_connection
from tests.fulfilment.processes import secret


class QuietServer(ThreadingHTTPServer):
    """An HTTP server that does not print errors of clients that were killed."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore the error."""


class HealthySystem:
    """Accepts every message at once and records them in order of first arrival."""

    def __init__(self) -> None:
        self.received: dict[str, dict[str, Any]] = {}
        system = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                event = json.loads(body)
                system.received.setdefault(event["id"], event)
                self._answer(200, event["id"])

            def do_GET(self) -> None:
                asked = self.path.rpartition("/")[2]
                self._answer(200 if asked in system.received else 404, asked)

            def _answer(self, status: int, message_id: str) -> None:
                answer = json.dumps({"reference": f"B-{message_id[-12:]}"}).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # its name there
                pass

        self._server = QuietServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def register(self, events: Sequence[str], code: str = "healthy") -> None:
        """Register a connection to it for these events."""
        register_connection(
            code,
            name=code.title(),
            url=f"http://127.0.0.1:{self._server.server_port}/hooks",
            event_types=events,
            secret_out=secret("to healthy"),
            secret_in=secret("from healthy"),
        )
