"""The systems as processes: started, killed, started again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from tests.sandbox.supply_messages import act, create, push_event, read_page
from tests.sandbox.throughline_stub import (
    SECRET_IN,
    SECRET_OUT,
    Client,
    Receiver,
    invoice_event,
    order_event,
    wait_until,
)

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {"SANDBOX_SECRET_IN": SECRET_IN, "SANDBOX_SECRET_OUT": SECRET_OUT}
Launch = Callable[..., tuple["subprocess.Popen[str]", Client]]


@pytest.fixture
def launch() -> Iterator[Launch]:
    processes: list[subprocess.Popen[str]] = []

    def start(system: str, *arguments: str) -> tuple[subprocess.Popen[str], Client]:
        process = subprocess.Popen(
            [sys.executable, "-m", f"sandbox.{system}", "--port", "0", *arguments],
            cwd=ROOT,
            env=os.environ | ENVIRONMENT,
            stdout=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        return process, Client(int(line.rstrip("/\n").rpartition(":")[2]))

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def run(*arguments: str, **environment: str) -> tuple[int, str]:
    """Start a system that cannot start; returns its exit status and standard error."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=os.environ | ENVIRONMENT | environment,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    return done.returncode, done.stderr


def test_keeps_all_data_when_killed(launch: Launch, tmp_path: Path) -> None:
    store = str(tmp_path / "deep" / "warehouse.db")
    nobody = "http://127.0.0.1:1"
    first, warehouse = launch("warehouse", "--store", store, "--throughline", nobody)
    event = order_event()
    warehouse.push(event)
    warehouse.post("/orders/WH-000001/report", {"status": "shipped"})
    before = warehouse.get("/orders")
    first.kill()
    first.wait()

    _, warehouse = launch("warehouse", "--store", store, "--throughline", nobody)

    assert warehouse.get("/orders") == before
    assert warehouse.push(event).json == {"reference": "WH-000001"}
    assert warehouse.push(order_event(number="O-2")).json == {"reference": "WH-000002"}
    assert [row["state"] for row in warehouse.get("/outgoing")] == ["waiting"] * 4


def test_keeps_orders_sequences_and_answers_when_killed(launch: Launch, tmp_path: Path) -> None:
    options = ("--store", str(tmp_path / "supply.db"), "--throughline", "http://127.0.0.1:1")
    first, supply = launch("supply", *options)
    message = push_event()
    answer = supply.push(message).json
    order = act(supply, create(supply), "deliver")
    before = read_page(supply, "0"), supply.get("/orders"), supply.get("/documents")
    first.kill()
    first.wait()

    _, supply = launch("supply", *options, "--on-conflict", "named", "--digits", "JPY=0")

    after = read_page(supply, "0"), supply.get("/orders"), supply.get("/documents")
    assert after == before
    assert supply.push(message).json == answer
    assert act(supply, order, "edit", name="After")["sequence"] == order["sequence"] + 1
    assert create(supply, currency="JPY")["number"] == "SO-000002"
    assert [row["state"] for row in supply.get("/outgoing")] == ["waiting"] * 6
    assert supply.get("/modes")["on_conflict"] == "named"
    assert supply.get("/orders")[0]["totals"]["total"] == "120"


def test_works_at_random_by_its_seed(launch: Launch, tmp_path: Path) -> None:
    options = ("--throughline", "http://127.0.0.1:1", "--auto", "0.05", "--seed", "7")

    _, supply = launch("supply", "--store", str(tmp_path / "supply.db"), *options)

    wait_until(lambda: len(supply.get("/outgoing")) > 2)


def test_refuses_decimals_that_are_none(tmp_path: Path) -> None:
    store = ("--port", "0", "--store", str(tmp_path / "s"))

    for text in ("JPY", "JPY=x", "YEN0=1", "JPY=7"):
        code, stderr = run("sandbox.supply", *store, "--digits", text)
        assert (code, f"“{text}” is not like JPY=0." in stderr) == (2, True)


def test_sends_after_a_kill_what_was_not_sent_before(
    launch: Launch, tmp_path: Path, httpserver: HTTPServer, receiver: Receiver
) -> None:
    store = str(tmp_path / "erp.db")
    first, erp = launch("erp", "--store", store, "--throughline", "http://127.0.0.1:1")
    erp.push(invoice_event())
    erp.post("/invoices/ERP-000001/post")
    first.kill()
    first.wait()

    launch("erp", "--store", store, "--throughline", httpserver.url_for("/"))

    wait_until(lambda: receiver.received)
    assert receiver.received[0]["data"]["official_number"] == "SI-2026-000001"


def test_processes_a_whole_order_automatically(
    launch: Launch, tmp_path: Path, httpserver: HTTPServer, receiver: Receiver
) -> None:
    store = str(tmp_path / "warehouse.db")
    url = httpserver.url_for("/")
    _, warehouse = launch("warehouse", "--store", store, "--throughline", url, "--auto", "0.05")

    warehouse.push(order_event())

    wait_until(lambda: len(receiver.received) == 7)
    assert warehouse.get("/orders/WH-000001")["state"] == "delivered"


@pytest.mark.parametrize("system", ["warehouse", "erp", "supply"])
def test_starts_and_stops_without_errors(launch: Launch, tmp_path: Path, system: str) -> None:
    process, peer = launch(system, "--store", str(tmp_path / "store.db"))

    assert peer.get("/healthz") == {"status": "ok"}
    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=10) == 0


@pytest.mark.parametrize("system", ["warehouse", "erp", "supply"])
def test_reports_a_port_that_is_taken(tmp_path: Path, system: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, stderr = run(f"sandbox.{system}", "--port", str(port), "--store", str(tmp_path / "s"))

    assert code == 1
    assert stderr.count("\n") == 1
    assert f"port {port} on 127.0.0.1 is taken by another program" in stderr
    assert not (tmp_path / "s").exists()


def test_reports_which_secret_is_wrong(tmp_path: Path) -> None:
    store = ("--port", "0", "--store", str(tmp_path / "s"))

    assert run("sandbox.erp", *store, SANDBOX_SECRET_IN="guess") == (
        1,
        "The ERP cannot start: --secret-in (or SANDBOX_SECRET_IN) must look like whsec_<base64>.\n",
    )
    assert run("sandbox.erp", *store, SANDBOX_SECRET_OUT="") == (
        1,
        "The ERP cannot start: --secret-out (or SANDBOX_SECRET_OUT) is missing.\n",
    )


def test_reports_a_store_that_is_no_database(tmp_path: Path) -> None:
    store = tmp_path / "warehouse.db"
    store.write_text("This is not a database, whatever its name says. " * 10)

    code, stderr = run("sandbox.warehouse", "--port", "0", "--store", str(store))

    assert (code, stderr) == (
        1,
        f"The warehouse cannot start: The store {store} cannot be used: file is not a database.\n",
    )
