"""Kinds of lines are listed in their own record alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from sales.models.line_kinds import LineKind
from tests.architecture.sources import TREES


def lists_of_kinds(trees: Mapping[str, ast.AST]) -> Iterator[str]:
    """Name every list that spells two kinds of line out."""
    for name, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Set | ast.List | ast.Tuple):
                named = [part.attr for part in node.elts if isinstance(part, ast.Attribute)]
                if len(set(named) & set(LineKind.names)) > 1:
                    yield f"{name}:{node.lineno}"


def test_nobody_else_lists_kinds() -> None:
    assert list(lists_of_kinds({"a": ast.parse("{Kind.NOTE, Kind.SECTION}")})) == ["a:1"]
    assert list(lists_of_kinds(TREES)) == []
