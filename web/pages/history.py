"""Audit trail of a record and its lines: each change with its actor, from the history tables.

All that one transaction did to a record is one change; of a row that it wrote several times, only
what it found and what it left count.
"""

from __future__ import annotations

import datetime as dt
import heapq
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Any
from urllib.parse import urlencode

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext

from common.formatting import (
    format_ago,
    format_day,
    format_moment,
    format_price,
    format_quantity,
    format_rate,
)
from common.history import history_model
from web.display import Link
from web.record_urls import record_url

SHOWN = 20
"""So many changes are read at once; older ones are a page further."""

LEFT_OUT = frozenset({"id", "created_at", "updated_at", "version", "content_hash", "content"})
"""Columns without meaning for a reader."""

Table = tuple[type[models.Model], str]
"""A model whose history is read, and its column that holds the record's id."""


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One value of one row, before and after."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RowChange:
    """What became of one row: ``insert``, ``update`` or ``delete``."""

    kind: str
    name: str
    """Which row it is, for people; empty for the record itself."""
    title: str
    """What became of it, for people."""
    values: Sequence[ValueChange]


@dataclass(frozen=True, slots=True)
class TransactionChange:
    """All that one transaction did to a record."""

    at: str
    ago: str
    timestamp: str
    """The moment in ISO 8601."""
    actor: str
    source: str
    """The page or the message it came from; empty where that was not recorded."""
    rows: Sequence[RowChange]


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Some changes of a record, the newest first, and the moment before which there are more."""

    title: str
    crumb: Link
    changes: Sequence[TransactionChange]
    newest_url: str
    """Where the newest changes are; empty on that page itself."""
    older_url: str
    """Where older changes are; empty where there are none."""


def history_page(record: models.Model, before: dt.datetime | None = None) -> HistoryPage:
    """Read the last changes of a record and its lines, or the last before a moment."""
    tables: list[Table] = [(type(record), "id"), *_parts(type(record))]
    moments = _moments(record, tables, before)
    shown = moments[:SHOWN]
    steps = [step for table in tables for step in _steps(record, table, shown)] if shown else []
    writer = _Writer(record, steps)
    steps.sort(key=attrgetter("at"), reverse=True)
    changes = [_change(list(group), writer) for _, group in groupby(steps, attrgetter("at"))]
    older = f"?{urlencode({'before': shown[-1].isoformat()})}" if moments[SHOWN:] else ""
    return HistoryPage(
        title=gettext("History of %(record)s") % {"record": record},
        crumb=Link(str(record), record_url(record)),
        changes=[change for change in changes if change.rows],
        newest_url="?" if before else "",
        older_url=older,
    )


def _change(steps: Sequence[_Step], writer: _Writer) -> TransactionChange:
    at, facts = steps[0].at, _facts(steps)
    return TransactionChange(
        at=format_moment(at),
        ago=format_ago(at),
        timestamp=at.isoformat(),
        actor=facts.get("actor") or "Throughline",
        source=facts.get("url") or facts.get("message") or "",
        rows=list(writer.rows(steps)),
    )


@dataclass(frozen=True, slots=True)
class _Step:
    """A state that a row was brought into, and the one it had before."""

    model: type[models.Model]
    after: Any
    before: Any

    @property
    def at(self) -> dt.datetime:
        return self.after.pgh_created_at  # type: ignore[no-any-return]  # models of the library


def _parts(model: type[models.Model]) -> list[Table]:
    """List what a record consists of: rows that would go with it."""
    return [
        (relation.related_model, relation.field.name)
        for relation in model._meta.related_objects
        if hasattr(relation.related_model, "pgh_event_model")
        and relation.on_delete is models.CASCADE
    ]


def _history(record: models.Model, table: Table) -> models.QuerySet[Any]:
    model, column = table
    history: models.QuerySet[Any] = history_model(model)._default_manager.filter(
        **{column: record.pk}
    )
    return history


def _moments(
    record: models.Model, tables: Iterable[Table], before: dt.datetime | None
) -> list[dt.datetime]:
    """Find when something was changed last, the newest first, one more than a page shows."""
    found: set[dt.datetime] = set()
    for table in tables:
        history = _history(record, table)
        known = history.filter(pgh_created_at__lt=before) if before else history
        moments = known.order_by("-pgh_created_at").values_list("pgh_created_at", flat=True)
        found.update(moments.distinct()[: SHOWN + 1])
    return heapq.nlargest(SHOWN + 1, found)


def _steps(record: models.Model, table: Table, moments: Sequence[dt.datetime]) -> Iterator[_Step]:
    """Read what a table's rows went through at some moments, each state with the one before."""
    history = _history(record, table)
    by_row: defaultdict[uuid.UUID, list[Any]] = defaultdict(list)
    then = history.filter(pgh_created_at__range=(moments[-1], moments[0]))
    for state in then.select_related("pgh_context").order_by("pgh_id"):
        by_row[state.id].append(state)
    changed = [pk for pk, states in by_row.items() if states[0].pgh_label != "insert"]
    earlier = history.filter(id__in=changed, pgh_created_at__lt=moments[-1])
    past = {}
    if changed:
        past = {each.id: each for each in earlier.order_by("id", "-pgh_id").distinct("id")}
    for pk, states in by_row.items():
        previous = past.get(pk)
        for _, group in groupby(states, attrgetter("pgh_created_at")):
            *_, last = group
            yield _Step(table[0], last, previous)
            previous = last


