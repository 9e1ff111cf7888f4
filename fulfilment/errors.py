"""How a handoff can fail, by what we do next.

* HandoffError: the other system did not answer "done"
  - Unreachable: the connection's fault; try again when it recovers
    - AskedToWait, SignInRefused, ConnectionGone, NotAllowedToSend
  - Refused: the message's fault; a person must look after a few tries
  - OutcomeUnknown: it may have been taken; look it up before sending again
    - NoReference: it was taken, only the reference is missing
"""

from __future__ import annotations

from fulfilment.models import Attempt

Outcome = Attempt.Outcome


def printable(text: str) -> str:
    """Replace what PostgreSQL cannot store in a text: NUL and lone surrogates."""
    return text.encode(errors="replace").decode().replace("\x00", "\ufffd")


class HandoffError(Exception):
    """The other system did not take the message, or did not say so.

    ``retry_after`` counts seconds; ``head`` is the beginning of what came back.
    """

    outcome: Outcome

    def __init__(
        self,
        detail: str,
        *,
        status: int | None = None,
        head: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = printable(detail)
        self.status = status
        self.head = printable(head)
        self.retry_after = retry_after


class Unreachable(HandoffError):
    """No connection, or a system in trouble: nothing is wrong with the message."""

    outcome = Outcome.UNREACHABLE


class AskedToWait(Unreachable):
    """It is busy and says for how long."""

    outcome = Outcome.BUSY


class SignInRefused(Unreachable):
    """It does not accept our signature."""

    outcome = Outcome.AUTH_FAILED


class ConnectionGone(Unreachable):
    """It says that the address is gone for good."""

    outcome = Outcome.GONE


class NotAllowedToSend(Unreachable):
    """The address points where we must not send, or somewhere else by redirect."""

    outcome = Outcome.BLOCKED


class Refused(HandoffError):
    """It read the message and does not want it."""

    outcome = Outcome.REFUSED


class OutcomeUnknown(HandoffError):
    """The message left, the answer did not arrive."""

    outcome = Outcome.UNKNOWN


class NoReference(OutcomeUnknown):
    """It said yes, but not under which reference."""

    outcome = Outcome.NO_REFERENCE
