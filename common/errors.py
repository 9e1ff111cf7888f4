"""How a request of the trade can be refused.

* DomainError: a rule says no; the sentence is for the person who asked
  - IllegalTransition: the status does not allow it
  - StaleVersion: somebody else changed the record meanwhile
  - LineError: one line of a document breaks a rule
  - SeveralErrors: more than one rule says no, all named at once
"""

from __future__ import annotations

from collections.abc import Iterable


class DomainError(Exception):
    """A rule refused; ``code`` is stable for programs, the message is for people."""

    code = "refused"

    def __init__(self, message: str, *, field: str | None = None, line: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.line = line

    def __str__(self) -> str:
        return self.message


class IllegalTransition(DomainError):
    """The record's status does not allow the deed."""

    code = "illegal_state"


class StaleVersion(DomainError):
    """The record changed since it was read."""

    code = "stale_version"


class NotAllowed(DomainError):
    """The person may see the record but lacks the right for this deed."""

    code = "not_allowed"


class SeveralErrors(DomainError):
    """Several rules refused at once; ``errors`` names each with its line."""

    code = "several_errors"

    def __init__(self, errors: Iterable[DomainError]) -> None:
        self.errors = tuple(errors)
        super().__init__(" ".join(error.message for error in self.errors))
