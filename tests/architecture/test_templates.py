"""The rules of templates and style sheets that a machine can check."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_LINE = 120
LONGEST_STYLE_SHEET = 400

TEMPLATES = {
    path.relative_to(ROOT).as_posix(): path.read_text()
    for path in sorted((ROOT / "templates").rglob("*.html"))
}
STYLE_SHEETS = {
    path.relative_to(ROOT).as_posix(): path.read_text()
    for path in sorted([*(ROOT / "static" / "css").glob("*.css"), *ROOT.glob("sandbox/*.css")])
}

TEMPLATE_SYNTAX = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}")
OPENING_TAG = re.compile(r"<[a-z]")
COMMENT = re.compile(r"{#|{% comment %}")
WHOLE_PAGE = re.compile(r"{% extends |<!DOCTYPE html>")
PARTIAL = re.compile(r"{% partialdef ([\w-]+)[^%]*%}\s*(.*)")
CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
QUOTED = re.compile(r'"[^"]*"')
TAG = re.compile(r"<[a-z][^>]*>")
IN_BRACKETS = re.compile(r"\([^()]*\)")


def opens_two_elements(line: str) -> bool:
    """Whether a line of a template holds two opening tags; no element is excepted.

    Where white space matters, an element stands on lines of its own but closes right after its
    text (``>{{ text }}</a>``), or the inner one is a partial.
    """
    return len(OPENING_TAG.findall(TEMPLATE_SYNTAX.sub("", line))) > 1


def partials_without_comment(source: str) -> list[str]:
    """The partials of a template, itself included, that do not begin by saying what they need."""
    starts = PARTIAL.findall(source)
    if not WHOLE_PAGE.match(source):
        starts.append(("the file", source))
    return [name for name, start in starts if not COMMENT.match(start)]


def misses_changes(tag: str) -> bool:
    """Whether an element that listens to others replaces itself: deaf until htmx settles."""
    return "from:" in tag and "outerHTML" in tag


def crowded_lines(source: str) -> list[str]:
    """The lines of a style sheet with two selectors, two declarations, or a whole rule."""
    source = QUOTED.sub("", CSS_COMMENT.sub("", source))
    while IN_BRACKETS.search(source):
        source = IN_BRACKETS.sub("", source)
    return [
        line
        for line in source.splitlines()
        if len(re.findall("[{};]", line)) > 1
        or (line.endswith(("{", ",")) and "," in line.rstrip(" {,"))
    ]


def test_lines_of_templates_are_short() -> None:
    offenders = [
        f"{name}:{number}"
        for name, source in TEMPLATES.items()
        for number, line in enumerate(source.splitlines(), 1)
        if len(line) > LONGEST_LINE
    ]
    assert offenders == []


def test_a_line_of_a_template_opens_one_element() -> None:
    offenders = [
        f"{name}:{number}"
        for name, source in TEMPLATES.items()
        for number, line in enumerate(source.splitlines(), 1)
        if opens_two_elements(line)
    ]
    assert offenders == []


def test_partials_say_what_they_need() -> None:
    found = {name: partials_without_comment(source) for name, source in TEMPLATES.items()}

    assert {name: partials for name, partials in found.items() if partials} == {}


def test_what_listens_to_others_stays_in_the_page() -> None:
    tags = {name: TAG.findall(source) for name, source in TEMPLATES.items()}

    assert [name for name, found in tags.items() if any(map(misses_changes, found))] == []


@pytest.mark.parametrize(
    ("swap", "misses"),
    [("innerHTML", False), ("outerHTML", True)],
)
def test_sees_what_replaces_itself(swap: str, misses: bool) -> None:
    tag = f'<div\n  hx-trigger="change from:closest form"\n  hx-swap="{swap}"\n>'

    assert [misses_changes(found) for found in TAG.findall(tag)] == [misses]


def test_a_line_of_a_style_sheet_holds_one_thing() -> None:
    found = {name: crowded_lines(source) for name, source in STYLE_SHEETS.items()}

    assert {name: lines for name, lines in found.items() if lines} == {}


def test_style_sheets_are_short() -> None:
    long = {n for n, text in STYLE_SHEETS.items() if text.count("\n") > LONGEST_STYLE_SHEET}

    assert long == set()


@pytest.mark.parametrize(
    ("line", "opens_two"),
    [
        ("<dt>Total</dt>", False),
        ('<td class="{% if a < b %}end{% endif %}">', False),
        ("</dt><dd>", False),
        ("<dt>Total</dt><dd>", True),
        ("<address>Rue Mercière<br>Lyon</address>", True),
        ("<a>{% icon name %}<small>{{ words }}</small></a>", True),
    ],
)
def test_sees_two_elements_on_a_line(line: str, opens_two: bool) -> None:
    assert opens_two_elements(line) is opens_two


@pytest.mark.parametrize(
    ("source", "silent"),
    [
        ("{# Needs line. #}\n<p>", []),
        ('{% extends "base/page.html" %}', []),
        ("{% load i18n %}\n<p>", ["the file"]),
        ("{# Needs rows. #}\n{% partialdef row %}<tr>{% endpartialdef %}", ["row"]),
        ("{# Needs rows. #}\n{% partialdef row inline %}\n  {% comment %}\n  Needs row.", []),
    ],
)
def test_sees_partials_without_comment(source: str, silent: list[str]) -> None:
    assert partials_without_comment(source) == silent


@pytest.mark.parametrize(
    ("line", "is_crowded"),
    [
        ("  color: rgb(1, 2, 3);", False),
        ("@media (min-width: 768px) {", False),
        (":is(a, button):focus-visible,", False),
        ("  grid-area: 1; color: red;", True),
        ("td.end, th.end {", True),
        (".num { color: red }", True),
        ("  color: red; }", True),
    ],
)
def test_sees_crowded_lines(line: str, is_crowded: bool) -> None:
    assert bool(crowded_lines(line)) is is_crowded
