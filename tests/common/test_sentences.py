"""Sentences of code that does not import Django."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import translation

from common.sentences import Amount, Percentage, Sentence, sentence, write_plainly

DAY = dt.date(2026, 11, 22)


@pytest.mark.parametrize(
    ("value", "plain", "english", "german"),
    [
        (Decimal("1234.5"), "1234.5", "1,234.5", "1.234,5"),
        (Percentage(Decimal("0.055")), "5.500%", "5.5%", "5,5%"),
        (Percentage(Decimal("1.0000001")), "100.0000100%", "100.00001%", "100,00001%"),
        (Amount(Decimal("12.5"), "EUR"), "12.5 EUR", "€12.50", "12,50\N{NO-BREAK SPACE}€"),
        (DAY, "2026-11-22", "22 Nov 2026", "22.11.2026"),
        ("ESP-001", "ESP-001", "ESP-001", "ESP-001"),
    ],
)
def test_writes_its_values_as_the_reader_does(
    value: object, plain: str, english: str, german: str
) -> None:
    written = sentence("At most %(value)s.", value=value)

    assert write_plainly(written) == f"At most {plain}."
    assert str(written) == f"At most {english}."
    with translation.override("de"):
        assert str(written) == f"At most {german}."


def test_is_translated_when_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    german = {"%(name)s is not active.": "%(name)s ist nicht aktiv."}
    written = Sentence("%(name)s is not active.", {"name": "Retail"})

    monkeypatch.setattr("django.utils.translation._trans.gettext", german.__getitem__)

    assert str(written) == "Retail ist nicht aktiv."


def test_fills_in_a_template_without_values_too() -> None:
    assert str(sentence("A margin is below 100%% of the price.")) == (
        "A margin is below 100% of the price."
    )
