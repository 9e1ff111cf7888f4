"""JSON of others: all of it is read, and what cannot be kept is found where it stands."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.json_reading import (
    LEVELS,
    KeyTwice,
    NotJson,
    find_unstorable,
    read_answer,
    read_json,
)

DEEP = 100_000
DIGITS = "9" * 5000


def nested(text: str, depth: int = DEEP) -> str:
    return "[" * depth + text + "]" * depth


def problem(text: str) -> str:
    return str(find_unstorable(read_json(text), 32) or "")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"a": 1e400}', "a number that is too large"),
        ('{"a": -1e400}', "a number that is too large"),
        (f'{{"a": {DIGITS}}}', "a number that is too large"),
        ('{"a": ["b\\u0000"]}', "a NUL character"),
        ('{"b\\u0000": 1}', "a NUL character"),
        ('{"a": "\\ud800"}', "half a character"),
        ('{"\\udfff": 1}', "half a character"),
        (nested(""), "more than 32 deep"),
        (nested("", 33), "more than 32 deep"),
        (nested("{}", 500), "more than 32 deep"),
        ('{"a":' * DEEP + "1" + "}" * DEEP, "more than 32 deep"),
        (nested("", 32), ""),
        (f'{{"a": 0.{DIGITS}, "b": 1e308, "c": "\\\\u0000", "d": "\\ud83d\\ude00"}}', ""),
    ],
)
def test_finds_what_no_column_holds(text: str, sentence: str) -> None:
    found = problem(text)

    assert sentence in found
    assert bool(found) == bool(sentence)


def test_reads_what_stands_beside_it() -> None:
    beside = '{"id": "m", "large": 1e400, "deep": ' + nested('"\\""') + ', "half": "\\ud800"}'

    assert read_json(f"[{beside}, 7]")[0]["id"] == "m"
    assert read_json(f"[{beside}, 7]")[1] == 7
    assert read_answer(beside.encode())["id"] == "m"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "NaN",
        '{"a": -Infinity}',
        '{"a": nul}',
        "\ufeff{}",
        "[" * DEEP,
        "[" * DEEP + "}" * DEEP,
        nested("]"),
        nested("1 2"),
        nested("NaN"),
        nested('"'),
        '"' + '\\"' * DEEP,
    ],
)
def test_refuses_what_is_no_json(text: str) -> None:
    with pytest.raises(NotJson):
        read_json(text)
    with pytest.raises(NotJson):
        read_answer(text.encode())


def test_an_answer_may_be_no_text() -> None:
    with pytest.raises(NotJson):
        read_answer(b'{"reference": "\xff"}')


@pytest.mark.parametrize("text", ['{"a": 1, "a": 1}', nested('{"a": 1, "a": 1}')])
def test_refuses_a_key_twice_however_deep(text: str) -> None:
    with pytest.raises(KeyTwice, match="a"):
        read_json(text)


def test_of_a_key_twice_an_answer_has_the_last() -> None:
    assert read_answer(b'{"a": 1, "a": 2, "b": 1e400}')["a"] == 2


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_reads_every_value_as_other_readers_do(value: Any) -> None:
    """They take whole numbers beyond 64 bits for fractions, and refuse endless ones."""
    text = json.dumps(value)
    try:
        expected = orjson.loads(text)
    except orjson.JSONDecodeError:
        return

    read = read_json(text)

    assert orjson.dumps(read) == orjson.dumps(expected)
    assert read_answer(text.encode()) == expected


@given(VALUES, st.integers(min_value=1, max_value=3 * LEVELS))
def test_nesting_hides_nothing_of_what_is_above_it(value: Any, more: int) -> None:
    text = json.dumps({"above": value, "deep": 0}, allow_nan=True)
    if "Infinity" in text:
        return
    deep = text.removesuffix("0}") + nested("{}", DEEP // 100 + more) + "}"

    assert read_json(deep)["above"] == read_json(text)["above"]
