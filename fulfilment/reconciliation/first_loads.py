"""First load of a connection: all their orders are taken in, and ours are sent if that is wanted.

What is taken in is not sent back. It goes on where it was after a crash, at a rate that the
connection sets.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Exists, OuterRef

from crm.actors import System
from fulfilment.models import (
    Connection,
    ExternalRef,
    InboundMessage,
    ReconcileFinding,
    ReconcileRun,
    SyncState,
)
from fulfilment.reconciliation.finding_status import find_order, is_gone, status_of_theirs
from fulfilment.reconciliation.intake_of_reads import receive_new_reads, receive_read
from fulfilment.reconciliation.passes import (
    PageRead,
    keep_finding,
    keep_unidentified,
    next_page,
    turn_page,
)
from fulfilment.services.order_sync.sync_states import ORDER
from sales.models import Order
from sales.services.orders import send_order_again

FindingStatus = ReconcileFinding.Status

ORDERS_A_MINUTE = 15_000
"""The most that are loaded, if the connection does not say otherwise."""

SENT_AT_ONCE = 50


def load_page(run: ReconcileRun) -> PageRead:
    """Take in the orders of the next page that are not here yet, not faster than allowed."""
    began = time.monotonic()
    read = next_page(run)
    if read.value is None:
        return PageRead(is_over=False, problem=read.problem)
    counted = {FindingStatus.AGREES: 0, FindingStatus.TAKEN_IN: 0}
    new = _new_orders(run.connection, read.value.orders)
    taken_in = receive_new_reads(run.connection, new, read.began_at)
    for theirs in read.value.orders:
        status = FindingStatus.TAKEN_IN
        if theirs["id"] not in taken_in:
            status = _load(run.connection, theirs, read.began_at)
        if status in counted:
            counted[status] += 1
        else:
            keep_finding(run, theirs, status)
    keep_unidentified(run, read.value)
    page = turn_page(
        run,
        read.value,
        agree=counted[FindingStatus.AGREES],
        taken_in=counted[FindingStatus.TAKEN_IN],
    )
    _hold_rate(run, len(read.value.orders), began)
    return page


def _new_orders(
    connection: Connection, orders: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Keep the orders that were made there, and of which nothing is known here; one statement."""
    made_there = [each for each in orders if not (is_gone(each) or each.get("throughline_id"))]
    known = set(
        ExternalRef.objects.filter(
            connection=connection,
            record_type=ORDER,
            external_id__in=[str(each["id"]) for each in made_there],
        ).values_list("external_id", flat=True)
    )
    return [each for each in made_there if str(each["id"]) not in known]


def _load(connection: Connection, theirs: Mapping[str, Any], read_at: dt.datetime) -> FindingStatus:
    """Take an order in unless it is here; one that is here is looked at."""
    if is_gone(theirs) or find_order(connection, theirs) is not None:
        return status_of_theirs(connection, theirs)
    receipt = receive_read(connection, theirs, read_at)
    is_refused = receipt.result == InboundMessage.Result.QUARANTINED
    return FindingStatus.MISSING_HERE if is_refused else FindingStatus.TAKEN_IN


def _hold_rate(run: ReconcileRun, orders: int, began: float) -> None:
    rate = run.connection.config.get("orders_a_minute", ORDERS_A_MINUTE)
    time.sleep(max(0.0, began + orders * 60 / rate - time.monotonic()))


def send_ours(run: ReconcileRun) -> bool:
    """Send the next of our open orders that they were never sent; returns whether any was."""
    connection = run.connection
    shared = SyncState.objects.filter(
        connection=connection, record_type=ORDER, record_id=OuterRef("pk")
    )
    ours = Order.objects.filter(~Exists(shared), status=Order.Status.SUBMITTED).order_by("pk")
    if connection.companies:
        ours = ours.filter(company__in=connection.companies)
    if run.sent_up_to is not None:
        ours = ours.filter(pk__gt=run.sent_up_to)
    keys = list(ours.values_list("pk", flat=True)[:SENT_AT_ONCE])
    actor = System(connection.name, connection.code)
    for key in keys:
        send_order_again(key, actor=actor, to=connection.code)
    if keys:
        run.sent_up_to = keys[-1]
        run.sent_again += len(keys)
        run.save(update_fields=["sent_up_to", "sent_again"])
    return bool(keys)
