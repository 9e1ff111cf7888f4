"""What a message said when it was committed, beside what it would say today."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson
from django.db.models import QuerySet

from fulfilment.models import Handoff
from fulfilment.payloads import with_what_is_told
from fulfilment.routes import ROUTES
from sales.models import AnyDocument, kind_named

BATCH = 200
"""Handoffs compared at once: as many statements for so many as for one."""


@dataclass(frozen=True, slots=True)
class Changed:
    """One value of a document, as it was told and as it is now."""

    path: str
    """Where it stands in the message: ``order.lines.2.quantity``."""
    then: str
    now: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a replay would send, and what of the document has changed since."""

    handoff_id: uuid.UUID
    what: str
    state: str
    changed: list[Changed]


def preview_replay(handoffs: QuerySet[Handoff]) -> Iterator[Preview]:
    """Say what a replay would send, without sending: bodies stay as they were committed."""
    chosen = handoffs.select_related("event", "payload").iterator(chunk_size=BATCH)
    while batch := list(islice(chosen, BATCH)):
        documents = _changed_documents(batch)
        for handoff in batch:
            yield Preview(
                handoff_id=handoff.pk,
                what=str(handoff.event),
                state=handoff.get_state_display(),
                changed=_differences(handoff, documents),
            )


def changed_since(handoff: Handoff) -> list[Changed]:
    """Compare what was told with what would be told today, value by value."""
    return _differences(handoff, _changed_documents([handoff]))


def _changed_documents(handoffs: Sequence[Handoff]) -> dict[uuid.UUID, AnyDocument]:
    """Read the documents that are no longer what was told, with all that would be told."""
    told: defaultdict[str, defaultdict[uuid.UUID, set[int]]]
    told = defaultdict(lambda: defaultdict(set))
    for event in (handoff.event for handoff in handoffs):
        told[event.subject_type][event.subject_id].add(event.subject_version)
    found: dict[uuid.UUID, AnyDocument] = {}
    for kind, versions in told.items():
        manager = kind_named(kind).model._default_manager
        current = manager.filter(pk__in=versions).values_list("pk", "version")
        outdated = [pk for pk, version in current if versions[pk] != {version}]
        found |= with_what_is_told(manager.filter(pk__in=outdated)).in_bulk() if outdated else {}
    return found


def _differences(handoff: Handoff, documents: Mapping[uuid.UUID, AnyDocument]) -> list[Changed]:
    """List what differs; a document that is no more has nothing to compare with."""
    event = handoff.event
    document = documents.get(event.subject_id)
    if document is None or document.version == event.subject_version:
        return []
    now = ROUTES[event.type].payload(document)
    told = orjson.loads(handoff.payload.body)["data"]
    before, after = dict(_values({key: told.get(key) for key in now})), dict(_values(now))
    return [
        Changed(path, before.get(path, ""), after.get(path, ""))
        for path in dict.fromkeys([*before, *after])
        if before.get(path) != after.get(path)
    ]


def _values(part: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """List every value of a message with its path; money is one value."""
    if isinstance(part, dict) and part.keys() == {"amount", "currency"}:
        yield path, f"{part['amount']} {part['currency']}"
    elif isinstance(part, dict | list):
        named = part.items() if isinstance(part, dict) else enumerate(part, 1)
        for name, value in named:
            yield from _values(value, f"{path}.{name}" if path else str(name))
    elif isinstance(part, bool):
        yield path, "true" if part else "false"
    else:
        yield path, "" if part is None else str(part)
