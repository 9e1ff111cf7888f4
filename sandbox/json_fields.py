"""JSON parsing: typed access to the fields of external JSON, with errors that name the field."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from sandbox.errors import Malformed

MINOR_UNITS = {"BHD": 3, "CLP": 0, "ISK": 0, "JOD": 3, "JPY": 0, "KRW": 0, "KWD": 3, "OMR": 3}
MINOR_UNITS |= {"PYG": 0, "TND": 3, "UGX": 0, "VND": 0, "XAF": 0, "XOF": 0, "XPF": 0}
"""Currencies that do not have two digits (ISO 4217)."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency."""

    amount: Decimal
    currency: str

    def as_json(self) -> dict[str, str]:
        """Write the amount with the digits of its currency."""
        digits = Decimal(1).scaleb(-minor_units(self.currency))
        return {"amount": f"{self.amount.quantize(digits):f}", "currency": self.currency}


def minor_units(currency: str) -> int:
    """Return the number of decimals of a currency."""
    return MINOR_UNITS.get(currency, 2)


def plain(number: Decimal) -> str:
    """Write a quantity without exponent and without trailing zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _refuse_constant(name: str) -> NoReturn:
    raise Malformed(f"The body contains {name}, which is not JSON.")


def parse_json(body: bytes) -> Any:
    """Parse a body strictly: UTF-8, no NaN, limited nesting."""
    try:
        return json.loads(body.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Malformed("The body is not valid JSON.") from error


class Fields:
    """One JSON object, read field by field."""

    def __init__(self, value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise Malformed(f"{path or 'The body'} must be an object.")
        self._value: dict[str, Any] = value
        self._path = path

    def where(self, name: str) -> str:
        """Name a field the way an error message does."""
        return f"{self._path}.{name}" if self._path else name

    def names(self) -> list[str]:
        """List the fields of the object, also those that are null."""
        return list(self._value)

    def has(self, name: str) -> bool:
        """Whether the field exists and is not null."""
        return self._value.get(name) is not None

    def text(self, name: str) -> str:
        """Read a text that must not be empty."""
        value = self._value.get(name)
        if not isinstance(value, str) or not value.strip():
            raise Malformed(f"{self.where(name)} must be a text that is not empty.")
        return value

    def optional_text(self, name: str) -> str:
        """Read a text that may be missing, which reads as empty."""
        value = self._value.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise Malformed(f"{self.where(name)} must be a text.")
        return value

    def flag(self, name: str) -> bool | None:
        """Read a yes or no that may be missing."""
        value = self._value.get(name)
        if value is not None and not isinstance(value, bool):
            raise Malformed(f"{self.where(name)} must be true or false.")
        return value

    def integer(self, name: str) -> int:
        """Read a whole number from 0 on."""
        value = self._value.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise Malformed(f"{self.where(name)} must be a whole number from 0 on.")
        return value

    def decimal(self, name: str) -> Decimal:
        """Read a decimal number, which is sent as text so that no digit is lost."""
        value = self._value.get(name)
        try:
            number = Decimal(value) if isinstance(value, str) and _is_plain(value) else None
        except InvalidOperation:
            number = None
        if number is None or not number.is_finite():
            raise Malformed(f'{self.where(name)} must be a decimal number as text, such as "4".')
        return number

    def money(self, name: str, currency: str) -> Decimal:
        """Read an amount, which must be in the currency of the document."""
        inner = self.object(name)
        amount = inner.decimal("amount")
        if inner.text("currency") != currency:
            raise Malformed(f"{self.where(name)}.currency must be {currency}, as the document.")
        return amount

    def day(self, name: str) -> dt.date:
        """Read a calendar day."""
        try:
            return dt.date.fromisoformat(self.text(name))
        except ValueError as error:
            raise Malformed(f'{self.where(name)} must be a day such as "2026-11-22".') from error

    def object(self, name: str) -> Fields:
        """Read a nested object."""
        return Fields(self._value.get(name), self.where(name))

    def objects(self, name: str) -> list[Fields]:
        """Read a list of objects."""
        value = self._value.get(name)
        if not isinstance(value, list):
            raise Malformed(f"{self.where(name)} must be a list.")
        return [Fields(item, f"{self.where(name)}[{i}]") for i, item in enumerate(value)]

    def raw(self, name: str) -> Any:
        """Return a field unchecked, for values that are only stored and shown."""
        return self._value.get(name)


def _is_plain(text: str) -> bool:
    """Whether a number has no underscore and no digits but 0 to 9, which Python reads too."""
    return text.isascii() and "_" not in text
