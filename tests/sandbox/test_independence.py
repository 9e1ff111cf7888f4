"""The sandbox imports nothing of Throughline."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SANDBOX = Path(__file__).parents[2] / "sandbox"
THEIRS = {"sandbox", "aiohttp", "standardwebhooks"}


@pytest.mark.parametrize("path", sorted(SANDBOX.rglob("*.py")), ids=lambda p: p.stem)
def test_imports_nothing_of_ours(path: Path) -> None:
    imported = set(_imported(ast.parse(path.read_text())))

    assert imported - set(sys.stdlib_module_names) <= THEIRS


def test_the_partner_in_node_imports_only_node_and_a_public_library() -> None:
    source = (SANDBOX / "partner" / "partner.mjs").read_text()

    assert set(re.findall(r'^import .* from "([^"]+)"', source, re.MULTILINE)) == {
        *("node:crypto", "node:http", "standardwebhooks"),
    }


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]
