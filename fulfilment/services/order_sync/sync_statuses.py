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
from django.db.models.functions import Coalesce, JSONObject, Least
from django.utils.translation import gettext_lazy as _

from fulfilment.models import (
    Connection,
    Discrepancy,
    Health,
    InboundMessage,
    SyncState,
    sharing_orders,
)
from fulfilment.services.order_sync.sync_states import ORDER
from sales.models import Order


class SyncStatus(TextChoices):
    """Whether another system holds an order as we do, what a person looks at first."""

    DIFFERS = "differs", _("Differs")
    MISSING_THERE = "missing_there", _("Missing there")
    SENT_BACK = "sent_back", _("Sent back")
    NEEDS_MAPPING = "needs_mapping", _("Needs mapping")
    WAITING = "waiting", _("Waiting")
    NOT_SENDING = "not_sending", _("Not sending")
    SYNCING = "syncing", _("Syncing")
    IN_SYNC = "in_sync", _("In sync")
    NOT_SHARED = "not_shared", _("Not shared")


NEED_A_PERSON = (
    SyncStatus.DIFFERS,
    SyncStatus.MISSING_THERE,
    SyncStatus.SENT_BACK,
    SyncStatus.NEEDS_MAPPING,
)
"""Statuses that stay until a person does something."""

SHARING_ORDERS = sharing_orders("connection")
"""Keeps what is about a system whose orders both sides edit."""

OF_THEIR_OWN = (Discrepancy.Kind.MISSING_THERE, Discrepancy.Kind.SENT_BACK)
"""Kinds of discrepancies that are statuses themselves, and no values that differ."""


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
    systems = Connection.objects.filter(sharing_orders())
    return list(systems.exclude(status=Connection.Status.DISABLED))


def open_conflicts_of(order: Any) -> QuerySet[Discrepancy]:
    """Return the fields of an order that both sides changed, and of which nobody has decided."""
    return Discrepancy.objects.open().filter(
        record_type=ORDER, record_id=order, compared__isnull=False
    )


def with_sync_status(orders: QuerySet[Order]) -> QuerySet[Any]:
    """Add ``sync_status`` to orders, of all systems together; it takes no statement of its own."""
    return orders.annotate(sync_status=_status("pk", SHARING_ORDERS))


def with_status_of_each(states: QuerySet[SyncState]) -> QuerySet[Any]:
    """Add ``sync_status`` and ``differing`` to what single systems hold of orders."""
    system = Q(connection=OuterRef("connection"))
    return states.annotate(
        sync_status=_status("record_id", system),
        differing=Coalesce(_count(_differences("record_id", system)), 0),
    )


def _status(order: str, system: Q) -> Case:
    """Derive the status of an order, whose id a column has, from what is known of systems."""
    mine = {"record_type": ORDER, "record_id": OuterRef(order)}
    opened = Discrepancy.objects.open().filter(system, **mine)
    states = SyncState.objects.filter(system, **mine)
    messages = InboundMessage.objects.waiting().filter(system, root_id=OuterRef(order))
    pending = states.filter(~Q(pushes=[]) | Q(received_at__isnull=True))
    stopped = ~Q(connection__status=Connection.Status.ACTIVE) | Q(
        connection__health__breaker__in=(Health.Breaker.OPEN, Health.Breaker.HALF_OPEN)
    )
    found = {
        SyncStatus.DIFFERS: _differences(order, system),
        SyncStatus.MISSING_THERE: opened.filter(kind=Discrepancy.Kind.MISSING_THERE),
        SyncStatus.SENT_BACK: opened.filter(kind=Discrepancy.Kind.SENT_BACK),
        SyncStatus.NEEDS_MAPPING: messages.exclude(unmapped=[]),
        SyncStatus.WAITING: states.filter(must_send_again=True),
        SyncStatus.NOT_SENDING: pending.filter(stopped),
        SyncStatus.SYNCING: pending,
        SyncStatus.IN_SYNC: states,
    }
    held_up = When(Exists(messages), then=Value(SyncStatus.WAITING.value))
    cases = [When(Exists(rows), then=Value(status.value)) for status, rows in found.items()]
    at = list(found).index(SyncStatus.WAITING)
    return Case(
        *cases[:at],
        held_up,
        *cases[at:],
        default=Value(SyncStatus.NOT_SHARED.value),
        output_field=CharField(),
    )


def _differences(order: str, system: Q) -> QuerySet[Discrepancy]:
    """Keep what differs of an order with systems, and of which nobody has decided."""
    return (
        Discrepancy.objects.open()
        .filter(system, record_type=ORDER, record_id=OuterRef(order))
        .exclude(kind__in=OF_THEIR_OWN)
    )


def _count(rows: QuerySet[Discrepancy]) -> Subquery:
    counted = rows.order_by().values("record_id").annotate(count=Count("pk"))
    return Subquery(counted.values("count"))


def sync_of(orders: Collection[uuid.UUID]) -> Mapping[uuid.UUID, OrderSync]:
    """Read how far each of some orders is in other systems; one statement."""
    there = _states(OuterRef("pk")).order_by("connection__name")
    read = JSONObject(
        connection="connection_id",
        external_id=KT("snapshot__order__id"),
        number=KT("snapshot__order__number"),
    )
    found = with_sync_status(Order.objects.filter(pk__in=orders)).annotate(
        differing=_count(_differences("pk", SHARING_ORDERS)),
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


def orders_for_a_person(orders: QuerySet[Order]) -> QuerySet[Any]:
    """Keep the orders that need a person, with ``sync_status``, ``differing`` and ``since`` when.

    The oldest first.
    """
    opened = Discrepancy.objects.open().filter(SHARING_ORDERS, record_type=ORDER)
    unmapped = InboundMessage.objects.waiting().filter(SHARING_ORDERS).exclude(unmapped=[])
    reported = opened.filter(record_id=OuterRef("pk")).order_by().values("record_id")
    waiting = unmapped.filter(root_id=OuterRef("pk")).order_by().values("root_id")
    found = with_sync_status(
        orders.filter(Q(pk__in=opened.values("record_id")) | Q(pk__in=unmapped.values("root_id")))
    )
    dated: QuerySet[Any] = found.annotate(
        differing=_count(_differences("pk", SHARING_ORDERS)),
        since=Least(
            Subquery(reported.annotate(since=Min("opened_at")).values("since")),
            Subquery(waiting.annotate(since=Min("received_at")).values("since")),
        ),
    )
    return dated.order_by("since", "pk")


def _states(order: Any) -> QuerySet[SyncState]:
    return SyncState.objects.filter(SHARING_ORDERS, record_type=ORDER, record_id=order)
