"""Numbering of documents: gap-free series of ours, and numbers that other systems gave."""

from __future__ import annotations

import re

from django.db import connection, transaction
from django.utils.translation import gettext

from common.errors import NotAllowed, NotEditable
from common.identifiers import uuid7
from sales.models import AnyDocument, Company, Invoice, NumberSeries, Order, kind_of
from sales.services.errors import NumberTaken

NEXT = """
INSERT INTO sales_numberseries (id, company_id, kind, year, last) VALUES (%s, %s, %s, %s, 1)
ON CONFLICT (company_id, kind, year) DO UPDATE SET last = sales_numberseries.last + 1
RETURNING last
"""
LOCK_NUMBER = "SELECT pg_advisory_xact_lock(hashtextextended(%s || ' number ' || %s, 0))"


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
    if not document.origin:
        raise NotAllowed(
            gettext("Only the system that an order comes from gives it a number of its own."),
            field="number",
        )
    longest = document._meta.get_field("number").max_length or 0
    if len(number) > longest:
        raise NotEditable(
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
    with connection.cursor() as cursor:
        cursor.execute(LOCK_NUMBER, [kind_of(document).name, number])
    if type(document)._default_manager.filter(number=number).exists():
        raise NumberTaken(_is_taken(document) % {"number": number}, field="number")
    return number


def _is_taken(document: Order | Invoice) -> str:
    if isinstance(document, Order):
        return gettext("There is an order %(number)s already: give this one another number.")
    return gettext("There is an invoice %(number)s already: give this one another number.")


def _is_ours(number: str) -> bool:
    """Return whether a number has the form of a series of any company of ours."""
    kinds = "|".join(NumberSeries.Kind.values)
    prefixes = Company.objects.values_list("number_prefix", flat=True)
    return any(
        re.fullmatch(rf"{re.escape(prefix)}({kinds})-\d+-\d+", number, re.IGNORECASE)
        for prefix in {*prefixes, ""}
    )


def _series_of(document: AnyDocument) -> NumberSeries.Kind:
    if isinstance(document, Invoice) and document.is_credit_note:
        return NumberSeries.Kind.CREDIT_NOTE
    return kind_of(document).number_series
