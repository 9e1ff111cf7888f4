"""Sync states: what another system holds of our orders, locked, read and kept."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet

from fulfilment.models import Connection, Discrepancy, Handoff, SyncState
from fulfilment.sync.merge import Conflict, ConflictKind, Push, Snapshot, base_of
from fulfilment.sync.residue import Split

ORDER = "order"
LATEST = 2**31
"""A version after every other."""

Kind = Discrepancy.Kind


def lock_state(connection: Connection, order_id: uuid.UUID) -> SyncState:
    """Lock the state of an order in another system; make it first if there is none.

    What a person skipped, or was refused and passed over, is none of its pushes any more: they
    never received it, whatever later version they know.
    """
    state, _is_new = SyncState.objects.select_for_update().get_or_create(
        connection=connection, record_type=ORDER, record_id=order_id
    )
    if state.pushes:
        given_up = set(_given_up(state))
        state.pushes = [push for push in state.pushes if push["message_id"] not in given_up]
    return state


def _given_up(state: SyncState) -> Iterable[str]:
    """Find the messages of its lane that are not delivered and hold nothing up."""
    passed_over = Q(state=Handoff.State.NEEDS_ATTENTION, holds_lane=False)
    lane = Handoff.objects.filter(
        lane__connection=state.connection_id, lane__root_id=state.record_id
    )
    found = lane.filter(passed_over | Q(state=Handoff.State.SKIPPED))
    return found.filter(message_id__in=[push["message_id"] for push in state.pushes]).values_list(
        "message_id", flat=True
    )


def snapshot_of(state: SyncState) -> Snapshot:
    """Return their last snapshot."""
    return Snapshot(state.held, state.knows)


def pushes_of(state: SyncState) -> list[Push]:
    """Return the versions of ours that they do not know yet."""
    return [Push(each["version"], each["values"]) for each in state.pushes]


def held_after_pushes(state: SyncState) -> dict[str, Any]:
    """Return what they hold once all that was sent has arrived."""
    return base_of(snapshot_of(state), pushes_of(state), LATEST)


def forget_agreement(state: SyncState, knows: int) -> None:
    """Forget what both agreed on: they went back to older data, which know a version of ours.

    Where they hold something else than we do, nobody knows who changed it: a person decides.
    """
    state.held, state.pushes, state.splits = {}, [], {}
    state.snapshot_sequence, state.knows = 0, knows


def add_push(
    state: SyncState,
    message_id: str,
    version: int,
    values: Mapping[str, Any],
    splits: Mapping[str, Split],
) -> None:
    """Keep what a version of ours tells them, until they say that they know it."""
    push = {
        "message_id": message_id,
        "version": version,
        "values": dict(values),
        "splits": _as_json(splits),
    }
    state.pushes = [*state.pushes, push]
    state.save(update_fields=["pushes", "updated_at"])


def remembered(state: SyncState, knows: int = LATEST) -> dict[str, Split]:
    """Return what the charge of each line is made of, for who knows a version of ours."""
    splits = dict(state.splits)
    for push in state.pushes:
        if push["version"] <= knows:
            splits |= push["splits"]
    return {
        line: Split(Decimal(each["residue"]), Decimal(each["genuine"]))
        for line, each in splits.items()
    }


def keep_snapshot(
    state: SyncState,
    *,
    held: Mapping[str, Any],
    received: Mapping[str, Any],
    splits: Mapping[str, Split],
    sequence: int,
    knows: int,
) -> None:
    """Keep a snapshot of theirs as the last one, and forget the pushes that it knows."""
    state.held, state.snapshot = dict(held), dict(received)
    state.splits = {**_as_json(remembered(state, knows)), **_as_json(splits)}
    state.snapshot_sequence = sequence
    state.knows = max(state.knows, knows)
    state.pushes = [push for push in state.pushes if push["version"] > state.knows]


def _as_json(splits: Mapping[str, Split]) -> dict[str, dict[str, str]]:
    return {
        line: {"residue": str(split.residue), "genuine": str(split.genuine)}
        for line, split in splits.items()
    }


def line_ids(state: SyncState) -> dict[str, str]:
    """Return our ids of the lines that they reported, by theirs."""
    ids: dict[str, str] = state.snapshot.get("line_ids", {})
    return ids


def received_lines(state: SyncState) -> dict[str, Mapping[str, Any]]:
    """Return their lines as received, by our ids."""
    ids = line_ids(state)
    lines = state.snapshot.get("order", {}).get("lines") or ()
    return {ids[line["id"]]: line for line in lines if line["id"] in ids}


CONFLICTS: Mapping[Kind, ConflictKind] = {
    Kind.FIELD: ConflictKind.FIELD,
    Kind.QUANTITY: ConflictKind.QUANTITY,
    Kind.STATUS: ConflictKind.STATUS,
}
"""The kinds of discrepancies that are conflicts of a merge."""


def open_rows(state: SyncState) -> QuerySet[Discrepancy]:
    """Return the discrepancies on which a merge waits for a person."""
    return Discrepancy.objects.open().filter(
        connection=state.connection_id, record_id=state.record_id, compared__isnull=False
    )


def open_conflicts(state: SyncState) -> list[Conflict]:
    """Return the fields of an order on which a person decides."""
    return [conflict_of(row) for row in open_rows(state).filter(kind__in=CONFLICTS)]


def conflict_of(row: Discrepancy) -> Conflict:
    """Return a discrepancy as the conflict that it was opened for."""
    values = row.compared or {}
    kind = CONFLICTS.get(Kind(row.kind), ConflictKind.FIELD)
    return Conflict(row.field, values["base"], values["ours"], values["theirs"], kind)
