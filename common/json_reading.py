"""JSON of others: all of it is read, and what no column of ours holds is found in its place.

One value that cannot be kept does not make the rest unreadable: a number that is too large is read
as infinite, and what nests very deep as null, both for ``find_unstorable`` to say what is wrong.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

import orjson

from common.sentences import Sentence
from common.sentences import sentence as _

Pairs = Callable[[list[tuple[str, Any]]], Any]
"""Makes an object of its keys and values."""

LEVELS = 64
"""So many objects and lists in each other are parsed at once: more than any caller keeps."""

TOKENS = re.compile(r'"(?:[^"\\]|\\.)*+"|["\[\]{}]')
"""Texts, brackets, and a quotation mark that begins a text without an end."""

WHOLE = range(-(2**63), 2**64)
"""Whole numbers that are read as such; others are fractions, as for most readers of JSON."""

SURROGATE = re.compile("[\ud800-\udfff]")


class NotJson(ValueError):
    """The text is no JSON."""


class KeyTwice(ValueError):
    """An object has a key twice, and each of its values could be meant."""


def read_json(text: str, pairs: Pairs | None = None) -> Any:
    """Read any JSON; by default each object has each key once.

    Raises NotJson, and KeyTwice with the key.
    """
    try:
        return _parsed(text, pairs or each_once)
    except RecursionError:
        return _parsed(_folded(text, pairs or each_once), pairs or each_once)


def read_answer(raw: bytes) -> Any:
    """Read the JSON of an answer, of which only some keys are looked at; of a key twice the last.

    Raises NotJson.
    """
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        try:
            return read_json(raw.decode(), dict)
        except UnicodeDecodeError as error:
            raise NotJson from error


def each_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of its keys and values; raises KeyTwice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        raise KeyTwice(next(name for name in names if names.count(name) > 1))
    return found


def find_unstorable(value: Any, deepest: int) -> Sentence | None:
    """Say what of a value no column holds, or that it nests deeper than that; None if nothing."""
    level: list[Any] = [value]
    for depth in range(deepest + 1):
        below: list[Any] = []
        for each in level:
            if isinstance(each, dict | list) and depth == deepest:
                return _(
                    "Objects and lists stand in each other more than %(most)d deep.", most=deepest
                )
            if isinstance(each, dict):
                below += each.keys()
                below += each.values()
            elif isinstance(each, list):
                below += each
            elif problem := _problem_of(each):
                return problem
        level = below
    return None


def _problem_of(value: Any) -> Sentence | None:
    """Say why a text or a number cannot be kept."""
    if isinstance(value, float) and not math.isfinite(value):
        return _("It has a number that is too large to be kept: write it as a text.")
    if not isinstance(value, str):
        return None
    if "\x00" in value:
        return _("It has a text with a NUL character, which no text may contain.")
    if not value.isascii() and SURROGATE.search(value):
        return _("It has a text with half a character (\\ud800 to \\udfff stand in pairs).")
    return None


def _parsed(text: str, pairs: Pairs) -> Any:
    try:
        return json.loads(
            text, object_pairs_hook=pairs, parse_int=_whole, parse_constant=_refuse_constant
        )
    except json.JSONDecodeError as error:
        raise NotJson from error


def _whole(text: str) -> int | float:
    number = float(text)  # endless above 308 digits; int() refuses some thousands of them
    return int(text) if math.isfinite(number) and int(text) in WHOLE else number


def _refuse_constant(_name: str) -> NoReturn:
    raise NotJson


def _folded(text: str, pairs: Pairs) -> str:
    """Return JSON in which all that stands deeper than some levels is null, once it is checked."""
    folded: list[list[str]] = [[]]
    done = 0
    for bracket, level in _brackets(text):
        if not level or level % LEVELS:
            continue
        if bracket.group() in "[{":
            folded[-1].append(text[done : bracket.start()])
            folded.append([])
            done = bracket.start()
        else:
            _parsed("".join((*folded.pop(), text[done : bracket.end()])), pairs)
            folded[-1].append("null")
            done = bracket.end()
    return "".join((*folded.pop(), text[done:]))


def _brackets(text: str) -> Iterator[tuple[re.Match[str], int]]:
    """Yield each bracket with how many objects and lists stand around its own; raises NotJson."""
    level = 0
    for token in TOKENS.finditer(text):
        mark = token.group()
        level -= mark in "]}"
        if mark == '"' or level < 0:
            raise NotJson
        if mark in "[]{}":
            yield token, level
        level += mark in "[{"
    if level:
        raise NotJson
