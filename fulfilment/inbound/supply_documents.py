"""Documents of a supply-chain system: which order of ours they are about, and which lines."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fulfilment.connectors.base import Record
from fulfilment.inbound.documents import UnknownDocument
from fulfilment.inbound.schemas import IncomingMessage
from fulfilment.models import Connection, ExternalRef
from fulfilment.services.sync_states import ORDER, line_ids, lock_state
from sales.models import Order
from sales.services.documents.locks import lock_order


@dataclass(frozen=True, slots=True)
class Posted:
    """A document of theirs, with its order, locked; ``lines`` are its lines by our line.

    ``unknown`` are lines that the order does not have, though their latest snapshot of it is here.
    ``is_early`` says that the snapshot that came just before the document there is not here yet.
    """

    order: Order
    record: Record
    document: Mapping[str, Any]
    lines: Mapping[uuid.UUID, list[Mapping[str, Any]]]
    unknown: list[Mapping[str, Any]]
    is_early: bool


def lock_posted(connection: Connection, message: IncomingMessage, kind: str) -> Posted:
    """Lock the order of a document, and find its lines.

    Raises UnknownDocument for an order, or a line of it, that is not here yet.
    """
    theirs, document = message.data["order"], message.data[kind]
    order = lock_order(_find_order(connection, theirs))
    state = lock_state(connection, order.pk)
    ours = {str(pk) for pk in order.lines.values_list("pk", flat=True)}
    known, is_early = line_ids(state), state.snapshot_sequence < theirs["sequence"]
    lines: dict[uuid.UUID, list[Mapping[str, Any]]] = {}
    unknown = []
    for line in document["lines"]:
        named = known.get(line["id"]) or str(line.get("throughline_id") or "")
        if named in ours:
            lines.setdefault(uuid.UUID(named), []).append(line)
        elif is_early:
            raise UnknownDocument(message.subject)
        else:
            unknown.append(line)
    record = Record(ORDER, order.pk, order.number or "")
    return Posted(order, record, document, lines, unknown, is_early)


def _find_order(connection: Connection, theirs: Mapping[str, Any]) -> uuid.UUID:
    """Find the order by their id, or by ours if they send it; never by its number."""
    refs = ExternalRef.objects.filter(
        connection=connection, record_type=ORDER, external_id=theirs["id"]
    )
    key = refs.values_list("record_id", flat=True).first() or theirs.get("throughline_id")
    if key is None or not Order.objects.filter(pk=key, number__isnull=False).exists():
        raise UnknownDocument(theirs["number"])
    return uuid.UUID(str(key))
