"""Stored sentences: an English template in a text column, and its values as JSON beside it.

They are translated when they are read. What a person typed or another system wrote has no values,
and is shown as it is. A value is a string or an integer, or an object that says what it is:

* ``{"label": "Shipped"}``: a label of ours, translated as well
* ``{"template": …, "values": …}``: a sentence inside the sentence
* ``{"amount": "12.50", "currency": "EUR"}``, ``{"rate": "0.055"}``, ``{"number": "1.5"}``,
  ``{"day": "2026-11-22"}``: what readers write in their own way
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext

from common.sentences import Amount, Percentage, Sentence

Parameters = dict[str, Any]


class StoredText(NamedTuple):
    """The two columns of a text: its template, and its values; None for one without any."""

    template: str
    parameters: Parameters | None


def printable(text: str) -> str:
    """Replace what PostgreSQL cannot store in a text: NUL and lone surrogates."""
    return text.encode(errors="replace").decode().replace("\x00", "\ufffd")


def store(text: str | Sentence, longest: int | None = None) -> StoredText:
    """Return what is stored of a text; a template stays whole, each of its values is cut."""
    if isinstance(text, str):
        return StoredText(printable(text)[:longest], None)
    with translation.override(None):
        return StoredText(text.template, _as_json(text.values, longest))


def columns(name: str, text: str | Sentence, longest: int) -> dict[str, Any]:
    """Return both columns of a text by their names, such as ``cause`` and ``cause_parameters``."""
    stored = store(text, longest)
    return {name: stored.template, f"{name}_parameters": stored.parameters}


def written(template: str, parameters: Parameters | None) -> str:
    """Write what was stored, in the language of its reader."""
    return str(stored_text(template, parameters))


def stored_text(template: str, parameters: Parameters | None) -> str | Sentence:
    """Return what was stored: a sentence of our own, or a text of others."""
    return template if parameters is None else _sentence(template, parameters)


def _as_json(values: Mapping[str, object], longest: int | None) -> Parameters:
    return {name: _value_as_json(value, longest) for name, value in values.items()}


def _value_as_json(value: object, longest: int | None) -> object:
    match value:
        case Sentence(template, values):
            return {"template": template, "values": _as_json(values, longest)}
        case Promise():
            return {"label": str(value)}
        case Amount(figure, currency):
            return {"amount": str(figure), "currency": currency}
        case Percentage(rate):
            return {"rate": str(rate)}
        case Decimal():
            return {"number": str(value)}
        case dt.date() if not isinstance(value, dt.datetime):
            return {"day": value.isoformat()}
        case int() if not isinstance(value, bool):
            return value
    return printable(str(value))[:longest]


def _sentence(template: str, parameters: Parameters) -> Sentence:
    return Sentence(template, {name: _read(value) for name, value in parameters.items()})


def _read(value: Any) -> object:
    match value:
        case {"template": template, "values": values}:
            return _sentence(template, values)
        case {"label": label}:
            return gettext(label)
        case {"amount": figure, "currency": currency}:
            return Amount(Decimal(figure), currency)
        case {"rate": rate}:
            return Percentage(Decimal(rate))
        case {"number": number}:
            return Decimal(number)
        case {"day": day}:
            return dt.date.fromisoformat(day)
    return value
