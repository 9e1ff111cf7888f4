"""Set-up of the benchmark of handoffs: orders, connections, a receiver and workers."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("LOG_LEVEL", "ERROR")
django.setup()

import psutil
from django.conf import settings
from django.db import connection as database
from django.utils import timezone

from common.identifiers import uuid7
from config.celery import app as celery
from demo.registration import register_connection
from demo.temporary_database import broker_url_for, database_name_for, temporary_database
from fulfilment.models import Connection, Handoff, Lane, Payload
from fulfilment.outbound.drain import drain
from fulfilment.services.connections import resume_connection
from sales.models import Order, SalesEvent
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.orders import hold_order, release_order, submit_order
from tests.factories import Market
from tests.template_database import template_for

settings.DEBUG = False  # with it, Django keeps every query in memory

ROOT = Path(__file__).resolve().parents[1]
SECRET = "whsec_b3V0Z29pbmctc2VjcmV0LW9mLXRoZS1iZW5jaCE="
BODY = json.dumps({"data": "x" * 2500})
MS = 1000
PAUSE_SECONDS = 0.01
"""Pause between saves, in which the wake-up is sent."""
LONGEST_WAIT = 120
"""Seconds after which a message that has not arrived is taken for lost."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One line of the table; above ``gate`` the benchmark fails."""

    name: str
    measured: float
    target: float
    gate: float
    unit: str

    def __str__(self) -> str:
        if self.measured <= self.target:
            result = "target"
        else:
            result = "gate" if self.is_good else "MISSED"
        return (
            f"{self.name:<52} {self.measured:>9.1f} {self.target:>7g} {self.gate:>7g}"
            f" {self.unit:<5} {result}"
        )

    @property
    def is_good(self) -> bool:
        """Whether the measurement is within its gate."""
        return self.measured <= self.gate


@contextlib.contextmanager
def deployment() -> Iterator[tuple[int, str]]:
    """Make a database and a broker of its own, and run a receiver; yields port and address."""
    settings.REDIS_URL = settings.CELERY_BROKER_URL = broker_url_for(ROOT / "bench")
    celery.conf.update(broker_url=settings.REDIS_URL)
    with migrated_database() as address, receiver() as port:
        yield port, address


@contextlib.contextmanager
def migrated_database() -> Iterator[str]:
    """Copy the tests' template to a database of the benchmark's own; yields its address."""
    progress("making the database")
    template = template_for(settings.DATABASE_URL)
    with temporary_database(database_name_for("bench", ROOT), template) as address:
        yield address


def progress(text: str) -> None:
    """Say beside the table how far the benchmark is."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")


def submitted_orders(count: int) -> list[Order]:
    """Create orders that can be held and released."""
    market = Market()
    product = market.product()
    orders = []
    for _ in range(count):
        order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
        add_line(order, actor=market.rep, product=product)
        orders.append(submit_order(order.pk, actor=market.rep))
    return orders


def toggle(order: Order) -> None:
    """Make a small change that is sent to external systems."""
    if order.is_on_hold:
        release_order(order.pk, actor=order.owner)
    else:
        hold_order(order.pk, actor=order.owner, reason="Stock take")
    order.is_on_hold = not order.is_on_hold


def toggles(orders: Sequence[Order], times: int) -> list[float]:
    """Toggle repeatedly, with a pause between; returns the milliseconds of each."""
    durations = []
    for order in itertools.islice(itertools.cycle(orders), times):
        started = time.monotonic()
        toggle(order)
        durations.append((time.monotonic() - started) * MS)
        time.sleep(PAUSE_SECONDS)
    return durations


def paced(orders: Sequence[Order], rate: int, seconds: float) -> list[tuple[str, float]]:
    """Toggle at a rate per second; returns each event's order and the time of its commit."""
    sent = []
    start = time.monotonic()
    for number, order in enumerate(itertools.islice(itertools.cycle(orders), int(rate * seconds))):
        time.sleep(max(0.0, start + number / rate - time.monotonic()))
        toggle(order)
        sent.append((str(order.pk), time.monotonic()))
    return sent


def measured(orders: Sequence[Order], rate: int, seconds: float, port: int) -> list[float]:
    """Toggle at a rate, and return how long the live connection waited for each, in ms."""
    sent = paced(orders, rate, seconds)
    newest = (
        Handoff.objects.filter(lane__connection__code="live")
        .order_by("-id")
        .values_list("event__subject_id", "message_id")
    )
    keys = list(newest[: len(sent)])[::-1]
    assert [str(subject) for subject, _ in keys] == [subject for subject, _ in sent]
    arrivals = arrived({message_id for _, message_id in keys}, port)
    return [
        (arrivals[message_id] - committed) * MS
        for (_, message_id), (_, committed) in zip(keys, sent, strict=True)
    ]


