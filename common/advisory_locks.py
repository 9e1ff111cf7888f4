"""Advisory locks of PostgreSQL: a name is held until the transaction ends."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

LOCK = """
SELECT pg_advisory_xact_lock(hashtextextended(name, 0))
FROM (SELECT unnest(%s::text[]) AS name ORDER BY name) AS wanted
"""
TRY_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))"


def lock_names(names: Iterable[str]) -> None:
    """Lock names, and wait for whoever holds one; always in the same order, against deadlocks."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [list(names)])


def try_lock_name(name: str) -> bool:
    """Lock a name without waiting; return whether nobody else holds it."""
    with connection.cursor() as cursor:
        cursor.execute(TRY_LOCK, [name])
        return bool(cursor.fetchone()[0])
