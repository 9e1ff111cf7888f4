"""Intake of many new orders at once: as many statements for a hundred of them as for one."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from fulfilment.dialects.supply import RemoteOrder
from fulfilment.inbound.intake import received_columns
from fulfilment.inbound.permissions import NotForThisConnection, may_not_report
from fulfilment.inbound.schemas import IncomingMessage
from fulfilment.inbound.waiting_snapshots import close_older_snapshots
from fulfilment.models import Connection, InboundMessage
from fulfilment.services.order_sync.new_remote_orders import create_remote_orders
from sales.services.events import Cause


@transaction.atomic
def receive_new(connection: Connection, messages: Sequence[IncomingMessage]) -> None:
    """Store and apply the first snapshots of orders that are not known here; all or none.

    Whatever one of them is refused for is raised, and nothing of them is kept.
    """
    for type_ in {message.type for message in messages}:
        if not connection.may_report(type_):
            raise NotForThisConnection(may_not_report(connection, type_))
    snapshots = [RemoteOrder.of(message.body["data"]["order"]) for message in messages]
    causes = [Cause(message.id, message.correlation or message.id) for message in messages]
    orders = create_remote_orders(connection, snapshots, causes)
    close_older_snapshots(connection, snapshots)
    InboundMessage.objects.bulk_create(
        InboundMessage(
            connection=connection,
            message_id=message.id,
            **received_columns(message),
            result=InboundMessage.Result.APPLIED,
            root_id=order.pk,
        )
        for message, order in zip(messages, orders, strict=True)
    )
