"""The stage on which faults are played: our processes, a warehouse, and a bystander.

All of it is real and all of it is the module's own: a database copied from the template, a Valkey,
the sandbox's warehouse behind a proxy, and workers forked as they are needed.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
from celery import Celery
from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from fulfilment.models import Connection, Handoff, Health, Lane
from fulfilment.services import wakeups
from fulfilment.services.connections import resume_connection
from fulfilment.services.wakeups import WorkerNotifier
from sales.models import Order
from sales.services.orders import hold_order, release_order
from tests.factories import Market
from tests.faults.bystander import Bystander
from tests.faults.proxy import Mood, Proxy
from tests.faults.servers import Broker, free_port, listens, own_database
from tests.fulfilment.conftest import HOOK, ORDER_EVENTS, submitted_order
from tests.fulfilment.processes import PATIENCE, ROOT, Sandbox, database_url, eventually, sandbox

ORDERS = 6
"""Documents that most faults write about, each a lane of its own per connection."""

DEADLINE = 1
"""Seconds the other systems are given for an answer here."""


class Nursery:
    """Workers that are there at once, to be killed one after the other."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self._folder = folder
        self._alive: list[int] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.process_forker"],
            cwd=ROOT,
            env=os.environ | environment | {"ROLE": "worker", "LOG_LEVEL": "INFO"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def fork(self, role: str, **options: Any) -> int:
        """Have one more process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        log = str(self._folder / f"{role}.log")
        self._process.stdin.write(json.dumps({"role": role, "log": log, **options}) + "\n")
        self._process.stdin.flush()
        self._alive.append(int(self._process.stdout.readline()))
        return self._alive[-1]

    def dismiss(self) -> None:
        """Kill whoever is left."""
        for pid in self._alive:
            signal_to(pid, signal.SIGKILL)
        for pid in self._alive:
            wait_for_end(pid)
        self._alive.clear()

    def close(self) -> None:
        self.dismiss()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


def signal_to(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process that may be gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def is_alive(pid: int) -> bool:
    """Whether a process still runs."""
    return psutil.pid_exists(pid)


def wait_for_end(pid: int, seconds: float = PATIENCE) -> None:
    """Wait until a process is gone."""
    eventually(lambda: not is_alive(pid), f"the end of process {pid}", seconds)


class Stage:
    """Everything a fault needs; ``begin`` before it and ``finish`` after it."""

    def __init__(self, folder: Path, server: str, name: str, seed: int) -> None:
        self.folder, self.seed = folder, seed
        self.dice = random.Random(seed)
        self.saves: list[float] = []
        self.known: set[str] = set()
        self._web_port, self._serves = free_port(), False
        self._exits = ExitStack()
        self._exits.enter_context(own_database(server, name))
        self.broker = Broker(folder / "broker")
        self._exits.callback(self.broker.close)
        environment = {"DATABASE_URL": database_url(), "REDIS_URL": self.broker.url}
        self.environment = environment
        self.nursery = Nursery(environment, folder)
        self._exits.callback(self.nursery.close)
        self.sandbox: Sandbox = self._exits.enter_context(
            sandbox("warehouse", ORDER_EVENTS, f"http://127.0.0.1:{self._web_port}", folder)
        )
        self.proxy = self._exits.enter_context(Proxy(self.sandbox.port))
        self.bystander = self._exits.enter_context(Bystander())
        self._exits.callback(self._be_silent, wakeups._notifier)
        wakeups._notifier = WorkerNotifier()
        self._connect()
        self.market = Market()
        self.orders = [submitted_order(self.market) for _ in range(ORDERS)]
        self.finish()

    def close(self) -> None:
        """Take everything down again."""
        self._exits.close()

    def begin(self, dice: random.Random) -> None:
        """Clear the stage for the next fault."""
        self.dice = dice
        self.saves = []
        self.known = set(Handoff.objects.values_list("message_id", flat=True))

    def refresh(self) -> None:
        """Read the orders again, after somebody else changed them."""
        for order in self.orders:
            order.refresh_from_db()

    # What happens in the house

    def sell(self, toggles: int = 2) -> None:
        """Submit a new order, and change all the others; one change more is rolled back."""
        self.orders[self.dice.randrange(ORDERS)] = submitted_order(self.market)
        for _ in range(toggles):
            for order in self.orders:
                self.toggle(order)
        with transaction.atomic():
            self.toggle(self.orders[0])
            transaction.set_rollback(True)
        self.orders[0].refresh_from_db()

    def toggle(self, order: Order) -> None:
        """Hold an order or release it, and note how long the rep waited."""
        started = time.monotonic()
        if order.is_on_hold:
            release_order(order.pk, actor=self.market.rep)
        else:
            hold_order(order.pk, actor=self.market.rep, reason="Stock take")
        self.saves.append(time.monotonic() - started)
        order.is_on_hold = not order.is_on_hold

    def ring(self, broker_url: str) -> list[int]:
        """Nudge the workers behind this broker from now on; returns the threads that did."""
        app = Celery("stage", set_as_current=False)
        app.config_from_object(settings, namespace="CELERY")
        app.conf.update(broker_url=broker_url)
        rung_by: list[int] = []

        def bell() -> None:
            rung_by.append(threading.get_ident())
            app.send_task("fulfilment.drain", expires=30)

        wakeups._notifier = WorkerNotifier()
        wakeups._notifier.connect(bell)
        return rung_by

    def _be_silent(self, notifier: WorkerNotifier | None = None) -> None:
        wakeups._notifier = notifier or WorkerNotifier()

    # Who carries

    def work(self, ambush: str = "", **options: Any) -> int:
        """Have a worker, perhaps one that will not end well."""
        return self.nursery.fork("relay", ambush=ambush, **options)

    def work_by_broker(self, beats: int = 1) -> int:
        """Have a Celery worker and what asks it to sweep."""
        worker = self.nursery.fork("celery")
        for number in range(beats):
            self.nursery.fork("beat", schedule=str(self.folder / f"beat-{number}"))
        return worker

    def leased(self) -> bool:
        """Whether somebody is sending."""
        return Lane.objects.filter(lease_token__isnull=False).exists()

    def left(self) -> int:
        """Count what is not over there yet."""
        return self.handoffs().filter(state__in=Handoff.WAITING).count()

    def sent_some(self, fewest: int = 3) -> bool:
        """Whether a worker has begun in earnest."""
        return self.handoffs().exclude(state__in=Handoff.WAITING).count() >= fewest

    def all_sent(self, code: str = "") -> bool:
        """Whether nothing waits, at a connection or at all."""
        waiting = self.handoffs().filter(state__in=Handoff.WAITING)
        return not (waiting.filter(lane__connection__code=code) if code else waiting).exists()

    def handoffs(self) -> models.QuerySet[Handoff]:
        """Find what has been queued since the fault began."""
        return Handoff.objects.exclude(message_id__in=self.known)

    def serve(self) -> int:
        """Have the web process run, and say where."""
        if not self._serves:
            serve = ("-m", "config.serve", "--workers=1", "--port", str(self._web_port))
            log = self._exits.enter_context((self.folder / "web.log").open("ab"))
            web = subprocess.Popen(
                [sys.executable, *serve],
                cwd=ROOT,
                env=os.environ | self.environment | {"EXIT_WITH_PARENT": "1"},
                stdout=log,
                stderr=log,
            )
            self._exits.callback(web.wait, 20)
            self._exits.callback(web.terminate)
            eventually(lambda: listens(self._web_port), "a web process")
            self._serves = True
        return self._web_port

    # Time

    def let_leases_pass(self) -> None:
        """Let the minute pass after which a lease is anybody's."""
        Lane.objects.filter(lease_token__isnull=False).update(due_at=timezone.now())

    def let_pauses_pass(self) -> None:
        """Let the time pass that retries and breakers wait for."""
        waiting = Lane.objects.filter(lease_token__isnull=True, pending__gt=0)
        waiting.filter(due_at__gt=timezone.now()).update(due_at=timezone.now())
        Health.objects.filter(not_before__isnull=False).update(not_before=None)

    def heal(self) -> None:
        """End whatever is wrong, and whoever is ill."""
        self.nursery.dismiss()
        self.let_leases_pass()
        self._be_silent()
        self.proxy.open_door()
        self.proxy.be(Mood.THROUGH)
        self.misbehave()
        self.point_to(self.proxy.port)

    def finish(self, seconds: float = PATIENCE) -> None:
        """Let a sound worker carry what is left."""
        self.heal()
        for each in Connection.objects.exclude(status=Connection.Status.DISABLED):
            resume_connection(each)
        worker = self.work()
        eventually(self._is_over, "an empty queue", seconds)
        signal_to(worker, signal.SIGTERM)
        wait_for_end(worker)

    def _is_over(self) -> bool:
        self.let_pauses_pass()
        return self.all_sent() and not self.leased()

    # The other systems

    def misbehave(self, *faults: dict[str, Any]) -> None:
        """Have the warehouse misbehave like this and in no other way."""
        self.sandbox.ask("POST", "/control", list(faults))

    def point_to(self, port: int, scheme: str = "http", host: str = "127.0.0.1") -> None:
        """Change the address at which we look for the warehouse."""
        url = f"{scheme}://{host}:{port}{HOOK}"
        Connection.objects.filter(code="warehouse").exclude(url=url).update(url=url)

    def _connect(self) -> None:
        self.bystander.register(ORDER_EVENTS)
        self.point_to(self.proxy.port)
        Connection.objects.update(deadline_seconds=DEADLINE, max_in_flight=4)


def once(stage: Stage, condition: Callable[[], Any], what: str) -> None:
    """Wait for something, while time passes quickly for whoever waits for a pause to end."""

    def hurried() -> Any:
        stage.let_pauses_pass()
        return condition()

    eventually(hurried, what)


def pairs(values: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    """Every value with the one after it."""
    return itertools.pairwise(values)
