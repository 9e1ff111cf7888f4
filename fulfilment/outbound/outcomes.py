"""What an answer means for a handoff and for its lane."""

from __future__ import annotations

from dataclasses import dataclass

from fulfilment.connectors.engine import Errand, Trial
from fulfilment.models import Attempt, Handoff
from fulfilment.outbound.retry_schedule import RECOVERY_PAUSE, jittered, pause_after_refusal

Outcome = Attempt.Outcome
State = Handoff.State

OF_THE_MESSAGE = frozenset({Outcome.REFUSED, Outcome.NO_REFERENCE, Outcome.NOT_FOUND})
"""Outcomes that are about the message, not the connection; each costs one of its tries."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The next state of a handoff, and how many seconds its lane waits before it is tried again."""

    state: State
    cause: str = ""
    reference: str = ""
    names_record: bool = False
    pause: float = 0
    refusals: int = 0
    is_taken: bool = False


def judge(errand: Errand) -> Verdict | None:
    """Decide what becomes of an errand; None when nobody has tried it."""
    if errand.is_done:
        return _accepted(errand)
    if errand.trials:
        return _failed(errand)
    if errand.past:
        return Verdict(
            State.UNKNOWN_OUTCOME, cause=errand.past[-1].detail, refusals=errand.refusals
        )
    return None


def _accepted(errand: Errand) -> Verdict:
    reply = errand.trials[-1].reply
    return Verdict(
        State.ACCEPTED,
        reference=reply.reference if reply else "",
        names_record=bool(reply and reply.names_record),
        refusals=errand.refusals,
    )


def _failed(errand: Errand) -> Verdict:
    last = errand.trials[-1]
    is_taken = errand.is_taken or any(
        trial.outcome == Outcome.NO_REFERENCE for trial in errand.trials
    )
    unsure = is_taken or last.outcome == Outcome.UNKNOWN or last.verb == Attempt.Verb.FIND
    again = State.UNKNOWN_OUTCOME if unsure else State.RETRYING
    refusals = errand.refusals + (last.outcome in OF_THE_MESSAGE)
    pause: float | None = jittered(RECOVERY_PAUSE)
    if last.outcome in OF_THE_MESSAGE:
        pause = pause_after_refusal(refusals)
    return Verdict(
        State.NEEDS_ATTENTION if pause is None else again,
        cause=_cause(last),
        pause=pause or 0,
        refusals=refusals,
        is_taken=is_taken,
    )


def _cause(last: Trial) -> str:
    if last.outcome == Outcome.NOT_FOUND:
        return "They said yes, but do not find it when asked."
    return last.detail[:300]
