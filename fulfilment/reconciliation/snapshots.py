"""Snapshots that are read, beside the last one that we have: news, another writing, or older."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from common.errors import DomainError
from fulfilment.dialects.supply import RemoteOrder
from fulfilment.models import Connection, SyncState
from fulfilment.reconciliation.intake_of_reads import as_message
from fulfilment.reconciliation.reads import OrderRead, database_now
from fulfilment.services.mappings import mapped_codes
from fulfilment.services.order_sync.order_readings import read_snapshot
from fulfilment.services.order_sync.sync_states import (
    forget_agreement,
    line_ids,
    lock_state,
    remembered,
)
from fulfilment.sync.merge import Values
from fulfilment.sync.policies import is_same, nothing_of, policy_of
from sales.models import Order
from sales.services.prices.pricing_input import lines_of

ABSENT = object()


def is_news(state: SyncState, theirs: Mapping[str, Any]) -> bool:
    """Whether their order is not the snapshot that we have of it, in whatever writing."""
    kept = state.snapshot.get("order", {})
    if kept.get("deleted") != theirs.get("deleted"):
        return True
    if is_as_received(state, theirs):
        return False
    return sequence_of(theirs) != state.snapshot_sequence or _has_changed(state, theirs)


def is_as_received(state: SyncState, theirs: Mapping[str, Any]) -> bool:
    """Whether their order is, in the same writing, the snapshot that we have of it."""
    kept = state.snapshot.get("order", {})
    return all(kept.get(name, ABSENT) == value for name, value in theirs.items())


def sequence_of(theirs: Mapping[str, Any]) -> int:
    """Return the sequence of an order that was read; 0 where it has none."""
    return int(theirs.get("sequence") or 0)


def is_older(state: SyncState, theirs: Mapping[str, Any]) -> bool:
    """Whether news of theirs are of older data than we have: their numbers only grow."""
    knows = theirs.get("knows")
    return sequence_of(theirs) <= state.snapshot_sequence or (
        knows is not None and knows < state.knows
    )


@transaction.atomic
def forget_base(connection: Connection, read: OrderRead, state: SyncState) -> bool:
    """Forget what both agreed on of an order that went back to older data there.

    Where they hold something else than we do, nobody knows who changed it: a person decides.
    Returns False if a newer snapshot came while the order was read.
    """
    theirs = read.value or {}
    state = lock_state(connection, state.record_id)
    if state.received_at is not None and state.received_at > read.began_at:
        return False
    forget_agreement(state, theirs.get("knows") or 0)
    state.save(
        update_fields=["held", "pushes", "splits", "snapshot_sequence", "knows", "updated_at"]
    )
    return True


def _has_changed(state: SyncState, theirs: Mapping[str, Any]) -> bool:
    """Whether an order says something else than we have; what cannot be read does."""
    try:
        as_message(state.connection, theirs, database_now(), "compared")
        values = _read_values(state, RemoteOrder.of(theirs))
    except DomainError:
        return True
    return any(not _holds(state.held, path, value) for path, value in values.items())


def _read_values(state: SyncState, theirs: RemoteOrder) -> Values:
    order = Order.objects.select_related("company").get(pk=state.record_id)
    lines = lines_of(order)
    ids = theirs.line_ids(line_ids(state), {str(line.pk) for line in lines})
    mapped = mapped_codes(state.connection, theirs.codes())
    splits = remembered(state, state.knows)
    return read_snapshot(theirs, mapped, ids, state, order, lines, splits, state.held).values


def _holds(held: Values, path: str, value: Any) -> bool:
    policy = policy_of(path)
    if policy is None:
        return True
    return is_same(policy.kind, held.get(path, nothing_of(policy.kind)), value)
