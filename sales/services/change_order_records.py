"""Records of change orders: what each changed, stored with its event as a version of the order."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext

from common.errors import IllegalTransition
from crm.actors import Actor
from crm.models import User
from sales.models import Order, OrderChange, OrderLine, SalesEvent
from sales.services.billing.order_statuses import derive_statuses, save_statuses
from sales.services.documents.totals import agree_promotions
from sales.services.errors import NothingLeft
from sales.services.events import record_event
from sales.services.order_differences import ChangeEntry, Snapshot, field_changes, snapshot


class NothingChanged(IllegalTransition):
    """The change order changes nothing."""

    code = "nothing_changed"


def check_to_change(order: Order) -> None:
    """Refuse a change order of an order that is not binding."""
    if order.is_binding:
        return
    sentence = (
        gettext(
            "%(order)s is %(status)s: only a submitted order takes a change order. "
            "Edit the draft instead."
        )
        if order.is_draft
        else gettext(
            "%(order)s is %(status)s: only a submitted order takes a change order. "
            "Start a new order instead."
        )
    )
    raise IllegalTransition(sentence % {"order": order, "status": order.status_word})


def check_to_close(order: Order) -> None:
    """Refuse to close the rest of an order that is not binding."""
    if order.is_binding:
        return
    sentence = (
        gettext(
            "%(order)s is %(status)s: the rest of a submitted order is closed. "
            "Cancel the draft instead."
        )
        if order.is_draft
        else gettext("%(order)s is %(status)s: nothing of it is left to close.")
    )
    raise IllegalTransition(sentence % {"order": order, "status": order.status_word})


def open_change(order: Order, reason: str, actor: Actor) -> OrderChange:
    """Store the change before the lines: without it a trigger refuses to change an agreed line."""
    return OrderChange.objects.create(
        order=order,
        version=order.version + 1,
        reason=reason.strip(),
        changed_by=actor if isinstance(actor, User) else None,
        changed_by_name=str(actor)[:150],
        difference=[],
    )


def finish_change(
    order: Order,
    change: OrderChange,
    before: Snapshot,
    lines: Sequence[OrderLine],
    *,
    actor: Actor,
) -> OrderChange:
    """Store what changed and what codes took off, derive the statuses and record the event."""
    agree_promotions(order, lines)
    _close_change(change, field_changes(before, snapshot(order, lines)))
    save_statuses(order, derive_statuses(order, lines))
    changed = sorted({str(entry["field"]) for entry in change.difference})
    record_event(
        SalesEvent.Type.ORDER_CHANGED,
        order,
        actor=actor,
        data={"changed": changed, "reason": change.reason},
    )
    return change


def refuse_nothing_left(order: Order, lines: Sequence[OrderLine]) -> None:
    """Refuse to leave nothing of an order of which nothing is shipped or billed."""
    if not any(line.is_started or line.shipped_quantity or _is_ordered(line) for line in lines):
        raise NothingLeft(order)


def _is_ordered(line: OrderLine) -> bool:
    return bool(line.is_sold and line.counts and line.wanted_quantity)


def _close_change(change: OrderChange, difference: list[ChangeEntry]) -> None:
    if not difference:
        raise NothingChanged(
            gettext("This changes nothing on %(order)s: change a line or a field first.")
            % {"order": change.order}
        )
    change.difference = difference
    change.save(update_fields=["difference"])
