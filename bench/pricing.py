"""Benchmark of pricing: documents per second, `python -m bench.pricing`.

Prints the arithmetic alone (the plain path, prices that include tax, every step explained), then
the service on PostgreSQL with the statements it needs, which must not grow with the lines.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from functools import partial

from bench import _repricing as service
from sales.pricing.documents import LineInput, PricedDocument, price_document
from sales.pricing.explanations import Explanation, explain_document

LINES = (5, 50, 500)
TAX_RATES = (Decimal("0.19"), Decimal("0.07"), Decimal(0))


def sample_lines(count: int) -> list[LineInput]:
    """Make lines with various quantities and prices, three tax rates and some discounts."""
    return [
        LineInput(
            key=f"{place:04}",
            quantity=Decimal(1 + place % 17),
            unit_price=Decimal("19.99") + Decimal(place) / 8,
            volume_discount=Decimal("0.25") if place % 5 == 0 else Decimal(0),
            discount_rate=Decimal("0.05") if place % 3 == 0 else None,
            tax_rate=TAX_RATES[place % 3],
        )
        for place in range(count)
    ]


def price(lines: list[LineInput], *, include_tax: bool = False) -> PricedDocument:
    """Price the sample with a header discount, so that everything is spread."""
    return price_document(
        lines,
        currency="EUR",
        discount_rate=Decimal("0.03"),
        freight=Decimal("4.90"),
        prices_include_tax=include_tax,
    )


def explained_price(lines: list[LineInput]) -> Explanation:
    """Price the sample and explain every figure."""
    return explain_document(price(lines))


def per_second(work: Callable[[], object], seconds: float) -> float:
    """Repeat the work for this many seconds; returns repetitions per second of CPU time."""
    work()
    done, started, until = 0, time.process_time(), time.monotonic() + seconds
    while time.monotonic() < until:
        work()
        done += 1
    return done / (time.process_time() - started)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.0, help="per figure")
    seconds = parser.parse_args().seconds
    write = sys.stdout.write
    write("documents per CPU second\n")
    write(f"{'lines':>6} {'plain':>10} {'incl. tax':>10} {'explained':>10} {'µs/line':>8}\n")
    for count in LINES:
        lines = sample_lines(count)
        plain = per_second(partial(price, lines), seconds)
        include = per_second(partial(price, lines, include_tax=True), seconds)
        explained = per_second(partial(explained_price, lines), seconds)
        per_line = 1_000_000 / plain / count
        write(
            f"{count:>6} {plain:>10,.0f} {include:>10,.0f} {explained:>10,.0f} {per_line:>8.1f}\n"
        )
    write("\norders priced through the service, per second\n")
    for line in service.table(seconds):
        write(f"{line}\n")


if __name__ == "__main__":
    main()
