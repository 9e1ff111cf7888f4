"""Sentences about form fields in place of Django's: each names the field, the rule and the way on.

The table says which message of Django stands for which rule. A test finds a form with a field
whose message is not in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.core import validators
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from common.formatting import MINUS, plain_number
from common.years import OTHER_YEAR, YearValidator

AT_LEAST = _("%(field)s is at least %(limit)s; you entered %(value)s.")
ABOVE_ZERO = _("%(field)s is above 0; you entered %(value)s.")
AT_MOST = _("%(field)s is at most %(limit)s; you entered %(value)s.")
EMPTY = _("%(field)s is empty: fill it in.")
NOT_CHOSEN = _("%(field)s is empty: choose one.")
NOT_TICKED = _("%(field)s is not ticked: tick it to go on.")
TOO_LONG = _("%(field)s has at most %(limit)s characters: shorten it.")
TOO_SHORT = _("%(field)s has at least %(limit)s characters: write all of them.")
DIGITS = _("%(field)s has at most %(limit)s digits: enter a smaller or rounder number.")
DECIMALS = _("%(field)s has at most %(limit)s decimals: round it.")
WHOLE_DIGITS = _("%(field)s has at most %(limit)s digits before the point: enter a smaller number.")
NUL = _("%(field)s has a NUL character, which cannot be stored: type it without.")
NO_CHOICE = _("%(field)s has no choice “%(value)s”: choose one that is offered.")
NOT_OFFERED = _("%(field)s cannot be what was chosen, which is not offered: choose another.")
NO_LIST = _("%(field)s takes several choices: choose them anew.")
INCOMPLETE = _("%(field)s is incomplete: fill in each part.")
NO_NUMBER = _("%(field)s is not a number: enter one, such as 12.50.")
NO_WHOLE_NUMBER = _("%(field)s is not a whole number: enter one, such as 12.")
NO_DATE = _("%(field)s is not a date: enter one, such as 2026-11-22.")
NO_TIME = _("%(field)s is not a time: enter one, such as 14:30.")
NO_MOMENT = _("%(field)s is not a date and time: enter one, such as 2026-11-22 14:30.")
NO_EMAIL = _("%(field)s is written like name@example.com: correct it.")
NO_URL = _("%(field)s is not a web address: enter one, such as https://example.com.")
NO_CODE = _("%(field)s takes only letters, digits, hyphens and underscores: leave out the rest.")
NO_JSON = _("%(field)s is not JSON: write an object, such as {}.")
NO_ID = _("%(field)s is not an id: enter that of a record.")
NO_FILE = _("%(field)s is empty or was not sent: choose a file.")
NO_PHONE = _("%(field)s is a number with its country code: enter it such as +33 2 40 20 10 10.")
IS_TAKEN = _("%(field)s is taken by another record: choose another.")

OF_VALIDATORS: tuple[tuple[Any, Any], ...] = (
    (validators.MinValueValidator.message, AT_LEAST),
    (validators.MaxValueValidator.message, AT_MOST),
    (validators.MaxLengthValidator.message, TOO_LONG),
    (validators.MinLengthValidator.message, TOO_SHORT),
    (validators.DecimalValidator.messages["max_digits"], DIGITS),
    (validators.DecimalValidator.messages["max_decimal_places"], DECIMALS),
    (validators.DecimalValidator.messages["max_whole_digits"], WHOLE_DIGITS),
    (validators.DecimalValidator.messages["invalid"], NO_NUMBER),
    (validators.ProhibitNullCharactersValidator.message, NUL),
    (validators.EmailValidator.message, NO_EMAIL),
    (validators.URLValidator.message, NO_URL),
    (validators.validate_slug.message, NO_CODE),
    (OTHER_YEAR, OTHER_YEAR),
    (ABOVE_ZERO, ABOVE_ZERO),
)
OF_FIELDS: tuple[tuple[Any, Mapping[str, Any]], ...] = (
    (forms.Field, {"required": EMPTY}),
    (forms.ChoiceField, {"invalid_choice": NO_CHOICE}),
    (forms.MultipleChoiceField, {"invalid_choice": NO_CHOICE, "invalid_list": NO_LIST}),
    (forms.ModelChoiceField, {"invalid_choice": NOT_OFFERED}),
    (
        forms.ModelMultipleChoiceField,
        {"invalid_choice": NOT_OFFERED, "invalid_list": NO_LIST, "invalid_pk_value": NOT_OFFERED},
    ),
    (forms.MultiValueField, {"invalid": INCOMPLETE, "incomplete": INCOMPLETE}),
    (forms.DecimalField, {"invalid": NO_NUMBER}),
    (forms.IntegerField, {"invalid": NO_WHOLE_NUMBER}),
    (forms.DateField, {"invalid": NO_DATE}),
    (forms.DateTimeField, {"invalid": NO_MOMENT}),
    (forms.SplitDateTimeField, {"invalid_date": NO_DATE, "invalid_time": NO_TIME}),
    (forms.URLField, {"invalid": NO_URL}),
    (forms.JSONField, {"invalid": NO_JSON}),
    (forms.UUIDField, {"invalid": NO_ID}),
    (forms.FileField, {"invalid": NO_FILE, "missing": NO_FILE, "empty": NO_FILE}),
    (models.Field, {"blank": EMPTY, "null": EMPTY, "unique": IS_TAKEN}),
    (models.UUIDField, {"invalid": NOT_OFFERED}),  # of the record that a ModelChoiceField looks for
    (models.Field, {"invalid_choice": NO_CHOICE, "unique_for_date": IS_TAKEN}),
)

SENTENCES: dict[int, Any] = {id(message): ours for message, ours in OF_VALIDATORS} | {
    id(owner.default_error_messages[code]): ours
    for owner, sentences in OF_FIELDS
    for code, ours in sentences.items()
}
"""What stands for a message of Django, by that object, which lives as long as Django does."""


DAYS = (forms.DateField, forms.DateTimeField, forms.SplitDateTimeField)


class PlainErrors(forms.BaseForm):
    """Mixin of all forms: says what is wrong with a field in our sentences.

    Fields for days and moments take the years of ``common/years.py``.
    """

    def full_clean(self) -> None:
        """Validate the form, years included."""
        for field in self.fields.values():
            if isinstance(field, DAYS) and YearValidator() not in field.validators:
                field.validators.append(YearValidator())
        super().full_clean()

    def add_error(self, field: str | None, error: Any) -> None:
        """Add errors, those in Django's words in ours."""
        given = error if isinstance(error, ValidationError) else ValidationError(error)
        by_field = given.error_dict if hasattr(given, "error_dict") else {field: given.error_list}
        for name, errors in by_field.items():
            if name in self.fields:
                for each in errors:
                    put_sentence(each, self.fields[name], str(self[name].label))
        super().add_error(field, given)


def put_sentence(error: ValidationError, field: forms.Field, label: str) -> None:
    """Replace a message of Django by our sentence about the field."""
    sentence = sentence_for(error.message, field)
    if sentence is None:
        return
    params = error.params or {}
    limit, value = params.get("limit_value", params.get("max")), params.get("value")
    error.message = sentence
    error.params = {"field": label, "limit": _written(limit), "value": _written(value)}


def sentence_for(message: Any, field: forms.Field) -> Any:
    """Return our sentence for a message of Django; None for one of ours."""
    if isinstance(field, PhoneNumberField) and message is field.error_messages["invalid"]:
        return NO_PHONE
    sentence = SENTENCES.get(id(message))
    if sentence is EMPTY and isinstance(field, forms.ChoiceField):
        return NOT_CHOSEN
    if sentence is EMPTY and isinstance(field, forms.BooleanField):
        return NOT_TICKED
    return sentence


def _written(value: Any) -> str:
    """Write a number as people read it, anything else as it came, and shortened."""
    number = Decimal(value) if isinstance(value, int) else value
    if isinstance(number, Decimal):
        return plain_number(number).replace("-", MINUS, 1)
    return "" if value is None else str(value)[:100]
