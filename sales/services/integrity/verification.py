"""Integrity checks: recompute what is stored twice, and list every mismatch.

Each app registers its checks; ``manage.py verify`` runs them all. A check is one query over
all rows at once, so that a hundred thousand orders take seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter

from django.db import connection, transaction


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One stored figure that is not what it should be."""

    record: str
    figure: str
    stored: object
    expected: object

    def __str__(self) -> str:
        return f"{self.record}: {self.figure} is {self.stored}, should be {self.expected}."


Check = Callable[[], Iterable[Mismatch]]

_checks: dict[str, Check] = {}


def register_check(name: str, check: Check) -> None:
    """Add a check to every verification; registering it again changes nothing."""
    _checks[name] = check


def check_by_query(query: str) -> Check:
    """Make a check of a query whose rows are record, figure, stored, expected."""

    def check() -> Iterator[Mismatch]:
        with connection.cursor() as cursor:
            cursor.execute(query)
            for record, figure, stored, expected in cursor:
                yield Mismatch(record, figure, stored, expected)

    return check


def verify() -> dict[str, list[Mismatch]]:
    """Run every check on one and the same state of the database; nothing is written.

    The mismatches of each check come by record, then by figure, whatever order its query gives.
    """
    with transaction.atomic():
        if not connection.savepoint_ids:  # an outer transaction has its own state
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return {
            name: sorted(check(), key=attrgetter("record", "figure"))
            for name, check in _checks.items()
        }
