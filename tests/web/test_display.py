"""Texts of several parts: each is drawn in its own direction of writing."""

from __future__ import annotations

import re

import pytest
from django.utils.html import format_html

from tests.architecture.test_templates import TEMPLATES
from web.display import draw_parts

UNISOLATED = re.compile(r"{{ \w+\.(?:detail|transport) }}|{{ parcel }}")


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("", "<bdi></bdi>"),
        ("Camille Arnaud · v2", "<bdi>Camille Arnaud</bdi> · <bdi>v2</bdi>"),
        ("ناقل · 1Z999 · <b>", "<bdi>ناقل</bdi> · <bdi>1Z999</bdi> · <bdi>&lt;b&gt;</bdi>"),
        (format_html("<b>{}</b>", "a · b"), "<b>a · b</b>"),
    ],
)
def test_draws_each_part_in_its_own_direction(text: str, drawn: str) -> None:
    assert draw_parts(text) == drawn


def test_no_template_draws_details_as_one_text() -> None:
    found = {name: UNISOLATED.findall(source) for name, source in TEMPLATES.items()}

    assert {name: places for name, places in found.items() if places} == {}
