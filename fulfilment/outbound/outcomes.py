"""Outcomes: the next state of a handoff, and the retry pause of its lane, after an answer."""

from __future__ import annotations

from dataclasses import dataclass

from common.sentences import Sentence
from common.sentences import sentence as _
from fulfilment.connectors.engine import AttemptResult, InFlightHandoff
from fulfilment.models import Attempt, Handoff
from fulfilment.outbound.retry_schedule import RECOVERY_PAUSE, jittered, pause_after_refusal

Outcome = Attempt.Outcome
State = Handoff.State

MESSAGE_OUTCOMES = frozenset({Outcome.REFUSED, Outcome.NO_REFERENCE, Outcome.NOT_FOUND})
"""Outcomes that are about the message, not the connection; each counts as a refusal."""


@dataclass(frozen=True, slots=True)
class HandoffOutcome:
    """The next state of a handoff, and how many seconds its lane waits before the next attempt."""

    state: State
    cause: str | Sentence = ""
    reference: str = ""
    refers_to_record: bool = False
    pause: float = 0
    refusal_count: int = 0
    is_acknowledged: bool = False
    holds_lane: bool = False

    @property
    def is_passed_over(self) -> bool:
        """Whether it is not delivered, but nothing waits for it."""
        waits = self.state == State.NEEDS_ATTENTION and not self.holds_lane
        return waits or self.state == State.SUPERSEDED


def decide_outcome(
    handoff: InFlightHandoff, *, skips_refused: bool = False
) -> HandoffOutcome | None:
    """Return the outcome of a handoff; None if it was never attempted."""
    if handoff.is_done:
        return _accepted(handoff)
    if handoff.results:
        return _failed(handoff, skips_refused)
    if handoff.abandoned:
        return HandoffOutcome(
            State.UNKNOWN_OUTCOME,
            cause=handoff.abandoned[-1].detail,
            refusal_count=handoff.refusal_count,
        )
    return None


def _accepted(handoff: InFlightHandoff) -> HandoffOutcome:
    reply = handoff.results[-1].reply
    return HandoffOutcome(
        State.ACCEPTED,
        reference=reply.reference if reply else "",
        refers_to_record=bool(reply and reply.refers_to_record),
        refusal_count=handoff.refusal_count,
    )


def _failed(handoff: InFlightHandoff, skips_refused: bool) -> HandoffOutcome:
    last = handoff.results[-1]
    if last.outcome == Outcome.BEHIND:
        return HandoffOutcome(
            State.SUPERSEDED, cause=last.detail, refusal_count=handoff.refusal_count
        )
    is_acknowledged = handoff.is_acknowledged or any(
        result.outcome == Outcome.NO_REFERENCE for result in handoff.results
    )
    unsure = is_acknowledged or last.outcome == Outcome.UNKNOWN or last.verb == Attempt.Verb.FIND
    again = State.UNKNOWN_OUTCOME if unsure else State.RETRYING
    refusal_count = handoff.refusal_count + (last.outcome in MESSAGE_OUTCOMES)
    pause: float | None = jittered(RECOVERY_PAUSE)
    if last.outcome in MESSAGE_OUTCOMES:
        pause = pause_after_refusal(refusal_count)
    return HandoffOutcome(
        State.NEEDS_ATTENTION if pause is None else again,
        cause=_cause(last),
        pause=pause or 0,
        refusal_count=refusal_count,
        is_acknowledged=is_acknowledged,
        holds_lane=pause is None and not skips_refused,
    )


def _cause(last: AttemptResult) -> str | Sentence:
    if last.outcome == Outcome.NOT_FOUND:
        return _("The message was accepted without a reference, and a look-up does not find it.")
    return last.detail
