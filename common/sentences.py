"""Translatable sentence: an English template and its values, written in the reader's language.

Pure Python, for code that must not import Django. makemessages finds the templates, since ``_`` is
one of its words: ``from common.sentences import sentence as _``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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


def joined(parts: Iterable[str | Sentence], longest: int | None = None) -> str | Sentence:
    """Make one text of several sentences, each only once; as many as fit, but the first always."""
    each_once = list({str(part): part for part in parts}.items())
    fitting = [part for _, part in each_once[:1]]
    length = sum(len(text) for text, _ in each_once[:1])
    for text, part in each_once[1:]:
        length += 1 + max(len(text), len(PART))
        if longest is not None and length > longest:
            break
        fitting.append(part)
    if len(fitting) < 2:
        return fitting[0] if fitting else ""
    names = [str(number) for number in range(1, len(fitting) + 1)]
    template = " ".join(f"%({name})s" for name in names)
    return Sentence(template, dict(zip(names, fitting, strict=True)))


PART = "%(100)s"
"""The longest name of a part in the template of joined sentences."""


def write_plainly(unwritten: Sentence) -> str:
    """Fill in the values as Python writes them, in English."""
    return unwritten.template % unwritten.values


_writers: list[Writer] = [write_plainly]
"""The last one counts; without Django it is the plain one."""


def write_with(writer: Writer) -> None:
    """Have a writer translate every sentence and format its values from now on."""
    _writers.append(writer)