def _facts(steps: Sequence[_Step]) -> Mapping[str, str]:
    contexts = (step.after.pgh_context for step in steps)
    return next((context.metadata for context in contexts if context), {})


class _Writer:
    """Describes what rows became; names of what they point to are read once for all."""

    def __init__(self, record: models.Model, steps: Iterable[_Step]) -> None:
        self._record = record
        self._names: dict[type[models.Model], dict[Any, str]] = {}
        wanted: defaultdict[type[models.Model], set[Any]] = defaultdict(set)
        for step in steps:
            states = [state for state in (step.before, step.after) if state]
            for column in _columns(step.model):
                if column.related_model is not None:
                    wanted[column.related_model] |= {getattr(each, column.name) for each in states}
        for target, ids in wanted.items():
            known = _with_relations(target).in_bulk(list(ids - {None}))
            self._names[target] = {pk: str(found) for pk, found in known.items()}

    def rows(self, steps: Sequence[_Step]) -> Iterator[RowChange]:
        """Describe each row's change, the record's own first; what looks the same is left out."""
        for step in sorted(steps, key=lambda step: step.after.id != self._record.pk):
            kind = "insert" if step.before is None else step.after.pgh_label
            values = [] if kind == "delete" else list(self._values(step))
            if values or kind == "delete":
                yield RowChange(kind, self._name(step), self._title(kind, step), values)

    def _name(self, step: _Step) -> str:
        if step.after.id == self._record.pk:
            return ""
        kind = str(step.model._meta.verbose_name).capitalize()
        named = (str(getattr(step.after, name, "") or "") for name in ("position", "description"))
        return " ".join([kind, *filter(None, named)])

    def _title(self, kind: str, step: _Step) -> str:
        """Write what became of a row; a change of the record itself needs no title."""
        name = self._name(step)
        if kind == "insert":
            return gettext("%(name)s added") % {"name": name or self._record}
        if kind == "delete":
            return gettext("%(name)s removed") % {"name": name or self._record}
        return name

    def _values(self, step: _Step) -> Iterator[ValueChange]:
        for column in _columns(step.model):
            now = getattr(step.after, column.name)
            was = getattr(step.before, column.name) if step.before else None
            if isinstance(column, models.JSONField):
                yield from self._inside(column, was, now)
            elif was != now and not (step.before is None and now in (None, "", False)):
                old = self._format(column, was, step.before or step.after)
                new = self._format(column, now, step.after)
                yield ValueChange(_label(column), old, new)

    def _inside(self, column: Any, was: Any, now: Any) -> Iterator[ValueChange]:
        """Compare what a column of named values holds, name by name."""
        if not isinstance(now, dict):
            return
        past = was if isinstance(was, dict) else {}
        for name in sorted({*past, *now}):
            if (old := past.get(name)) != (new := now.get(name)):
                part = name.replace("_", " ")
                yield ValueChange(f"{_label(column)}: {part}", _plain(old), _plain(new))

    def _format(self, column: Any, value: Any, row: Any) -> str:
        if value in (None, ""):
            return "–"
        if column.related_model is not None:
            return self._names[column.related_model].get(value, gettext("(gone)"))
        if column.choices:
            return str(dict(column.flatchoices).get(value, value))
        if isinstance(value, Decimal):
            currency = getattr(row, "currency", "") or getattr(self._record, "currency", "")
            return _number(column.name, value, currency)
        return _plain(value)


def _with_relations(model: type[models.Model]) -> models.QuerySet[Any]:
    """Read rows with what their names may be made of."""
    relations = [column.name for column in model._meta.concrete_fields if column.many_to_one]
    records = model._base_manager.all()
    return records.select_related(*relations) if relations else records


def _columns(model: type[models.Model]) -> list[Any]:
    kept = {each.name for each in history_model(model)._meta.get_fields()}
    return [
        column
        for column in model._meta.concrete_fields
        if column.name in kept and column.name not in LEFT_OUT
    ]


def _label(column: Any) -> str:
    return capfirst(str(column.verbose_name))


def _number(name: str, value: Decimal, currency: str) -> str:
    if name.endswith("_rate") and name != "exchange_rate":
        return format_rate(value)
    if not currency or "quantity" in name or name == "exchange_rate":
        return format_quantity(value)
    return format_price(value, currency)


def _plain(value: Any) -> str:
    if value in (None, "", [], {}):
        return "–"
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, dt.datetime):
        return format_moment(value)
    if isinstance(value, dt.date):
        return format_day(value)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
