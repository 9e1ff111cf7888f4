"""Adding rows once: what stands already under the same key stays as it is."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import models

Row = TypeVar("Row", bound=models.Model)


def ensure(model: type[Row], values: dict[str, Any] | None = None, **key: Any) -> Row:
    """Find the row with this key, or add it with these values."""
    row, _ = model._default_manager.get_or_create(defaults=values or {}, **key)
    return row
