"""Widgets of the admin: searching fields that survive values that are no id."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple


class RecordAutocomplete(AutocompleteSelect):
    """Searching field for one record; shows what was typed as not chosen if it is no id."""

    def optgroups(self, name: str, value: Sequence[str], attrs: Any = None) -> Any:
        """Return the chosen options."""
        return super().optgroups(name, only_ids(value), attrs)


class RecordsAutocomplete(AutocompleteSelectMultiple):
    """Searching field for several records."""

    def optgroups(self, name: str, value: Sequence[str], attrs: Any = None) -> Any:
        """Return the chosen options."""
        return super().optgroups(name, only_ids(value), attrs)


def only_ids(values: Iterable[str]) -> list[str]:
    """Keep the values that can be the id of a record: Django reads their labels by id."""
    return [value for value in values if not value or is_id(value)]


def is_id(value: str) -> bool:
    """Return whether a value is a UUID."""
    try:
        uuid.UUID(str(value))
    except ValueError:
        return False
    return True
