"""Keyset pagination: reads any page of a list at the same cost, without OFFSET."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import Q

ModelT = TypeVar("ModelT", bound=models.Model)

COUNT_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Page(Generic[ModelT]):
    """One page of a list, and where the next one starts."""

    records: list[ModelT]
    after: str
    """The id to go on after; empty on the last page."""


def keyset_page(
    records: models.QuerySet[ModelT], order: tuple[str, ...], *, after: str, size: int
) -> Page[ModelT]:
    """Read one page of a list without counting or skipping what comes before it.

    ``order`` ends in the primary key; ``after`` is the id of the last record already seen. If that
    record is deleted meanwhile, the list starts again.
    """
    ordered = records.order_by(*order)
    last = records.filter(pk=after).first() if _is_id(after) else None
    if last is not None:
        ordered = ordered.filter(_beyond(last, order))
    found = list(ordered[: size + 1])
    shown = found[:size]
    return Page(shown, str(shown[-1].pk) if len(found) > size else "")


def _beyond(last: models.Model, order: tuple[str, ...]) -> Q:
    """Match what comes after ``last``: (a > x) or (a = x and b > y) or …"""
    beyond, same = Q(), Q()
    for name in order:
        column, descending = name.removeprefix("-"), name.startswith("-")
        value = getattr(last, column)
        beyond |= same & Q(**{f"{column}__{'lt' if descending else 'gt'}": value})
        same &= Q(**{column: value})
    return beyond


def _is_id(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Group:
    """Records with the same value: how many, and the sum of a column."""

    key: str
    count: int
    sum: Decimal


def capped_groups(
    records: models.QuerySet[ModelT], key: str, summed: str | None = None
) -> list[Group]:
    """Count records by a column and add up another, in one statement over at most limit + 1 rows.

    If the counts come to more than the limit, there are more records and the sums are partial.
    """
    columns = [key] if summed is None else [key, summed]
    capped = records.order_by().values_list(*columns)[: COUNT_LIMIT + 1]
    try:
        rows, parameters = capped.query.sql_with_params()
    except EmptyResultSet:
        return []
    total = "0" if summed is None else f'coalesce(sum("{summed}"), 0)'
    statement = f'SELECT "{key}", count(*), {total} FROM ({rows}) AS counted GROUP BY 1 ORDER BY 1'  # noqa: S608  # our own columns
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [Group(*row) for row in cursor.fetchall()]


def capped_count(records: models.QuerySet[ModelT]) -> int:
    """Count up to one more than the limit, which keeps counting long lists cheap."""
    return records.order_by().values("pk")[: COUNT_LIMIT + 1].count()
