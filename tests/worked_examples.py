"""Worked examples: the tables of a page of docs/, as cases for tests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parents[1] / "docs"


@dataclass(frozen=True)
class Table:
    """A table of the page with its heading and the terms above it."""

    heading: str
    terms: str
    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]


def read_tables(page: str) -> list[Table]:
    """Read every table of a page."""
    tables, heading, terms, block = [], "", "", []
    for line in [*(DOCS / page).read_text(encoding="utf-8").splitlines(), ""]:
        if line.startswith("|"):
            block.append([cell.strip() for cell in line.strip("|").split("|")])
            continue
        if block:
            columns, _rule, *rows = block
            named = tuple(dict(zip(columns, row, strict=True)) for row in rows)
            tables.append(Table(heading, terms, tuple(columns), named))
            block = []
        if line.startswith("#"):
            heading, terms = line.lstrip("# "), ""
        if line.startswith("Terms: "):
            terms = line.removeprefix("Terms: ")
    return tables


def as_parameters(tables: Iterable[Table], first_column: str) -> list[Any]:
    """Give the rows of all tables that begin with this column."""
    return [
        pytest.param(row, id=" ".join(row.values()))
        for table in tables
        if table.columns[0] == first_column
        for row in table.rows
    ]
