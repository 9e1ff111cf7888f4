"""Playing Throughline towards the sandbox: its messages, its signatures, its receiver."""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from standardwebhooks.webhooks import Webhook
from werkzeug import Request, Response

from sandbox.cloudevents import utc_now

SECRET_IN = "whsec_" + base64.b64encode(b"throughline signs with this....!").decode()
SECRET_OUT = "whsec_" + base64.b64encode(b"the other system signs with this").decode()
HOOKS = "/hooks/throughline"
PEN, INK = "0199f3c1-0000-7000-8000-00000000000a", "0199f3c1-0000-7000-8000-00000000000b"


@dataclass
class Reply:
    """An HTTP response."""

    status: int
    text: str
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class Client:
    """A client of a sandbox system, as Throughline, a program or a browser."""

    def __init__(self, port: int, timeout: float = 10) -> None:
        self.port = port
        self.timeout = timeout

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        with closing(connection):
            connection.request(method, path, body or None, headers or {})
            answer = connection.getresponse()
            text = answer.read().decode()
            return Reply(answer.status, text, dict(answer.headers.items()))

    def get(self, path: str) -> Any:
        reply = self.ask("GET", path)
        assert reply.status == 200, reply.text
        return reply.json

    def post(self, path: str, value: Any = None) -> Reply:
        return self.ask("POST", path, json.dumps(value).encode() if value is not None else b"")

    def submit_form(self, path: str, form: str = "", **headers: str) -> Reply:
        form_type = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, form.encode(), form_type | headers)

    def push(self, event: dict[str, Any]) -> Reply:
        body = json.dumps(event).encode()
        return self.ask("POST", HOOKS, body, signed(event["id"], body))

    def find(self, message_id: str) -> Reply:
        return self.ask("GET", f"{HOOKS}/{message_id}", headers=signed(message_id, b""))

    def fault(self, *faults: dict[str, Any]) -> None:
        reply = self.post("/control", list(faults))
        assert reply.status == 200, reply.text

    def ledger(self, message_id: str) -> tuple[int, int]:
        """Return how often a message was delivered, and how often it had an effect."""
        [row] = [row for row in self.get("/ledger") if row["id"] == message_id]
        return row["deliveries"], row["effects"]


def signed(message_id: str, body: bytes, *secrets: str, age: float = 0) -> dict[str, str]:
    """Return the headers of a message signed this many seconds ago."""
    at = utc_now().fromtimestamp(time.time() - age, tz=utc_now().tzinfo)
    signatures = [
        Webhook(secret).sign(message_id, at, body.decode()) for secret in secrets or (SECRET_IN,)
    ]
    return {
        "Content-Type": "application/cloudevents+json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
        "Idempotency-Key": f'"{message_id}"',
    }


def event(
    type_: str, data: dict[str, Any], *, source: str, subject: str, sequence: int
) -> dict[str, Any]:
    """Return a message with a new id."""
    return {
        "specversion": "1.0",
        "id": f"evt_{uuid.uuid4().hex}",
        "source": source,
        "type": f"throughline.{type_}",
        "subject": subject,
        "time": "2026-11-22T01:20:00.123456Z",
        "timestamp": "2026-11-22T01:20:00.123456Z",
        "datacontenttype": "application/json",
        "sequence": f"{sequence:020d}",
        "data": data,
    }


def money(amount: str, currency: str = "EUR") -> dict[str, str]:
    """Return an amount as JSON."""
    return {"amount": amount, "currency": currency}


def order_line(key: str, sku: str, quantity: str, position: int) -> dict[str, Any]:
    """Return a line of an order."""
    amounts = ("unit_price", "discount", "net", "tax", "gross")
    return {
        "id": key,
        "position": position,
        "kind": "product",
        "sku": sku,
        "description": f"A {sku.lower()}",
        "quantity": quantity,
        "unit": "pc",
    } | {name: money("1.00") for name in amounts}


