"""Sync statuses: whether supply-chain systems hold orders as we do, of many orders at once."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextChoices,
    Value,
    When,
)
from django.db.models.fields.json import KT
from django.db.models.functions import JSONObject
from django.utils.translation import gettext_lazy as _

from fulfilment.models import Connection, Discrepancy, SyncState
from fulfilment.services.sync_states import ORDER
from sales.models import Order


class SyncStatus(TextChoices):
    """Whether another system holds an order as we do."""

    IN_SYNC = "in_sync", _("In sync")
    SYNCING = "syncing", _("Syncing")
    WAITING = "waiting", _("Waiting")
    DIFFERS = "differs", _("Differs")
    NOT_SHARED = "not_shared", _("Not shared")


@dataclass(frozen=True, slots=True)
class OrderSync:
    """The status of an order, in how many fields both differ, and what it is in their system."""

    status: SyncStatus
    differing: int
    connection: uuid.UUID | None = None
    external_id: str = ""
    number: str = ""


def supply_connections() -> list[Connection]:
    """Return the supply-chain systems that are not switched off."""
    systems = Connection.objects.filter(kind=Connection.Kind.SUPPLY)
    return list(systems.exclude(status=Connection.Status.DISABLED))


def open_conflicts_of(order: Any) -> QuerySet[Discrepancy]:
    """Return the fields of an order that both sides changed, and of which nobody has decided."""
    return Discrepancy.objects.open().filter(
        record_type=ORDER, record_id=order, compared__isnull=False
    )


def with_sync_status(orders: QuerySet[Order]) -> QuerySet[Any]:
    """Add ``sync_status`` to orders; it takes no statement of its own."""
    states = _states(OuterRef("pk"))
    pending = states.filter(~Q(pushes=[]) | Q(received_at__isnull=True))
    status = Case(
        When(Exists(open_conflicts_of(OuterRef("pk"))), then=Value(SyncStatus.DIFFERS.value)),
        When(Exists(states.filter(must_send_again=True)), then=Value(SyncStatus.WAITING.value)),
        When(Exists(pending), then=Value(SyncStatus.SYNCING.value)),
        When(Exists(states), then=Value(SyncStatus.IN_SYNC.value)),
        default=Value(SyncStatus.NOT_SHARED.value),
        output_field=CharField(),
    )
    return orders.annotate(sync_status=status)


def sync_of(orders: Collection[uuid.UUID]) -> Mapping[uuid.UUID, OrderSync]:
    """Read how far each of some orders is in other systems; one statement."""
    conflicts = open_conflicts_of(OuterRef("pk")).order_by().values("record_id")
    there = _states(OuterRef("pk")).order_by("connection__name")
    read = JSONObject(
        connection="connection_id",
        external_id=KT("snapshot__order__id"),
        number=KT("snapshot__order__number"),
    )
    found = with_sync_status(Order.objects.filter(pk__in=orders)).annotate(
        differing=Subquery(conflicts.annotate(count=Count("pk")).values("count")),
        there=Subquery(there.values(read=read)[:1]),
    )
    rows = found.order_by().values_list("pk", "sync_status", "differing", "there")
    return {pk: _read(status, differing, there) for pk, status, differing, there in rows}


def _read(status: str, differing: int | None, there: Mapping[str, str] | None) -> OrderSync:
    if there is None:
        return OrderSync(SyncStatus(status), differing or 0)
    return OrderSync(
        SyncStatus(status),
        differing or 0,
        uuid.UUID(there["connection"]),
        there["external_id"] or "",
        there["number"] or "",
    )


def differing_orders(orders: QuerySet[Order]) -> QuerySet[Any]:
    """Keep the orders in conflict, with ``differing`` fields and ``since`` when; oldest first."""
    conflicts = open_conflicts_of(OuterRef("pk")).order_by().values("record_id")
    disputed = Discrepancy.objects.open().filter(record_type=ORDER, compared__isnull=False)
    return (
        orders.filter(pk__in=disputed.values("record_id"))
        .annotate(
            differing=Subquery(conflicts.annotate(count=Count("pk")).values("count")),
            since=Subquery(conflicts.annotate(since=Min("opened_at")).values("since")),
        )
        .order_by("since", "pk")
    )


def _states(order: Any) -> QuerySet[SyncState]:
    return SyncState.objects.filter(
        record_type=ORDER, record_id=order, connection__kind=Connection.Kind.SUPPLY
    )