def arrived(message_ids: set[str], port: int) -> dict[str, float]:
    """Wait until the live connection has received these messages; returns when it did."""
    until = time.monotonic() + LONGEST_WAIT
    while time.monotonic() < until:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/live", timeout=30) as answer:
            arrivals: dict[str, float] = json.load(answer)
        if message_ids <= arrivals.keys():
            return arrivals
        time.sleep(1)
    raise SystemExit("Messages were lost.")


def fill(codes: Sequence[str], lanes: int, each: int) -> None:
    """Queue handoffs for each connection: so many lanes with so many handoffs each."""
    for connection in Connection.objects.filter(code__in=codes):
        made = [
            Lane(connection=connection, root_type="order", root_id=uuid7(), due_at=timezone.now())
            for _ in range(lanes)
        ]
        handoffs = [_handoff(lane, number + 1) for lane in made for number in range(each)]
        for lane in made:
            lane.last_position = lane.pending = each
        SalesEvent.objects.bulk_create([h.event for h in handoffs], batch_size=2000)
        Payload.objects.bulk_create([h.payload for h in handoffs], batch_size=2000)
        Lane.objects.bulk_create(made)
        Handoff.objects.bulk_create(handoffs, batch_size=2000)
    tidy()


def tidy() -> None:
    """Vacuum now, so that autovacuum does not run during a measurement."""
    with database.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _handoff(lane: Lane, position: int) -> Handoff:
    event = SalesEvent(
        type=SalesEvent.Type.ORDER_SUBMITTED if position == 1 else SalesEvent.Type.ORDER_CHANGED,
        subject_type="order",
        subject_id=lane.root_id,
        subject_version=position,
        root_type="order",
        root_id=lane.root_id,
        actor_kind="system",
        actor_name="Bench",
    )
    payload = Payload(event=event, version=1, body=BODY, sha256="0" * 64)
    return Handoff(
        lane=lane,
        position=position,
        event=event,
        payload=payload,
        message_id=f"evt_{event.pk.hex}",
    )


def drained(but: str = "") -> float:
    """Drain until nothing is left, except for one connection; returns the seconds it took."""
    left = Lane.objects.filter(pending__gt=0).exclude(connection__code=but)
    started = time.monotonic()
    while left.exists():
        drain()
    return time.monotonic() - started


def connect(code: str, port: int, **options: int) -> None:
    """Register a connection to the receiver, or to a closed port."""
    connection = register_connection(
        code,
        name=code.title(),
        url=f"http://127.0.0.1:{port}/{code}",
        event_types=["order.submitted", "order.held", "order.released"],
        secret_out=SECRET,
        secret_in=SECRET,
        **options,
    )
    resume_connection(connection)
    connection.health.refresh_from_db()
    connection.health.in_flight_limit = None
    connection.health.save()


def clear(**filters: str) -> None:
    """Disable connections, all of them by default, and empty their lanes."""
    stopped = Connection.objects.filter(**filters)
    Lane.objects.filter(connection__in=stopped).update(pending=0)
    stopped.update(status=Connection.Status.DISABLED)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that this share of values does not exceed."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def closed_port() -> int:
    """Return a port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextlib.contextmanager
def receiver() -> Iterator[int]:
    """Run the receiver of the messages; yields its port."""
    port = closed_port()
    process = subprocess.Popen([sys.executable, str(ROOT / "bench" / "_receiver.py"), str(port)])
    try:
        wait_for_port(port)
        yield port
    finally:
        process.kill()
        process.wait()


def wait_for_port(port: int) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise SystemExit("The receiver did not start.")


@contextlib.contextmanager
def worker(address: str) -> Iterator[subprocess.Popen[str]]:
    """Run a Celery worker with its beat on the bench's database and broker."""
    schedule = tempfile.mkdtemp()
    options = (
        *("--concurrency=2", "--without-gossip", "--without-mingle", "--without-heartbeat"),
        *("--beat", f"--schedule={schedule}/beat"),
    )
    environment = {"ROLE": "worker", "DATABASE_URL": address, "REDIS_URL": settings.REDIS_URL}
    celery_worker = ("-m", "celery", "-A", "config.celery", "worker", "--loglevel=INFO")
    process = subprocess.Popen(
        [sys.executable, *celery_worker, *options],
        cwd=ROOT,
        env=os.environ | environment | {"LOG_LEVEL": "INFO"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "ready." in line:
            break
    reader = subprocess.Popen(["cat"], stdin=process.stdout, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        _end(process)
        reader.wait(5)


def _end(process: subprocess.Popen[str]) -> None:
    """Ask a process to end; kill it and its children if it does not."""
    children = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        running: list[psutil.Process | subprocess.Popen[str]] = [*children, process]
        for each in running:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        process.wait()
