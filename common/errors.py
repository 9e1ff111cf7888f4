"""Domain errors: why a use case refuses, with a code for programs and a sentence for people.

* DomainError: a business rule refuses
  - IllegalTransition: the status does not allow it
  - StaleVersion: somebody else changed the record meanwhile
  - NotAllowed: the person lacks the right
  - MissingField, TooLong, Duplicate, NotEditable, NotSetUp: what is wrong with the input or set-up
  - Unreadable: what was sent has no one meaning
  - SeveralErrors: more than one rule refuses, all named at once

Every code is listed in docs/errors.md. Sentences are translated: by ``gettext`` where they are
raised, or as a ``Sentence`` from code that does not know Django.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from common.sentences import Sentence


class DomainError(Exception):
    """Base of all refusals, never raised itself; ``code`` is stable, the message may change."""

    code: ClassVar[str]

    def __init__(
        self, message: str | Sentence, *, field: str | None = None, line: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.line = line

    def __str__(self) -> str:
        return str(self.message)


class IllegalTransition(DomainError):
    """The record's status does not allow the action."""

    code = "illegal_state"


class StaleVersion(DomainError):
    """The record changed since it was read (optimistic lock)."""

    code = "stale_version"


class NotAllowed(DomainError):
    """The person may see the record but lacks the right for this action."""

    code = "not_allowed"


class Unreadable(DomainError):
    """Base of refusals of what was sent without one clear meaning; never raised itself."""


class MissingField(DomainError):
    """A field that is required is empty."""

    code = "missing_field"


class TooLong(DomainError):
    """The text has more characters than its field holds."""

    code = "too_long"


class Duplicate(DomainError):
    """The value is there already and may be there only once."""

    code = "duplicate"


class NotEditable(DomainError):
    """The field, or the whole record, is not changed in this way."""

    code = "not_editable"


class NotSetUp(DomainError):
    """An administrator has to set something up first."""

    code = "not_set_up"


class SeveralErrors(DomainError):
    """Several rules refused at once; each is named with its field or line."""

    code = "several_errors"

    def __init__(self, errors: Iterable[DomainError]) -> None:
        self.errors = tuple(errors)
        super().__init__(" ".join(str(error) for error in self.errors))


def raise_all(refusals: Iterable[DomainError]) -> None:
    """Raise a refusal, or several at once; nothing if there is none."""
    found = tuple(refusals)
    if len(found) > 1:
        raise SeveralErrors(found)
    if found:
        raise found[0]
