"""Process forker: imports everything once, then forks a process per line of standard input.

A line is JSON: the role of the process, its options, and the failure to simulate.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import django
import time_machine
from django.core.management import call_command
from django.db import connection, connections

from config.parent_process import exit_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

completion = import_module("fulfilment.outbound.completion")
drain = import_module("fulfilment.outbound.drain")
User, Account = import_module("crm.models").User, import_module("crm.models").Account
drafts = import_module("sales.services.documents.drafts")
leases = import_module("fulfilment.outbound.leases")
lines = import_module("sales.services.documents.lines")
models = import_module("sales.models")
wakeups = import_module("fulfilment.services.wakeups")
orders = import_module("sales.services.orders")
celery = import_module("config.celery").app
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=WARNING")
SHORT_MARGIN = 0.5
"""Seconds; with it a lease lasts three deadlines and this."""


def relay() -> None:
    """Deliver handoffs in a loop, without a broker."""
    call_command("relay", every=0.02)


def celery_worker() -> None:
    """Deliver handoffs on tasks of the broker."""
    celery.start(["worker", "--pool=solo", *QUIET])


def beat(schedule: str) -> None:
    """Request a sweep every second."""
    celery.start(["beat", "--schedule", schedule, "--loglevel=WARNING"])


def seller(order_ids: list[str], times: int) -> None:
    """Hold and release orders as a rep would."""
    for _ in range(times):
        for order_id in order_ids:
            order = models.Order.objects.get(pk=order_id)
            if order.is_on_hold:
                orders.release_order(order.pk, actor=order.owner)
            else:
                orders.hold_order(order.pk, actor=order.owner, reason="Stock take")


def order_maker(rep: str, account: str, product: str, number: int, changes: int) -> None:
    """Submit this many orders, and change each this often."""
    actor, item = User.objects.get(pk=rep), models.Product.objects.get(pk=product)
    buyer = Account.objects.get(pk=account)
    made = []
    for _ in range(number):
        order = drafts.draft_order(actor=actor, account=buyer, name="Bar refit")
        lines.add_line(order, actor=actor, product=item)
        made.append(str(orders.submit_order(order.pk, actor=actor).pk))
    seller(made, changes)


ROLES: dict[str, Callable[..., None]] = {
    "relay": relay,
    "celery": celery_worker,
    "beat": beat,
    "seller": seller,
    "order_maker": order_maker,
}


def stop_here(number: signal.Signals) -> None:
    """Kill or freeze this process before its thread goes on.

    A signal to the process may be taken by another thread, while this one begins a transaction.
    """
    signal.pthread_kill(threading.get_ident(), number)


def die(*_: Any) -> None:
    """Kill this process."""
    stop_here(signal.SIGKILL)


def die_before_sending() -> None:
    """Die after claiming lanes, before sending."""
    claim = drain.claim

    def claim_and_die(slots: int) -> Any:
        batches = claim(slots)
        if batches:
            die()
        return batches

    drain.claim = claim_and_die  # type: ignore[attr-defined]  # only here


def at_completion(action: Callable[[], None]) -> None:
    """Run the action once, between the answer and its completion in the database."""
    complete = drain.complete

    def act_and_complete(steps: Any) -> Any:
        if steps:
            action()
            drain.complete = complete  # type: ignore[attr-defined]  # only once
        return complete(steps)

    drain.complete = act_and_complete  # type: ignore[attr-defined]  # only here


def freeze() -> None:
    """Stop this process until it gets SIGCONT."""
    stop_here(signal.SIGSTOP)


def freeze_in_completion() -> None:
    """Stop this process in the transaction that stores answers, with its locks held."""
    store = completion._store_attempts

    def store_and_freeze(steps: Any) -> None:
        steps = list(steps)
        store(steps)
        if steps:
            completion._store_attempts = store  # type: ignore[attr-defined]  # only once
            freeze()

    completion._store_attempts = store_and_freeze  # type: ignore[attr-defined]  # only here


def lose_backend() -> None:
    """Have the database end the connection of this process."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        own = cursor.fetchone()
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", own)
    other.close()


def die_before_waking_workers() -> None:
    """Die between the commit and the wake-up."""
    wakeups._notifier.notify = die


def resolve_privately() -> None:
    """Have the name ``warehouse.example`` resolve to a private address."""
    resolve = socket.getaddrinfo

    def changed(host: Any, *rest: Any, **options: Any) -> Any:
        address = "10.255.255.1" if host == "warehouse.example" else host
        return resolve(address, *rest, **options)

    socket.getaddrinfo = changed


FAILURES: dict[str, Callable[[], None]] = {
    "": lambda: None,
    "dies before sending": die_before_sending,
    "dies before the commit": lambda: at_completion(die),
    "freezes before the commit": lambda: at_completion(freeze),
    "freezes while it stores answers": freeze_in_completion,
    "loses its backend": lambda: at_completion(lose_backend),
    "dies before waking workers": die_before_waking_workers,
    "resolves a name to a private address": resolve_privately,
}


def run_child(
    role: str,
    *,
    log: str,
    failure: str = "",
    clock: float = 0,
    short_leases: bool = False,
    **options: Any,
) -> None:
    """Run a role in the forked process, with its clock this many seconds off."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    exit_with_parent()
    with Path(log).open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    FAILURES[failure]()
    if clock:
        time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=clock)).start()
    if short_leases:
        leases.LEASE_SECONDS = 0  # type: ignore[attr-defined]  # only here
        leases.LEASE_MARGIN = SHORT_MARGIN  # type: ignore[attr-defined]  # only here
    ROLES[role](**options)


if __name__ == "__main__":
    connections.close_all()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            run_child(**json.loads(line))
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
