"""Page of a list: filters, one page of rows, and totals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django_filters import FilterSet

from web.display import Column, Link, Row, StrOrPromise


@dataclass(frozen=True, slots=True)
class Empty:
    """What is shown in place of a list without records."""

    icon: str
    title: StrOrPromise
    text: StrOrPromise


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """One page of a list."""

    heading: StrOrPromise
    columns: Sequence[Column]
    rows: Sequence[Row]
    filter: FilterSet
    filtered: bool
    newest_url: str
    """Where the list begins; empty on its first page."""
    older_url: str
    """Where the list goes on; empty on its last page."""
    counted: str
    sums: Sequence[str]
    no_sums: str
    """Why there are no totals."""
    empty: Empty
    new: Link | None


def with_query(query: QueryDict, **changes: str) -> str:
    """Return a query string with some values changed; empty ones are dropped."""
    changed = query.copy()
    for name, value in changes.items():
        changed.pop(name, None)
        if value:
            changed[name] = value
    return f"?{changed.urlencode()}"
