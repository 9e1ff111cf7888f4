"""Stored sentences: a template and values as JSON, written in the language of their reader."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import pytest
from django.utils import translation
from django.utils.translation import gettext_lazy

from common.sentences import Amount, Percentage, Sentence, joined, sentence
from common.stored_sentences import StoredText, columns, store, written
from tests.catalogues import use_catalogue

MOMENT = dt.datetime(2026, 11, 22, 14, 5, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("value", "stored", "english", "german"),
    [
        ("ESP-001", "ESP-001", "ESP-001", "ESP-001"),
        (503, 503, "503", "503"),
        (True, "True", "True", "True"),
        (Decimal("1234.50"), {"number": "1234.50"}, "1,234.5", "1.234,5"),
        (Percentage(Decimal("0.055")), {"rate": "0.055"}, "5.5%", "5,5%"),
        (
            Amount(Decimal("12.5"), "EUR"),
            {"amount": "12.5", "currency": "EUR"},
            "€12.50",
            "12,50\N{NO-BREAK SPACE}€",
        ),
        (MOMENT.date(), {"day": "2026-11-22"}, "22 Nov 2026", "22.11.2026"),
        (MOMENT, str(MOMENT), str(MOMENT), str(MOMENT)),
        (
            sentence("%(count)d of %(all)s", count=2, all=Decimal(3)),
            {"template": "%(count)d of %(all)s", "values": {"count": 2, "all": {"number": "3"}}},
            "2 of 3",
            "2 of 3",
        ),
    ],
)
def test_stores_each_kind_of_value_as_json(
    value: object, stored: object, english: str, german: str
) -> None:
    template, parameters = store(sentence("At most %(value)s.", value=value))

    assert (template, parameters) == ("At most %(value)s.", {"value": stored})
    read = json.loads(json.dumps(parameters))
    assert written(template, read) == f"At most {english}."
    with translation.override("de"):
        assert written(template, read) == f"At most {german}."


def test_stores_a_label_in_english_and_translates_it_when_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use_catalogue(
        monkeypatch,
        {
            "%(what)s: %(reason)s": "%(what)s, weil %(reason)s",
            "Broken": "kaputt",
            "It is": "es ist",
        },
    )
    found = sentence("%(what)s: %(reason)s", what=gettext_lazy("Broken"), reason=sentence("It is"))

    stored = store(found)

    assert stored == StoredText(
        "%(what)s: %(reason)s",
        {"what": {"label": "Broken"}, "reason": {"template": "It is", "values": {}}},
    )
    assert written(*stored) == "kaputt, weil es ist"


@pytest.mark.parametrize("typed", ["100 % sure", "Ask %(actor)s", "Replayed by %(actor)s"])
def test_writes_what_has_no_values_as_it_is(typed: str) -> None:
    assert store(typed) == StoredText(typed, None)
    assert written(typed, None) == typed


def test_cuts_what_is_long_and_never_a_template() -> None:
    template = "%(name)s refused: %(reason)s"
    long = Sentence(template, {"name": "Warehouse", "reason": "x" * 20})
    within = sentence("%(inner)s.", inner=long)

    assert store("y" * 20, 10) == StoredText("y" * 10, None)
    assert store(long, 10) == StoredText(template, {"name": "Warehouse", "reason": "x" * 10})
    assert store(within, 10).parameters == {
        "inner": {"template": template, "values": {"name": "Warehouse", "reason": "x" * 10}}
    }


def test_replaces_what_the_database_cannot_store() -> None:
    assert store("nul \x00 and \ud800") == StoredText("nul \ufffd and ?", None)
    assert store(sentence("%(a)s", a="nul \x00")) == StoredText("%(a)s", {"a": "nul \ufffd"})


def test_names_both_columns() -> None:
    assert columns("cause", sentence("%(name)s is busy.", name="WMS"), 300) == {
        "cause": "%(name)s is busy.",
        "cause_parameters": {"name": "WMS"},
    }
    assert columns("cause", "", 300) == {"cause": "", "cause_parameters": None}


def test_joins_sentences_each_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = sentence("One."), sentence("Two %(of)s.", of=3)

    both = store(joined([one, two, one, "100 %"]))

    assert joined([]) == ""
    assert joined([one, one]) == one
    assert both.template == "%(1)s %(2)s %(3)s"
    assert written(*both) == "One. Two 3. 100 %"
    use_catalogue(monkeypatch, {"One.": "Eins.", "Two %(of)s.": "Zwei %(of)s."})
    assert written(*both) == "Eins. Zwei 3. 100 %"


def test_joins_as_many_sentences_as_fit_but_the_first_always() -> None:
    ten = [f"Sentence {number}." for number in range(10)]

    assert str(joined(ten, 23)) == "Sentence 0. Sentence 1."
    assert str(joined(ten, 22)) == "Sentence 0."
    assert str(joined(["A long sentence.", "B."], 5)) == "A long sentence."


def test_the_template_of_joined_sentences_fits_where_they_fit() -> None:
    template = store(joined(["." * number for number in range(1, 1000)], 500)).template

    assert len(template) <= 500
