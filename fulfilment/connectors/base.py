"""What every kind of external system can do for us."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Record:
    """A document of ours as other tables point at it."""

    type: str
    id: uuid.UUID
    number: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """One external system as a connector needs to know it; ``deadline`` in seconds."""

    connection_id: uuid.UUID
    kind: str
    name: str
    url: str
    secrets: tuple[str, ...] = field(repr=False)
    deadline: float
    allowed_networks: tuple[str, ...] = ()
    gives_references: bool = True
    skips_refused: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """The frozen text to send, under the id that makes every repeat the same message."""

    id: str
    body: str
    needs_reference: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """A good answer: what they call our document, and the beginning of what they said."""

    reference: str
    status: int
    head: str = ""

    @property
    def names_record(self) -> bool:
        """Whether the reference is a record's; with 202 they only took notice."""
        return bool(self.reference) and self.status in {200, 201}


class Connector(Protocol):
    """Speaks to one external system; raises ``HandoffError`` for every answer that is not good."""

    async def push(self, message: Message) -> Reply:
        """Hand a message over."""

    async def find(self, message_id: str) -> Reply | None:
        """Look up what became of a message; None when they never saw it."""

    async def close(self) -> None:
        """Let go of what is open."""
