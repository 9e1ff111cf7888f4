"""Conflicts of an order that two systems edit: a person decides which value counts, and why.

The value is applied here by one change order, and sent to the other system unless it holds it.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from common.errors import MissingField, NotEditable, StaleVersion
from common.sentences import Sentence
from common.sentences import sentence as _
from common.stored_sentences import columns
from crm.models import User
from fulfilment.exchanged_fields import name_of_field, write_value
from fulfilment.models import Discrepancy, SyncState
from fulfilment.services.discrepancies import already_resolved, close_conflicts
from fulfilment.services.order_edits import apply_edit, read_edit
from fulfilment.services.order_values import values_of
from fulfilment.services.sync_states import ORDER, conflict_of, lock_state
from fulfilment.sync.canonical import Notation, canonical_value
from fulfilment.sync.disputes import Choice, settle
from fulfilment.sync.merge import Conflict, with_discount
from fulfilment.sync.policies import CANCELLED, policy_of
from sales.models import Order, OrderLine
from sales.pricing.money import Rounding
from sales.services.documents.locks import lock_order
from sales.services.orders import send_order_again
from sales.services.prices.pricing_input import lines_of


@dataclass(frozen=True, slots=True)
class OpenConflict:
    """A conflict as it is now: our value is the present one, theirs the last that they sent.

    ``held`` is their last snapshot: what is on its way to them may be refused.
    """

    discrepancy: Discrepancy
    order: Order
    lines: Sequence[OrderLine]
    values: Mapping[str, Any]
    held: Mapping[str, Any]
    conflict: Conflict

    @property
    def seen(self) -> str:
        """A hash of the three values, so that nobody decides on others than were shown."""
        of_each = [self.conflict.base, self.conflict.ours, self.conflict.theirs]
        return hashlib.sha256(json.dumps(of_each, sort_keys=True).encode()).hexdigest()[:32]

    @property
    def name(self) -> str:
        """The field in product words."""
        return name_of_field(self.conflict.path, self.discrepancy.about)

    def write(self, value: Any) -> str:
        """Write a value of this field for people."""
        return write_value(self.conflict.path, value, self.discrepancy.compared or {})

    def is_sent(self, value: Any) -> bool:
        """Whether they are sent a value: unless they hold it already."""
        return settle(self.conflict, Choice.OTHER, self.held, value).tell_origin

    @property
    def takes_another_value(self) -> bool:
        """Whether our value of the field can change at all."""
        policy = policy_of(self.conflict.path)
        if policy is None or policy.is_fixed or self.conflict.path not in self.values:
            return False
        return not self.order.is_cancelled


def read_conflict(found: Discrepancy) -> OpenConflict:
    """Read a conflict with what each side holds now; four statements."""
    states = SyncState.objects.filter(
        connection=found.connection_id, record_type=ORDER, record_id=found.record_id
    )
    return _read(found, Order.objects.get(pk=found.record_id), states.get())


def _read(found: Discrepancy, order: Order, state: SyncState) -> OpenConflict:
    lines = lines_of(order)
    category = found.connection.default_category_id
    values = values_of(order, lines, state.held, default_category=category)
    conflict = conflict_of(found)
    conflict = replace(conflict, ours=values.get(conflict.path))
    return OpenConflict(found, order, lines, values, state.held, conflict)


@transaction.atomic
def decide_conflict(
    discrepancy_id: uuid.UUID,
    choice: Choice,
    *,
    actor: User,
    reason: str,
    other: Any = None,
    seen: str = "",
) -> Discrepancy:
    """Let one value of a field count on both sides; ``other`` is that of another choice, as typed.

    ``seen`` is the hash of the values that the person was shown. Raises StaleVersion if they are
    others by now, AlreadyResolved, NotEditable for a field that cannot change, and what the use
    cases of the order refuse.
    """
    if not reason.strip():
        raise MissingField(gettext("Give the reason of the decision."), field="reason")
    found = Discrepancy.objects.select_related("connection").get(pk=discrepancy_id)
    order = lock_order(found.record_id)
    state = lock_state(found.connection, order.pk)
    found = Discrepancy.objects.select_related("connection").get(pk=discrepancy_id)
    if found.resolved_at is not None:
        raise already_resolved(found)
    now = _read(found, order, state)
    if seen and seen != now.seen:
        raise _stale(now)
    notation = Notation(order.currency, rounding=Rounding(order.rounding))
    other = canonical_value(now.conflict.path, other, notation)
    decision = settle(now.conflict, choice, now.held, other)
    _record(now, choice, decision.value, actor, reason)
    if decision.value != now.conflict.ours:
        _apply(now, decision.value, actor, reason)
    if decision.tell_origin and not _is_sent(state):
        send_order_again(order.pk, actor=actor, to=found.connection.code)
    found.refresh_from_db()
    return found


def _stale(now: OpenConflict) -> StaleVersion:
    return StaleVersion(
        gettext(
            "%(field)s has other values by now: %(ours)s here, %(theirs)s in %(connection)s. "
            "Look at them, and decide again."
        )
        % {
            "field": now.name,
            "ours": now.write(now.conflict.ours),
            "theirs": now.write(now.conflict.theirs),
            "connection": now.discrepancy.connection,
        }
    )


def _record(now: OpenConflict, choice: Choice, value: Any, actor: User, reason: str) -> None:
    """Close the discrepancy first: what is sent from now on is our value, in dispute no more."""
    resolution = _decision(now, value, actor, reason)
    compared = {**(now.discrepancy.compared or {}), "ours": now.conflict.ours}
    Discrepancy.objects.filter(pk=now.discrepancy.pk).update(
        resolved_at=timezone.now(),
        choice=choice.value,
        decided_by=actor,
        compared=compared,
        **columns("resolution", resolution, 300),
    )
    close_conflicts(now.order.pk, resolution)


def _decision(now: OpenConflict, value: Any, actor: User, reason: str) -> Sentence:
    return _(
        "%(actor)s chose %(value)s: %(reason)s",
        actor=str(actor),
        value=now.write(value),
        reason=reason.strip(),
    )


def _apply(now: OpenConflict, value: Any, actor: User, reason: str) -> None:
    """Change our order to a value, by the use case that a person would take."""
    if not now.takes_another_value:
        raise _cannot_change(now)
    applied = with_discount(now.conflict.path, value, now.values)
    edit = read_edit(applied, now.order, now.lines)
    apply_edit(now.order, edit, actor=actor, reason=reason)


def _cannot_change(now: OpenConflict) -> NotEditable:
    values = {"order": now.order, "field": now.name, "connection": now.discrepancy.connection}
    if now.order.is_cancelled or now.conflict.path == CANCELLED:
        text = gettext(
            "%(order)s is cancelled and is not opened again: keep ours, or make a new order."
        )
    else:
        text = gettext(
            "%(field)s stays as it is once an order is made: "
            "keep ours, and have it corrected in %(connection)s."
        )
    return NotEditable(text % values)


def _is_sent(state: SyncState) -> bool:
    """Whether the change of our order was sent to them, since the state was read."""
    before = len(state.pushes)
    state.refresh_from_db(fields=["pushes"])
    return len(state.pushes) > before
