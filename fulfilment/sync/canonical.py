"""Canonical form of an order: one way to write each value, so that only edits are differences.

Numbers lose their scale, dates their zone, texts are in Unicode NFC with plain line endings, codes
in capitals. A path that is missing was not reported; None, or an empty text, is a cleared field.
The discount of a line is that of the whole line.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from common.days import is_moment, read_day
from common.errors import DomainError
from common.sentences import Sentence
from common.sentences import sentence as _
from fulfilment.sync.field_names import field_name
from fulfilment.sync.policies import Kind, nothing_of, policy_of
from fulfilment.sync.residue import (
    NOTHING_REMEMBERED,
    Split,
    TheirLine,
    check_digits,
    check_line,
    not_a_number,
    read_charge,
)
from sales.pricing.errors import CurrencyMismatch
from sales.pricing.money import ONE, ZERO, Rounding, minor_units, round_to

SPLIT_FIELDS = ("unit_discount", "line_amount")
"""What says that a line has its discount per unit; its charge is then residue and genuine."""


class UnreadableValue(DomainError):
    """A value of another system's order is not of the kind that its field has."""

    code = "unreadable_value"


@dataclass(frozen=True, slots=True)
class Notation:
    """How a connection writes: currency of the order, zone of its dates, its names of countries.

    The name "" is the country that is meant where none is given.
    """

    currency: str
    zone: dt.tzinfo = dt.UTC
    countries: Mapping[str, str] = field(default_factory=dict)
    rounding: Rounding = Rounding.HALF_UP


def canonical(
    order: Mapping[str, Any], notation: Notation, remembered: Mapping[str, Split] | None = None
) -> dict[str, Any]:
    """Write an order as paths and canonical values.

    ``order`` has ``head`` and ``lines``, each line with an ``id`` and, if their order matters, a
    ``position``. A quantity is what is still wanted, without what is cancelled. ``remembered`` is
    by the line's id.

    Raises UnreadableValue, and the refusals of pricing for amounts that no line has.
    """
    values = dict(_head(order.get("head", {}), notation))
    lines = order.get("lines", ())
    for line in lines:
        split = (remembered or {}).get(str(line["id"]), NOTHING_REMEMBERED)
        values |= _line(line, notation, split)
    if lines and all("position" in line for line in lines):
        ordered = sorted(lines, key=lambda line: (line["position"], str(line["id"])))
        values["head.line_order"] = [str(line["id"]) for line in ordered]
    return values


