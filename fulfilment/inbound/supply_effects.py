"""Effects of a supply-chain system's messages about an order."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from common.sentences import Sentence, joined
from common.sentences import sentence as _
from fulfilment.dialects.supply import RemoteOrder
from fulfilment.inbound.documents import Effect
from fulfilment.inbound.schemas import IncomingMessage
from fulfilment.inbound.supply_goods import count_goods
from fulfilment.inbound.supply_invoices import compare_sums
from fulfilment.inbound.waiting_snapshots import close_older_snapshots
from fulfilment.models import Connection
from fulfilment.services.order_sync.remote_orders import merge_remote_order, shown_value
from fulfilment.sync.merge import Conflict
from fulfilment.sync.policies import CANCELLED
from sales.models import Order


def apply_order_changed(connection: Connection, message: IncomingMessage) -> Effect:
    """Take an order of theirs in; fields that both sides changed wait for a person."""
    effect = _taken_in(connection, message, _differs)
    order = Order.objects.filter(pk=effect.record.id).first()
    if order is not None:  # it may have been deleted there before it was known here
        count_goods(order, connection, effect.record)
        compare_sums(order, connection, effect.record, message.id)
    return effect


def apply_order_deleted(connection: Connection, message: IncomingMessage) -> Effect:
    """Cancel an order that is deleted there, unless it was edited, shipped or billed here."""
    return _taken_in(connection, message, partial(_stays, connection, message))


def _taken_in(
    connection: Connection, message: IncomingMessage, say: Callable[[Conflict], Sentence]
) -> Effect:
    theirs = RemoteOrder.of(message.body["data"]["order"])
    taken = merge_remote_order(connection, theirs, message.id, read_at=message.read_at)
    if taken.must_read:
        must_read = _must_read(connection, theirs)
        return Effect(taken.record, False, must_read, is_passed_over=True)
    close_older_snapshots(connection, [theirs])
    return Effect(
        taken.record,
        taken.has_changed,
        joined((say(each) for each in taken.conflicts), 500) if taken.conflicts else "",
        is_conflict=bool(taken.conflicts),
    )


def _stays(connection: Connection, message: IncomingMessage, conflict: Conflict) -> Sentence:
    if conflict.path != CANCELLED:
        return _differs(conflict)
    return _(
        "%(connection)s deleted %(order)s, which was edited, shipped or billed here: decide on the "
        "page of the order whether it is cancelled here too.",
        connection=connection,
        order=RemoteOrder.of(message.body["data"]["order"]).number,
    )


def _must_read(connection: Connection, theirs: RemoteOrder) -> Sentence:
    return _(
        "%(connection)s does not say which version of %(order)s it knows, while a message of ours "
        "is on its way or was just answered: the order is read there without you, and what is "
        "read is taken in.",
        connection=connection,
        order=theirs.number,
    )


def _differs(conflict: Conflict) -> Sentence:
    return _(
        "Both systems changed the same field: ours is %(ours)s, theirs %(theirs)s.",
        ours=shown_value(conflict.ours),
        theirs=shown_value(conflict.theirs),
    )
