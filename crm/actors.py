"""Who does a deed: a person, a partner, or a system of the house or beyond."""

from __future__ import annotations

from dataclasses import dataclass

from crm.models import Partner, User


@dataclass(frozen=True, slots=True)
class System:
    """Something without a face: a connection ("warehouse") or the house itself."""

    name: str
    connection: str = ""

    def __str__(self) -> str:
        return self.name


THE_HOUSE = System("Throughline")

Actor = User | Partner | System


def actor_kind(actor: Actor) -> str:
    """Name the kind of actor: person, partner, connection or system."""
    if isinstance(actor, User):
        return "person"
    if isinstance(actor, Partner):
        return "partner"
    return "connection" if actor.connection else "system"
