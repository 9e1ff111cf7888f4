"""Three-way merge of an order that two systems edit, field by field, by the fields' policies.

A snapshot is a dict from the path of a field to its canonical value: ``head.freight``,
``line.<id>.quantity``. What is not in it was not reported. The base is what the other side would
hold if nobody had edited there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any

from fulfilment.sync.policies import (
    CANCELLED,
    POLICIES,
    Kind,
    Owner,
    Policy,
    is_in_conflict,
    is_quantity,
    is_removal,
    is_same,
    nothing_of,
    policy_of,
    subject_of,
    with_origin,
)

Values = Mapping[str, Any]
ABSENT = object()


@dataclass(frozen=True, slots=True)
class Push:
    """A version of ours that was sent: the fields that it named, as it said them."""

    version: int
    values: Values


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The last snapshot of theirs, and the version of ours that they knew in it."""

    values: Values
    knows: int = 0


def base_of(theirs: Snapshot, pushes: Iterable[Push], knows: int) -> dict[str, Any]:
    """Return the base for a snapshot of theirs that knows a version of ours.

    It is their last snapshot and those of our pushes that they know since; what they answered to a
    push moves no base.

    >>> base_of(Snapshot({"head.freight": "4.00"}, 6), [Push(7, {"head.freight": "5.00"})], 7)
    {'head.freight': '5.00'}
    """
    base = dict(theirs.values)
    for push in sorted(pushes, key=lambda push: push.version):
        if theirs.knows < push.version <= knows:
            base.update(push.values)
    return base


