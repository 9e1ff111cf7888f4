"""Tax rates of lines: looked up for drafts, agreed afterwards, and compared with today's."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar, cast

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, OuterRef, QuerySet
from django.db.models.functions import Cast, JSONObject
from django.utils.translation import gettext

from common.formatting import format_day
from common.read_cache import cached_read
from sales.models import AnyDocument, DocumentLine, TaxRate
from sales.pricing.errors import NoTaxRate
from sales.pricing.taxes import DatedTaxRate, tax_rate_on

LineT = TypeVar("LineT", bound=DocumentLine)


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


def with_dated_rates(lines: QuerySet[LineT], document: AnyDocument) -> QuerySet[LineT]:
    """Read the rates of each line's category in the document's zone along with the lines."""
    rates = TaxRate.objects.filter(category=OuterRef("tax_category"), zone=document.tax_zone_id)
    dated = JSONObject(rate=Cast("rate", CharField()), start="valid_from", end="valid_to")
    found = lines.annotate(dated_rates=ArraySubquery(rates.values(dated=dated)))
    return cast("QuerySet[LineT]", found)


def put_todays_rates(document: AnyDocument, lines: Iterable[DocumentLine]) -> None:
    """Put ``todays_rate`` on lines that were read with their dated rates, for ``tax_drift``."""
    day, zone = document.company.today(), str(document.tax_zone_id)
    for line in lines:
        category = str(line.tax_category_id)
        rates = [
            DatedTaxRate(
                category, zone, Decimal(each["rate"]), _day(each["start"]), _day(each["end"])
            )
            for each in line.dated_rates
        ]
        line.todays_rate = _rate_on(day, rates, category, zone)


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


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

    Lines on which ``put_todays_rates`` put them have theirs.
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


def take_todays_rates(document: AnyDocument, lines: Sequence[DocumentLine]) -> None:
    """Put today's rates on lines; a typed one stays, and one that nobody knows is refused."""
    for line, rate in zip(lines, todays_rates(document, lines), strict=True):
        if line.tax_rate_is_typed or not line.is_taxed:
            continue
        if rate is None:
            raise NoTaxRate(_no_rate_today(document, line), line=str(line.pk), field="todays_tax")
        line.tax_rate = rate


def _no_rate_today(document: AnyDocument, line: DocumentLine) -> str:
    """Say which rate is not known, and what to do meanwhile."""
    if line.tax_category is None or document.tax_zone is None:
        return no_tax_rate_reason(document, line)
    return gettext(
        "%(line)s cannot take today's tax rate: no rate of %(category)s in %(zone)s is known on "
        "%(day)s. Have it entered in the admin under Tax rates, or keep the rate that was agreed."
    ) % {
        "line": line.description,
        "category": line.tax_category,
        "zone": document.tax_zone,
        "day": format_day(document.company.today()),
    }


def no_tax_rate_reason(document: AnyDocument, line: DocumentLine) -> str:
    """Say where a tax rate is missing; it is never taken for zero."""
    category = line.tax_category
    if category is None and line.product_category is not None:
        return gettext(
            "No tax rate is known: product category %(category)s has no tax category. "
            "Choose one on the line, or have it set in the admin under Product categories."
        ) % {"category": line.product_category}
    if category is None:
        return gettext("No tax rate is known: choose a tax category on the line, or type a rate.")
    if document.tax_zone is None:
        return gettext(
            "No tax rate is known: choose the tax zone of the document, or type a rate on the line."
        )
    return gettext(
        "No tax rate of %(category)s in %(zone)s is known today: type one on the line, "
        "or have it entered in the admin under Tax rates."
    ) % {"category": category, "zone": document.tax_zone}


@cached_read
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
