"""Price override: the right to type a price other than the list price."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext

from common.errors import NotAllowed
from crm.actors import Actor
from crm.models import Partner, User
from sales.models import DocumentLine

MAY_OVERRIDE = "sales.override_price"


def may_override(actor: Actor) -> bool:
    """Return whether the actor may type prices, and lock or unlock them."""
    if isinstance(actor, User):
        return actor.has_perm(MAY_OVERRIDE)
    return not isinstance(actor, Partner) or actor.overrides_prices


def no_lock_reason(actor: Actor) -> str:
    """Return why the actor may not lock or unlock the prices of an order; empty if they may."""
    if may_override(actor):
        return ""
    return gettext("Only users who may override prices can lock or unlock them: ask one of them.")


def is_other_price(line: DocumentLine, fields: Mapping[str, object]) -> bool:
    """Return whether these fields say another price than the line's, or other units for it.

    A volume discount of 0 says that no volume discount comes off the price.
    """
    return any(
        fields.get(name, getattr(line, name)) != getattr(line, name)
        for name in ("unit_price", "price_quantity", "volume_discount")
    )


def check_price(actor: Actor, line: str | None = None) -> None:
    """Refuse a price typed for a catalogue product without the right to override prices."""
    if not may_override(actor):
        raise NotAllowed(
            gettext(
                "You have no right to override prices: "
                "leave the price empty to take the list price."
            ),
            field="unit_price",
            line=line,
        )
