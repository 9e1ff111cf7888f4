"""Worked examples of bundles and of closing the rest: their tables in docs/pricing.md."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from sales.pricing.bundles import Part, PartOf, follow_parts
from sales.pricing.ledger import Ledger
from sales.pricing.ledger_lines import LedgerLine, Units
from sales.pricing.money import ZERO, Rounding
from sales.pricing.partial import NOTHING, Amounts
from tests.worked_examples import as_parameters, read_tables

TABLES = read_tables("pricing.md")


@pytest.mark.parametrize("row", as_parameters(TABLES, "sets ordered"))
def test_bundles_follow_their_parts_as_the_page_says(row: dict[str, str]) -> None:
    ordered = Decimal(row["sets ordered"])
    columns = ("parts in each", "shipped", "came back for good")
    figures = [[Decimal(each) for each in row[column].split(", ")] for column in columns]
    parts = {
        str(place): Part(
            PartOf("set", each * ordered, ordered),
            Units(each * ordered, shipped=left, step=Decimal(1), is_fixed_part=True),
        )
        for place, (each, left, _) in enumerate(zip(*figures, strict=True))
    }
    parts = {
        key: replace(part, units=part.units.given_back(back))
        for (key, part), back in zip(parts.items(), figures[2], strict=True)
    }
    units = Units(ordered, step=Decimal(1), is_set=True)
    units = follow_parts(units, list(parts.values()))
    lines = [LedgerLine("set", ZERO, units, Amounts(ordered * 100))]
    lines += [LedgerLine(key, ZERO, part.units, NOTHING) for key, part in parts.items()]
    ledger = Ledger(
        "EUR",
        Rounding.HALF_UP,
        tuple(lines),
        parts={key: part.part_of for key, part in parts.items()},
    )

    assert units.shipped_to_bill == Decimal(row["billed as shipped"])
    assert units.open_to_bill == Decimal(row["left to bill"])
    closed = ledger.short_close()
    assert closed.line("set").units.ordered == Decimal(row["kept when closed"])
    kept = [Decimal(each) for each in row["parts kept"].split(", ")]
    assert [closed.line(key).units.ordered for key in parts] == kept


@pytest.mark.parametrize("row", as_parameters(TABLES, "freight agreed"))
@pytest.mark.parametrize("is_billed", [False, True])
def test_closes_the_freight_as_the_page_says(row: dict[str, str], *, is_billed: bool) -> None:
    ordered, shipped = Decimal(row["units ordered"]), Decimal(row["units shipped"])
    line = LedgerLine("1", ZERO, Units(ordered, shipped=shipped), Amounts(ordered * 100))
    freight = Decimal(row["freight agreed"])
    ledger = Ledger(row["currency"], Rounding.HALF_UP, (line,), freight=freight)
    if is_billed:
        part = ledger.invoice({"1": shipped})
        units = replace(line.units, billed=shipped)
        billed = sum((each.amounts.net for each in part.parts.values()), ZERO)
        line = replace(line, units=units, billed=Amounts(billed))
        ledger = replace(ledger, lines=(line,), freight_billed=part.freight)

    closed = ledger.short_close()

    assert closed.freight == Decimal(row["freight kept"])
    assert closed.freight_whole in {closed.freight, closed.freight_billed}
