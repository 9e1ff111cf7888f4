"""Resources: which records a partner may see, how they are represented and expanded."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from api.expansions import Expansion
from crm.models import Partner

Represent = Callable[..., dict[str, Any]]
"""Returns a record as JSON; of a document also its lines, where the caller has them."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of record at an address of its own, as every list and every operation needs it."""

    name: str
    records: Callable[[Partner], QuerySet[Any]]
    represent: Represent
    represent_in_list: Represent | None = None
    """For lists, where it leaves out what costs a statement a record, such as lines."""
    expansions: Mapping[str, Expansion] = field(default_factory=dict)
    """What ``expand`` may name."""
    changed_at: str = "updated_at"
    """The column with the moment of the last change."""
    lock: Callable[[uuid.UUID], Any] | None = None
    """Locks a record for a write, and reads it; it has a version."""

    def find(self, partner: Partner, pk: uuid.UUID) -> Any:
        """Return a record that the partner may see, or raise ``Http404``."""
        return get_object_or_404(self.records(partner), pk=pk)

    def list(self, records: Sequence[Any]) -> list[dict[str, Any]]:
        """Represent records as lists have them."""
        represent = self.represent_in_list or self.represent
        return [represent(each) for each in records]
