"""Translatable sentence: an English template and its values, written in the reader's language.

Pure Python, for code that must not import Django. makemessages finds the templates, since ``_`` is
one of its words: ``from common.sentences import sentence as _``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Percentage:
    """A rate in a sentence: 0.055 is written 5.5%."""

    rate: Decimal

    def __str__(self) -> str:
        return f"{self.rate * 100:f}%"


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount of money in a sentence."""

    figure: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.figure} {self.currency}"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A template with named parameters, and their values; translated when it is read."""

    template: str
    values: Mapping[str, object]

    def __str__(self) -> str:
        return _writers[-1](self)


Writer = Callable[[Sentence], str]


def sentence(template: str, **values: object) -> Sentence:
    """Make a sentence of a template like "Promotion code %(code)s is used up." and its values."""
    return Sentence(template, values)


def write_plainly(unwritten: Sentence) -> str:
    """Fill in the values as Python writes them, in English."""
    return unwritten.template % unwritten.values


_writers: list[Writer] = [write_plainly]
"""The last one counts; without Django it is the plain one."""


def write_with(writer: Writer) -> None:
    """Have a writer translate every sentence and format its values from now on."""
    _writers.append(writer)
