"""Readings of snapshots: an order of theirs in canonical values, each line in our unit of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import override
from django_countries import countries

from fulfilment.dialects.supply import Code, RemoteOrder, read_order
from fulfilment.dialects.supply_figures import (
    PRICE_FIELDS,
    Writing,
    complete_line,
    write_figures,
)
from fulfilment.models import SyncState
from fulfilment.services.order_sync.sync_states import received_lines
from fulfilment.services.order_sync.units import factors_of, ordered_there, restated_before
from fulfilment.sync.canonical import Notation, canonical, with_missing_lines
from fulfilment.sync.merge import Values
from fulfilment.sync.residue import Split
from fulfilment.sync.units import converted_line
from sales.models import Company, Order, OrderLine, Unit
from sales.pricing.money import Rounding

NONE_YET: Mapping[str, Any] = {}
OF_RECORD = "head.of_record"


@dataclass(frozen=True, slots=True)
class Reading:
    """A snapshot with all figures of its lines, as it is read here.

    ``factors`` are how many of our unit make one of theirs, of the lines that are in another unit.
    """

    theirs: RemoteOrder
    values: dict[str, Any]
    factors: Mapping[str, Fraction]


def read_first(
    theirs: RemoteOrder, mapped: Mapping[Code, uuid.UUID], ids: Mapping[str, str], company: Company
) -> Reading:
    """Read a first snapshot: each line is in their unit here, too."""
    notation = notation_of(theirs.fields, company)
    lines = [complete_line(line, NONE_YET, notation.currency) for line in theirs.lines]
    whole = theirs.with_lines(lines)
    return Reading(whole, canonical(read_order(whole, mapped, ids), notation), {})


def read_snapshot(
    theirs: RemoteOrder,
    mapped: Mapping[Code, uuid.UUID],
    ids: Mapping[str, str],
    state: SyncState,
    order: Order,
    lines: Sequence[OrderLine],
    splits: Mapping[str, Split],
    base: Values,
) -> Reading:
    """Read a snapshot of an order that is here; a line that is not in it any more is cancelled.

    A figure of a line that was not sent is as in ``base``. A line in another unit of the same group
    is read in ours if that is exact; otherwise its unit is another one. One statement at most.
    """
    notation = notation_of({"currency": order.currency, **_currency(theirs.fields)}, order.company)
    writing = _writing_of(state, order)
    whole = theirs.with_lines(
        [_complete(line, ids[line["id"]], base, writing, notation) for line in theirs.lines]
    )
    read = read_order(whole, mapped, ids)
    factors: dict[str, Fraction] = {}
    converted = list(_in_our_units(read["lines"], lines, factors))
    values = canonical({**read, "lines": converted}, notation, splits)
    values = _with_totals(values, base)
    if whole.has_lines:
        values = with_missing_lines(values, base)
    return Reading(whole, values, factors)


def _currency(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"currency": fields["currency"]} if fields.get("currency") else {}


def _writing_of(state: SyncState, order: Order) -> Writing:
    received, factors = received_lines(state), factors_of(state)
    return Writing(
        currency=order.currency,
        rounding=Rounding(order.rounding),
        received=received,
        reported=state.held,
        ordered={line: ordered_there(each, factors.get(line)) for line, each in received.items()},
        factors=factors,
        restated=restated_before(state),
    )


def _complete(
    line: Mapping[str, Any], our_id: str, base: Values, writing: Writing, notation: Notation
) -> dict[str, Any]:
    is_whole = line.get("price") is not None and all(name in line for name in PRICE_FIELDS)
    is_known = our_id in writing.received and f"line.{our_id}.quantity" in base
    held = write_figures(our_id, base, writing) if is_known and not is_whole else NONE_YET
    return complete_line(line, held, notation.currency)


def _in_our_units(
    read: Sequence[Mapping[str, Any]], lines: Sequence[OrderLine], factors: dict[str, Fraction]
) -> Iterator[Mapping[str, Any]]:
    """Convert the lines that are in another unit of the group; ``factors`` are filled in."""
    ours = {str(line.pk): line.unit for line in lines if line.unit is not None}
    other = {
        each["unit"]
        for each in read
        if each.get("unit") and (own := ours.get(each["id"])) and each["unit"] != str(own.pk)
    }
    units = {str(key): unit for key, unit in Unit.objects.in_bulk(other).items()} if other else {}
    for each in read:
        unit, own = units.get(each.get("unit") or ""), ours.get(each["id"])
        converted = None
        if unit is not None and own is not None and unit.group_id == own.group_id:
            factor = factor_of(unit, own)
            converted = converted_line(each, factor)
        if converted is None or own is None:
            yield each
            continue
        factors[each["id"]] = factor
        yield {**converted, "unit": str(own.pk)}


def factor_of(unit: Unit, own: Unit) -> Fraction:
    """Return how many of our unit make one of theirs, of the same group."""
    return Fraction(Decimal(unit.factor)) / Fraction(Decimal(own.factor))


def _with_totals(values: dict[str, Any], base: Values) -> dict[str, Any]:
    """Clear each total of record that they hold where all of them are cleared."""
    if OF_RECORD not in values:
        return values
    cleared = (path for path in base if path.startswith(f"{OF_RECORD}."))
    return {path: value for path, value in values.items() if path != OF_RECORD} | dict.fromkeys(
        cleared
    )


@cache
def country_codes() -> Mapping[str, str]:
    """Return the English names of countries, each with its code of two letters."""
    with override("en"):
        return {str(name): code for code, name in countries}


def notation_of(fields: Mapping[str, Any], company: Company) -> Notation:
    """Return how a connection writes the orders of a company."""
    return Notation(
        str(fields.get("currency") or company.base_currency).strip().upper(),
        zone=ZoneInfo(company.time_zone),
        countries=country_codes(),
        rounding=Rounding(company.rounding),
    )
