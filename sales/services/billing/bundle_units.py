"""Bundles of an order: their lines follow the parts that are shipped.

What is done with a bundle is worked out in ``sales/pricing/bundles.py`` and kept on its line.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from sales.models import InvoiceLine, OrderLine
from sales.pricing.bundles import Part, PartOf, follow_parts
from sales.services.errors import billed_with_bundle

ZERO = Decimal(0)


def parts_of(lines: Iterable[OrderLine]) -> dict[uuid.UUID, PartOf]:
    """Return by line which bundle it is always in, and how many of it make a set."""
    counting: dict[uuid.UUID | None, OrderLine] = {
        line.pk: line for line in lines if line.counts and line.quantity
    }
    return {
        line.pk: PartOf(str(bundle.pk), line.quantity, bundle.quantity)
        for line in counting.values()
        if line.is_fixed_part and (bundle := counting.get(line.bundle_line_id))
    }


def shipped_as_parts(lines: Sequence[OrderLine]) -> set[uuid.UUID]:
    """Return the lines of bundles that follow their parts: those with parts that are goods."""
    known = parts_of(lines)
    return {
        line.bundle_line_id
        for line in lines
        if line.pk in known and line.is_shipped_goods and line.bundle_line_id
    }


def follow_shipped_parts(lines: Sequence[OrderLine]) -> None:
    """Put on the lines of bundles what left and came back of them; the caller saves them."""
    by_pk, known = {line.pk: line for line in lines}, parts_of(lines)
    for pk in shipped_as_parts(lines):
        bundle = by_pk[pk]
        goods = [
            line
            for line in lines
            if line.pk in known and line.bundle_line_id == pk and line.is_shipped_goods
        ]
        units = follow_parts(bundle.units, [Part(known[line.pk], line.units) for line in goods])
        bundle.split_returned(units)
        for line in lines:
            if line.pk in known and line.bundle_line_id == pk:
                line.cancelled_quantity -= known[line.pk].units_to_reopen(line.units, units)
        bundle.shipped_quantity, bundle.returned_quantity = units.shipped, units.returned
        bundle.replaced_quantity = ZERO
        step = units.step
        delivered = (known[line.pk].whole_sets(line.delivered_quantity, step) for line in goods)
        bundle.delivered_quantity = min(units.shipped, *delivered)


def credit_parts_along(
    lines: Sequence[InvoiceLine],
    credited: Mapping[uuid.UUID, Decimal],
    left: Mapping[uuid.UUID, Decimal],
    chosen: Mapping[uuid.UUID, Decimal],
) -> dict[uuid.UUID, Decimal]:
    """Return the quantities to credit of an invoice with those of the parts of its bundles.

    Refuses a part by itself, while its bundle may be credited.
    """
    billing: dict[uuid.UUID | None, InvoiceLine] = {
        line.order_line_id: line for line in lines if line.order_line_id
    }
    along: dict[uuid.UUID, Decimal] = {}
    for line in lines:
        part = line.order_line
        if part is None or not part.is_billed_with_bundle or line.pk not in left:
            continue
        bundle = billing.get(part.bundle_line_id)
        if bundle is None or not left.get(bundle.pk):
            continue
        sets = chosen.get(bundle.pk, ZERO)
        if chosen.get(line.pk) and not sets:
            raise billed_with_bundle(part)
        along[line.pk] = PartOf(str(bundle.pk), line.quantity, bundle.quantity).units_with(
            credited.get(bundle.pk, ZERO) + sets,
            done=credited.get(line.pk, ZERO),
            left=left[line.pk],
            is_last=sets == left[bundle.pk],
        )
    return {**chosen, **along}


def units_of_a_set(line: OrderLine) -> Decimal | None:
    """Return how many of a part are in one set; None for what is in no bundle."""
    bundle = line.bundle_line
    parts = parts_of([bundle, line]) if isinstance(bundle, OrderLine) else {}
    return parts[line.pk].units_of(Decimal(1)) if line.pk in parts else None


def bills_part(line: InvoiceLine) -> bool:
    """Whether a line of an invoice bills a part that is always in a bundle of the order."""
    return line.bills_order and line.price_source == line.PriceSource.BUNDLE