def order_event(
    action: str = "submitted",
    sequence: int = 1,
    *,
    number: str = "O-2026-00042",
    pens: str = "10",
    inks: str = "1",
    **data: Any,
) -> dict[str, Any]:
    """Return an event about an order of pens and inks."""
    order_id = f"order of {number}"
    lines = [order_line(PEN, "PEN", pens, 1), order_line(INK, "INK", inks, 2)]
    order = {
        "id": order_id,
        "number": number,
        "name": "Office supplies",
        "version": sequence,
        "status": "submitted",
        "currency": "EUR",
        "account": {"id": "a-1", "name": "Nordwind <GmbH>"},
        "ship_to": {"street": "Kai 1", "city": "Hamburg", "country": "DE"},
        "requested_on": "2026-12-01",
        "lines": [line for line in lines if line["quantity"] != "none"],
        "totals": {},
    }
    return event(
        f"order.{action}",
        {"order": order} | data,
        source=f"/orders/{order_id}",
        subject=number,
        sequence=sequence,
    )


def invoice_event(
    action: str = "issued",
    *,
    number: str = "INV-2026-00033",
    lines: list[tuple[str, str]] | None = None,
    totals: dict[str, str] | None = None,
    currency: str = "EUR",
    sequence: int = 1,
    **more: Any,
) -> dict[str, Any]:
    """Return an event about an invoice, its lines given as (net, tax rate)."""
    amounts = {"tax": "19.00", "total": "119.00"} | (totals or {})
    invoice = {
        "id": f"invoice {number}",
        "number": number,
        "order": {"id": "o-1", "number": "O-2026-00042"},
        "currency": currency,
        "account": {"id": "a-1", "name": "Nordwind <GmbH>"},
        "issued_on": "2026-11-22",
        "due_on": "2026-12-22",
        "lines": [
            {
                "id": f"line {position}",
                "order_line": PEN,
                "sku": "PEN",
                "description": "A pen",
                "quantity": "4",
                "net": money(net, currency),
                "tax_rate": rate,
                "tax": money("0", currency),
                "gross": money("0", currency),
            }
            for position, (net, rate) in enumerate(lines or [("100.00", "0.19")])
        ],
        "totals": {name: money(amount, currency) for name, amount in amounts.items()},
    } | more
    source = f"/invoices/invoice {number}"
    return event(
        f"invoice.{action}", {"invoice": invoice}, source=source, subject=number, sequence=sequence
    )


@dataclass
class Receiver:
    """The intake of Throughline. It returns ``answers`` first, then always 200."""

    answers: list[Response] = field(default_factory=list)
    received: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def __call__(self, request: Request) -> Response:
        body = request.get_data()
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        self.received.append(json.loads(body))
        if self.answers:
            return self.answers.pop(0)
        Webhook(SECRET_OUT).verify(body, dict(request.headers))
        answer = {"id": self.received[-1]["id"], "result": "applied"}
        return Response(json.dumps(answer), content_type="application/json")

    def summaries(self) -> list[str]:
        """Return subject and status of each report, in the order of arrival."""
        return [
            f"{event['subject']} {event['data'].get('shipment_ref', '')}"
            f" {event['data']['status']}".replace("  ", " ")
            for event in self.received
        ]


def wait_until(condition: Callable[[], Any], seconds: float = 8) -> None:
    """Poll until the condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"It did not happen within {seconds} s."
        time.sleep(0.01)


class ThreadedServer:
    """An aiohttp application served by a thread of this process."""

    def __init__(self, build: Callable[[], web.Application]) -> None:
        self._build = build
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        assert self._ready.wait(10)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._runner = web.AppRunner(self._build(), shutdown_timeout=0.1, access_log=None)
        self._loop.run_until_complete(self._runner.setup())
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        self._loop.run_until_complete(site.start())
        self.port: int = self._runner.addresses[0][1]
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self._runner.cleanup())
        self._loop.close()

    def stop(self) -> None:
        """Shut the application down and end the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        assert not self._thread.is_alive()
