"""One value of a custom field: how it is checked, stored and written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import moneyed
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext

from common.errors import DomainError
from common.formatting import decimals_rule, format_day, format_money, format_quantity
from common.numbers import read_decimal
from common.years import YearValidator
from crm.models import CustomField

Kind = CustomField.Kind
LONGEST_TEXT = 2000
LONGEST_LINK = 500
MOST_DIGITS = 15
LARGEST = Decimal(10) ** MOST_DIGITS
MOST_DECIMALS = 5

is_link = URLValidator(schemes=["http", "https"])


class InvalidCustomValue(DomainError):
    """The value of a custom field is not of the field's kind."""

    code = "invalid_custom_value"


def cleaned_value(definition: CustomField, value: Any) -> Any:
    """Check one value and return it in the form in which it is stored."""
    return CLEANERS[Kind(definition.kind)](definition, value)


def format_custom_value(definition: CustomField, value: Any) -> str:
    """Write a stored value for a reader."""
    kind = definition.kind
    if kind == Kind.NUMBER:
        return format_quantity(Decimal(value))
    if kind == Kind.MONEY:
        return format_money(Decimal(value["amount"]), value["currency"])
    if kind == Kind.DATE:
        return format_day(dt.date.fromisoformat(value))
    if kind == Kind.YES_NO:
        return gettext("Yes") if value else gettext("No")
    return ", ".join(value) if kind == Kind.CHOICES else str(value)


def _text(definition: CustomField, value: Any, longest: int = LONGEST_TEXT) -> str:
    if not isinstance(value, str):
        raise _wrong(definition, gettext("%(field)s must be text."))
    if len(value) > longest:
        raise _wrong(
            definition,
            gettext("%(field)s has at most %(longest)d characters."),
            longest=longest,
        )
    if "\x00" in value:
        raise _wrong(
            definition, gettext("%(field)s must be plain text, without control characters.")
        )
    return value.strip()


def _number(definition: CustomField, value: Any) -> str:
    return _plain(_decimal(definition, value))


def _decimal(definition: CustomField, value: Any) -> Decimal:
    if isinstance(value, bool | float) or not isinstance(value, Decimal | int | str):
        raise _wrong(definition, gettext("%(field)s must be a number."))
    try:
        number = read_decimal(value)
    except InvalidOperation:
        raise _wrong(
            definition, gettext("%(field)s must be a number, not “%(value)s”."), value=value
        ) from None
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or abs(number) >= LARGEST:
        raise _wrong(
            definition,
            gettext("%(field)s must be a number with at most %(digits)d digits."),
            digits=MOST_DIGITS,
        )
    if -number.normalize().as_tuple().exponent > MOST_DECIMALS:  # type: ignore[operator]  # it is finite
        raise _wrong(
            definition,
            gettext("%(field)s has at most %(decimals)d decimals."),
            decimals=MOST_DECIMALS,
        )
    return number


def _money(definition: CustomField, value: Any) -> dict[str, str]:
    if isinstance(value, moneyed.Money):
        value = {"amount": value.amount, "currency": str(value.currency)}
    if not isinstance(value, Mapping) or set(value) != {"amount", "currency"}:
        raise _wrong(definition, gettext("%(field)s needs an amount and a currency."))
    try:
        currency = moneyed.get_currency(str(value["currency"]))
    except moneyed.CurrencyDoesNotExist:
        raise _wrong(
            definition,
            gettext("%(field)s: “%(currency)s” is not a currency."),
            currency=value["currency"],
        ) from None
    amount = _decimal(definition, value["amount"])
    smallest = Decimal(1).scaleb(1 - len(str(currency.sub_unit)))
    rounded = amount.quantize(smallest)
    if rounded != amount:
        raise _wrong(definition, gettext("%(field)s: %(rule)s"), rule=decimals_rule(str(currency)))
    return {"amount": f"{rounded:f}", "currency": str(currency)}


def _date(definition: CustomField, value: Any) -> str:
    try:
        day = _day(value)
    except (TypeError, ValueError):
        raise _wrong(
            definition,
            gettext("%(field)s must be a day like 2026-11-22, not “%(value)s”."),
            value=value,
        ) from None
    try:
        YearValidator()(day)
    except ValidationError as error:
        raise _wrong(definition, str(error.message)) from None
    return day.isoformat()


def _day(value: Any) -> dt.date:
    is_day = isinstance(value, dt.date) and not isinstance(value, dt.datetime)
    return value if is_day else dt.date.fromisoformat(value)


def _yes_no(definition: CustomField, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong(definition, gettext("%(field)s must be yes or no."))
    return value


def _choice(definition: CustomField, value: Any) -> str:
    if not isinstance(value, str) or value not in definition.choices:
        raise _wrong(
            definition,
            gettext("%(field)s is one of %(choices)s, not “%(value)s”."),
            choices=", ".join(definition.choices),
            value=value,
        )
    return value


def _choices(definition: CustomField, value: Any) -> list[str]:
    if not isinstance(value, list | tuple):
        raise _wrong(definition, gettext("%(field)s must be a list of choices."))
    chosen = {_choice(definition, word) for word in value}
    return [word for word in definition.choices if word in chosen]


def _link(definition: CustomField, value: Any) -> str:
    link = _text(definition, value, LONGEST_LINK)
    try:
        is_link(link)
    except ValidationError:
        raise _wrong(
            definition, gettext("%(field)s must be a web address, not “%(value)s”."), value=link
        ) from None
    return link


def _plain(number: Decimal) -> str:
    text = f"{number.normalize():f}"
    return "0" if text == "-0" else text


def _wrong(definition: CustomField, sentence: str, **values: object) -> InvalidCustomValue:
    return InvalidCustomValue(sentence % {"field": definition.label, **values})


CLEANERS: dict[Kind, Callable[[CustomField, Any], Any]] = {
    Kind.TEXT: _text,
    Kind.NUMBER: _number,
    Kind.MONEY: _money,
    Kind.DATE: _date,
    Kind.YES_NO: _yes_no,
    Kind.CHOICE: _choice,
    Kind.CHOICES: _choices,
    Kind.LINK: _link,
}
