"""Actors: the person, partner or system in whose name a use case runs."""

from __future__ import annotations

from dataclasses import dataclass

from crm.models import Partner, User


@dataclass(frozen=True, slots=True)
class System:
    """A program that acts: an external system behind a connection, or Throughline itself."""

    name: str
    connection: str = ""

    def __str__(self) -> str:
        return self.name


Actor = User | Partner | System


PERSON, PARTNER, CONNECTION, SYSTEM = "person", "partner", "connection", "system"
ACTOR_KINDS = frozenset({PERSON, PARTNER, CONNECTION, SYSTEM})
"""Kept as who reported something, where no connection did: no connection has such a code."""


def actor_kind(actor: Actor) -> str:
    """Name the kind of actor: person, partner, connection or system."""
    if isinstance(actor, User):
        return PERSON
    if isinstance(actor, Partner):
        return PARTNER
    return CONNECTION if actor.connection else SYSTEM
