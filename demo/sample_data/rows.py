"""Adding rows once: what stands already under the same key stays as it is."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import models

Row = TypeVar("Row", bound=models.Model)


def ensure(model: type[Row], values: dict[str, Any] | None = None, **key: Any) -> Row:
    """Find the row with this key, or add it with these values; the caller is alone in doing so."""
    known = model._default_manager.filter(**key).first()
    return known or model._default_manager.create(**key, **(values or {}))
