"""Benchmark of handoffs, throughput, latency and overhead: `python -m bench.handoffs`.

Runs in a database of its own on the configured server, with a Celery worker and a receiver as
processes of their own, and prints one table with the targets beside the measurements.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("LOG_LEVEL", "ERROR")
django.setup()

import psutil
from django.conf import settings
from django.core.management import call_command
from django.db import connection as database
from django.utils import timezone

from common.identifiers import uuid7
from config.celery import app as celery
from demo.temporary_database import broker_url_for, database_name_for, temporary_database
from fulfilment.models import Connection, Handoff, Lane, Payload
from fulfilment.outbound.drain import drain
from fulfilment.services.connections import register_connection
from sales.models import Order, SalesEvent
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.orders import hold_order, release_order, submit_order
from tests.factories import Market

settings.DEBUG = False  # with it, Django keeps every query in memory

ROOT = Path(__file__).resolve().parents[1]
SECRET = "whsec_b3V0Z29pbmctc2VjcmV0LW9mLXRoZS1iZW5jaCE="
BODY = json.dumps({"data": "x" * 2500})
MS = 1000
PAUSE_SECONDS = 0.01
"""Pause between saves, in which the wake-up is sent."""
REPEATS = 7
"""What is compared is measured in turns, so that the load of the machine affects both alike."""


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


def main() -> int:
    """Measure everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20, help="per rate of events")
    parser.add_argument("--events", type=int, default=10_000, help="to drain, ten per lane")
    options = parser.parse_args()
    settings.REDIS_URL = settings.CELERY_BROKER_URL = broker_url_for(ROOT / "bench")
    celery.conf.update(broker_url=settings.REDIS_URL)
    with temporary_database(database_name_for("bench", ROOT)) as address, receiver() as port:
        call_command("migrate", verbosity=0)
        measurements = [
            *costs(port),
            *drains(port, options.events),
            *latencies(port, address, options.seconds),
        ]
    sys.stdout.write(f"{'':<52} {'measured':>9} {'target':>7} {'gate':>7}\n")
    sys.stdout.writelines(f"{each}\n" for each in measurements)
    return 0 if all(each.is_good for each in measurements) else 1


def costs(port: int) -> Iterator[Measurement]:
    """Measure what queueing for two connections adds to a save."""
    orders = submitted_orders(20)
    for name in ("warehouse", "erp"):
        connect(name, port)
    toggles(orders, 40)
    without: list[float] = []
    with_two: list[float] = []
    for _ in range(REPEATS):
        for status, durations in (("disabled", without), ("active", with_two)):
            Connection.objects.update(status=status)
            durations.extend(toggles(orders, 100))
    for share, target, gate in ((0.5, 3, 10), (0.99, 3, 10)):
        added = percentile(with_two, share) - percentile(without, share)
        yield Measurement(
            f"added to a save by two connections, p{share * 100:g}", added, target, gate, "ms"
        )


def drains(port: int, events: int) -> Iterator[Measurement]:
    """Measure the drain of a full queue, alone and with one dead system among a hundred."""
    clear()
    connect("sink", port, max_in_flight=64)
    fill(["sink"], lanes=events // 10, each=10)
    duration = drained()
    yield Measurement(f"drain of {events} over {events // 10} lanes", duration, 5, 15, "s")

    healthy = [f"far-{number}" for number in range(99)]
    for name in healthy:
        connect(name, port)
    alone, beside = [], []
    for number in range(REPEATS):
        fill(healthy, lanes=10, each=2)
        alone.append(drained())
        dead = f"dead-{number}"
        connect(dead, closed_port())
        fill([*healthy, dead], lanes=10, each=2)
        beside.append(drained(but=dead))
        clear(code=dead)
    slower = (median(beside) / median(alone) - 1) * 100
    yield Measurement("the healthy 99 beside a dead one, slower by", max(slower, 0), 3, 10, "%")


def latencies(port: int, address: str, seconds: float) -> Iterator[Measurement]:
    """Measure the time from the commit to the receiver, through a Celery worker."""
    clear()
    tidy()
    orders = submitted_orders(50)
    connect("live", port)
    with worker(address) as process:
        paced(orders, 20, 2)
        for rate, (target, gate) in ((20, (40, 150)), (50, (40, 150))):
            sent = paced(orders, rate, seconds)
            time.sleep(1)
            waits = waited(sent, port)
            yield Measurement(
                f"commit → received at {rate}/s, p50", percentile(waits, 0.5), 8, 25, "ms"
            )
            yield Measurement(
                f"commit → received at {rate}/s, p99", percentile(waits, 0.99), target, gate, "ms"
            )
        children = psutil.Process(process.pid).children(recursive=True)
        largest = max(child.memory_info().rss for child in children) / 2**20
        yield Measurement("memory of a worker process", largest, 120, 250, "MB")


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


def waited(sent: Sequence[tuple[str, float]], port: int) -> list[float]:
    """Return the milliseconds from each commit to its arrival."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as answer:
        arrivals: dict[str, float] = json.load(answer)
    newest = Handoff.objects.order_by("-id").values_list("event__subject_id", "message_id")
    keys = list(newest[: len(sent)])[::-1]
    assert [str(subject) for subject, _ in keys] == [subject for subject, _ in sent]
    return [
        (arrivals[message_id] - committed) * MS
        for (_, message_id), (_, committed) in zip(keys, sent, strict=True)
    ]


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
        drain(seconds=2)
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
        allowed_networks=["127.0.0.0/8"],
        **options,
    )
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
        _wait_for(port)
        yield port
    finally:
        process.kill()
        process.wait()


def _wait_for(port: int) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise SystemExit("The receiver did not start.")


@contextlib.contextmanager
def worker(address: str) -> Iterator[subprocess.Popen[str]]:
    """Run a Celery worker on the bench's database and broker."""
    options = ("--concurrency=2", "--without-gossip", "--without-mingle", "--without-heartbeat")
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
        process.terminate()
        process.wait(30)
        reader.wait(5)


if __name__ == "__main__":
    sys.exit(main())
