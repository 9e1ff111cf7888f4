"""Waiting snapshots: messages with an order of another system that could not be taken in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from common.sentences import sentence as _
from common.stored_sentences import columns
from fulfilment.dialects.supply import RemoteOrder
from fulfilment.models import Connection, InboundMessage

SNAPSHOTS = ("supply.order.changed", "supply.order.deleted")


def waiting_snapshots(
    connection: Connection, external_ids: Collection[str]
) -> QuerySet[InboundMessage]:
    """Return the messages that wait for a person with orders, by their ids there."""
    return InboundMessage.objects.filter(
        connection=connection,
        type__in=SNAPSHOTS,
        result=InboundMessage.Result.QUARANTINED,
        resolved_at__isnull=True,
        body__data__order__id__in=list(external_ids),
    )


def find_waiting(connection: Connection, order: Mapping[str, Any]) -> InboundMessage | None:
    """Find the message that waits with the same snapshot of an order."""
    waiting = waiting_snapshots(connection, [str(order["id"])])
    return waiting.filter(body__data__order=dict(order)).order_by("id").first()


def close_older_snapshots(connection: Connection, applied: Collection[RemoteOrder]) -> None:
    """Let no snapshot of orders wait any more that is older than one that was applied.

    One that is being applied at this moment settles itself. One statement if none waits, for one
    order or for a hundred.
    """
    latest = {(each.external_id, each.number): each.sequence for each in applied}
    waiting = waiting_snapshots(connection, [each.external_id for each in applied])
    rows = waiting.select_for_update(skip_locked=True).values_list(
        "pk", "body__data__order__id", "body__data__order__number", "body__data__order__sequence"
    )
    keys = [
        key
        for key, external_id, number, sequence in rows
        if sequence < latest.get((external_id, number), sequence)
    ]
    if keys:
        newer = _("What they sent of this order later was applied.")
        InboundMessage.objects.filter(pk__in=keys).update(
            resolved_at=timezone.now(), **columns("resolution", newer, 300)
        )
