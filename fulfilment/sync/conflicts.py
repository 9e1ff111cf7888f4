"""Open conflicts: what is sent while they are open, and what a decision comes to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from fulfilment.sync.merge import Conflict, Values
from fulfilment.sync.policies import POLICIES, Owner, Policy, is_in_conflict, is_same, policy_of


class Choice(StrEnum):
    """How a person decides a conflict."""

    OURS = "ours"
    THEIRS = "theirs"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Decision:
    """The value that counts from now on, and whether they have to be sent it."""

    value: Any
    tell_origin: bool


def decide(conflict: Conflict, choice: Choice, held: Values, other: Any = None) -> Decision:
    """Decide a conflict; ``held`` is what they hold now.

    They are sent the value unless they hold it already, also if it is ours and changes nothing
    here.
    """
    values = {Choice.OURS: conflict.ours, Choice.THEIRS: conflict.theirs, Choice.OTHER: other}
    value = values[choice]
    policy = policy_of(conflict.path)
    is_held = (
        policy is not None
        and conflict.path in held
        and is_same(policy.kind, held[conflict.path], value)
    )
    return Decision(value, not is_held)


def outgoing(
    ours: Values,
    held: Values,
    conflicts: Iterable[Conflict],
    policies: tuple[Policy, ...] = POLICIES,
) -> dict[str, Any]:
    """Return our snapshot as it is sent: a field in conflict, or of theirs, as they hold it."""
    conflicting = {conflict.path for conflict in conflicts}

    def stays(path: str) -> bool:
        policy = policy_of(path, policies)
        return is_in_conflict(path, conflicting) or (
            policy is not None and policy.owner is Owner.THEIRS
        )

    return {
        path: held[path] if path in held and stays(path) else value for path, value in ours.items()
    }


def named(
    outgoing: Values, held: Values, policies: tuple[Policy, ...] = POLICIES
) -> dict[str, Any]:
    """Return the fields that a push names: those that it changes, and that are not theirs.

    ``held`` is what they hold once all that was sent before has arrived.
    """
    return {
        path: value
        for path, value in outgoing.items()
        if (policy := policy_of(path, policies)) is not None
        and policy.owner is not Owner.THEIRS
        and not (path in held and is_same(policy.kind, held[path], value))
    }
