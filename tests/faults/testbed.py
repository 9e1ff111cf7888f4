"""Testbed of fault injection: our processes, a warehouse behind a proxy, and a healthy system.

All of it is real and used by one test module only: a database copied from the template, a Valkey,
the sandbox's warehouse, and workers forked as they are needed.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

from celery import Celery
from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from psutil import NoSuchProcess, Process

from fulfilment.models import Connection, Handoff, Health, Lane
from fulfilment.services import wakeups
from fulfilment.services.connections import resume_connection
from fulfilment.services.wakeups import WorkerNotifier
from sales.models import Order
from sales.services.orders import hold_order, release_order
from tests.factories import Market
from tests.faults.healthy_system import HealthySystem
from tests.faults.proxy import Behaviour, Proxy
from tests.faults.servers import Broker, free_port, listens, own_database
from tests.fulfilment.conftest import HOOK, ORDER_EVENTS, submitted_order
from tests.fulfilment.processes import PATIENCE, ROOT, Sandbox, database_url, eventually, sandbox

ORDERS = 6
"""Number of orders; each has a lane of its own per connection."""

DEADLINE = 1
"""Seconds the external systems have to answer."""

LOCKS = f"&options={quote('-c idle_in_transaction_session_timeout=2s')}"
"""How long a process that is frozen in a transaction keeps its locks; 30 s elsewhere."""


class Forker:
    """Client of the process forker, which starts processes quickly."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self._folder = folder
        self._processes: list[Process] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.process_forker"],
            cwd=ROOT,
            env=os.environ | environment | {"ROLE": "worker", "LOG_LEVEL": "INFO"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def fork(self, role: str, **options: Any) -> Process:
        """Fork a process of this role."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        log = str(self._folder / f"{role}.log")
        self._process.stdin.write(json.dumps({"role": role, "log": log, **options}) + "\n")
        self._process.stdin.flush()
        self._processes.append(Process(int(self._process.stdout.readline())))
        return self._processes[-1]

    def kill_all(self) -> None:
        """Kill all processes."""
        for process in self._processes:
            signal_to(process, signal.SIGKILL)
        for process in self._processes:
            wait_for_end(process)
        self._processes.clear()

    def close(self) -> None:
        self.kill_all()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


def signal_to(process: Process, number: signal.Signals) -> None:
    """Send a signal to a process that may have ended, and never to one that got its pid."""
    with contextlib.suppress(NoSuchProcess):
        process.send_signal(number)


def wait_for_end(process: Process, seconds: float = PATIENCE) -> None:
    """Wait until a process has ended."""
    eventually(lambda: not process.is_running(), f"the end of process {process.pid}", seconds)


def seconds_without_cpu() -> float:
    """How long this thread has waited for a CPU since it began; 0 where that is not counted."""
    try:
        counted = Path("/proc/thread-self/schedstat").read_text()
    except OSError:
        return 0.0
    return int(counted.split()[1]) / 10**9


class Testbed:
    """The systems and processes of a fault; ``begin`` before it and ``finish`` after it."""

    __test__ = False  # pytest takes classes named Test… for tests

    def __init__(self, folder: Path, server: str, name: str, seed: int) -> None:
        self.folder, self.seed = folder, seed
        self.rng = random.Random(seed)
        self.saves: list[float] = []
        self.known: set[str] = set()
        self._web_port = free_port()
        self._web: subprocess.Popen[bytes] | None = None
        self._exits = ExitStack()
        self._exits.enter_context(own_database(server, name))
        self.broker = Broker(folder / "broker")
        self._exits.callback(self.broker.close)
        environment = {"DATABASE_URL": f"{database_url()}{LOCKS}", "REDIS_URL": self.broker.url}
        self.environment = environment
        self.forker = Forker(environment, folder)
        self._exits.callback(self.forker.close)
        self.sandbox: Sandbox = self._exits.enter_context(
            sandbox("warehouse", ORDER_EVENTS, f"http://127.0.0.1:{self._web_port}", folder)
        )
        self.proxy = self._exits.enter_context(Proxy(self.sandbox.port))
        self.healthy = self._exits.enter_context(HealthySystem())
        self._exits.callback(self._stop_notifying, wakeups._notifier)
        wakeups._notifier = WorkerNotifier()
        self._connect()
        self.market = Market()
        self.orders = [submitted_order(self.market) for _ in range(ORDERS)]
        self.finish()

    def close(self) -> None:
        """Stop everything."""
        self._exits.close()

    def begin(self, rng: random.Random) -> None:
        """Reset the records for the next fault."""
        self.rng = rng
        self.saves = []
        self.known = set(Handoff.objects.values_list("message_id", flat=True))

    def refresh(self) -> None:
        """Read the orders again, after another process changed them."""
        for order in self.orders:
            order.refresh_from_db()

    # Events

    def create_events(self, toggles: int = 2) -> None:
        """Submit a new order and change all others; roll one more change back."""
        self.orders[self.rng.randrange(ORDERS)] = submitted_order(self.market)
        for _ in range(toggles):
            for order in self.orders:
                self.toggle_hold(order)
        with transaction.atomic():
            self.toggle_hold(self.orders[0])
            transaction.set_rollback(True)
        self.orders[0].refresh_from_db()

    def toggle_hold(self, order: Order) -> None:
        """Hold or release an order, and record how long the save took while it had a CPU."""
        started, starved = time.monotonic(), seconds_without_cpu()
        if order.is_on_hold:
            release_order(order.pk, actor=self.market.rep)
        else:
            hold_order(order.pk, actor=self.market.rep, reason="Stock take")
        waited = time.monotonic() - started - (seconds_without_cpu() - starved)
        self.saves.append(waited)
        order.is_on_hold = not order.is_on_hold

    def notify_through(self, broker_url: str) -> list[int]:
        """Wake workers through this broker from now on; returns the ids of the threads that did."""
        app = Celery("testbed", set_as_current=False)
        app.config_from_object(settings, namespace="CELERY")
        app.conf.update(broker_url=broker_url)
        notifying_threads: list[int] = []

        def wake_workers() -> None:
            notifying_threads.append(threading.get_ident())
            app.send_task("fulfilment.drain", expires=30)

        wakeups._notifier = WorkerNotifier()
        wakeups._notifier.connect(wake_workers)
        return notifying_threads

    def _stop_notifying(self, notifier: WorkerNotifier | None = None) -> None:
        wakeups._notifier = notifier or WorkerNotifier()

    # Workers

    def start_worker(self, failure: str = "", **options: Any) -> Process:
        """Start a worker, perhaps with a failure."""
        return self.forker.fork("relay", failure=failure, **options)

    def start_celery(self, beats: int = 1) -> Process:
        """Start a Celery worker and this many beat processes."""
        worker = self.forker.fork("celery")
        for number in range(beats):
            self.forker.fork("beat", schedule=str(self.folder / f"beat-{number}"))
        return worker

    def has_lease(self) -> bool:
        """Whether a lane is leased."""
        return Lane.objects.filter(lease_token__isnull=False).exists()

    def count_waiting(self) -> int:
        """Count the handoffs that wait."""
        return self.handoffs().filter(state__in=Handoff.WAITING).count()

    def sent_some(self, fewest: int = 3) -> bool:
        """Whether at least this many handoffs have been sent."""
        return self.handoffs().exclude(state__in=Handoff.WAITING).count() >= fewest

    def all_sent(self, code: str = "") -> bool:
        """Whether no handoff waits, of a connection or of all."""
        waiting = self.handoffs().filter(state__in=Handoff.WAITING)
        return not (waiting.filter(lane__connection__code=code) if code else waiting).exists()

    def handoffs(self) -> models.QuerySet[Handoff]:
        """Return the handoffs since the fault began."""
        return Handoff.objects.exclude(message_id__in=self.known)

    def serve(self) -> int:
        """Start the web process unless it runs; returns its port."""
        if self._web is None:
            serve = ("-m", "config.serve", "--workers=1", "--port", str(self._web_port))
            log = self._exits.enter_context((self.folder / "web.log").open("ab"))
            self._web = subprocess.Popen(
                [sys.executable, *serve],
                cwd=ROOT,
                env=os.environ | self.environment | {"EXIT_WITH_PARENT": "1"},
                stdout=log,
                stderr=log,
            )
            self._exits.callback(self._web.wait, 20)
            self._exits.callback(self._web.terminate)
            eventually(lambda: listens(self._web_port), "a web process")
        return self._web_port

    def kill_web(self) -> None:
        """Kill the web process with all its workers; the next call of ``serve`` starts another."""
        assert self._web is not None
        for process in [*Process(self._web.pid).children(recursive=True), Process(self._web.pid)]:
            signal_to(process, signal.SIGKILL)
        self._web.wait(20)
        self._web = None

    # Time

    def expire_leases(self) -> None:
        """Let all leases expire."""
        Lane.objects.filter(lease_token__isnull=False).update(due_at=timezone.now())

    def end_pauses(self) -> None:
        """End the pauses of retries and circuit breakers."""
        waiting = Lane.objects.filter(lease_token__isnull=True, pending__gt=0)
        waiting.filter(due_at__gt=timezone.now()).update(due_at=timezone.now())
        Health.objects.filter(not_before__isnull=False).update(not_before=None)

    def repair(self) -> None:
        """Kill all processes and end all faults."""
        self.forker.kill_all()
        self.expire_leases()
        self._stop_notifying()
        self.proxy.accept_connections()
        self.proxy.behave(Behaviour.FORWARD)
        self.inject()
        self.set_warehouse_url(self.proxy.port)

    def finish(self, seconds: float = PATIENCE) -> None:
        """Repair everything and deliver what is left."""
        self.repair()
        for each in Connection.objects.exclude(status=Connection.Status.DISABLED):
            resume_connection(each)
        worker = self.start_worker()
        eventually(self._is_over, "an empty queue", seconds)
        signal_to(worker, signal.SIGTERM)
        wait_for_end(worker)

    def _is_over(self) -> bool:
        self.end_pauses()
        return self.all_sent() and not self.has_lease()

    # External systems

    def inject(self, *faults: dict[str, Any]) -> None:
        """Set the faults of the warehouse, and remove the ones before."""
        self.sandbox.ask("POST", "/control", list(faults))

    def set_warehouse_url(self, port: int, scheme: str = "http", host: str = "127.0.0.1") -> None:
        """Change the URL of the connection to the warehouse."""
        url = f"{scheme}://{host}:{port}{HOOK}"
        Connection.objects.filter(code="warehouse").exclude(url=url).update(url=url)

    def _connect(self) -> None:
        self.healthy.register(ORDER_EVENTS)
        self.set_warehouse_url(self.proxy.port)
        Connection.objects.update(deadline_seconds=DEADLINE, max_in_flight=4)


def wait_skipping_pauses(testbed: Testbed, condition: Callable[[], Any], what: str) -> None:
    """Wait for a condition, without the pauses of retries and circuit breakers."""

    def poll() -> Any:
        testbed.end_pauses()
        return condition()

    eventually(poll, what)
