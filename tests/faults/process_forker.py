"""Processes of ours by the dozen: one that has loaded everything forks one per line it reads.

A line is JSON: the role of the child, and how it is to die or to go wrong on its way.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import sys
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
    """Carry handoffs until told to stop."""
    call_command("relay", every=0.02)


def celery_worker() -> None:
    """Carry handoffs when the broker says so."""
    celery.start(["worker", "--pool=solo", *QUIET])


def beat(schedule: str) -> None:
    """Ask for a sweep every second."""
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


def trader(rep: str, account: str, product: str, number: int, changes: int) -> None:
    """Submit so many orders, and change each so often."""
    actor, ware = User.objects.get(pk=rep), models.Product.objects.get(pk=product)
    buyer = Account.objects.get(pk=account)
    made = []
    for _ in range(number):
        order = drafts.draft_order(actor=actor, account=buyer, name="Bar refit")
        lines.add_line(order, actor=actor, product=ware)
        made.append(str(orders.submit_order(order.pk, actor=actor).pk))
    seller(made, changes)


ROLES: dict[str, Callable[..., None]] = {
    "relay": relay,
    "celery": celery_worker,
    "beat": beat,
    "seller": seller,
    "trader": trader,
}


def die(*_: Any) -> None:
    """End as if the power had gone."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_before_sending() -> None:
    """Claim, then die."""
    claim = drain.claim

    def ambush(slots: int) -> Any:
        batches = claim(slots)
        if batches:
            die()
        return batches

    drain.claim = ambush  # type: ignore[attr-defined]  # only here


def at_completion(deed: Callable[[], None], *, again: bool = False) -> None:
    """Do something once the answer is there and before it is written down."""
    complete = drain.complete

    def ambush(steps: Any) -> Any:
        if steps:
            deed()
            if not again:
                drain.complete = complete  # type: ignore[attr-defined]
        return complete(steps)

    drain.complete = ambush  # type: ignore[attr-defined]


def freeze() -> None:
    """Stand still until woken."""
    os.kill(os.getpid(), signal.SIGSTOP)


def lose_backend() -> None:
    """Have the database end the connection that is about to be used."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        own = cursor.fetchone()
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", own)
    other.close()


def die_before_nudging() -> None:
    """Die between the commit and the nudge."""
    wakeups._notifier.notify = die


AMBUSHES: dict[str, Callable[[], None]] = {
    "": lambda: None,
    "dies before sending": die_before_sending,
    "dies before the commit": lambda: at_completion(die),
    "freezes before the commit": lambda: at_completion(freeze),
    "loses its backend": lambda: at_completion(lose_backend),
    "dies before nudging": die_before_nudging,
}


def live(
    role: str,
    *,
    log: str,
    ambush: str = "",
    clock: float = 0,
    short_leases: bool = False,
    **options: Any,
) -> None:
    """Be a process of this role, with the clock so many seconds off."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    exit_with_parent()
    with Path(log).open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    AMBUSHES[ambush]()
    if clock:
        time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=clock)).start()
    if short_leases:
        leases.LEASE_SECONDS, leases.LEASE_MARGIN = 0, SHORT_MARGIN  # type: ignore[attr-defined]
    ROLES[role](**options)


if __name__ == "__main__":
    connections.close_all()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            live(**json.loads(line))
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
