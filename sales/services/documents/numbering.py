"""Numbering of documents: gap-free series of ours, and numbers that other systems gave."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.db import connection, transaction
from django.utils.translation import gettext

from common.advisory_locks import lock_names
from common.errors import NotEditable, TooLong
from common.identifiers import uuid7
from common.read_cache import cached_read
from sales.models import AnyDocument, Company, Invoice, NumberSeries, Order, kind_of
from sales.services.errors import NumberTaken

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


def take_number(document: Order | Invoice, number: str) -> str:
    """Return the number that another system gave a document of its own, once it is known as free.

    Refused for one of ours, in the form of any series of ours, and where another one has it. Two
    that come at once wait for each other, since the number stays locked until the transaction ends.
    """
    take_numbers([(document, number)])
    return number


def take_numbers(numbers: Sequence[tuple[Order | Invoice, str]]) -> None:
    """Take the numbers that another system gave documents of one kind, as ``take_number`` does."""
    if not numbers:
        return
    for document, number in numbers:
        _check_form(document, number)
    kind = kind_of(numbers[0][0])
    wanted = [number for _document, number in numbers]
    lock_names(f"{kind.name} number {number}" for number in wanted)
    stored = kind.model._default_manager.filter(number__in=wanted)
    known = set(stored.values_list("number", flat=True))
    for document, number in numbers:
        if number in known:
            raise NumberTaken(
                gettext("There is an %(kind)s %(number)s already: give this one another number.")
                % {"kind": document._meta.verbose_name, "number": number},
                field="number",
            )
        known.add(number)


def _check_form(document: Order | Invoice, number: str) -> None:
    """Refuse a number for a document of ours, a longer one than fits, and one like ours."""
    if not document.origin:
        raise NotEditable(
            gettext("Only the system that an order comes from gives it a number of its own."),
            field="number",
        )
    longest = document._meta.get_field("number").max_length or 0
    if len(number) > longest:
        raise TooLong(
            gettext("A number has at most %(longest)d characters: shorten %(number)s.")
            % {"longest": longest, "number": number},
            field="number",
        )
    if _is_ours(number):
        raise NumberTaken(
            gettext(
                "%(number)s looks like a number of ours: "
                "have the other system number its documents in another form."
            )
            % {"number": number},
            field="number",
        )


def _is_ours(number: str) -> bool:
    """Return whether a number has the form of a series of any company of ours."""
    kinds = "|".join(NumberSeries.Kind.values)
    return any(
        re.fullmatch(rf"{re.escape(prefix)}({kinds})-\d+-\d+", number, re.IGNORECASE)
        for prefix in _prefixes()
    )


@cached_read
def _prefixes() -> frozenset[str]:
    return frozenset({*Company.objects.values_list("number_prefix", flat=True), ""})


def _series_of(document: AnyDocument) -> NumberSeries.Kind:
    if isinstance(document, Invoice) and document.is_credit_note:
        return NumberSeries.Kind.CREDIT_NOTE
    return kind_of(document).number_series
