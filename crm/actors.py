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


def actor_kind(actor: Actor) -> str:
    """Name the kind of actor: person, partner, connection or system."""
    if isinstance(actor, User):
        return "person"
    if isinstance(actor, Partner):
        return "partner"
    return "connection" if actor.connection else "system"
