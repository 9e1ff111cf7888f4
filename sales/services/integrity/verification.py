"""Recomputing what is stored from what it is made of, and naming every difference.

Each app registers its checks; ``manage.py verify`` runs them all. A check is one question to the
database over all rows at once, so that a hundred thousand orders take seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.db import connection, transaction


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure that is not what it should be."""

    record: str
    figure: str
    stored: object
    expected: object

    def __str__(self) -> str:
        return f"{self.record}: {self.figure} is {self.stored}, should be {self.expected}."


Check = Callable[[], Iterable[Difference]]

_checks: dict[str, Check] = {}


def register_check(name: str, check: Check) -> None:
    """Have a check run by every verification, once however often registered."""
    _checks[name] = check


def check_by_query(query: str) -> Check:
    """Make a check of a query whose rows are record, figure, stored, expected."""

    def check() -> Iterator[Difference]:
        with connection.cursor() as cursor:
            cursor.execute(query)
            for record, figure, stored, expected in cursor:
                yield Difference(record, figure, stored, expected)

    return check


def verify() -> dict[str, list[Difference]]:
    """Run every check on one and the same state of the database; nothing is written."""
    with transaction.atomic():
        if not connection.savepoint_ids:  # inside somebody's transaction its state is the one
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return {name: list(check()) for name, check in _checks.items()}
