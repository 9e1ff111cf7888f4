"""The mutants of ``bench.mutations`` still break what is there, each in one place of a file."""

from __future__ import annotations

from pathlib import Path

from bench._mutants import MUTANTS

ROOT = Path(__file__).resolve().parents[2]


def test_each_mutant_changes_one_place() -> None:
    outdated = [
        f"{mutant.file}: {mutant.breaks}"
        for mutant in MUTANTS
        if (ROOT / mutant.file).read_text().count(mutant.old) != 1
    ]

    assert len(MUTANTS) > 100
    assert outdated == []
