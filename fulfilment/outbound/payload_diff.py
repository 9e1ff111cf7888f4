"""Payload diff: the values of a document that changed since its message was committed."""

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
from fulfilment.payloads import with_payload_relations
from fulfilment.routes import ROUTES
from sales.models import AnyDocument, kind_named

BATCH = 200
"""Handoffs compared at a time; a batch takes as many statements as a single handoff."""


@dataclass(frozen=True, slots=True)
class ChangedValue:
    """One value of a document, as it was sent and as it is now."""

    path: str
    """Its place in the message: ``order.lines.2.quantity``."""
    then: str
    now: str


@dataclass(frozen=True, slots=True)
class ReplayPreview:
    """A message that a replay would send, and what has changed in the document since."""

    handoff_id: uuid.UUID
    event: str
    state: str
    changed: list[ChangedValue]


def preview_replay(handoffs: QuerySet[Handoff]) -> Iterator[ReplayPreview]:
    """List what a replay would send, without sending it; bodies stay as they were committed."""
    chosen = handoffs.select_related("event", "payload").iterator(chunk_size=BATCH)
    while batch := list(islice(chosen, BATCH)):
        documents = _changed_documents(batch)
        for handoff in batch:
            yield ReplayPreview(
                handoff_id=handoff.pk,
                event=str(handoff.event),
                state=handoff.get_state_display(),
                changed=_changed_values(handoff, documents),
            )


def changed_since(handoff: Handoff) -> list[ChangedValue]:
    """Compare the message with the document as it is now, value by value."""
    return _changed_values(handoff, _changed_documents([handoff]))


def _changed_documents(handoffs: Sequence[Handoff]) -> dict[uuid.UUID, AnyDocument]:
    """Read the documents whose version is no longer the one sent, with all that a payload reads."""
    sent: defaultdict[str, defaultdict[uuid.UUID, set[int]]]
    sent = defaultdict(lambda: defaultdict(set))
    for event in (handoff.event for handoff in handoffs):
        sent[event.subject_type][event.subject_id].add(event.subject_version)
    found: dict[uuid.UUID, AnyDocument] = {}
    for kind, versions in sent.items():
        manager = kind_named(kind).model._default_manager
        current = manager.filter(pk__in=versions).values_list("pk", "version")
        outdated = [pk for pk, version in current if versions[pk] != {version}]
        found |= (
            with_payload_relations(manager.filter(pk__in=outdated)).in_bulk() if outdated else {}
        )
    return found


def _changed_values(
    handoff: Handoff, documents: Mapping[uuid.UUID, AnyDocument]
) -> list[ChangedValue]:
    """List the changed values; none if the document was deleted or has the version sent."""
    event = handoff.event
    document = documents.get(event.subject_id)
    if document is None or document.version == event.subject_version:
        return []
    now = ROUTES[event.type].payload(document)
    sent = orjson.loads(handoff.payload.body)["data"]
    before, after = dict(_values({key: sent.get(key) for key in now})), dict(_values(now))
    return [
        ChangedValue(path, before.get(path, ""), after.get(path, ""))
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
