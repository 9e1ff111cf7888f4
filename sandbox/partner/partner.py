"""A partner's system in one file, made from docs/integrators.md and docs/asyncapi.yaml alone.

It receives orders and invoices, answers look-ups, and reports back as a warehouse and an ERP do.
Standard library and the public ``standardwebhooks`` only; ``partner.mjs`` is the same in Node.
"""

from __future__ import annotations

import datetime as dt
import http.client
import itertools
import json
import os
import queue
import sys
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

CONTENT_TYPE = "application/cloudevents+json"
LOOK_UP_BODY = "{}"
"""What a look-up, which has no body, is signed over."""

Event = dict[str, Any]


@dataclass
class Partner:
    """Everything the partner remembers; a real one keeps it in a database."""

    throughline: str
    connection: str
    verifier: Webhook
    signer: Webhook
    gateway_code: str
    loses_answers: int = 0
    received: dict[str, str] = field(default_factory=dict)
    """The reference of each message that was stored, by its id."""
    sequences: dict[str, int] = field(default_factory=dict)
    types: list[str] = field(default_factory=list)
    repeats: int = 0
    looked_up: list[str] = field(default_factory=list)
    reports: list[dict[str, Any]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    work: queue.Queue[Event] = field(default_factory=queue.Queue)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def store(self, message_id: str, event: Event) -> str:
        """Store an event once; return the reference, the same for every repeat."""
        with self.lock:
            if message_id in self.received:
                self.repeats += 1
                return self.received[message_id]
            reference = self.received[message_id] = f"P-{len(self.received) + 1:06d}"
            self.types.append(event["type"])
            sequence = int(event["sequence"])
            if sequence > self.sequences.get(event["source"], 0):
                self.sequences[event["source"]] = sequence
                self.work.put(event)
            return reference

    def report_for_ever(self) -> None:
        """Report on each event that came."""
        while True:
            event = self.work.get()
            if event["type"] == "throughline.order.submitted":
                self.report_order(event["data"]["order"])
            elif event["type"] == "throughline.invoice.issued":
                self.report_invoice(event["data"]["invoice"])

    def report_order(self, order: Event) -> None:
        """Accept and pack an order, then ship and deliver it: alone, in a list, in chunks."""
        lines = [
            {"order_line": line["id"], "quantity": line["quantity"]}
            for line in order["lines"]
            if line["kind"] in {"product", "write_in"}
        ]
        shipment = {"order": order["number"], "shipment_ref": f"S-{order['number']}"}
        shipment |= {"carrier": "DHL", "tracking": f"T-{order['number']}", "lines": lines}
        self.post(
            self.event("warehouse.order.status", {"order": order["number"], "status": "accepted"})
        )
        packed = {"order": order["number"], "status": "packed"}
        self.post(
            [
                self.event("warehouse.order.status", packed),
                self.event("warehouse.shipment.reported", shipment | {"status": "shipped"}),
            ]
        )
        delivered = self.event("warehouse.shipment.reported", shipment | {"status": "delivered"})
        self.post(delivered, in_chunks=True)

    def report_invoice(self, invoice: Event) -> None:
        """Post an invoice under an official number, then report its payment, twice."""
        today, number = dt.date.today().isoformat(), f"SI-{invoice['number']}"  # noqa: DTZ011  # its own day
        known = {"invoice": invoice["number"], "official_number": number}
        totals = {"tax": invoice["totals"]["tax"], "total": invoice["totals"]["total"]}
        posted = known | totals | {"status": "posted", "issued_on": invoice["issued_on"]}
        self.post(self.event("erp.invoice.posted", posted))
        paid = known | {"status": "paid", "payment_ref": f"B-{invoice['number']}"}
        paid |= {"amount": invoice["totals"]["total"], "paid_on": today}
        report = self.event("erp.invoice.paid", paid)
        self.post(report)
        self.post(report)

    def event(self, type_: str, data: Event) -> Event:
        """Make an event with an id of its own and the next sequence of our source."""
        return {
            "specversion": "1.0",
            "id": f"msg_{uuid.uuid4().hex}",
            "source": "/partner",
            "type": type_,
            "time": dt.datetime.now(dt.UTC).isoformat().replace("+00:00", "Z"),
            "sequence": f"{next(self.numbers):020d}",
            "data": data,
        }

    def post(self, message: Event | list[Event], *, in_chunks: bool = False) -> None:
        """Sign and send one event or a list, and remember the answer."""
        body = json.dumps(message)
        message_id = message["id"] if isinstance(message, dict) else f"list_{uuid.uuid4().hex}"
        now = dt.datetime.now(dt.UTC)
        headers = {
            "Content-Type": CONTENT_TYPE,
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self.signer.sign(message_id, now, body),
        }
        place = urlsplit(self.throughline)
        link = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
        pieces = (body[at : at + 100].encode() for at in range(0, len(body), 100))
        path = f"/api/v1/intake/{self.connection}"
        link.request("POST", path, pieces if in_chunks else body, headers, encode_chunked=in_chunks)
        answer = link.getresponse()
        value = json.loads(answer.read())
        link.close()
        receipts = value.get("results", [value])
        with self.lock:
            self.reports += [
                {"status": answer.status, "result": each.get("result"), "detail": each["detail"]}
                for each in receipts
            ]


class Endpoint(BaseHTTPRequestHandler):
    """The HTTP endpoint: ``/hook?code=…`` behind a gateway that wants its code in the query."""

    partner: Partner
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Verify, deduplicate, store, then answer with a reference."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        event = self._verify(body)
        if event is None:
            return self._answer(401, {"detail": "The signature is wrong."})
        reference = self.partner.store(self.headers["webhook-id"], event)
        if self.partner.loses_answers:
            self.partner.loses_answers -= 1
            self.close_connection = True
            return None
        return self._answer(200, {"reference": reference})

    def do_GET(self) -> None:
        """Answer a look-up of a message by its id, or show what the partner knows."""
        if self.path == "/state":
            return self._answer(200, self._state())
        message_id = urlsplit(self.path).path.rpartition("/")[2]
        if self._verify(LOOK_UP_BODY) is None or message_id != self.headers["webhook-id"]:
            return self._answer(401, {"detail": "The signature is wrong."})
        self.partner.looked_up.append(message_id)
        reference = self.partner.received.get(message_id)
        return self._answer(200 if reference else 404, {"reference": reference})

    def _verify(self, body: str) -> Event | None:
        codes = parse_qs(urlsplit(self.path).query).get("code")
        if codes != [self.partner.gateway_code]:
            return None
        try:
            event: Event = self.partner.verifier.verify(body, dict(self.headers.items()))
        except WebhookVerificationError:
            return None
        return event

    def _state(self) -> Event:
        partner = self.partner
        with partner.lock:
            return {
                "types": partner.types,
                "repeats": partner.repeats,
                "looked_up": partner.looked_up,
                "reports": partner.reports,
            }

    def _answer(self, status: int, value: Event) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Log nothing."""


def main() -> None:
    """Serve on a free port until stopped."""
    environment = os.environ
    Endpoint.partner = Partner(
        throughline=environment["THROUGHLINE"],
        connection=environment["CONNECTION"],
        verifier=Webhook(environment["VERIFY_WITH"]),
        signer=Webhook(environment["SIGN_WITH"]),
        gateway_code=environment["GATEWAY_CODE"],
        loses_answers=int(environment.get("LOSES_ANSWERS", "0")),
    )
    threading.Thread(target=Endpoint.partner.report_for_ever, daemon=True).start()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    sys.stdout.write(f"The partner listens on http://127.0.0.1:{server.server_port}/\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