def with_missing_lines(values: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """Cancel the lines of the base that a snapshot of the whole order no longer has.

    >>> with_missing_lines({}, {"line.7.quantity": "3", "line.7.price": "1"})
    {'line.7.quantity': '0'}
    """
    quantities = (path for path in base if path.startswith("line.") and path.endswith(".quantity"))
    return {**dict.fromkeys(quantities, "0"), **values}


def _head(head: Mapping[str, Any], notation: Notation) -> Iterator[tuple[str, Any]]:
    for name, value in head.items():
        path = f"head.{name}"
        if policy_of(path) is None and isinstance(value, Mapping):
            yield from (
                (f"{path}.{part}", canonical_value(f"{path}.{part}", each, notation))
                for part, each in value.items()
            )
        else:
            yield path, canonical_value(path, value, notation)


def _line(line: Mapping[str, Any], notation: Notation, remembered: Split) -> dict[str, Any]:
    """Write a line; of one that is cancelled only its quantity and its progress count."""
    fields = {name: value for name, value in line.items() if name not in ("id", "position")}
    if "quantity" in fields:
        wanted = read_number(fields["quantity"]) - read_number(fields.pop("cancelled", 0))
        fields["quantity"] = wanted
    if any(name in fields for name in SPLIT_FIELDS):
        fields |= _whole_discount(fields, notation, remembered, str(line["id"]))
    if "price" in fields:
        fields["price"] = {"amount": fields["price"], "per": fields.pop("price_quantity", ONE)}
    prefix = f"line.{line['id']}"
    values = {
        f"{prefix}.{name}": canonical_value(f"{prefix}.{name}", value, notation)
        for name, value in fields.items()
        if name not in SPLIT_FIELDS
    }
    if values.get(f"{prefix}.quantity") != "0":
        return values
    return {path: value for path, value in values.items() if _stays_when_cancelled(path)}


def _stays_when_cancelled(path: str) -> bool:
    policy = policy_of(path)
    return policy is not None and policy.kind in (Kind.QUANTITY, Kind.PROGRESS)


def _whole_discount(
    fields: Mapping[str, Any], notation: Notation, remembered: Split, line: str
) -> dict[str, Decimal]:
    exponent = minor_units(notation.currency)
    price, amount = fields.get("price"), fields.get("line_amount")
    theirs = TheirLine(
        quantity=read_number(fields["quantity"]),
        charge=read_amount(fields.get("charge", ZERO), notation),
        unit=read_amount(fields.get("unit_discount", ZERO), notation),
        price=None if price is None else read_amount(price, notation),
        line_amount=None if amount is None else read_amount(amount, notation),
        price_quantity=read_number(fields.get("price_quantity", ONE)),
    )
    check_line(theirs, remembered, exponent=exponent, line=line)
    reading = read_charge(theirs, remembered, exponent=exponent, rounding=notation.rounding)
    return {"discount": reading.discount, "charge": reading.split.genuine}


def canonical_value(path: str, value: Any, notation: Notation) -> Any:
    """Write one value; what has no policy stays as it was received."""
    policy = policy_of(path)
    if policy is None:
        return value
    if value is None or (value == "" and not _means_a_country(policy.kind, notation)):
        value = nothing_of(policy.kind)
    if value is None:
        return None
    try:
        return _WRITERS[policy.kind](value, notation)
    except (ArithmeticError, AttributeError, TypeError, ValueError):
        raise UnreadableValue(_unreadable(path, policy.kind, str(value)), field=path) from None


def _unreadable(path: str, kind: Kind, value: str) -> Sentence:
    """Say which field has which value that is none of its kind, and what to send instead."""
    _line, _dot, rest = path.partition(".")
    line = _("line %(id)s", id=rest.rpartition(".")[0])
    words = {"field": field_name(path, line) or path, "value": value}
    if kind is Kind.DATE:
        return _("%(field)s is “%(value)s”: send a day, such as 2026-03-30.", **words)
    if kind is Kind.INSTANT:
        return _(
            "%(field)s is “%(value)s”: send a day with its time, such as 2026-03-30T12:00:00Z.",
            **words,
        )
    if kind is Kind.FLAG:
        return _("%(field)s is “%(value)s”: send true or false.", **words)
    if kind is Kind.COUNTRY:
        return _(
            "%(field)s is “%(value)s”: send a country as its two letters, such as DE, "
            "or add the name to the names of countries of the connection.",
            **words,
        )
    return _(
        "%(field)s is “%(value)s”, which cannot be read: "
        "correct it in the other system, and send it again.",
        **words,
    )


def _means_a_country(kind: Kind, notation: Notation) -> bool:
    return kind is Kind.COUNTRY and "" in notation.countries


def read_number(value: Any) -> Decimal:
    """Read a number that JSON holds as text or as a number.

    Raises UnreadableValue.
    """
    try:
        number = None if isinstance(value, bool) else Decimal(str(value).strip())
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite():
        raise UnreadableValue(not_a_number(str(value)))
    return number


def read_amount(value: Any, notation: Notation) -> Decimal:
    """Read an amount, alone or with its currency.

    Raises UnreadableValue; CurrencyMismatch if it is not the order's.
    """
    if not isinstance(value, Mapping):
        return read_number(value)
    currency = str(value.get("currency", notation.currency)).strip().upper()
    if currency != notation.currency:
        raise CurrencyMismatch(
            _(
                "The order is in %(currency)s, not in %(other)s.",
                currency=notation.currency,
                other=currency,
            )
        )
    return read_number(value["amount"])


def plain(number: Decimal) -> str:
    """Write a number without a scale of its own.

    >>> plain(Decimal("3.00000")), plain(Decimal("1E+2"))
    ('3', '100')
    """
    return f"{number.normalize():f}" if number else "0"


def _text(value: Any, _notation: Notation) -> Any:
    if not isinstance(value, str):
        return value
    text = unicodedata.normalize("NFC", value).replace("\r\n", "\n").replace("\r", "\n")
    return "\n".join(line.rstrip() for line in text.split("\n")).rstrip()


def _code(value: str, _notation: Notation) -> str:
    return value.strip().upper()


def _country(value: str, notation: Notation) -> str:
    """Read a code of two letters, or a name that is mapped to one, whatever its capitals."""
    name = unicodedata.normalize("NFC", value).strip()
    mapped = {known.casefold(): code for known, code in notation.countries.items()}
    code = mapped.get(name.casefold(), name.upper())
    if len(code) != 2:
        raise ValueError
    return code


def _address(value: Mapping[str, Any], notation: Notation) -> dict[str, str] | None:
    """Write the parts that an address has, as one value; one without any is none."""
    parts = {
        name: (_country if name == "country" else _text)(part or "", notation)
        for name, part in {"country": notation.countries.get("", ""), **value}.items()
        if part or (name == "country" and "" in notation.countries)
    }
    return {name: part for name, part in sorted(parts.items()) if part} or None


def _flag(value: Any, _notation: Notation) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _date(value: Any, notation: Notation) -> str:
    """Read a day, or a midnight that stands for one: in the connection's zone, or in UTC."""
    text = str(value).strip()
    if len(text) <= len("2026-03-30"):
        return read_day(text).isoformat()
    moment = _moment(text, notation)
    local = moment.astimezone(notation.zone)
    is_day_in_utc = local.time() != dt.time() and moment.astimezone(dt.UTC).time() == dt.time()
    return (moment.astimezone(dt.UTC) if is_day_in_utc else local).date().isoformat()


def _instant(value: Any, notation: Notation) -> str:
    moment = _moment(str(value).strip(), notation).astimezone(dt.UTC)
    return f"{moment.replace(tzinfo=None).isoformat()}Z"


def _moment(text: str, notation: Notation) -> dt.datetime:
    """Read a moment; one without a zone is in the connection's."""
    if not is_moment(text):
        raise ValueError(text)
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=notation.zone)


def _number(value: Any, _notation: Notation) -> str:
    return plain(read_number(value))


def _money(value: Any, notation: Notation) -> str:
    amount, exponent = read_amount(value, notation), minor_units(notation.currency)
    check_digits(amount, exponent)
    return f"{round_to(amount, exponent):f}"


def _price(value: Mapping[str, Any], notation: Notation) -> dict[str, str]:
    amount = read_amount(value["amount"], notation)
    return {"amount": plain(amount), "per": plain(read_number(value["per"]))}


def _line_order(value: Any, _notation: Notation) -> list[str]:
    return [str(line) for line in value]


_WRITERS: Mapping[Kind, Callable[[Any, Notation], Any]] = {
    Kind.TEXT: _text,
    Kind.CODE: _code,
    Kind.COUNTRY: _country,
    Kind.ADDRESS: _address,
    Kind.FLAG: _flag,
    Kind.DATE: _date,
    Kind.INSTANT: _instant,
    Kind.QUANTITY: _number,
    Kind.PROGRESS: _number,
    Kind.MONEY: _money,
    Kind.PRICE: _price,
    Kind.RATE: _number,
    Kind.LINE_ORDER: _line_order,
}