class ConflictKind(StrEnum):
    """Why a person decides: both edited, the quantity does not fit, or one side cancelled."""

    FIELD = "field"
    QUANTITY = "quantity"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field on which the sides differ, with what both held, ours and theirs."""

    path: str
    base: Any
    ours: Any
    theirs: Any
    kind: ConflictKind = ConflictKind.FIELD


@dataclass(frozen=True, slots=True)
class Merge:
    """What a snapshot of theirs comes to.

    ``apply`` is what changes here, a cancellation of the order last. ``conflicts`` are all that are
    open now, ``agreed`` the paths of those that no longer are. ``tell_origin`` is what has to be
    sent back to them. ``held`` is what they hold now, to be kept as their last snapshot. An echo
    brings nothing new: no version, no event.
    """

    apply: tuple[tuple[str, Any], ...]
    conflicts: tuple[Conflict, ...]
    agreed: tuple[str, ...]
    changed_on_arrival: tuple[Conflict, ...]
    tell_origin: tuple[tuple[str, Any], ...]
    held: Values
    is_echo: bool


class Outcome(StrEnum):
    """What becomes of one field."""

    NOTHING = "nothing"
    TAKE = "take"
    KEEP = "keep"
    KEEP_QUIET = "keep_quiet"
    CONFLICT = "conflict"
    CHANGED_ON_ARRIVAL = "changed_on_arrival"


def decide(policy: Policy, base: Any, ours: Any, theirs: Any) -> Outcome:
    """Merge one field; the owner of its policy is not the origin."""
    if is_same(policy.kind, ours, theirs):
        return Outcome.NOTHING
    if policy.is_fixed:
        return Outcome.CONFLICT
    if policy.owner is Owner.THEIRS:
        return Outcome.TAKE
    if is_same(policy.kind, theirs, base):
        return Outcome.KEEP_QUIET
    if policy.owner is Owner.OURS:
        return Outcome.KEEP
    if is_same(policy.kind, ours, base):
        return Outcome.TAKE
    return Outcome.CONFLICT


def merge(
    base: Values,
    ours: Values,
    theirs: Values,
    policies: tuple[Policy, ...] = POLICIES,
    *,
    made_here: bool = True,
    answers: Values | None = None,
    open_conflicts: Iterable[Conflict] = (),
) -> Merge:
    """Merge a snapshot of theirs into ours.

    ``answers`` is what the push named that this snapshot was caused by, if one was. What a conflict
    is open on stays with the person who decides it; an echo of ours never closes it.
    """
    sides = _Sides(base, ours, theirs, with_origin(policies, made_here), answers)
    before = {conflict.path: conflict for conflict in open_conflicts}
    still = {path: _still_in_conflict(conflict, sides) for path, conflict in before.items()}
    outcomes = {path: _outcome(path, sides) for path in theirs if path not in before}
    outcomes |= dict.fromkeys(_waiting(outcomes, still, sides), Outcome.NOTHING)
    taken = [path for path in outcomes if outcomes[path] is Outcome.TAKE]
    kinds = {path: kind for path, kind in _protected(taken, sides) if path not in before}
    for path, kind in kinds.items():
        outcomes[path] = Outcome.NOTHING if not kind or sides.is_over(path) else Outcome.CONFLICT

    def with_outcome(outcome: Outcome) -> list[str]:
        return [path for path in outcomes if outcomes[path] is outcome]

    new = [sides.conflict(path, kinds.get(path)) for path in with_outcome(Outcome.CONFLICT)]
    open_still = {path: conflict for path, conflict in still.items() if conflict is not None}
    return Merge(
        apply=tuple(_applied(with_outcome(Outcome.TAKE), sides)),
        conflicts=(*open_still.values(), *new),
        agreed=tuple(path for path, conflict in still.items() if conflict is None),
        changed_on_arrival=tuple(map(sides.conflict, with_outcome(Outcome.CHANGED_ON_ARRIVAL))),
        tell_origin=tuple((path, ours[path]) for path in with_outcome(Outcome.KEEP)),
        held={**base, **theirs},
        is_echo=set(outcomes.values()) <= {Outcome.NOTHING, Outcome.KEEP_QUIET}
        and all(conflict.theirs == before[path].theirs for path, conflict in open_still.items()),
    )


@dataclass(frozen=True)
class _Sides:
    """The three snapshots of a merge, and the policies with an owner for each field."""

    base: Values
    ours: Values
    theirs: Values
    policies: tuple[Policy, ...]
    answers: Values | None
    """What the push named that this snapshot was caused by, None if none was."""

    def before(self, path: str) -> Any:
        """Return what both held: nothing, of a field of what is agreed that was never sent.

        Where no agreement is known at all, only a text, a day and the like are nothing.
        """
        if path in self.base:
            return self.base[path]
        policy = policy_of(path, self.policies)
        kind = policy.kind if policy else Kind.CODE
        is_agreed = subject_of(path) in self.agreed
        return nothing_of(kind) if is_agreed or kind is Kind.TEXT else None

    @cached_property
    def agreed(self) -> set[str]:
        """The lines, and the head, of which anything is agreed."""
        return {subject_of(path) for path in self.base}

    def conflict(self, path: str, kind: ConflictKind | None = None) -> Conflict:
        """Make the conflict on a field."""
        before = self.before(path)
        ours, theirs = self.ours.get(path), self.theirs.get(path, before)
        return Conflict(path, before, ours, theirs, kind or ConflictKind.FIELD)

    @cached_property
    def edited(self) -> set[str]:
        """The lines, and the head, with an edit of ours that they do not know yet."""
        return {
            subject_of(path)
            for path, value in self.ours.items()
            if (path in self.base or subject_of(path) not in self.agreed)
            and self._is_edit(path, value)
        }

    def _is_edit(self, path: str, value: Any) -> bool:
        default, policy = policy_of(path), policy_of(path, self.policies)
        if default is None or policy is None or Owner.THEIRS in (default.owner, policy.owner):
            return False
        return default.owner is not Owner.OURS and not is_same(
            policy.kind, value, self.before(path)
        )

    @cached_property
    def progress(self) -> dict[str, Decimal]:
        """The most that is delivered or invoiced here of each line of which anything is."""
        most: dict[str, Decimal] = {}
        for path, value in self.ours.items():
            policy = policy_of(path, self.policies)
            if policy is not None and policy.kind is Kind.PROGRESS and Decimal(value):
                line = subject_of(path)
                most[line] = max(most.get(line, Decimal(0)), Decimal(value))
        return most

    def is_as_before(self, path: str) -> bool:
        """Return whether they edited neither a field of a line that is here, nor its quantity."""
        quantity = f"{subject_of(path)}.quantity"
        return quantity in self.ours and all(
            each in self.base
            and (policy := policy_of(each, self.policies)) is not None
            and is_same(policy.kind, self.theirs.get(each), self.base[each])
            for each in (path, quantity)
        )

    def is_left_out(self, path: str) -> bool:
        """Return whether a field is of a line that is not here, and does not come.

        They want nothing of it, or the order is cancelled here: that is what is asked about.
        """
        quantity = f"{subject_of(path)}.quantity"
        if not path.startswith("line.") or quantity in self.ours:
            return False
        return self.theirs.get(quantity) == "0" or self.ours.get(CANCELLED) is True

    def is_no_news(self, path: str) -> bool:
        """Return whether nothing follows from a field of a line that does not come, or is gone."""
        is_asked = self.ours.get(CANCELLED) is True and self.is_removed_here(CANCELLED)
        return (self.is_left_out(path) and not is_asked) or (
            path not in self.ours and self.is_as_before(path)
        )

    def is_over(self, path: str) -> bool:
        """Return whether both cancelled the order, or a line, so that nothing of it is decided."""
        return any(
            is_removal(each, self.ours.get(each))
            and is_removal(each, self.theirs.get(each, self.base.get(each)))
            for each in (CANCELLED, f"{subject_of(path)}.quantity")
        )

    def is_removed_here(self, path: str) -> bool:
        """Return whether a line, or the order, was cancelled here and they do not know it yet."""
        return (
            is_removal(path, self.ours[path])
            and path in self.base
            and not is_removal(path, self.base[path])
            and not is_removal(path, self.theirs.get(path))
        )


def _outcome(path: str, sides: _Sides) -> Outcome:
    """Merge a field that is not in conflict; what is not here at all is taken from anybody.

    A line that is cancelled here has no price and texts: theirs are news once they edit them.
    """
    policy, theirs = policy_of(path, sides.policies), sides.theirs[path]
    if policy is None or sides.is_no_news(path):
        return Outcome.NOTHING
    if path not in sides.ours:
        return Outcome.NOTHING if sides.is_over(path) else Outcome.TAKE
    ours = sides.ours[path]
    if policy.kind is Kind.PROGRESS and Decimal(theirs) <= Decimal(ours):
        return Outcome.NOTHING
    outcome = decide(policy, sides.before(path), ours, theirs)
    if outcome is Outcome.CONFLICT and sides.is_over(path):
        return Outcome.NOTHING
    if outcome is Outcome.NOTHING:
        return outcome
    if (
        sides.answers
        and path in sides.answers
        and not is_same(policy.kind, theirs, sides.answers[path])
    ):
        return Outcome.CHANGED_ON_ARRIVAL
    if outcome is Outcome.KEEP_QUIET and path not in sides.base:
        return Outcome.KEEP
    return outcome


def _waiting(
    outcomes: Mapping[str, Outcome], still: Mapping[str, Conflict | None], sides: _Sides
) -> list[str]:
    """Find what waits for the decision on another field of its line, if that is not removed."""
    fixed = [path for path in outcomes if outcomes[path] is Outcome.CONFLICT and _is_fixed(path)]
    conflicting = {*fixed, *(path for path, conflict in still.items() if conflict is not None)}
    return [
        path
        for path in outcomes
        if path not in conflicting
        and is_in_conflict(path, conflicting)
        and not is_removal(path, sides.theirs[path])
    ]


def _is_fixed(path: str) -> bool:
    policy = policy_of(path)
    return policy is not None and policy.is_fixed


def _still_in_conflict(conflict: Conflict, sides: _Sides) -> Conflict | None:
    """Bring an open conflict up to date; None once both sides hold the same."""
    path = conflict.path
    if sides.is_over(path):
        return None
    if sides.is_left_out(path):
        return None
    policy = policy_of(path, sides.policies)
    kind = policy.kind if policy else Kind.TEXT
    held = sides.before(path)
    theirs, ours = sides.theirs.get(path, held), sides.ours.get(path)
    is_echo = sides.answers is not None and (
        is_same(kind, theirs, ours) or is_same(kind, theirs, sides.answers.get(path, ABSENT))
    )
    is_news = not (is_echo or is_same(kind, theirs, held))
    latest = theirs if is_news else conflict.theirs
    return None if is_same(kind, ours, latest) else replace(conflict, ours=ours, theirs=latest)


def _applied(taken: Iterable[str], sides: _Sides) -> Iterator[tuple[str, Any]]:
    """List what is taken, a cancellation of the order last."""
    for path in sorted(taken, key=CANCELLED.__eq__):
        yield from with_discount(path, sides.theirs[path], sides.ours)


def with_discount(path: str, value: Any, ours: Values) -> Iterator[tuple[str, Any]]:
    """Return a value that is taken; a line that is cancelled loses its discount with it.

    >>> list(with_discount("line.7.quantity", "0", {"line.7.discount": "5.00"}))
    [('line.7.quantity', '0'), ('line.7.discount', '0.00')]
    """
    yield path, value
    discount = f"{subject_of(path)}.discount"
    if is_removal(path, value) and discount in ours:
        yield discount, str(Decimal(ours[discount]) * 0)


def _protected(taken: Collection[str], sides: _Sides) -> Iterator[tuple[str, ConflictKind | None]]:
    """Find what a person decides though each field alone could be taken; None of it only waits.

    A removal never beats a newer edit of what it removes, nor what is delivered or invoiced; a
    cancelled order is not reopened by itself.
    """
    for path in filter(sides.ours.__contains__, taken):
        if path == CANCELLED and (sides.ours[path] or sides.edited or sides.progress):
            yield path, ConflictKind.STATUS
        elif is_quantity(path) and Decimal(sides.theirs[path]) < sides.progress.get(
            subject_of(path), 0
        ):
            yield path, ConflictKind.QUANTITY
        elif is_removal(path, sides.theirs[path]) and subject_of(path) in sides.edited:
            yield path, ConflictKind.FIELD
    for removal in filter(sides.is_removed_here, sides.ours):
        kind = ConflictKind.STATUS if removal == CANCELLED else ConflictKind.FIELD
        for path in taken:
            if removal == CANCELLED or subject_of(path) == subject_of(removal):
                policy = policy_of(path, sides.policies)
                is_theirs = policy is not None and policy.owner is Owner.THEIRS
                is_asked = not (is_theirs or sides.is_left_out(path))
                yield path, ConflictKind.FIELD if is_asked else None
                yield removal, kind
