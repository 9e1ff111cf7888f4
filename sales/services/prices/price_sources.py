"""Price sources: who typed a price, a person or an external system."""

from __future__ import annotations

from typing import TypedDict

from crm.actors import Actor, System
from sales.models import DocumentLine

PriceSource = DocumentLine.PriceSource


class SourceFields(TypedDict):
    """Of a line: where its price is from, and the external system if it is one."""

    price_source: str
    price_origin: str


def typed_source(actor: Actor) -> SourceFields:
    """Return the source of a price that the actor types, and the external system it comes from."""
    if isinstance(actor, System) and actor.connection:
        return {"price_source": PriceSource.EXTERNAL, "price_origin": actor.name}
    return {"price_source": PriceSource.TYPED, "price_origin": ""}


def put_source(line: DocumentLine, actor: Actor) -> None:
    """Name the actor as the source of a line's new price, or the list if it is cleared."""
    cleared: SourceFields = {"price_source": PriceSource.LIST, "price_origin": ""}
    for name, value in (cleared if line.unit_price is None else typed_source(actor)).items():
        setattr(line, name, value)
