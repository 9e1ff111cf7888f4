"""Decide one field in conflict, as the dialog does with several."""

from __future__ import annotations

import uuid
from typing import Any

from crm.models import User
from fulfilment.models import Discrepancy
from fulfilment.services.order_sync.conflicts import (
    Chosen,
    OpenConflict,
    decide_conflicts,
    read_conflicts,
)
from fulfilment.sync.conflicts import Choice
from sales.models import Order


def decide_conflict(
    pk: uuid.UUID, choice: Choice, *, actor: User, reason: str, other: Any = None, seen: str = ""
) -> Discrepancy:
    found = Discrepancy.objects.select_related("connection").get(pk=pk)
    chosen = {pk: Chosen(choice, other, seen)}
    [decided] = decide_conflicts(
        found.record_id, found.connection, chosen, actor=actor, reason=reason
    )
    return decided


def read_conflict(found: Discrepancy) -> OpenConflict:
    order = Order.objects.get(pk=found.record_id)
    [conflict] = (
        each for each in read_conflicts(order, found.connection) if each.discrepancy.pk == found.pk
    )
    return conflict
