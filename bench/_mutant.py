"""Mutant: what is broken, by which change, and the tests that should notice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change that breaks a rule; ``explained`` says why no test can tell."""

    file: str
    breaks: str
    old: str
    new: str
    tests: tuple[str, ...]
    explained: str = ""


def tests(*names: str) -> tuple[str, ...]:
    return tuple(f"tests/fulfilment/test_{name}.py" for name in names)
