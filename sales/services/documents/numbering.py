"""Gap-free numbering of documents."""

from __future__ import annotations

from django.db import connection, transaction

from common.identifiers import uuid7
from sales.models import AnyDocument, Invoice, NumberSeries, kind_of

NEXT = """
INSERT INTO sales_numberseries (id, company_id, kind, year, last) VALUES (%s, %s, %s, %s, 1)
ON CONFLICT (company_id, kind, year) DO UPDATE SET last = sales_numberseries.last + 1
RETURNING last
"""


def assign_number(document: AnyDocument) -> str:
    """Take the next number of the document's company, kind and year, such as ``O-2026-00107``.

    The series stays locked until the caller's transaction ends, so that a rolled-back action gives
    its number back and there are no gaps.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("assign_number() must be called inside transaction.atomic()")
    company, series = document.company, _series_of(document)
    year = company.today().year
    with connection.cursor() as cursor:
        cursor.execute(NEXT, [uuid7(), company.pk, series, year])
        (last,) = cursor.fetchone()
    return f"{company.number_prefix}{series.value}-{year}-{last:05d}"


def _series_of(document: AnyDocument) -> NumberSeries.Kind:
    if isinstance(document, Invoice) and document.is_credit_note:
        return NumberSeries.Kind.CREDIT_NOTE
    return kind_of(document).number_series
