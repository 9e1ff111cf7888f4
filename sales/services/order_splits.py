"""Split lines: a price typed for a line of which a part is billed is that of the rest.

What is shipped or billed stays a line at the price that was agreed for it, and the rest becomes a
line of its own. So each line, and each invoice of it, reads quantity × price.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from common.identifiers import uuid7
from sales.models import Order, OrderLine
from sales.pricing.money import EXACT, Rounding, round_money
from sales.services.documents.copying import carried_from

Fields = Mapping[str, object]

PRICE_FIELDS = frozenset(
    {"unit_price", "price_quantity", "volume_discount", "discount_amount", "discount_rate"}
)
"""Fields that say what a unit costs; what is billed keeps what it was billed at."""


@dataclass(frozen=True, slots=True)
class Split:
    """A line of which only what is shipped or billed stays, and the unsaved line of the rest."""

    kept_discount: Decimal | None
    """The amount off the whole line that stays with what is shipped or billed."""
    kept_charge: Decimal
    rest: OrderLine
    typed: Fields
    """What was typed for the rest, its quantity aside."""


def has_other_price(line: OrderLine, fields: Fields) -> bool:
    """Whether these fields say another price or discount than the line's."""
    return any(
        name in PRICE_FIELDS and value != getattr(line, name) for name, value in fields.items()
    )


def is_split(line: OrderLine, fields: Fields) -> bool:
    """Whether the fields price a line of which a part is billed, and leave a rest to price."""
    is_part = line.is_sold and line.is_billed and has_other_price(line, fields)
    return is_part and _rest(line, fields) > 0


def split_lines(
    order: Order, lines: Sequence[OrderLine], changes: Mapping[uuid.UUID, Fields]
) -> tuple[dict[uuid.UUID, Fields], dict[uuid.UUID, Split]]:
    """Return what changes on the lines that are there, and what is split off of which."""
    changed, splits = dict(changes), {}
    for line in lines:
        fields = changes.get(line.pk, {})
        if is_split(line, fields):
            apart = PRICE_FIELDS | {"charge_amount"}
            others = {name: value for name, value in fields.items() if name not in apart}
            changed[line.pk] = others | {"quantity": line.done_quantity}
            splits[line.pk] = _split(order, line, fields)
    return changed, splits


def _split(order: Order, line: OrderLine, fields: Fields) -> Split:
    rest = OrderLine(
        **carried_from(line) | {"quantity": _rest(line, fields)},
        id=uuid7(),
        order=order,
        bundle_line_id=line.bundle_line_id,
    )
    kept = line.discount_amount
    if kept is not None and not order.discounts_each_unit:
        kept = _done_part(order, line, kept)
        rest.discount_amount = line.discount_amount - kept
    charge = fields.get("charge_amount", line.charge_amount)
    kept_charge = _done_part(order, line, line.charge_amount)
    if isinstance(charge, Decimal):
        rest.charge_amount = max(charge - kept_charge, Decimal(0))
    apart = {"quantity", "charge_amount"}
    typed = {name: value for name, value in fields.items() if name not in apart}
    return Split(kept, kept_charge, rest, typed)


def _done_part(order: Order, line: OrderLine, amount: Decimal) -> Decimal:
    """Return the part of an amount for the whole line that is for what is shipped or billed."""
    part = EXACT.divide(EXACT.multiply(amount, line.done_quantity), line.quantity)
    return round_money(part, order.currency, Rounding(order.rounding))


def _rest(line: OrderLine, fields: Fields) -> Decimal:
    """Return how many units are neither shipped nor billed, once the line is changed."""
    quantity = fields.get("quantity", line.quantity)
    return quantity - line.done_quantity if isinstance(quantity, Decimal) else Decimal(0)
