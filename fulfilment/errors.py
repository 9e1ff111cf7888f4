"""Delivery errors, grouped by the next step: retry later, ask a person, or look the message up.

* HandoffError: the external system did not answer with success
  - Unreachable: a fault of the connection; retry when it recovers
    - RateLimited, AuthenticationFailed, EndpointGone, AddressBlocked, Unsigned
  - Refused: a fault of the message; after a few attempts a person must look
  - StaleMessage: they edited the record since; merge, and send it again
  - OutcomeUnknown: it may have been accepted; look it up before sending again
    - NoReference: it was accepted, only the reference is missing
"""

from __future__ import annotations

from common.sentences import Sentence
from common.stored_sentences import printable
from fulfilment.models import Attempt

Outcome = Attempt.Outcome


class HandoffError(Exception):
    """The external system did not accept the message, or its answer is not known.

    ``retry_after`` counts seconds; ``head`` is the beginning of the answer's body.
    """

    outcome: Outcome

    def __init__(
        self,
        detail: str | Sentence,
        *,
        status: int | None = None,
        head: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.status = status
        self.head = printable(head)
        self.retry_after = retry_after


class Unreachable(HandoffError):
    """No connection, or a server error: nothing is wrong with the message."""

    outcome = Outcome.UNREACHABLE


class RateLimited(Unreachable):
    """The system is busy and asked for a pause (429, or 503 with Retry-After)."""

    outcome = Outcome.BUSY


class AuthenticationFailed(Unreachable):
    """The system does not accept our signature (401, 403)."""

    outcome = Outcome.AUTH_FAILED


class EndpointGone(Unreachable):
    """The address is gone for good (410)."""

    outcome = Outcome.GONE


class AddressBlocked(Unreachable):
    """The address is not allowed, or answers with a redirect."""

    outcome = Outcome.BLOCKED


class Unsigned(Unreachable):
    """Nothing was sent, because there is no secret to sign it with."""

    outcome = Outcome.UNSIGNED


class Refused(HandoffError):
    """The system read the message and refused it (4xx)."""

    outcome = Outcome.REFUSED


class StaleMessage(HandoffError):
    """They edited the record since, and refused a message that does not know it (409).

    ``sequence`` is the number of their edit, as far as they say it.
    """

    outcome = Outcome.BEHIND

    def __init__(self, detail: str | Sentence, *, sequence: int | None, head: str = "") -> None:
        super().__init__(detail, status=409, head=head)
        self.sequence = sequence


class OutcomeUnknown(HandoffError):
    """The message was sent, but no answer arrived."""

    outcome = Outcome.UNKNOWN


class NoReference(OutcomeUnknown):
    """The system accepted the message, but returned no reference."""

    outcome = Outcome.NO_REFERENCE
