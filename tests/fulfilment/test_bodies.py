"""Bodies of the intake: what could be read in two ways is refused in words."""

from __future__ import annotations

from typing import cast

import pytest

from fulfilment.inbound.bodies import DuplicateKey, NotUtf8, parse_body
from fulfilment.inbound.schemas import DEEPEST, InvalidMessage, parse_message


def test_reads_one_event_or_a_list() -> None:
    assert parse_body('{"id": "Zürich"}'.encode()) == {"id": "Zürich"}
    assert parse_body(b'[{"id": 1}, {"id": 2}]') == [{"id": 1}, {"id": 2}]


@pytest.mark.parametrize(
    ("raw", "place"), [(b'{"id": "caf\xe9"}', 12), ("{}".encode("utf-16"), 1), (b"{}\xff", 3)]
)
def test_refuses_another_encoding_than_utf8(raw: bytes, place: int) -> None:
    with pytest.raises(NotUtf8, match=f"not UTF-8, from byte {place} on: encode it so"):
        parse_body(raw)


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"{", "not valid JSON"),
        (b"NaN", "not valid JSON"),
        (b"7", "one event or a list"),
    ],
)
def test_refuses_what_is_no_event(raw: bytes, sentence: str) -> None:
    with pytest.raises(InvalidMessage, match=sentence):
        parse_body(raw)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("1e400", "a number that is too large"),
        ("9" * 5000, "a number that is too large"),
        ('"\\u0000"', "a NUL character"),
        ('"\\ud800"', "half a character"),
        ("[" * DEEPEST + "]" * DEEPEST, f"more than {DEEPEST} deep"),
        ("[" * 9000 + "]" * 9000, f"more than {DEEPEST} deep"),
    ],
)
def test_leaves_what_cannot_be_kept_to_its_event(value: str, sentence: str) -> None:
    first, second = cast(
        "list[dict[str, str]]",
        parse_body(f'[{{"id": "m", "more": {value}}}, {{"id": "n"}}]'.encode()),
    )

    assert (first["id"], second) == ("m", {"id": "n"})
    with pytest.raises(InvalidMessage, match=sentence):
        parse_message(first)


@pytest.mark.parametrize("key", ["id", "\\ud800"])
def test_refuses_a_key_twice(key: str) -> None:
    body = f'[{{"data": {{"{key}": 1, "{key}": 1}}}}]'

    with pytest.raises(DuplicateKey, match="stands twice in one object") as raised:
        parse_body(body.encode())

    assert str(raised.value).encode()
