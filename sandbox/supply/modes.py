"""Modes of the supply-chain system: how it treats pushes, and how it writes what it sends.

They last as long as the process and, unlike faults, apply to everything while they are on.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any

from sandbox.errors import Malformed
from sandbox.json_fields import Fields


class OnConflict(StrEnum):
    """What becomes of a push that does not know an edit of a clerk."""

    REFUSE = "refuse"
    NAMED = "named"
    OVERWRITE = "overwrite"


class Cursor(StrEnum):
    """What the changed-since feed counts by."""

    COUNTER = "counter"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class ModeSettings:
    """The modes that are on. ``forgetful`` is both kinds of forgetting."""

    on_conflict: OnConflict = OnConflict.REFUSE
    cursor: Cursor = Cursor.COUNTER
    reformatted: bool = False
    lossy: bool = False
    forgets_pushes: bool = False
    forgets_reports: bool = False
    unmarked: bool = False


FLAGS = ("reformatted", "lossy", "forgets_pushes", "forgets_reports", "unmarked")
CHOICES: Mapping[str, type[OnConflict | Cursor]] = {
    "on_conflict": OnConflict,
    "cursor": Cursor,
}


class Modes:
    """Holds the modes of a process."""

    def __init__(self, settings: ModeSettings | None = None) -> None:
        self.now = settings or ModeSettings()

    def change(self, fields: Fields) -> None:
        """Set the modes that are named; the others stay."""
        sent = fields.names()
        unknown = set(sent) - {*FLAGS, *CHOICES, "forgetful"}
        if unknown:
            raise Malformed(f"There is no mode {', '.join(sorted(unknown))}.")
        changes: dict[str, Any] = {name: _choice(fields, name) for name in CHOICES if name in sent}
        changes |= {name: bool(fields.flag(name)) for name in FLAGS if name in sent}
        if "forgetful" in sent:
            forgets = bool(fields.flag("forgetful"))
            changes |= {"forgets_pushes": forgets, "forgets_reports": forgets}
        self.now = replace(self.now, **changes)

    def as_json(self) -> dict[str, Any]:
        """Return the modes as JSON."""
        return asdict(self.now)


def _choice(fields: Fields, name: str) -> OnConflict | Cursor:
    try:
        return CHOICES[name](fields.text(name))
    except ValueError as error:
        raise Malformed(f"{name} must be one of {', '.join(CHOICES[name])}.") from error


LONGEST_TEXT = 30
DROPPED = "payment_terms"
"""The field that a lossy system does not keep."""


def without_lost(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a lossy system keeps of the fields of an order or a line.

    >>> without_lost({"discount": Decimal("3.33"), "payment_terms": "NET30"})
    {'discount': Decimal('3.3')}
    """
    kept = {name: value for name, value in values.items() if name != DROPPED}
    if "discount" in kept:
        kept["discount"] = kept["discount"].quantize(Decimal("0.1"), ROUND_HALF_UP)
    return {
        name: value[:LONGEST_TEXT] if isinstance(value, str) else value
        for name, value in kept.items()
    }


COUNTRIES = {
    "AT": "Austria",
    "BE": "Belgium",
    "CH": "Switzerland",
    "DE": "Germany",
    "ES": "Spain",
    "FR": "France",
    "GB": "United Kingdom",
    "IT": "Italy",
    "JP": "Japan",
    "NL": "Netherlands",
    "PL": "Poland",
    "SE": "Sweden",
    "US": "United States",
}


def _scaled(text: str) -> str:
    return f"{Decimal(text):f}" + ("000" if "." in text else ".000")


def _midnight(text: str) -> str:
    return f"{text}T00:00:00Z"


def _rewritten(text: str) -> str:
    return unicodedata.normalize("NFD", text).replace("\n", "\r\n") + " "


def _country(text: str) -> str:
    return COUNTRIES.get(text.upper(), text.lower())


_REWRITE: Mapping[str, Callable[[str], str]] = {
    **dict.fromkeys(
        (
            *("quantity", "cancelled", "price", "price_unit", "discount", "discount_percent"),
            *("charge", "amount", "tax_rate", "tax", "delivered", "invoiced", "returned"),
            *("credited", "header_discount", "header_charges", "lines", "charges", "total"),
        ),
        _scaled,
    ),
    **dict.fromkeys(
        ("requested_ship_date", "requested_receipt_date", "confirmed_ship_date"), _midnight
    ),
    **dict.fromkeys(
        ("name", "description", "customer_reference", "street", "city", "region"), _rewritten
    ),
    **dict.fromkeys(("currency", "payment_terms"), str.lower),
    "country": _country,
}
"""How a reformatting system writes a text, by the name of its field."""


def reformat(value: Any, name: str = "") -> Any:
    """Write the same values in another way: keys and lines the other way round, too.

    >>> reformat({"quantity": "3", "country": "DE"})
    {'country': 'Germany', 'quantity': '3.000'}
    """
    if isinstance(value, dict):
        return {key: reformat(each, key) for key, each in reversed(value.items())}
    if isinstance(value, list):
        return [reformat(each) for each in reversed(value)]
    if isinstance(value, str) and name in _REWRITE:
        return _REWRITE[name](value)
    return value
