"""Conformance: partners made from the documents alone, as strangers beside a running web."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from demo.registration import register_connection
from fulfilment.models import Attempt, Discrepancy, ExternalRef, Handoff
from fulfilment.outbound.drain import drain
from fulfilment.outbound.handoff_actions import replay_handoff
from sales.models import Invoice, Order, PaymentTerms
from tests.factories import Market
from tests.faults.servers import free_port, listens
from tests.fulfilment.conftest import INVOICE_EVENTS, ORDER_EVENTS, submitted_order
from tests.fulfilment.processes import (
    LISTENS,
    ROOT,
    drain_output,
    eventually,
    secret,
    stop,
    worker_environment,
)

FOLDER = ROOT / "sandbox" / "partner"
PARTNERS = {
    "python": [sys.executable, str(FOLDER / "partner.py")],
    "node": ["node", str(FOLDER / "partner.mjs")],
}
GATEWAY_CODE = "S3cret"

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Partner:
    """A running partner and what it says of itself."""

    port: int

    def state(self) -> dict[str, Any]:
        with urlopen(f"http://127.0.0.1:{self.port}/state", timeout=10) as answer:  # ours
            found: dict[str, Any] = json.load(answer)
        return found

    def results(self) -> list[tuple[int, str]]:
        """Status and result of every report, in order."""
        return [(each["status"], each["result"]) for each in self.state()["reports"]]


def started(command: list[str], **environment: str) -> subprocess.Popen[str]:
    path = f"{os.environ['PATH']}{os.pathsep}{Path(sys.executable).parent}"
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | {"PATH": path} | environment,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def web(transactional_db: None) -> Iterator[str]:
    """The web process as it runs in production; its origin."""
    port = free_port()
    serve = [sys.executable, "-m", "config.serve", "--workers=1", "--port", str(port)]
    process = started(serve, **worker_environment())
    drain_output(process)
    eventually(lambda: listens(port), "a web process")
    yield f"http://127.0.0.1:{port}"
    stop(process)


@pytest.fixture(params=sorted(PARTNERS))
def start(request: pytest.FixtureRequest, web: str) -> Iterator[Callable[..., Partner]]:
    """Start the partner, connect it, and stop it in the end."""
    running: list[subprocess.Popen[str]] = []

    def run(**environment: str) -> Partner:
        ours, theirs = secret("to the partner"), secret("from the partner")
        process = started(
            PARTNERS[request.param],
            THROUGHLINE=web,
            CONNECTION="stranger",
            VERIFY_WITH=ours,
            SIGN_WITH=theirs,
            GATEWAY_CODE=GATEWAY_CODE,
            **environment,
        )
        running.append(process)
        assert process.stdout is not None
        listens_on = LISTENS.search(process.stdout.readline())
        assert listens_on is not None
        partner = Partner(int(listens_on.group(1)))
        register_connection(
            "stranger",
            name="Partner",
            url=f"http://127.0.0.1:{partner.port}/hook?code={GATEWAY_CODE}",
            event_types=[*ORDER_EVENTS, *INVOICE_EVENTS],
            reports_as=["warehouse", "erp"],
            secret_out=ours,
            secret_in=theirs,
        )
        return partner

    yield run
    for process in running:
        stop(process)


def deliver(condition: Callable[[], Any], what: str) -> None:
    """Drain as a worker would until something is true."""

    def step() -> Any:
        drain()
        return condition()

    eventually(step, what)


def test_takes_an_order_from_submission_to_payment(start: Callable[..., Partner]) -> None:
    partner = start()
    market = Market(invoice_when=PaymentTerms.InvoiceWhen.FULFILLED)
    order = submitted_order(market, "4", "1", price="19.99")

    deliver(lambda: Invoice.objects.filter(status="paid").exists(), "a paid invoice")
    eventually(lambda: len(partner.results()) == 7, "the partner's seven reports")

    order.refresh_from_db()
    assert (order.status, order.fulfilment_status) == (Order.Status.COMPLETED, "delivered")
    invoice = Invoice.objects.get()
    assert invoice.official_number == f"SI-{invoice.number}"
    assert (invoice.paid, order.total) == (order.total, invoice.total)
    references = {ref.record_type: ref.external_id for ref in ExternalRef.objects.all()}
    assert references == {"order": "P-000001", "invoice": "P-000002"}
    applied, duplicate = (200, "applied"), (200, "duplicate")
    assert partner.results() == [*[applied] * 6, duplicate]
    assert partner.state()["types"][:2] == [
        "throughline.order.submitted",
        "throughline.invoice.issued",
    ]
    assert not Discrepancy.objects.exists()
    assert not Handoff.objects.filter(state__in=Handoff.WAITING).exists()


def test_finds_what_arrived_although_the_answer_was_lost(start: Callable[..., Partner]) -> None:
    partner = start(LOSES_ANSWERS="1")

    order = submitted_order(Market())
    deliver(lambda: ExternalRef.objects.filter(record_id=order.pk).exists(), "a reference")

    attempts = Attempt.objects.order_by("id").values_list("verb", "outcome")
    assert list(attempts)[:2] == [("push", "unknown"), ("find", "found")]
    state = partner.state()
    [handoff] = Handoff.objects.filter(event__type="order.submitted")
    assert state["looked_up"] == [handoff.message_id]
    assert (state["types"][0], state["repeats"]) == ("throughline.order.submitted", 0)


def test_deduplicates_what_is_sent_again(start: Callable[..., Partner]) -> None:
    partner, market = start(), Market()
    submitted_order(market)
    deliver(lambda: partner.state()["types"], "the first delivery")
    [first] = Handoff.objects.filter(event__type="order.submitted")

    replay_handoff(first.pk, actor=market.rep)
    deliver(lambda: partner.state()["repeats"] == 1, "a repeat")

    assert partner.state()["types"].count("throughline.order.submitted") == 1
    assert ExternalRef.objects.get().external_id == "P-000001"
