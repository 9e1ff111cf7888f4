"""Numbers without gaps."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.utils import timezone

from common.identifiers import uuid7
from sales.models import Company, NumberSeries

NEXT = """
INSERT INTO sales_numberseries (id, company_id, kind, year, last) VALUES (%s, %s, %s, %s, 1)
ON CONFLICT (company_id, kind, year) DO UPDATE SET last = sales_numberseries.last + 1
RETURNING last
"""


def today(company: Company) -> dt.date:
    """Say which day it is where the company sits."""
    return timezone.localdate(timezone=ZoneInfo(company.time_zone))


def assign_number(company: Company, kind: NumberSeries.Kind) -> str:
    """Take the next number of the company, type and year, such as ``O-2026-00107``.

    The series stays locked until the caller's transaction ends, so a rolled-back deed gives its
    number back and there are no gaps.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("assign_number() must be called inside transaction.atomic()")
    year = today(company).year
    with connection.cursor() as cursor:
        cursor.execute(NEXT, [uuid7(), company.pk, kind, year])
        (last,) = cursor.fetchone()
    return f"{company.number_prefix}{kind.value}-{year}-{last:05d}"
