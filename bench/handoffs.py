"""Benchmark of handoffs, throughput, latency and overhead: `python -m bench.handoffs`.

Runs in a database of its own on the configured server, with a Celery worker and a receiver as
processes of their own, and prints one table with the targets beside the measurements.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from statistics import median

import psutil

from bench import _handoff_setup as bench
from bench._handoff_setup import Measurement, percentile
from fulfilment.models import Connection

REPEATS = 7
"""What is compared is measured in turns, so that the load of the machine affects both alike."""
NEIGHBOURS = ("slow", "dead", "flapping")
SETTLING_SECONDS = 3
"""Time in which neighbours that were switched on or off take effect."""


def main() -> int:
    """Measure everything, or the parts that are named, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}; or all")
    parser.add_argument("--seconds", type=float, default=20, help="per rate of events")
    parser.add_argument("--events", type=int, default=10_000, help="to drain, ten per lane")
    options = parser.parse_args()
    sys.stdout.write(f"{'':<52} {'measured':>9} {'target':>7} {'gate':>7}\n")
    is_good = True
    with bench.deployment() as (port, address):
        for part in options.parts or PARTS:
            for measurement in PARTS[part](port, address, options):
                sys.stdout.write(f"{measurement}\n")
                sys.stdout.flush()
                is_good &= measurement.is_good
    return 0 if is_good else 1


def costs(port: int, address: str, options: argparse.Namespace) -> Iterator[Measurement]:
    """Measure what queueing for two connections adds to a save."""
    orders = bench.submitted_orders(20)
    for name in ("warehouse", "erp"):
        bench.connect(name, port)
    bench.toggles(orders, 40)
    without: list[float] = []
    with_two: list[float] = []
    for _ in range(REPEATS):
        for status, durations in (("disabled", without), ("active", with_two)):
            Connection.objects.update(status=status)
            durations.extend(bench.toggles(orders, 100))
    for share, target, gate in ((0.5, 3, 10), (0.99, 3, 10)):
        added = percentile(with_two, share) - percentile(without, share)
        yield Measurement(
            f"added to a save by two connections, p{share * 100:g}", added, target, gate, "ms"
        )


def drains(port: int, address: str, options: argparse.Namespace) -> Iterator[Measurement]:
    """Measure the drain of a full queue, alone and with one dead system among a hundred."""
    events = options.events
    bench.clear()
    bench.connect("sink", port, max_in_flight=64)
    bench.fill(["sink"], lanes=events // 10, each=10)
    duration = bench.drained()
    yield Measurement(f"drain of {events} over {events // 10} lanes", duration, 5, 15, "s")

    healthy = [f"far-{number}" for number in range(99)]
    for name in healthy:
        bench.connect(name, port)
    alone, beside = [], []
    for number in range(REPEATS):
        bench.fill(healthy, lanes=10, each=2)
        alone.append(bench.drained())
        dead = f"dead-{number}"
        bench.connect(dead, bench.closed_port())
        bench.fill([*healthy, dead], lanes=10, each=2)
        beside.append(bench.drained(but=dead))
        bench.clear(code=dead)
    slower = (median(beside) / median(alone) - 1) * 100
    yield Measurement("the healthy 99 beside a dead one, slower by", max(slower, 0), 3, 10, "%")


def latencies(port: int, address: str, options: argparse.Namespace) -> Iterator[Measurement]:
    """Measure the time from the commit to the receiver, through a Celery worker."""
    bench.clear()
    bench.tidy()
    orders = bench.submitted_orders(50)
    bench.connect("live", port)
    with bench.worker(address) as process:
        bench.paced(orders, 20, 2)
        for rate, (target, gate) in ((20, (40, 150)), (50, (40, 150))):
            waits = bench.measured(orders, rate, options.seconds, port)
            yield Measurement(
                f"commit → received at {rate}/s, p50", percentile(waits, 0.5), 8, 25, "ms"
            )
            yield Measurement(
                f"commit → received at {rate}/s, p99", percentile(waits, 0.99), target, gate, "ms"
            )
        children = psutil.Process(process.pid).children(recursive=True)
        largest = max(child.memory_info().rss for child in children) / 2**20
        yield Measurement("memory of a worker process", largest, 120, 250, "MB")


def isolation(port: int, address: str, options: argparse.Namespace) -> Iterator[Measurement]:
    """Measure how long a healthy system waits beside a slow, a dead and a flapping one.

    The slow one answers after 5 to 14 s, the flapping one fails for three seconds of six.
    """
    bench.clear()
    bench.tidy()
    orders = bench.submitted_orders(50)
    bench.connect("live", port)
    bench.connect("slow", port)
    bench.connect("flapping", port)
    bench.connect("dead", bench.closed_port())
    alone: list[float] = []
    beside: list[float] = []
    with bench.worker(address):
        bench.paced(orders, 20, 2)
        for _ in range(2):
            for status, waits in (("disabled", alone), ("active", beside)):
                Connection.objects.filter(code__in=NEIGHBOURS).update(status=status)
                bench.paced(orders, 20, SETTLING_SECONDS)
                waits.extend(bench.measured(orders, 20, 1.5 * options.seconds, port))
    for share in (0.5, 0.99):
        name = f"p{share * 100:g}"
        with_neighbours, without = percentile(beside, share), percentile(alone, share)
        yield Measurement(f"healthy at 20/s alone, {name}", without, 40, 150, "ms")
        yield Measurement(
            f"beside a slow, a dead, a flapping, {name}", with_neighbours, 40, 150, "ms"
        )
        slower = (with_neighbours / without - 1) * 100
        yield Measurement(f"slower beside them by, {name}", max(slower, 0), 10, 50, "%")
    yield Measurement("longest wait beside them", max(beside), 150, 1500, "ms")


Part = Callable[[int, str, argparse.Namespace], Iterator[Measurement]]

PARTS: dict[str, Part] = {
    "costs": costs,
    "drains": drains,
    "latencies": latencies,
    "isolation": isolation,
}

if __name__ == "__main__":
    sys.exit(main())
