"""Card of two-way sync: what other systems hold of an order that both sides edit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from common.formatting import format_money
from fulfilment.models import Connection, Discrepancy, SyncState, sharing_orders
from fulfilment.services.order_sync.sync_statuses import (
    OrderSync,
    SyncStatus,
    supply_connections,
    with_status_of_each,
)
from sales.models import AnyDocument, Order
from web.chips.sync import state_chip, status_chip
from web.display import Action, Chip, Link, When
from web.pages.cards import Card, CardRow
from web.pages.discrepancies import compared
from web.record_urls import record_url

TOTAL = "head.of_record.total"
WORD = "head.processing_status"


def read_sync_states(document: AnyDocument) -> list[Any]:
    """Read what the supply-chain systems hold of an order, and how; one statement, or none."""
    if not isinstance(document, Order):
        return []
    states = SyncState.objects.filter(sharing_orders("connection"), record_id=document.pk)
    states = with_status_of_each(states).select_related("connection")
    return list(states.order_by("connection__name"))


def unshared_reason(order: Order, connections: Sequence[Connection]) -> str:
    """Say why no supply-chain system keeps an order; empty where there are no such systems.

    It is asked of an order of which they hold nothing.
    """
    if not connections:
        return ""
    serving = [each for each in connections if each.serves(order.company_id)]
    if not serving:
        text = gettext("No supply-chain system keeps the orders of %(company)s.")
        return text % {"company": order.company}
    names = ", ".join(map(str, serving))
    if order.number is None:
        return gettext("%(systems)s: a draft is shared once it is submitted.") % {"systems": names}
    text = gettext("%(systems)s: it was not sent there when it was submitted.")
    return text % {"systems": names}


def not_shared(order: Order) -> str:
    """Say why no supply-chain system keeps an order of which they hold nothing; one statement."""
    return unshared_reason(order, supply_connections())


def draft_chip(order: Order) -> Chip | None:
    """Show that a draft is not shared, where there are systems to share it with."""
    reason = not_shared(order)
    return status_chip(SyncStatus.NOT_SHARED, reason) if reason else None


def sync_cell(order: Order, found: OrderSync, connections: Sequence[Connection]) -> SafeString:
    """Show in a list whether other systems hold an order as we do, and lead to it there."""
    is_shared = found.status is not SyncStatus.NOT_SHARED
    reason = "" if is_shared else unshared_reason(order, connections)
    connection = next((each for each in connections if each.pk == found.connection), None)
    system = str(connection or "")
    chip = status_chip(found.status, reason, system=system, differing=found.differing)
    url = connection.link_to(found.external_id, found.number) if connection else ""
    if not url:
        return format_html("{}", chip)
    return format_html("{} {}", chip, Link(f"{found.number} ↗", url))


def sync_card(
    order: AnyDocument,
    states: Sequence[Any],
    conflicts: Sequence[Discrepancy],
    *,
    may_compare: bool,
) -> Card | None:
    """Show a row for each system, and below it one for each field that a person decides."""
    if not states or not isinstance(order, Order):
        return None
    rows: list[CardRow] = []
    for state in states:
        own = [each for each in conflicts if each.connection_id == state.connection_id]
        actions = _actions(order, state, has_conflicts=bool(own)) if may_compare else []
        rows += [_state_row(order, state, actions), *map(_conflict_row, own)]
    return Card(title=gettext("Two-way sync"), id="sync", rows=rows)


def _actions(order: Order, state: SyncState, *, has_conflicts: bool) -> list[Action]:
    args = [order.pk, state.connection.code]
    decide = reverse("fulfilment:order-conflicts", args=args)
    compare = reverse("fulfilment:order-compare", args=args)
    actions = [Action(gettext("Compare now"), compare, "refresh")]
    if has_conflicts:
        actions.insert(0, Action(gettext("Decide"), decide, "scale", asks=True, dialog=True))
    return actions


def _state_row(order: Order, state: Any, actions: Sequence[Action]) -> CardRow:
    link, number = link_there(state), _number(state)
    return CardRow(
        title=" ".join(filter(None, (str(state.connection), number, "↗" if link else ""))),
        url=link,
        note=str(state.held.get(WORD) or ""),
        detail=" · ".join(_parts(order, state)),
        chip=state_chip(state),
        when=When.of(state.received_at),
        actions=actions,
    )


def link_there(state: SyncState) -> str:
    """Return the address of an order in the other system; empty where it is not known."""
    external_id = str(state.snapshot.get("order", {}).get("id", ""))
    return state.connection.link_to(external_id, _number(state))


def _number(state: SyncState) -> str:
    return str(state.snapshot.get("order", {}).get("number", ""))


def _parts(order: Order, state: SyncState) -> Iterator[str]:
    if state.received_at is None:
        yield gettext("Nothing was received of it yet")
        return
    if state.held.get(TOTAL) is not None:
        yield _totals(order, Decimal(state.held[TOTAL]))
    yield gettext("they know version %(version)d of %(latest)d") % {
        "version": state.knows,
        "latest": order.version,
    }


def _totals(order: Order, theirs: Decimal) -> str:
    """Write their total of record beside ours, and by how much it differs."""
    difference = theirs - order.total
    values = {
        "theirs": format_money(theirs, order.currency),
        "ours": format_money(order.total, order.currency),
        "difference": ("+" if difference > 0 else "") + format_money(difference, order.currency),
    }
    if not difference:
        return gettext("their total %(theirs)s, as ours") % values
    return gettext("their total %(theirs)s (ours %(ours)s, %(difference)s)") % values


def _conflict_row(found: Discrepancy) -> CardRow:
    return CardRow(title=compared(found), url=record_url(found), when=When.of(found.opened_at))
