"""Effects of a supply-chain system's messages about an order."""

from __future__ import annotations

from common.sentences import Sentence, joined
from common.sentences import sentence as _
from fulfilment.dialects.supply import RemoteOrder
from fulfilment.inbound.documents import Effect
from fulfilment.inbound.schemas import IncomingMessage
from fulfilment.models import Connection
from fulfilment.services.remote_orders import shown_value, take_in
from fulfilment.sync.merge import Conflict


def apply_order_changed(connection: Connection, message: IncomingMessage) -> Effect:
    """Take an order of theirs in; fields that both sides changed wait for a person."""
    taken = take_in(connection, RemoteOrder.of(message.body["data"]["order"]), message.id)
    return Effect(
        taken.record,
        taken.has_changed,
        joined((_differs(each) for each in taken.conflicts), 500) if taken.conflicts else "",
        is_conflict=bool(taken.conflicts),
    )


def _differs(conflict: Conflict) -> Sentence:
    return _(
        "Both systems changed the same field: ours is %(ours)s, theirs %(theirs)s.",
        ours=shown_value(conflict.ours),
        theirs=shown_value(conflict.theirs),
    )
