"""Get or create: adds a row unless one with the same key exists."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import models

Row = TypeVar("Row", bound=models.Model)


def ensure(model: type[Row], values: dict[str, Any] | None = None, **key: Any) -> Row:
    """Find the row with this key, or create it with these values; not safe under concurrency."""
    known = model._default_manager.filter(**key).first()
    return known or model._default_manager.create(**key, **(values or {}))
