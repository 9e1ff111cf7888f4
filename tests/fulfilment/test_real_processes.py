"""End to end with a Celery worker and the sandbox, each in a process of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from pytest_django.live_server_helper import LiveServer

from fulfilment.models import Attempt, Discrepancy, ExternalRef, Handoff, Lane
from sales.models import Invoice, Order, PaymentTerms
from tests.factories import Market
from tests.fulfilment.conftest import INVOICE_EVENTS, ORDER_EVENTS, submitted_order
from tests.fulfilment.processes import Sandbox, celery_worker, eventually, sandbox

BACKENDS = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'throughline worker'
"""

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def warehouse(live_server: LiveServer, tmp_path: Path) -> Iterator[Sandbox]:
    """The sandbox's warehouse."""
    with sandbox("warehouse", ORDER_EVENTS, live_server.url, tmp_path) as system:
        yield system


@pytest.fixture
def erp(live_server: LiveServer, tmp_path: Path) -> Iterator[Sandbox]:
    """The sandbox's ERP."""
    with sandbox("erp", INVOICE_EVENTS, live_server.url, tmp_path) as system:
        yield system


@pytest.fixture
def worker(transactional_db: None, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A Celery worker with its beat."""
    with celery_worker(tmp_path / "beat") as process:
        yield process


def test_delivers_an_order_and_its_invoices_to_both_systems(
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
    posted = eventually(lambda: erp.ask("GET", "/invoices"), "an invoice in the ERP")
    assert [(each["number"], each["differs"]) for each in posted] == [(first.number, False)]
    erp.ask("POST", f"/invoices/{posted[0]['reference']}/post")
    eventually(
        lambda: Invoice.objects.filter(official_number__startswith="SI-").exists(),
        "an official number",
    )
    erp.ask("POST", f"/invoices/{posted[0]['reference']}/pay")
    eventually(lambda: Invoice.objects.filter(status=Invoice.Status.PAID).exists(), "a payment")

    warehouse.ask("POST", report, {"status": "shipped"})
    warehouse.ask("POST", report, {"status": "delivered"})
    done = Order.objects.filter(status=Order.Status.COMPLETED)
    eventually(lambda: done.filter(fulfilment_status="delivered").exists(), "a completed order")
    eventually(lambda: len(erp.ask("GET", "/invoices")) == 2, "two invoices in the ERP")
    waiting = Handoff.objects.filter(state__in=Handoff.WAITING)
    eventually(lambda: not waiting.exists(), "an empty queue")

    assert sum(invoice.total for invoice in Invoice.objects.all()) == order.total
    assert warehouse.ledger() == [("throughline.order.submitted", 1, 1)]
    assert erp.ledger() == [("throughline.invoice.issued", 1, 1)] * 2
    assert not Discrepancy.objects.exists()


def test_looks_up_and_links_after_a_lost_answer(
    warehouse: Sandbox, worker: subprocess.Popen[str]
) -> None:
    warehouse.ask("POST", "/control", [{"mode": "commit_then_drop", "times": 1}])

    order = submitted_order(Market())

    ref = eventually(
        lambda: ExternalRef.objects.filter(record_id=order.pk).first(), "a found reference"
    )
    assert ref.external_id == "WH-000001"
    assert warehouse.ledger() == [("throughline.order.submitted", 1, 1)]
    attempts = Attempt.objects.order_by("id").values_list("verb", "outcome")
    assert list(attempts) == [("push", "unknown"), ("find", "found")]


def test_retries_with_the_sweep_after_a_server_error(
    warehouse: Sandbox, worker: subprocess.Popen[str]
) -> None:
    warehouse.ask("POST", "/control", [{"mode": "status", "code": 503, "times": 1}])

    submitted_order(Market())

    accepted = Handoff.objects.filter(state=Handoff.State.ACCEPTED)
    eventually(accepted.exists, "a second try")
    assert warehouse.ledger() == [("throughline.order.submitted", 1, 1)]
    outcomes = Attempt.objects.order_by("id").values_list("outcome", flat=True)
    assert list(outcomes) == ["unreachable", "done"]


def test_keeps_the_database_connection_of_a_worker_and_replaces_a_broken_one(
    warehouse: Sandbox, worker: subprocess.Popen[str]
) -> None:
    market = Market()
    connections = deliver(market)
    for _ in range(3):
        later = deliver(market)
        assert connections <= later
        connections = later

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM unnest(%s) AS pid", [list(connections)]
        )

    assert deliver(market).isdisjoint(connections)
    assert warehouse.ledger() == [("throughline.order.submitted", 1, 1)] * 5


def deliver(market: Market) -> set[int]:
    """Have an order delivered; returns the worker's database connections at that time."""
    order = submitted_order(market)
    handoffs = Handoff.objects.filter(event__subject_id=order.pk, state=Handoff.State.ACCEPTED)
    eventually(handoffs.exists, "a delivery")
    found: set[int] = eventually(backends, "a worker's connection")
    return found


def backends() -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(BACKENDS)
        return {pid for (pid,) in cursor.fetchall()}


def test_a_worker_that_is_stopped_stores_the_answers_under_way(
    warehouse: Sandbox, worker: subprocess.Popen[str]
) -> None:
    warehouse.ask("POST", "/control", [{"mode": "slow", "seconds": 2, "times": 1}])
    submitted_order(Market())
    under_way = Handoff.objects.filter(state=Handoff.State.SENDING)
    eventually(under_way.exists, "a request under way")

    worker.terminate()
    worker.wait(20)

    assert Handoff.objects.get().state == Handoff.State.ACCEPTED
    assert list(Attempt.objects.values_list("verb", "outcome")) == [("push", "done")]
    assert list(Lane.objects.values_list("pending", "lease_token")) == [(0, None)]
