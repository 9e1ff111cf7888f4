"""Worked examples: every table in docs/two-way-sync.md is computed and compared."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fulfilment.sync.merge import Outcome, decide
from fulfilment.sync.policies import POLICIES, Kind, Owner, Policy
from fulfilment.sync.residue import Split, TheirLine, read_charge, to_per_unit
from tests.worked_examples import as_parameters, read_tables

TABLES = read_tables("two-way-sync.md")


def test_finds_every_table() -> None:
    assert [table.columns[0] for table in TABLES] == [
        "discount",
        "their quantity",
        "field",
        "owner",
        "what is found",
        "message",
        "of an order",
        "of a line",
        "of a document",
    ]


@pytest.mark.parametrize("row", as_parameters(TABLES, "discount"))
def test_divides_discounts_as_the_page_says(row: dict[str, str]) -> None:
    split = to_per_unit(
        Decimal(row["discount"]),
        Decimal(row["quantity"]),
        exponent=int(row["digits"]),
        price_quantity=Decimal(row["for units"]),
        unit_price=Decimal(row["price"]),
    )

    assert (str(split.unit), str(split.charge)) == (row["per unit"], row["charge"])


@pytest.mark.parametrize("row", as_parameters(TABLES, "their quantity"))
def test_reads_charges_as_the_page_says(row: dict[str, str]) -> None:
    line = TheirLine(
        Decimal(row["their quantity"]),
        Decimal(row["their charge"]),
        Decimal(row["their per unit"]),
    )
    remembered = Split(
        Decimal(row["remembered residue"] or 0), Decimal(row["remembered charge"] or 0)
    )

    reading = read_charge(line, remembered, exponent=2)

    assert str(reading.discount) == row["read discount"]
    assert str(reading.split.genuine) == row["read charge"]


def test_names_the_owner_of_every_field() -> None:
    [table] = [table for table in TABLES if table.columns[0] == "field"]

    named = {(field, row["kept by"]) for row in table.rows for field in row["field"].split(", ")}

    assert named == {
        (
            policy.path.replace("line.*.", "line ").removeprefix("head.").partition(".")[0],
            policy.owner.value,
        )
        for policy in POLICIES
    }


@pytest.mark.parametrize("row", as_parameters(TABLES, "owner"))
def test_merges_as_the_page_says(row: dict[str, str]) -> None:
    policy = Policy("line.*.quantity", Owner(row["owner"]), Kind.QUANTITY)

    outcome = decide(policy, row["base"], row["ours"], row["theirs"])

    assert outcome == row["what follows"]
    assert (row["theirs"] if outcome is Outcome.TAKE else row["ours"]) == row["becomes"]
