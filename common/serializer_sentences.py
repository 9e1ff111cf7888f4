"""Sentences about serializer fields in place of DRF's: each names the field and what to send.

The table says which message of DRF stands for which rule. A test finds a field of a request whose
message is not in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core import validators
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.validators import ProhibitSurrogateCharactersValidator

from common.form_sentences import DECIMALS, NO_EMAIL
from common.formatting import MINUS
from common.years import OTHER_YEAR, YearValidator

MISSING = _("%(field)s is missing: send it.")
NULL = _("%(field)s is null: send a value.")
BLANK = _("%(field)s is empty: send a text.")
AT_LEAST = _("%(field)s is at least %(limit)s: send a larger number.")
AT_MOST = _("%(field)s is at most %(limit)s: send a smaller number.")
TOO_LONG = _("%(field)s has at most %(limit)s characters: send fewer.")
TOO_SHORT = _("%(field)s has at least %(limit)s characters: send more.")
DIGITS = _("%(field)s has at most %(limit)s digits: send a smaller or rounder number.")
WHOLE_DIGITS = _("%(field)s has at most %(limit)s digits before the point: send a smaller number.")
TOO_MANY_DIGITS = _("%(field)s is too long for a number: send fewer digits.")
NO_TEXT = _("%(field)s is not a text: send it in quotation marks.")
NO_BOOLEAN = _("%(field)s is neither true nor false: send one of them.")
NO_NUMBER = _('%(field)s is not a number: send one, such as "12.50".')
NO_WHOLE_NUMBER = _("%(field)s is not a whole number: send one, such as 12.")
NO_DAY = _("%(field)s is not a day: write it as %(limit)s.")
DAY_ONLY = _("%(field)s is a day: leave the time out.")
NO_MOMENT = _("%(field)s is not a moment: write it as %(limit)s.")
MOMENT_ONLY = _("%(field)s is a moment: give the time too.")
NO_SUCH_MOMENT = _("%(field)s is no moment that is known here: send another.")
NO_ID = _("%(field)s is not an id: send that of a record, a UUID.")
NO_CHOICE = _("%(field)s cannot be “%(limit)s”: send a value that the description lists.")
NO_LIST = _("%(field)s is not a list: send one, such as [].")
EMPTY_LIST = _("%(field)s is an empty list: send one entry at least.")
LIST_TOO_LONG = _("%(field)s has at most %(limit)s entries: send fewer at once.")
LIST_TOO_SHORT = _("%(field)s has at least %(limit)s entries: send more.")
NO_OBJECT = _("%(field)s is not an object: send one, such as {}.")
NO_JSON = _("%(field)s is not JSON: send an object, a list or a value.")
NUL = _("%(field)s has a NUL character, which cannot be stored: send it without.")
SURROGATE = _("%(field)s has half of a character (a surrogate): send whole ones.")

LISTS = {"empty": EMPTY_LIST, "max_length": LIST_TOO_LONG, "min_length": LIST_TOO_SHORT}
NUMBERS = {"max_value": AT_MOST, "min_value": AT_LEAST, "max_string_length": TOO_MANY_DIGITS}
OF_FIELDS: tuple[tuple[Any, Mapping[str, Any]], ...] = (
    (serializers.Field, {"required": MISSING, "null": NULL}),
    (serializers.BooleanField, {"invalid": NO_BOOLEAN}),
    (serializers.CharField, {"invalid": NO_TEXT, "blank": BLANK}),
    (serializers.CharField, {"max_length": TOO_LONG, "min_length": TOO_SHORT}),
    (serializers.EmailField, {"invalid": NO_EMAIL}),
    (serializers.UUIDField, {"invalid": NO_ID}),
    (serializers.ChoiceField, {"invalid_choice": NO_CHOICE}),
    (serializers.IntegerField, {"invalid": NO_WHOLE_NUMBER, **NUMBERS}),
    (serializers.DecimalField, {"invalid": NO_NUMBER, **NUMBERS, "max_digits": DIGITS}),
    (
        serializers.DecimalField,
        {"max_decimal_places": DECIMALS, "max_whole_digits": WHOLE_DIGITS},
    ),
    (serializers.DateField, {"invalid": NO_DAY, "datetime": DAY_ONLY}),
    (serializers.DateTimeField, {"invalid": NO_MOMENT, "date": MOMENT_ONLY}),
    (serializers.DateTimeField, {"make_aware": NO_SUCH_MOMENT, "overflow": NO_SUCH_MOMENT}),
    (serializers.ListField, {"not_a_list": NO_LIST, **LISTS}),
    (serializers.ListSerializer, {"not_a_list": NO_LIST, **LISTS}),
    (serializers.DictField, {"not_a_dict": NO_OBJECT, "empty": EMPTY_LIST}),
    (serializers.Serializer, {"invalid": NO_OBJECT}),
    (serializers.JSONField, {"invalid": NO_JSON}),
)
SENTENCES: dict[int, Any] = {
    id(owner.default_error_messages[code]): ours
    for owner, sentences in OF_FIELDS
    for code, ours in sentences.items()
}
"""What stands for a message of DRF, by that object, which lives as long as DRF does."""

OF_VALIDATORS: Mapping[type[Any], Any] = {
    validators.MinValueValidator: AT_LEAST,
    validators.MaxValueValidator: AT_MOST,
    validators.EmailValidator: NO_EMAIL,
    validators.ProhibitNullCharactersValidator: NUL,
    ProhibitSurrogateCharactersValidator: SURROGATE,
    YearValidator: OTHER_YEAR,
}
LENGTHS: Mapping[type[Any], tuple[Any, Any]] = {
    validators.MinLengthValidator: (TOO_SHORT, LIST_TOO_SHORT),
    validators.MaxLengthValidator: (TOO_LONG, LIST_TOO_LONG),
}
PLACEHOLDERS = {
    "max_digits": "{max_digits}",
    "max_decimal_places": "{max_decimal_places}",
    "max_whole_digits": "{max_whole_digits}",
    "invalid": "{format}",
    "invalid_choice": "{input}",
}
"""What DRF fills in for the limit of a message."""


def put_sentences(field: Any, name: str) -> None:
    """Replace the messages of DRF on a field of a serializer by our sentences about it."""
    for validator in field.validators:
        if (ours := _of_validator(validator, field)) is not None:
            limit = str(getattr(validator, "limit_value", "")).replace("-", MINUS, 1)
            validator.message = ours % {"field": name, "limit": limit}
    for code, message in field.error_messages.items():
        if (ours := _of_message(field, code, message)) is not None:
            limit = PLACEHOLDERS.get(code, "")
            text = str(ours).replace("{}", "{{}}")
            field.error_messages[code] = text % {"field": name, "limit": limit}
    if (child := getattr(field, "child", None)) is not None:
        put_sentences(child, name)


def _of_message(field: Any, code: str, message: Any) -> Any:
    if code == "invalid" and isinstance(field, serializers.Serializer):
        return NO_OBJECT
    return SENTENCES.get(id(message))


def _of_validator(validator: Any, field: Any) -> Any:
    kind, code = type(validator), getattr(validator, "code", "")
    if code in field.error_messages and id(field.error_messages[code]) not in SENTENCES:
        return None
    if kind in LENGTHS:
        return LENGTHS[kind][isinstance(field, serializers.ListField)]
    return OF_VALIDATORS.get(kind)
