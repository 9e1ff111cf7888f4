"""Benchmark of two-way sync with a supply-chain system, both ways: `python -m bench.sync`.

Runs in a database of its own on the configured server, with a web process, a Celery worker and the
sandbox's supply-chain system as processes of their own, and prints one table with the targets
beside the measurements. An order counts as on our screen once its page shows it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from django.test import Client

from bench import _handoff_setup as bench
from bench import _supply_setup as supply
from bench._handoff_setup import MS, Measurement, percentile
from bench._supply_setup import Deployment
from fulfilment.models import ReconcileRun
from fulfilment.reconciliation.runs import continue_runs, start_run
from sales.models import Order
from sales.services.change_orders import Changes, change_order
from web.record_urls import record_url

POLL_SECONDS = 0.005


def main() -> int:
    """Measure everything, or the parts that are named, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}; or all")
    parser.add_argument("--samples", type=int, default=100, help="orders each way")
    parser.add_argument("--orders", type=int, default=1_000, help="in the first load")
    options = parser.parse_args()
    sys.stdout.write(f"{'':<52} {'measured':>9} {'target':>7} {'gate':>7}\n")
    is_good = True
    with supply.deployment(options.orders) as deployed:
        for part in options.parts or PARTS:
            for measurement in PARTS[part](deployed, options):
                sys.stdout.write(f"{measurement}\n")
                sys.stdout.flush()
                is_good &= measurement.is_good
    return 0 if is_good else 1


def first_loads(deployed: Deployment, options: argparse.Namespace) -> Iterator[Measurement]:
    """Measure the first load of a connection, in one process."""
    run = start_run(deployed.connection, ReconcileRun.Purpose.FIRST_LOAD)
    began = time.monotonic()
    while run.ended_at is None:
        continue_runs(60, only=run.pk)
        run.refresh_from_db()
        if run.problem:
            raise SystemExit(run.display_problem)
    took = time.monotonic() - began
    if run.taken_in != options.orders:
        raise SystemExit(f"{run.taken_in} of {options.orders} orders were taken in.")
    for_ten_thousand = took / options.orders * 10_000
    yield Measurement("first load, for 10 000 orders of two lines", for_ten_thousand, 60, 600, "s")


def latencies(deployed: Deployment, options: argparse.Namespace) -> Iterator[Measurement]:
    """Measure how long an order and an edit take to the other side."""
    browser = Client(SERVER_NAME="127.0.0.1")
    browser.force_login(deployed.market.rep)
    with bench.worker(deployed.address):
        for _ in range(5):
            _entered(deployed, browser)
        there = [_entered(deployed, browser) for _ in range(options.samples)]
        yield from _both("entered there → on our screen", [seconds for _, seconds in there])
        back = [_edited(deployed, order) for order, _ in there]
        yield from _both("changed here → there", back)


def _both(name: str, seconds: list[float]) -> Iterator[Measurement]:
    for share, target, gate in ((0.5, 250, 1000), (0.99, 1000, 2000)):
        measured = percentile(seconds, share) * MS
        yield Measurement(f"{name}, p{share * 100:g}", measured, target, gate, "ms")


def _entered(deployed: Deployment, browser: Client) -> tuple[Order, float]:
    """Enter an order there; returns it and how long it took until its page here shows it."""
    began = time.monotonic()
    number = deployed.ask("POST", "/orders", supply.HEAD | {"lines": supply.LINES})["number"]
    order = _wait_for(lambda: Order.objects.filter(number=number).first())
    assert number in browser.get(record_url(order)).content.decode()
    return order, time.monotonic() - began


def _edited(deployed: Deployment, order: Order) -> float:
    """Change an order here; returns how long it took until they have it."""
    line = order.lines.order_by("position")[0]
    began = time.monotonic()
    fields = {line.pk: {"quantity": Decimal(line.quantity + 1)}}
    change_order(order.pk, Changes(lines=fields), actor=deployed.market.rep)
    expected = f"{line.quantity + 1:.0f}"
    their_id = deployed.ids[order.number or ""]

    def has_arrived() -> Any:
        theirs = deployed.ask("GET", f"/orders/{their_id}")
        return theirs["lines"][0]["quantity"] == expected

    _wait_for(has_arrived)
    return time.monotonic() - began


def _wait_for(condition: Callable[[], Any]) -> Any:
    until = time.monotonic() + bench.LONGEST_WAIT
    while time.monotonic() < until:
        if found := condition():
            return found
        time.sleep(POLL_SECONDS)
    raise SystemExit("An order was lost.")


Part = Callable[[Deployment, argparse.Namespace], Iterator[Measurement]]

PARTS: dict[str, Part] = {"first_loads": first_loads, "latencies": latencies}

if __name__ == "__main__":
    sys.exit(main())
