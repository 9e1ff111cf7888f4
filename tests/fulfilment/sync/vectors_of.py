"""Test vectors: cases of the two-way order sync with their exact results."""

from __future__ import annotations

import json
from collections.abc import Container
from pathlib import Path
from typing import Any

import pytest

VECTORS = Path(__file__).parent / "vectors"


def read_cases(name: str) -> list[dict[str, Any]]:
    """Read the cases of one file of vectors."""
    cases: list[dict[str, Any]] = json.loads((VECTORS / name).read_text(encoding="utf-8"))["cases"]
    return cases


def as_parameters(cases: list[dict[str, Any]], title: str, ids: Container[str]) -> list[Any]:
    """Give some of the cases to a test, each under its id and title."""
    return [
        pytest.param(case, id=f"{case['id']} {case[title]}") for case in cases if case["id"] in ids
    ]
