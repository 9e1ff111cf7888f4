"""Duplicate detector: no two places in production code share ten lines or more."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise

import pytest

from tests.architecture.sources import ROOT, TEXTS, is_served

WINDOW = 10
"""As many equal lines make a duplicate; blank lines and imports do not count."""

FRONT_END = {
    path.relative_to(ROOT).as_posix(): path.read_text()
    for folder, pattern in (("templates", "*.html"), ("static", "*.js"), ("static", "*.css"))
    for path in sorted((ROOT / folder).rglob(pattern))
}
PRODUCTION = FRONT_END | {name: text for name, text in TEXTS.items() if is_served(name)}


def imports_of(source: str) -> set[int]:
    """The numbers of the lines that import something."""
    return {
        number
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }


def counted_lines(name: str, source: str) -> list[tuple[int, str]]:
    """The lines of a file that count, without their indentation, with their numbers."""
    imports = imports_of(source) if name.endswith(".py") else set()
    return [
        (number, line.strip())
        for number, line in enumerate(source.splitlines(), 1)
        if line.strip() and number not in imports
    ]


def duplicates(files: Mapping[str, str]) -> list[str]:
    """Every pair of places that share a window of lines, as ``file:line = file:line``."""
    places: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, source in files.items():
        lines = counted_lines(name, source)
        for start in range(len(lines) - WINDOW + 1):
            window = lines[start : start + WINDOW]
            places[tuple(line for _, line in window)].append(f"{name}:{window[0][0]}")
    return [f"{first} = {second}" for same in places.values() for first, second in pairwise(same)]


def test_production_code_has_no_duplicates() -> None:
    assert duplicates(PRODUCTION) == []


def numbered(lines: Iterable[int], indent: str = "") -> str:
    """A source with these statements, one a line."""
    return "".join(f"{indent}step({number})\n" for number in lines)


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        (numbered(range(9)), numbered(range(9)), []),
        (numbered(range(10)), numbered(range(10)), ["a.py:1 = b.py:1"]),
        (numbered(range(10)), "if x:\n\n" + numbered(range(10), "    "), ["a.py:1 = b.py:3"]),
        ("import os\n" * 10, "import os\n" * 10, []),
        (numbered(range(10)) * 2, "", ["a.py:1 = a.py:11"]),
    ],
)
def test_detects_ten_equal_lines(first: str, second: str, found: list[str]) -> None:
    assert duplicates({"a.py": first, "b.py": second}) == found
