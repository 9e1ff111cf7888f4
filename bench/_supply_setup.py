"""Set-up of the benchmark of two-way sync: a supply-chain system with orders, and a web process."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

from bench._handoff_setup import ROOT, SECRET, closed_port, migrated_database, wait_for_port
from config.celery import app as celery
from demo.registration import register_connection
from demo.temporary_database import broker_url_for
from fulfilment.models import Connection
from sandbox.json_fields import Fields
from sandbox.outgoing import Outgoing
from sandbox.store import Store
from sandbox.supply.amounts import Currencies
from sandbox.supply.clerk import Clerk
from sandbox.supply.modes import Modes
from sandbox.supply.records import SCHEMA
from sandbox.supply.snapshots import Reports
from tests.factories import Market
from tests.fulfilment.supply import map_market, mapped_product

EVENTS = [f"order.{name}" for name in ("submitted", "changed", "held", "released", "cancelled")]
HEAD = {"company": "USMF", "currency": "EUR", "customer": "C-001", "name": "Grinders"}
LINE = {"item": "AX-9", "unit": "EA", "quantity": "3", "price": "20.00", "discount": "3.33",
        "charge": "-0.01", "tax_rate": "0.2"}  # fmt: skip
LINES = [LINE, LINE | {"quantity": "7", "discount": "0", "charge": "0"}]


@dataclass
class Deployment:
    """The processes of the benchmark; ``ids`` are their ids of orders, by number."""

    address: str
    market: Market
    connection: Connection
    port: int
    ids: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, value: Any = None) -> Any:
        """Make a request to the supply-chain system."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with closing(link):
            link.request(method, path, json.dumps(value) if value is not None else None)
            answer = link.getresponse()
            text = answer.read().decode()
        if answer.status >= 300:
            raise SystemExit(text)
        found = json.loads(text)
        if isinstance(found, dict) and "number" in found:
            self.ids[found["number"]] = found["id"]
        return found


@contextlib.contextmanager
def deployment(orders: int) -> Iterator[Deployment]:
    """Make a database and a broker of its own, and run a system that has so many orders."""
    settings.REDIS_URL = settings.CELERY_BROKER_URL = broker_url_for(ROOT / "bench")
    celery.conf.update(broker_url=settings.REDIS_URL)
    store = Path(tempfile.mkdtemp()) / "supply.db"
    _fill(store, orders)
    web, port = closed_port(), closed_port()
    with (
        migrated_database() as address,
        _process(*_serve(web), address=address, port=web),
        _process(*_supply(store, port, web), address=address, port=port),
    ):
        market = Market()
        connection = register_connection(
            "supply",
            name="Supply",
            kind=Connection.Kind.SUPPLY,
            url=f"http://127.0.0.1:{port}/hooks/throughline",
            event_types=EVENTS,
            reports_as=["supply"],
            secret_out=SECRET,
            secret_in=SECRET,
            config={"orders_a_minute": 1_000_000},
        )
        map_market(connection, market)
        mapped_product(connection, market, "AX-9", "20.00")
        yield Deployment(address, market, connection, port)


def _fill(path: Path, orders: int) -> None:
    """Enter orders that were never reported."""
    store = Store(path, SCHEMA)
    reports = Reports(Outgoing(store, "/supply"), Modes())
    clerk = Clerk(store, reports, Currencies())
    for _ in range(orders):
        clerk.create(Fields(HEAD | {"lines": LINES}, ""))
    store.execute("delete from outgoing")
    store.close()


def _serve(port: int) -> tuple[str, ...]:
    return ("-m", "config.serve", "--workers=1", "--port", str(port))


def _supply(store: Path, port: int, web: int) -> tuple[str, ...]:
    throughline = f"http://127.0.0.1:{web}"
    options = (f"--port={port}", f"--store={store}", f"--throughline={throughline}")
    return ("-m", "sandbox.supply", *options)


@contextlib.contextmanager
def _process(*command: str, address: str, port: int) -> Iterator[None]:
    environment = {
        "DATABASE_URL": address,
        "REDIS_URL": settings.REDIS_URL,
        "EXIT_WITH_PARENT": "1",
        "SANDBOX_SECRET_IN": SECRET,
        "SANDBOX_SECRET_OUT": SECRET,
    }
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_port(port)
        yield
    finally:
        process.terminate()
        process.wait(20)
