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
from uuid import UUID

from django.test import Client
from django.utils import timezone

from bench import _handoff_setup as bench
from bench import _supply_setup as supply
from bench._handoff_setup import MS, Measurement, percentile
from bench._supply_setup import Deployment
from fulfilment.models import ExternalRef, Handoff, ReconcileRun
from fulfilment.reconciliation.finding_status import REPAIRED
from fulfilment.reconciliation.runs import continue_runs, start_run
from sales.models import Order
from sales.services.change_orders import Changes, change_order
from web.record_urls import record_url

POLL_SECONDS = 0.005
STEP_SECONDS = 10


def main() -> int:
    """Measure everything, or the parts that are named, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}; or all")
    parser.add_argument("--samples", type=int, default=100, help="orders each way")
    parser.add_argument("--orders", type=int, default=1_000, help="in the first load")
    parser.add_argument("--messages", type=int, default=200, help="each way, of which 1 % is lost")
    options = parser.parse_args()
    print(f"{'':<52} {'measured':>9} {'target':>7} {'gate':>7}", flush=True)
    is_good = True
    with supply.deployment(options.orders) as deployed:
        for part in options.parts or PARTS:
            bench.progress(f"measuring {part}")
            for measurement in PARTS[part](deployed, options):
                print(measurement, flush=True)
                is_good &= measurement.is_good
    return 0 if is_good else 1


def first_loads(deployed: Deployment, options: argparse.Namespace) -> Iterator[Measurement]:
    """Measure the first load of a connection, in one process."""
    run = start_run(deployed.connection, ReconcileRun.Purpose.FIRST_LOAD)
    began = time.monotonic()
    while run.ended_at is None:
        continue_runs(STEP_SECONDS, only=run.pk)
        run.refresh_from_db()
        if run.problem:
            raise SystemExit(run.display_problem)
        bench.progress(f"{run.taken_in} of {options.orders} orders are taken in")
    took = time.monotonic() - began
    if run.taken_in != options.orders:
        raise SystemExit(f"{run.taken_in} of {options.orders} orders were taken in.")
    ms = took / options.orders * MS
    yield Measurement("first load, an order of two lines", ms, 6, 60, "ms")


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


def lost_messages(deployed: Deployment, options: argparse.Namespace) -> Iterator[Measurement]:
    """Lose 1 % of the messages after their 2xx, both ways, and have all orders compared."""
    with bench.worker(deployed.address):
        lost = set(_edit_and_lose(deployed, options.messages))
        began = time.monotonic()
        found = _repaired(deployed)
        took = time.monotonic() - began
        _wait_for(lambda: _is_quiet(deployed))
        again = _repaired(deployed)
    name = f"of {2 * options.messages} messages {len(lost)} are lost"
    yield Measurement(f"{name}: not repaired", len(lost - found), 0, 0, "")
    yield Measurement(f"{name}: repaired falsely", len(found - lost | again), 0, 0, "")
    yield Measurement(f"{name}: orders that differ", _differing(deployed), 0, 0, "")
    yield Measurement(f"{name}: comparing, without its pause", took, 60, 600, "s")


def _edit_and_lose(deployed: Deployment, messages: int) -> Iterator[UUID]:
    """Edit an order for each message, here and there in turn; yields those whose edit is lost."""
    refs = ExternalRef.objects.filter(connection=deployed.connection, record_type="order")
    for number, (order, their_id) in enumerate(
        refs.values_list("record_id", "external_id")[: 2 * messages]
    ):
        edit = {"customer_reference": f"PO-{number}"}
        is_here, is_lost = number % 2, number % 200 in {98, 99}
        if is_lost:
            _wait_for(lambda: _is_quiet(deployed))
        deployed.ask("POST", "/modes", {"forgetful": is_lost})
        if is_here:
            change_order(order, Changes(head=edit), actor=deployed.market.rep)
        else:
            deployed.ask("POST", f"/orders/{their_id}/edit", edit)
        if is_lost:
            _wait_for(lambda: _is_quiet(deployed))
            yield order
    _wait_for(lambda: _is_quiet(deployed))
    bench.progress(f"{number + 1} orders are edited")


def _is_quiet(deployed: Deployment) -> bool:
    """Whether nothing is on its way in either direction."""
    reports = deployed.ask("GET", "/outgoing")
    return (
        all(each["state"] == "delivered" for each in reports)
        and not Handoff.objects.filter(state__in=Handoff.WAITING).exists()
    )


def _repaired(deployed: Deployment) -> set[UUID]:
    """Compare all orders without the pause between both looks; returns those that were repaired."""
    run = start_run(deployed.connection, ReconcileRun.Purpose.ON_DEMAND, whole=True)
    while run.ended_at is None:
        continue_runs(STEP_SECONDS, only=run.pk)
        waiting = ReconcileRun.objects.filter(pk=run.pk, looks_again_at__isnull=False)
        waiting.update(looks_again_at=timezone.now())
        run.refresh_from_db()
    bench.progress(f"{run.read_count} orders are compared, and {run.agree} agree")
    found = run.findings.filter(status__in=REPAIRED)
    return set(found.values_list("order_id", flat=True))


def _differing(deployed: Deployment) -> int:
    """Count the orders whose reference of the customer is another one there."""
    ours = dict(Order.objects.values_list("number", "customer_reference"))
    theirs = deployed.ask("GET", "/orders")
    return sum(ours[each["number"]] != (each["customer_reference"] or "") for each in theirs)


Part = Callable[[Deployment, argparse.Namespace], Iterator[Measurement]]

PARTS: dict[str, Part] = {
    "first_loads": first_loads,
    "latencies": latencies,
    "lost_messages": lost_messages,
}

if __name__ == "__main__":
    sys.exit(main())
