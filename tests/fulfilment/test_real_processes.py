"""The whole way with a real Celery worker and the real sandbox, each a process of its own."""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db import connection
from pytest_django.live_server_helper import LiveServer

from fulfilment import tasks
from fulfilment.models import Attempt, Discrepancy, ExternalRef, Handoff
from fulfilment.services.connections import register_connection
from sales.models import Invoice, Order, PaymentTerms
from tests.factories import Market
from tests.fulfilment.conftest import (
    HOOK,
    INVOICE_EVENTS,
    LOOPBACK,
    ORDER_EVENTS,
    make_due,
    submitted_order,
)

ROOT = Path(__file__).resolve().parents[2]
LISTENS = re.compile(r"http://127\.0\.0\.1:(\d+)/")
PATIENCE = 60.0

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@dataclass
class Sandbox:
    """One of the other systems, as a clerk and as somebody who breaks it."""

    port: int

    def ask(self, method: str, path: str, value: Any = None) -> Any:
        talk = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with closing(talk):
            talk.request(method, path, json.dumps(value) if value is not None else None)
            answer = talk.getresponse()
            text = answer.read().decode()
            assert answer.status < 300, text
            return json.loads(text)

    def ledger(self) -> list[tuple[str, int, int]]:
        """Type, deliveries and effects of every message received."""
        rows = self.ask("GET", "/ledger")
        return [(row["type"], row["deliveries"], row["effects"]) for row in rows]


def eventually(condition: Callable[[], Any], what: str) -> Any:
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"It never came to {what}.")


