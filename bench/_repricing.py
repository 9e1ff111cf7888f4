"""Repricing through the service, for `python -m bench.pricing`, in a temporary database.

Every figure includes reading the lines, saving them and the head, the triggers and the history; the
number of statements must not grow with the lines.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from demo.temporary_database import database_name_for, temporary_database
from sales.models import Order, OrderLine
from sales.services.documents.drafts import draft_order
from sales.services.documents.totals import reprice
from tests.factories import Market
from tests.template_database import template_for

ROOT = Path(__file__).resolve().parents[1]
LINES = (5, 50, 500)


def order_of(market: Market, count: int) -> Order:
    """Draft an order of this many lines, with various quantities and some discounts."""
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
    """Count the SQL statements of pricing an order."""
    with CaptureQueriesContext(connection) as captured:
        reprice(order)
    return len(captured)


def per_second(order: Order, seconds: float) -> float:
    """Count pricings of an order per second, each with a changed line and its deferred constraints.

    Each pricing is rolled back, so that one does not slow down the next.
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


def table(seconds: float) -> Iterator[str]:
    """Measure, and write one line for each size."""
    yield f"{'lines':>6} {'orders/s':>10} {'µs/line':>8} {'statements':>11}"
    template = template_for(settings.DATABASE_URL)
    with temporary_database(database_name_for("bench_pricing", ROOT), template):
        market = Market()
        for count in LINES:
            with transaction.atomic():
                order = order_of(market, count)
                queries = statements(order)
                speed = per_second(order, seconds)
                transaction.set_rollback(True)
            yield f"{count:>6} {speed:>10,.1f} {1_000_000 / speed / count:>8.1f} {queries:>11}"
