"""Trying to break what the database keeps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction


@contextmanager
def refused(table: str, rule: str) -> Iterator[None]:
    """Hold that the database refuses what is done inside by this rule, at commit at the latest."""
    with pytest.raises(IntegrityError, match=f"{table} {rule}: "), transaction.atomic():
        yield
        connection.check_constraints()


@contextmanager
def accepted() -> Iterator[None]:
    """Hold that the database believes what is done inside, also at commit."""
    with transaction.atomic():
        yield
        connection.check_constraints()


def sql(statement: str, *values: Any) -> None:
    """Write behind the back of every service and model."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
