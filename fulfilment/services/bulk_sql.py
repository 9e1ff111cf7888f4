"""Statements over many rows at once: the rows travel as one JSON parameter.

Writing a hundred rows down costs as many statements as one, and a tenth of what models cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from django.db import connection as database


def write_set(statement: str, rows: Sequence[dict[str, Any]]) -> int:
    """Run a statement over rows and say how many it touched; none if there are no rows."""
    if not rows:
        return 0
    with database.cursor() as cursor:
        cursor.execute(statement, [orjson.dumps(rows).decode()])
        touched: int = cursor.rowcount
    return touched


def read_set(statement: str, rows: Sequence[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Run a query over rows."""
    with database.cursor() as cursor:
        cursor.execute(statement, [orjson.dumps(rows).decode()])
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
