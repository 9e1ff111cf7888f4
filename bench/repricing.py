"""How many orders are priced per second through the service: `python -m bench.repricing`.

Prints one table. Every figure includes reading the lines, saving them and the head, the triggers
and the history; the number of statements must not grow with the lines.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from decimal import Decimal

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from sales.models import Order, OrderLine
from sales.services.drafts import draft_order
from sales.services.totals import reprice
from tests.factories import Market

LINES = (5, 50, 500)


def order_of(market: Market, count: int) -> Order:
    """Draft an order of so many lines, as they come: odd quantities, some discounts."""
    order = draft_order(
        actor=market.rep,
        account=market.account,
        name="Bar refit",
        discount_rate=Decimal("0.03"),
        freight=Decimal("4.90"),
    )
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            position=place,
            kind=OrderLine.Kind.WRITE_IN,
            product_category=market.category,
            tax_category=market.tax_category,
            description=f"Part {place}",
            quantity=Decimal(1 + place % 17),
            unit_price=Decimal("19.99") + Decimal(place) / 8,
            discount_rate=Decimal("0.05") if place % 3 == 0 else None,
        )
        for place in range(1, count + 1)
    )
    return order


def statements(order: Order) -> int:
    """Count what pricing an order asks of the database."""
    with CaptureQueriesContext(connection) as captured:
        reprice(order)
    return len(captured)


def per_second(order: Order, seconds: float) -> float:
    """Price an order again and again, a line different each time, and look at it as a commit does.

    Each pricing is undone, so that one does not slow down the next.
    """
    done, spent = 0, 0.0
    while spent < seconds:
        with transaction.atomic():
            line = order.lines.first()
            if line is not None:
                OrderLine.objects.filter(pk=line.pk).update(quantity=line.quantity + 1)
            started = time.perf_counter()
            reprice(order)
            connection.check_constraints()
            spent += time.perf_counter() - started
            transaction.set_rollback(True)
        done += 1
    return done / spent


def main() -> None:
    """Measure on data that is forgotten afterwards, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.0, help="per figure")
    seconds = parser.parse_args().seconds
    write = sys.stdout.write
    write("orders priced through the service, per second\n")
    write(f"{'lines':>6} {'orders/s':>10} {'µs/line':>8} {'statements':>11}\n")
    with transaction.atomic():
        market = Market()
        for count in LINES:
            order = order_of(market, count)
            asked = statements(order)
            speed = per_second(order, seconds)
            write(f"{count:>6} {speed:>10,.1f} {1_000_000 / speed / count:>8.1f} {asked:>11}\n")
        transaction.set_rollback(True)


if __name__ == "__main__":
    main()
