"""A market, and a stubbed warehouse and ERP that its documents are handed to."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.test import Client
from django.utils import timezone
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from crm import roles
from crm.models import User
from demo.registration import register_connection
from fulfilment import signing
from fulfilment.connectors.engine import LaneBatch, Step
from fulfilment.models import Attempt, Connection, Lane, Secret
from fulfilment.outbound.drain import drain
from sales.models import Invoice, Order, PaymentTerms
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.orders import submit_order
from tests.factories import Market, UserFactory

SECRET_OUT = "whsec_b3V0Z29pbmctc2VjcmV0LW9mLXRoZS10ZXN0cw=="
SECRET_IN = "whsec_aW5jb21pbmctc2VjcmV0LW9mLXRoZS10ZXN0cyE="
HOOK = "/hooks/throughline"

ORDER_EVENTS = [
    f"order.{name}" for name in ("submitted", "changed", "held", "released", "cancelled")
]
INVOICE_EVENTS = ["invoice.issued", "invoice.credited", "invoice.paid"]

sequences = itertools.count(1)


class FarEnd:
    """Stub of an external system: stores what it receives, and answers as a test demands."""

    def __init__(self, server: HTTPServer, connection: Connection, path: str) -> None:
        self.connection = connection
        self.received: list[Request] = []
        self.looked_up: list[str] = []
        self.known: dict[str, str] = {}
        self.answers: list[Callable[[str], Response]] = []
        """The next answers, instead of a reference."""
        server.expect_request(path, method="POST").respond_with_handler(self._push)
        below = re.compile(rf"^{re.escape(path)}/.+$")
        server.expect_request(below, method="GET").respond_with_handler(self._find)

    def _push(self, request: Request) -> Response:
        self.received.append(request)
        message_id = request.headers["webhook-id"]
        signing.verify(dict(request.headers), request.get_data(), [SECRET_OUT])
        if self.answers:
            return self.answers.pop(0)(message_id)
        return self.take(message_id)

    def take(self, message_id: str) -> Response:
        """Store a message once and answer its reference, the same for every repeat."""
        reference = self.known.setdefault(message_id, f"REF-{len(self.known) + 1:06d}")
        return Response(json.dumps({"reference": reference}), 200)

    def _find(self, request: Request) -> Response:
        message_id = request.path.rpartition("/")[2]
        signing.verify(dict(request.headers), b"", [SECRET_OUT])
        self.looked_up.append(message_id)
        if message_id not in self.known:
            return Response("{}", 404)
        return Response(json.dumps({"reference": self.known[message_id]}), 200)

    def will_answer(
        self, status: int, body: str = "", headers: dict[str, str] | None = None
    ) -> None:
        """Answer the next push with a status instead."""
        self.answers.append(lambda _: Response(body, status, headers or {}))

    @property
    def events(self) -> list[dict[str, Any]]:
        """The envelopes received, in order."""
        return [json.loads(request.get_data()) for request in self.received]


def connect(server: HTTPServer, code: str, events: list[str], **options: Any) -> FarEnd:
    """Register a connection whose far end is the stub; it reports as what its code says."""
    duties = [duty for duty in Connection.Duty.values if duty == code]
    path = f"/{code}{HOOK}"
    connection = register_connection(
        code,
        name=code.title() if code != "erp" else "ERP",
        url=server.url_for(path),
        event_types=events,
        secret_out=SECRET_OUT,
        secret_in=SECRET_IN,
        **({"reports_as": duties} | options),
    )
    return FarEnd(server, connection, path)


@pytest.fixture
def market(db: None) -> Market:
    """A company, an account and a price list in euros, 20 % tax."""
    return Market()


@pytest.fixture
def warehouse(db: None, httpserver: HTTPServer) -> FarEnd:
    """The warehouse, which is sent orders."""
    return connect(httpserver, "warehouse", ORDER_EVENTS)


@pytest.fixture
def erp(db: None, httpserver: HTTPServer) -> FarEnd:
    """The ERP, which is sent invoices."""
    return connect(httpserver, "erp", INVOICE_EVENTS)


def submitted_order(market: Market, *quantities: str, price: str = "100.00") -> Order:
    """An order that has just been submitted, a line per quantity."""
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    for quantity in quantities or ("10",):
        product = market.product(price)
        add_line(order, actor=market.rep, product=product, quantity=Decimal(quantity))
    return submit_order(order.pk, actor=market.rep)


@pytest.fixture
def order(market: Market, warehouse: FarEnd) -> Order:
    """A submitted order of ten, on its way to the warehouse."""
    return submitted_order(market)


@pytest.fixture
def invoice(market: Market, erp: FarEnd) -> Invoice:
    """An issued invoice over 120.00 EUR."""
    market.payment_terms.invoice_when = PaymentTerms.InvoiceWhen.PLACED
    market.payment_terms.save()
    submitted_order(market, "1")
    return Invoice.objects.get()


@pytest.fixture
def clerk(db: None) -> User:
    """A user of the back office."""
    user: User = UserFactory.create(role=roles.BACK_OFFICE, first_name="Ada", last_name="Ruiz")
    return user


def refuse(far_end: FarEnd, handoffs: int = 1, detail: str = "Unknown SKU AX-9") -> None:
    """Have the far end refuse so many handoffs until they need attention."""
    for _ in range(6 * handoffs):
        far_end.will_answer(422, json.dumps({"detail": detail}))
    for _ in range(6):
        drain()
        make_due()


def outcomes() -> list[tuple[str, str]]:
    """Verb and outcome of every attempt, in order."""
    return list(Attempt.objects.order_by("id").values_list("verb", "outcome"))


def spoil_secret(connection: Connection, purpose: Secret.Purpose) -> None:
    """Store a secret that was encrypted with a key that is lost."""
    lost = Fernet(Fernet.generate_key()).encrypt(SECRET_OUT.encode())
    Secret.objects.filter(connection=connection, purpose=purpose).update(ciphertext=lost)


def last_step(batch: LaneBatch) -> Step:
    """The step that ends a batch, with all its handoffs."""
    return Step(batch, batch.handoffs, is_over=True)


def make_due() -> None:
    """Make retries due, and end the pause of every connection."""
    Lane.objects.update(due_at=timezone.now() - dt.timedelta(seconds=1))
    for connection in Connection.objects.all():
        connection.health.not_before = None
        connection.health.save()


def event(type_: str, data: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    """An inbound event; later ones have higher sequences."""
    number = next(sequences)
    subject = data.get("order") or data.get("invoice")
    return {
        "specversion": "1.0",
        "id": f"msg_{number:032x}",
        "source": f"/{type_.partition('.')[0]}",
        "type": type_,
        "subject": subject,
        "time": "2026-11-22T01:20:00.123456Z",
        "sequence": f"{number:020d}",
        "data": data,
    } | attributes


def shipment_event(
    order: Order, reference: str, status: str, *quantities: str, **attributes: Any
) -> dict[str, Any]:
    """A report of one shipment, a quantity per line."""
    lines = [
        {"order_line": str(line.pk), "quantity": quantity}
        for line, quantity in zip(order.lines.order_by("position"), quantities, strict=True)
    ]
    data = {
        "order": order.number,
        "shipment_ref": reference,
        "status": status,
        "carrier": "DHL" if status in {"shipped", "delivered"} else "",
        "tracking": f"TRACK-{reference}" if status in {"shipped", "delivered"} else "",
        "lines": lines,
    }
    return event("warehouse.shipment.reported", data, **attributes)


def send(
    body: Any,
    *,
    code: str = "warehouse",
    secret: str = SECRET_IN,
    at: dt.datetime | None = None,
    message_id: str | None = None,
    client: Client | None = None,
) -> Any:
    """Post to the intake as an external system would."""
    text = body if isinstance(body, str) else json.dumps(body)
    name = message_id or (body["id"] if isinstance(body, dict) else "batch_1")
    headers = signing.sign(name, text, [secret], at=at or timezone.now())
    return (client or Client()).post(
        f"/api/v1/intake/{code}",
        text,
        content_type="application/cloudevents+json",
        headers=headers,
    )
