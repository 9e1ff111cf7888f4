"""Database assertions: constraints and triggers refuse or accept a write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction


@contextmanager
def refused(table: str, rule: str) -> Iterator[None]:
    """Assert that this rule of the database refuses the writes inside, at commit at the latest."""
    with pytest.raises(IntegrityError, match=f"{table} {rule}: "), transaction.atomic():
        yield
        connection.check_constraints()


@contextmanager
def accepted() -> Iterator[None]:
    """Assert that the database accepts the writes inside, also at commit."""
    with transaction.atomic():
        yield
        connection.check_constraints()


def sql(statement: str, *values: Any) -> None:
    """Write past every service and model."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
