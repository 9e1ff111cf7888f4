"""Tax rates of lines: looked up for drafts, agreed afterwards, and compared with today's."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from sales.models import AnyDocument, DocumentLine, TaxRate
from sales.pricing.errors import NoTaxRate
from sales.pricing.taxes import DatedTaxRate, tax_rate_on


@dataclass(frozen=True, slots=True)
class TaxDrift:
    """A line whose tax rate was agreed, and is another one today; both are fractions."""

    line_id: uuid.UUID
    description: str
    agreed: Decimal
    today: Decimal


def look_up_tax_rates(document: AnyDocument, lines: Sequence[DocumentLine]) -> None:
    """Put today's rates on lines; what was typed, or agreed, stays."""
    wanted = [
        line
        for line in lines
        if line.counts
        and not line.tax_rate_is_typed
        and (line.tax_rate is None or not document.prices_locked)
    ]
    for line, rate in zip(wanted, todays_rates(document, wanted), strict=True):
        line.tax_rate = rate


def with_todays_rates(lines: QuerySet[Any], document: AnyDocument) -> QuerySet[Any]:
    """Read today's rate along with each line of a document, for ``tax_drift``."""
    day = document.company.today()
    rates = TaxRate.objects.filter(
        Q(valid_from__isnull=True) | Q(valid_from__lte=day),
        Q(valid_to__isnull=True) | Q(valid_to__gte=day),
        category=OuterRef("tax_category"),
        zone=document.tax_zone_id,
    )
    found: QuerySet[Any] = lines.annotate(todays_rate=Subquery(rates.values("rate")[:1]))
    return found


def tax_drift(lines: Iterable[DocumentLine]) -> list[TaxDrift]:
    """List the lines, read with today's rates, whose rate was looked up and is another one now."""
    return [
        TaxDrift(line.pk, line.description, line.tax_rate, line.todays_rate)
        for line in lines
        if line.counts
        and not line.tax_rate_is_typed
        and line.tax_rate is not None
        and line.todays_rate is not None
        and line.tax_rate != line.todays_rate
    ]


def todays_rates(document: AnyDocument, lines: Sequence[DocumentLine]) -> list[Decimal | None]:
    """Look up the rate of each line's category in the document's zone; None where none is known.

    Lines that were read ``with_todays_rates`` have theirs.
    """
    if all(hasattr(line, "todays_rate") for line in lines):
        return [getattr(line, "todays_rate", None) for line in lines]
    rates = _rates_in(document.tax_zone_id) if lines else []
    day, zone = document.company.today(), str(document.tax_zone_id)
    found = {
        category: _rate_on(day, rates, str(category), zone)
        for category in {line.tax_category_id for line in lines}
    }
    return [found[line.tax_category_id] for line in lines]


def _rates_in(zone: uuid.UUID | None) -> list[DatedTaxRate]:
    """Read the rates of a tax zone, of all days."""
    if zone is None:
        return []
    rows = TaxRate.objects.filter(zone=zone)
    return [
        DatedTaxRate(str(row.category_id), str(zone), row.rate, row.valid_from, row.valid_to)
        for row in rows
    ]


def _rate_on(
    day: dt.date, rates: Sequence[DatedTaxRate], category: str, zone: str
) -> Decimal | None:
    try:
        return tax_rate_on(rates, category=category, zone=zone, day=day)
    except NoTaxRate:
        return None  # shown on the line, where it blocks issuing
