"""Price sources: who typed a price, a person or an external system."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm.actors import Actor, System
from sales.models import DocumentLine

PriceSource = DocumentLine.PriceSource


def typed_source(actor: Actor) -> dict[str, str]:
    """Return the source of a price that the actor types, and the external system it comes from."""
    if isinstance(actor, System) and actor.connection:
        return {"price_source": PriceSource.EXTERNAL, "price_origin": actor.name}
    return {"price_source": PriceSource.TYPED, "price_origin": ""}


def with_source(fields: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """Return what was typed on a new line, with the source of its price if it has one."""
    if fields.get("unit_price") is None:
        return dict(fields)
    return {**typed_source(actor), **fields}


def put_source(line: DocumentLine, actor: Actor) -> None:
    """Name the actor as the source of a line's new price, or the list if it is cleared."""
    cleared = {"price_source": PriceSource.LIST, "price_origin": ""}
    for name, value in (cleared if line.unit_price is None else typed_source(actor)).items():
        setattr(line, name, value)