def running(*command: str, environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()


def secret(text: str) -> str:
    return "whsec_" + base64.b64encode(text.ljust(32, ".").encode()).decode()


def sandbox(
    name: str, events: list[str], live_server: LiveServer, folder: Path
) -> Iterator[Sandbox]:
    """Start one of the other systems and connect it both ways."""
    ours, theirs = secret(f"to {name}"), secret(f"from {name}")
    process = running(
        "-m",
        f"sandbox.{name}",
        "--port=0",
        f"--store={folder / name}.db",
        f"--throughline={live_server.url}",
        environment={"SANDBOX_SECRET_IN": ours, "SANDBOX_SECRET_OUT": theirs},
    )
    assert process.stdout is not None
    listens = LISTENS.search(process.stdout.readline())
    assert listens is not None
    port = int(listens.group(1))
    register_connection(
        name,
        name=name.title() if name != "erp" else "ERP",
        url=f"http://127.0.0.1:{port}{HOOK}",
        event_types=events,
        secret_out=ours,
        secret_in=theirs,
        allowed_networks=LOOPBACK,
    )
    yield Sandbox(port)
    stop(process)


@pytest.fixture
def warehouse(live_server: LiveServer, tmp_path: Path) -> Iterator[Sandbox]:
    """The sandbox's warehouse."""
    yield from sandbox("warehouse", ORDER_EVENTS, live_server, tmp_path)


@pytest.fixture
def erp(live_server: LiveServer, tmp_path: Path) -> Iterator[Sandbox]:
    """The sandbox's ERP."""
    yield from sandbox("erp", INVOICE_EVENTS, live_server, tmp_path)


def database_url() -> str:
    """The address of the tests' own database."""
    place = connection.get_connection_params()
    names = {"host": "host", "port": "port", "user": "user", "password": "password"}
    query = {name: place[key] for name, key in names.items() if place.get(key)}
    return f"postgresql:///{place['dbname']}?{urlencode(query)}"


@pytest.fixture
def worker(transactional_db: None) -> Iterator[subprocess.Popen[str]]:
    """A Celery worker without beat: it looks only when it is told to."""
    options = ("--concurrency=2", "--without-gossip", "--without-mingle", "--without-heartbeat")
    process = running(
        *("-m", "celery", "-A", "config.celery", "worker", *options, "--loglevel=INFO"),
        environment={
            "ROLE": "worker",
            "DATABASE_URL": database_url(),
            "REDIS_URL": settings.REDIS_URL,
        },
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "ready." in line:
            break
    else:
        raise AssertionError("The worker did not start.")
    yield process
    stop(process)


def test_an_order_reaches_the_warehouse_and_its_invoice_the_books(
    warehouse: Sandbox, erp: Sandbox, worker: subprocess.Popen[str]
) -> None:
    market = Market(invoice_when=PaymentTerms.InvoiceWhen.PER_SHIPMENT)
    order = submitted_order(market, "4", "1", price="19.99")

    reference = eventually(
        lambda: ExternalRef.objects.filter(record_id=order.pk).first(), "a warehouse's reference"
    ).external_id
    assert reference == "WH-000001"
    line = str(order.lines.order_by("position")[0].pk)
    report = f"/orders/{reference}/report"
    warehouse.ask(
        "POST", report, {"status": "shipped", "lines": [{"order_line": line, "quantity": "3"}]}
    )
    first = eventually(
        lambda: Invoice.objects.filter(status=Invoice.Status.ISSUED).first(), "an invoice"
    )
    books = eventually(lambda: erp.ask("GET", "/invoices"), "the books")
    assert [(each["number"], each["differs"]) for each in books] == [(first.number, False)]
    erp.ask("POST", f"/invoices/{books[0]['reference']}/post")
    eventually(
        lambda: Invoice.objects.filter(official_number__startswith="SI-").exists(),
        "an official number",
    )
    erp.ask("POST", f"/invoices/{books[0]['reference']}/pay")
    eventually(lambda: Invoice.objects.filter(status=Invoice.Status.PAID).exists(), "a payment")

    warehouse.ask("POST", report, {"status": "shipped"})
    warehouse.ask("POST", report, {"status": "delivered"})
    done = Order.objects.filter(status=Order.Status.COMPLETED)
    eventually(lambda: done.filter(fulfilment_status="delivered").exists(), "a completed order")
    eventually(lambda: len(erp.ask("GET", "/invoices")) == 2, "two invoices in the books")
    waiting = Handoff.objects.filter(state__in=Handoff.WAITING)
    eventually(lambda: not waiting.exists(), "an empty queue")

    assert sum(invoice.total for invoice in Invoice.objects.all()) == order.total
    assert warehouse.ledger() == [("throughline.order.submitted", 1, 1)]
    assert erp.ledger() == [("throughline.invoice.issued", 1, 1)] * 2
    assert not Discrepancy.objects.exists()


def test_an_answer_that_was_lost_is_looked_up_and_linked(
    warehouse: Sandbox, worker: subprocess.Popen[str]
) -> None:
    warehouse.ask("POST", "/control", [{"mode": "commit_then_drop", "times": 1}])

    order = submitted_order(Market())

    ref = eventually(
        lambda: ExternalRef.objects.filter(record_id=order.pk).first(), "a found reference"
    )
    assert ref.external_id == "WH-000001"
    assert warehouse.ledger() == [("throughline.order.submitted", 1, 1)]
    tried = Attempt.objects.order_by("id").values_list("verb", "outcome")
    assert list(tried) == [("push", "unknown"), ("find", "found")]


def test_a_warehouse_in_trouble_is_asked_again_by_the_sweep(
    warehouse: Sandbox, worker: subprocess.Popen[str]
) -> None:
    warehouse.ask("POST", "/control", [{"mode": "status", "code": 503, "times": 1}])
    submitted_order(Market())
    retrying = Handoff.objects.filter(state=Handoff.State.RETRYING)
    eventually(retrying.exists, "a first try that failed")
    make_due()

    tasks.sweep.delay()

    accepted = Handoff.objects.filter(state=Handoff.State.ACCEPTED)
    eventually(accepted.exists, "a second try")
    assert warehouse.ledger() == [("throughline.order.submitted", 1, 1)]
