"""Conflicts of an order that two systems edit: a person decides which value counts, and why.

The value is applied here by one change order, and sent to the other system unless it holds it.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from common.errors import DomainError, MissingField, NotEditable, StaleVersion, raise_all
from common.sentences import Sentence
from common.sentences import sentence as _
from common.stored_sentences import columns
from crm.models import User
from fulfilment.exchanged_fields import name_of_field, write_value
from fulfilment.models import Connection, Discrepancy, SyncState
from fulfilment.services.discrepancies import already_resolved, update_waiting_messages
from fulfilment.services.order_sync.order_edits import apply_edit, read_edit
from fulfilment.services.order_sync.order_values import values_of
from fulfilment.services.order_sync.sync_states import ORDER, conflict_of, lock_state
from fulfilment.services.order_sync.sync_statuses import open_conflicts_of
from fulfilment.sync.canonical import Notation, canonical_value
from fulfilment.sync.conflicts import Choice, Decision, decide
from fulfilment.sync.merge import Conflict, with_discount
from fulfilment.sync.policies import CANCELLED, decided_with, policy_of
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
        of_each += [self.held.get(path) for path in decided_with(self.conflict.path)]
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
        return decide(self.conflict, Choice.OTHER, self.held, value).tell_origin

    @property
    def takes_another_value(self) -> bool:
        """Whether our value of the field can change at all."""
        policy = policy_of(self.conflict.path)
        if policy is None or policy.is_fixed or self.conflict.path not in self.values:
            return False
        return not self.order.is_cancelled


def read_conflicts(order: Order, connection: Connection) -> list[OpenConflict]:
    """Read the open conflicts of an order with a system, each with what both hold now.

    Four statements, however many; two if there is none.
    """
    found = open_conflicts_of(order.pk).filter(connection=connection).order_by("id")
    rows = list(found.select_related("connection"))
    if not rows:
        return []
    states = SyncState.objects.filter(connection=connection, record_type=ORDER, record_id=order.pk)
    return _read(rows, order, states.get())


def _read(found: Iterable[Discrepancy], order: Order, state: SyncState) -> list[OpenConflict]:
    lines = lines_of(order)
    category = state.connection.default_category_id
    values = values_of(order, lines, state.held, default_category=category)
    return [
        OpenConflict(each, order, lines, values, state.held, _present(each, values))
        for each in found
    ]


def _present(found: Discrepancy, values: Mapping[str, Any]) -> Conflict:
    conflict = conflict_of(found)
    return replace(conflict, ours=values.get(conflict.path))


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a person chose of a conflict; ``other`` is another value, as typed.

    ``seen`` is the hash of the values that the person was shown.
    """

    choice: Choice
    other: Any = None
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What decisions would come to: our total before and after, and what they would be sent."""

    before: Decimal
    after: Decimal
    sent: Sequence[tuple[OpenConflict, Any]]


@transaction.atomic
def decide_conflicts(
    order_id: uuid.UUID,
    connection: Connection,
    chosen: Mapping[uuid.UUID, Chosen],
    *,
    actor: User,
    reason: str,
) -> list[Discrepancy]:
    """Let one value of each chosen field, by the id of its discrepancy, count on both sides.

    All in one change order. Raises StaleVersion for values that are others by now,
    AlreadyResolved, NotEditable for a field that cannot change, each with the id of the
    discrepancy as ``field``, and what the use cases of the order refuse.
    """
    if not reason.strip():
        raise MissingField(gettext("Give the reason of the decision."), field="reason")
    order, state, decided = _decide(order_id, connection, chosen)
    for now, decision in decided:
        _record(now, Choice(chosen[now.discrepancy.pk].choice), decision.value, actor, reason)
    _apply(order, decided, actor, reason)
    if any(decision.tell_origin for _now, decision in decided) and not _is_sent(state):
        send_order_again(order.pk, actor=actor, to=connection.code)
    return list(Discrepancy.objects.filter(pk__in=chosen).order_by("id"))


def preview_decisions(
    order_id: uuid.UUID,
    connection: Connection,
    chosen: Mapping[uuid.UUID, Chosen],
    *,
    actor: User,
) -> Preview:
    """Return what decisions would come to, and change nothing; raises as they would."""
    with transaction.atomic():
        order, _state, decided = _decide(order_id, connection, chosen)
        before = order.total
        _apply(order, decided, actor, gettext("Preview"))
        order.refresh_from_db(fields=["total"])
        sent = [(now, decision.value) for now, decision in decided if decision.tell_origin]
        transaction.set_rollback(True)
    return Preview(before, order.total, sent)


Decided = Sequence[tuple[OpenConflict, Decision]]


def _decide(
    order_id: uuid.UUID, connection: Connection, chosen: Mapping[uuid.UUID, Chosen]
) -> tuple[Order, SyncState, Decided]:
    """Lock the order, and find what each decision comes to with the values as they are now."""
    order = lock_order(order_id)
    state = lock_state(connection, order.pk)
    rows = Discrepancy.objects.filter(
        pk__in=chosen, connection=connection, record_id=order.pk, compared__isnull=False
    )
    conflicts = _read(rows.select_related("connection").order_by("id"), order, state)
    raise_all(
        refusal
        for now in conflicts
        if (refusal := _refusal(now, chosen[now.discrepancy.pk])) is not None
    )
    notation = Notation(order.currency, rounding=Rounding(order.rounding))
    decided = []
    for now in conflicts:
        choice = chosen[now.discrepancy.pk]
        other = canonical_value(now.conflict.path, choice.other, notation)
        decided.append((now, decide(now.conflict, choice.choice, now.held, other)))
    raise_all(
        _cannot_change(now)
        for now, decision in decided
        if decision.value != now.conflict.ours and not now.takes_another_value
    )
    return order, state, decided


def _refusal(now: OpenConflict, chosen: Chosen) -> DomainError | None:
    """Say why a conflict cannot be decided as the person saw it."""
    if now.discrepancy.resolved_at is not None:
        return already_resolved(now.discrepancy)
    return _stale(now) if chosen.seen and chosen.seen != now.seen else None


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
        },
        field=str(now.discrepancy.pk),
    )


def _record(now: OpenConflict, choice: Choice, value: Any, actor: User, reason: str) -> None:
    """Close the discrepancy first: what is sent from now on is our value, in conflict no more."""
    resolution = _decision(now, value, actor, reason)
    compared = {**(now.discrepancy.compared or {}), "ours": now.conflict.ours}
    Discrepancy.objects.filter(pk=now.discrepancy.pk).update(
        resolved_at=timezone.now(),
        choice=choice.value,
        decided_by=actor,
        compared=compared,
        **columns("resolution", resolution, 300),
    )
    update_waiting_messages(now.order.pk, resolution)


def _decision(now: OpenConflict, value: Any, actor: User, reason: str) -> Sentence:
    return _(
        "%(actor)s chose %(value)s: %(reason)s",
        actor=str(actor),
        value=now.write(value),
        reason=reason.strip(),
    )


def _apply(order: Order, decided: Decided, actor: User, reason: str) -> None:
    """Change our order to all values at once, by the use case that a person would take."""
    taken = {
        now.conflict.path: decision.value
        for now, decision in decided
        if decision.value != now.conflict.ours
    }
    if not taken:
        return
    now, _decision = decided[0]
    for path, value in list(taken.items()):
        taken |= dict(with_discount(path, value, now.values))
    apply_edit(order, read_edit(taken.items(), order, now.lines), actor=actor, reason=reason)


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
    return NotEditable(text % values, field=str(now.discrepancy.pk))


def _is_sent(state: SyncState) -> bool:
    """Whether the change of our order was sent to them, since the state was read."""
    before = len(state.pushes)
    state.refresh_from_db(fields=["pushes"])
    return len(state.pushes) > before
