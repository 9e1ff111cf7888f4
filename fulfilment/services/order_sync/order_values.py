"""An order of ours in canonical values, by the path of each field, to be merged and compared."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from fulfilment.payloads import exchanged_figures
from fulfilment.sync.canonical import Notation, canonical
from fulfilment.sync.policies import Owner, policy_of
from sales.models import Order, OrderLine
from sales.pricing.money import Rounding
from sales.services.billing.bundle_units import shipped_as_parts
from sales.services.prices.pricing_input import terms_of

ZERO = Decimal(0)
PLACED_AT = "head.placed_at"
NOTHING_HELD: Mapping[str, Any] = {}


def values_of(
    order: Order,
    lines: Sequence[OrderLine],
    held: Mapping[str, Any] = NOTHING_HELD,
    *,
    default_category: uuid.UUID | None = None,
) -> dict[str, Any]:
    """Return the canonical values of an order; what is theirs alone is as they hold it.

    So is when it was placed: the side that made it says so, and nobody changes it. A line without
    product and category, such as a trade-in, is of the default category. Of a bundle whose parts
    are shipped, nothing is delivered.
    """
    follow = shipped_as_parts(lines)
    shared = canonical(
        {
            "head": dict(_head(order)),
            "lines": [
                dict(_line(order, line, default_category))
                | ({"delivered": ZERO} if line.pk in follow else {})
                for line in _sent(lines)
            ],
        },
        Notation(order.currency, rounding=Rounding(order.rounding)),
    )
    placed = {PLACED_AT: held[PLACED_AT]} if held.get(PLACED_AT) else {}
    return {**_theirs(held), **shared, **placed}


def uncancelled_lines(
    order: Order,
    lines: Sequence[OrderLine],
    ordered: Mapping[str, Decimal],
    *,
    default_category: uuid.UUID | None = None,
) -> dict[str, Any]:
    """Return the canonical values of lines as if all that was ``ordered`` of each were wanted."""
    return canonical(
        {
            "lines": [
                {
                    **dict(_line(order, line, default_category)),
                    "quantity": ordered[str(line.pk)],
                    "cancelled": 0,
                }
                for line in lines
            ]
        },
        Notation(order.currency, rounding=Rounding(order.rounding)),
    )


def _theirs(held: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what only they edit, and what is no field of an order here."""
    return {
        path: value
        for path, value in held.items()
        if (policy := policy_of(path)) is not None and policy.owner is Owner.THEIRS
    }


def _sent(lines: Sequence[OrderLine]) -> list[OrderLine]:
    """Keep the lines that the other system has: what is sold, and what is taken off."""
    return [line for line in lines if line.counts]


def _head(order: Order) -> Iterator[tuple[str, Any]]:
    yield "currency", order.currency
    yield "prices_include_tax", order.prices_include_tax
    yield "placed_at", order.submitted_at.isoformat() if order.submitted_at else None
    yield "name", order.name
    yield "header_discount", order.discount if order.discount_rate else order.discount_amount
    yield "freight", order.freight
    yield "is_cancelled", order.is_cancelled
    yield "is_on_hold", order.is_on_hold
    yield "ship_to", order.shipping_address
    yield "bill_to", order.billing_address
    yield "requested_on", order.requested_on
    yield "customer_reference", order.customer_reference
    yield "payment_terms", str(order.payment_terms_id) if order.payment_terms_id else None


def _line(
    order: Order, line: OrderLine, default_category: uuid.UUID | None
) -> Iterator[tuple[str, Any]]:
    figures = exchanged_figures(line, terms_of(order))
    yield "id", str(line.pk)
    yield "position", line.position
    yield "product", str(line.product_id or line.product_category_id or default_category or "")
    yield "unit", str(line.unit_id or "")
    yield "description", line.description
    yield "tax_rate", line.tax_rate
    yield "quantity", line.quantity
    yield "cancelled", line.cancelled_quantity
    yield "price", figures.price.amount
    yield "price_quantity", figures.price.price_quantity
    yield "discount", figures.discount
    yield "charge", figures.charge
    yield "requested_on", line.requested_on
    yield "delivered", line.shipped_quantity - line.replaced_quantity
    yield "invoiced", line.invoiced_quantity
