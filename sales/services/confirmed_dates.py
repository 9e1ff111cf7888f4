"""Confirmed dates: by when another system says that an order and its lines are delivered."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext

from common.errors import IllegalTransition
from common.rows import save_columns
from crm.actors import Actor
from sales.models import Order, SalesEvent
from sales.services.documents.locks import lock_order
from sales.services.errors import no_such_line
from sales.services.events import record_event


@transaction.atomic
def confirm_dates(
    order_id: uuid.UUID, confirmed: Mapping[uuid.UUID, dt.date | None], *, actor: Actor
) -> Order:
    """Store confirmed days of a submitted order without a change order; None takes one away.

    ``confirmed`` has them by the id of the line, or of the order. Where none is another day than
    before, nothing is recorded.
    """
    order = lock_order(order_id)
    if not order.is_binding:
        raise IllegalTransition(
            gettext(
                "%(order)s is %(status)s: only dates of submitted orders are confirmed. "
                "Submit it if it is a draft, or choose another order."
            )
            % {"order": order, "status": order.status_word}
        )
    lines = {line.pk: line for line in order.lines.select_for_update(of=("self",))}
    for unknown in confirmed.keys() - lines.keys() - {order.pk}:
        raise no_such_line(order, str(unknown))
    changed = [lines[pk] for pk in confirmed.keys() & lines.keys()]
    changed = [line for line in changed if line.confirmed_on != confirmed[line.pk]]
    of_order = confirmed.get(order.pk, order.confirmed_on)
    if not changed and of_order == order.confirmed_on:
        return order
    for line in changed:
        line.confirmed_on = confirmed[line.pk]
    save_columns(changed, ["confirmed_on"])
    order.change(confirmed_on=of_order)
    record_event(SalesEvent.Type.ORDER_PROGRESSED, order, actor=actor)
    return order
