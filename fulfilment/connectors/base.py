"""Connector interface: push a message to an external system, look one up, close."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from common.sentences import Sentence


@dataclass(frozen=True, slots=True)
class Record:
    """A reference to one of our documents: its type, id and number."""

    type: str
    id: uuid.UUID
    number: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """The settings of one external system that a connector needs; ``deadline`` in seconds.

    ``ciphertexts`` are its signing secrets, the newest first; only a connector decrypts them.
    """

    connection_id: uuid.UUID
    kind: str
    name: str
    url: str
    ciphertexts: tuple[bytes, ...] = field(repr=False)
    deadline: float
    gives_references: bool = True
    answers_look_ups: bool = True
    skips_refused: bool = False
    orders_url: str = ""
    """Where orders are read, if not at ``/orders`` of the same server."""


@dataclass(frozen=True, slots=True)
class Message:
    """The frozen body to send, under the id that is its idempotency key."""

    id: str
    body: str
    needs_reference: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """A successful answer: their reference for our document, and the beginning of the body."""

    reference: str
    status: int
    head: str = ""

    @property
    def refers_to_record(self) -> bool:
        """Whether the reference is that of a record; a 202 creates none."""
        return bool(self.reference) and self.status in {200, 201}


@dataclass(frozen=True, slots=True)
class ChangesPage:
    """A page of what changed there: orders as received, in the order of their last changes.

    ``next`` is the cursor of the following page, and ``latest`` that of the last change of all.
    ``unidentified`` are those without an identity, or that cannot be kept, each with the reason.
    """

    orders: Sequence[Mapping[str, Any]]
    next: str
    has_more: bool
    latest: str
    unidentified: Sequence[tuple[Mapping[str, Any], Sentence]] = ()


class Connector(Protocol):
    """Client of one external system; raises ``HandoffError`` for every unsuccessful answer."""

    async def push(self, message: Message) -> Reply:
        """Send a message."""

    async def find(self, message_id: str) -> Reply | None:
        """Look up a message by its id; None if the system does not know it."""

    async def close(self) -> None:
        """Close open network connections."""


class OrderReader(Protocol):
    """Connector of a system whose orders can be read; raises ``HandoffError`` as others do."""

    async def fetch_order(self, order_id: str) -> Mapping[str, Any] | None:
        """Read an order by the id that it has there; None if there is none."""

    async def fetch_changes(self, cursor: str, limit: int) -> ChangesPage:
        """Read the orders that changed after a cursor; an empty one is the beginning."""

    async def close(self) -> None:
        """Close open network connections."""
