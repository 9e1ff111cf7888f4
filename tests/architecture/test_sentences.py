"""Sentences for people: words instead of the names of code, and one word for each state."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.architecture.sources import ROOT, TREES, is_served
from tests.architecture.test_translations import literals

PARAMETER = re.compile(r"%\(\w+\)[a-z]|\{\{.*?\}\}|\{%.*?%\}")
NAME_OF_CODE = re.compile(r"\b[a-z][a-z0-9]*(_[a-z0-9]+)+\b")
IDENTIFIER = re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)
IN_TEMPLATE = re.compile(
    r"""{%\s*translate\s+(["'])(?P<word>.*?)\1|{%\s*blocktrans(?:late)?.*?%}(?P<block>.*?)"""
    r"""{%\s*endblocktrans""",
    re.DOTALL,
)

OTHER_WORDS = {
    "enable": "resume",
    "enabled": "resumed",
    "replay": "send again",
    "replayed": "sent again",
    "sign-in refused": "signature refused",
    "no connection": "not available",
    "outcome unknown": "unknown outcome",
}
"""Words for an action or a state of a connection or a handoff that has another one."""


def names_in(text: str) -> list[str]:
    """The names of code and the identifiers in a text; parameters are named after code."""
    plain = PARAMETER.sub("", text)
    return [
        found.group() for shape in (NAME_OF_CODE, IDENTIFIER) for found in shape.finditer(plain)
    ]


def texts() -> Iterator[tuple[str, str]]:
    """Every text of the code and of the templates that a person may read, by its file."""
    for name, tree in TREES.items():
        if is_served(name):
            yield from ((name, text) for several in literals(tree) for text in several)
    for path in sorted((ROOT / "templates").rglob("*.html")):
        for found in IN_TEMPLATE.finditer(path.read_text()):
            yield path.relative_to(ROOT).as_posix(), found["word"] or found["block"]


def test_no_text_names_a_field_or_an_identifier() -> None:
    found = list(texts())

    assert len(found) > 1500
    assert {name for name, _ in found} >= {"templates/handoffs/list.html"}
    assert [(name, text) for name, text in found if names_in(text)] == []


def test_each_state_and_action_has_one_word() -> None:
    of_exchange = [
        (name, text)
        for name, text in texts()
        if name.startswith(("fulfilment/", "web/pages/handoff", "web/chips/handoffs"))
    ]

    assert of_exchange
    assert [
        (name, text)
        for name, text in of_exchange
        for word in OTHER_WORDS
        if re.search(rf"\b{word}\b", text, re.IGNORECASE)
    ] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The payload_version is wrong.", ["payload_version"]),
        ("0199f3c1-0000-7000-8000-000000000000 is gone.", ["0199f3c1-0000-7000-8000-000000000000"]),
        ("%(connection_name)s is gone: put it into FIELD_ENCRYPTION_KEYS.", []),
        ("Changed on arrival.", []),
    ],
)
def test_recognises_names_of_code(text: str, found: list[str]) -> None:
    assert names_in(text) == found
