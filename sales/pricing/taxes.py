"""Tax rate look-up: by category, zone and day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from common.sentences import sentence as _
from sales.pricing.errors import AmbiguousTaxRate, NoTaxRate
from sales.pricing.validity import holds_on


@dataclass(frozen=True, slots=True)
class DatedTaxRate:
    """A rate, as a fraction, for a category in a zone; both days are included."""

    category: str
    zone: str
    rate: Decimal
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None


def tax_rate_on(
    rates: Iterable[DatedTaxRate],
    *,
    category: str,
    zone: str,
    day: dt.date,
    line: str | None = None,
) -> Decimal:
    """Find the one rate that holds; none is an error, never zero, and so are two."""
    found = {
        rate.rate
        for rate in rates
        if rate.category == category
        and rate.zone == zone
        and holds_on(day, rate.valid_from, rate.valid_to)
    }
    if not found:
        raise NoTaxRate(
            _(
                "No tax rate of %(category)s in %(zone)s is known on %(day)s: "
                "have it entered in the admin under Tax rates.",
                category=category,
                zone=zone,
                day=day,
            ),
            line=line,
        )
    if len(found) > 1:
        raise AmbiguousTaxRate(
            _(
                "Several tax rates of %(category)s in %(zone)s hold on %(day)s: "
                "have all but one ended in the admin under Tax rates.",
                category=category,
                zone=zone,
                day=day,
            ),
            line=line,
        )
    return found.pop()
