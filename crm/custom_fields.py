"""Custom fields: checking, storing, searching and sending their values.

Values are stored under their key in a record's ``custom`` column, each kind in one form:
text, choice and link as text; number as text without trailing zeros; money as
``{"amount", "currency"}`` with the currency's digits; date as ``2026-11-22``; yes or no as a
boolean; several choices as a list in the order of the definition. What is empty is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext

from common.errors import DomainError, Duplicate, MissingField, NotEditable, raise_all
from common.read_cache import cached_read
from crm.custom_values import InvalidCustomValue, cleaned_value
from crm.models import CustomField

Kind = CustomField.Kind
FIELD_PREFIX = "custom_"
"""Before the key, in forms and in errors."""

EMPTY: tuple[Any, ...] = (None, "", [], {})
WITH_CHOICES = frozenset({Kind.CHOICE, Kind.CHOICES})


class UnknownCustomField(DomainError):
    """This kind of record has no such custom field."""

    code = "unknown_custom_field"


class MissingCustomField(DomainError):
    """A custom field that is required is empty."""

    code = "missing_custom_field"


class UnexpectedChoices(DomainError):
    """A custom field that is no choice has a list of choices."""

    code = "unexpected_choices"


def definitions_of(record: models.Model | type[models.Model]) -> list[CustomField]:
    """List the custom fields in use for this kind of record, in their order; one statement."""
    return _definitions_of(str(record._meta.model_name))


@cached_read
def _definitions_of(record_type: str) -> list[CustomField]:
    return list(CustomField.objects.filter(record_type=record_type, is_active=True))


def clean_custom(
    record: models.Model | type[models.Model],
    given: Mapping[str, Any],
    *,
    stored: Mapping[str, Any] | None = None,
    complete: bool = False,
) -> dict[str, Any]:
    """Check values and return what the record's ``custom`` becomes.

    With ``stored`` only the keys given change, and None takes a value away; without it the record
    is new and gets the defaults. ``complete`` also refuses what is required and empty. All that is
    wrong is named at once.
    """
    known = {definition.key: definition for definition in definitions_of(record)}
    values = dict(stored or {})
    if stored is None:
        values |= {key: known[key].default for key in known if known[key].default not in EMPTY}
    problems: list[DomainError] = []
    for key, value in given.items():
        if key in values and values[key] == value:
            continue
        try:
            _put(values, known, key, value, record)
        except DomainError as error:
            error.field = f"{FIELD_PREFIX}{key}"
            problems.append(error)
    if complete:
        named = {problem.field for problem in problems}
        problems += [
            problem for problem in _missing(known.values(), values) if problem.field not in named
        ]
    raise_all(problems)
    return values


def missing_custom(record: models.Model) -> list[MissingCustomField]:
    """Name the required custom fields that a record leaves empty."""
    return _missing(definitions_of(record), record.custom)  # type: ignore[attr-defined]  # all our records have it


def carry_custom(values: Mapping[str, Any], target: type[models.Model]) -> dict[str, Any]:
    """Take over the values that another kind of record also has a field for, with its defaults."""
    carried: dict[str, Any] = {}
    for definition in definitions_of(target):
        value = values.get(definition.key, definition.default)
        try:
            value = None if value in EMPTY else cleaned_value(definition, value)
        except InvalidCustomValue:
            continue
        if value is not None:
            carried[definition.key] = value
    return carried


def for_handoff(record: models.Model) -> dict[str, Any]:
    """Return the values that are sent to external systems."""
    custom: dict[str, Any] = record.custom  # type: ignore[attr-defined]  # all our records have it
    if not custom:
        return {}
    sent = [each.key for each in definitions_of(record) if each.send_in_handoffs]
    return {key: custom[key] for key in sent if key in custom}


def having(definition: CustomField, value: Any) -> Q:
    """Match the records whose field has this value, or this text in it; by the index if exact."""
    if definition.kind == Kind.TEXT:
        return Q(**{f"custom__{definition.key}__icontains": str(value)})
    stored = cleaned_value(definition, [value] if definition.kind == Kind.CHOICES else value)
    return Q(custom__contains={definition.key: stored})


def check_definition(definition: CustomField) -> None:
    """Refuse a definition that contradicts itself, or the values that records already have."""
    choices = definition.choices
    if definition.kind in WITH_CHOICES:
        if not choices or not all(isinstance(each, str) and each.strip() for each in choices):
            raise MissingField(gettext("List at least one choice."), field="choices")
        if len(set(choices)) != len(choices):
            raise Duplicate(gettext("Each choice is listed once."), field="choices")
    elif choices:
        raise UnexpectedChoices(
            gettext("Only fields of the kinds choice and choices have a list of choices."),
            field="choices",
        )
    if definition.default not in EMPTY:
        try:
            definition.default = cleaned_value(definition, definition.default)
        except InvalidCustomValue as error:
            error.field = "default"
            raise
    _refuse_to_strand_values(definition)


def is_used(record_type: str, key: str) -> bool:
    """Return whether any record has a value for the field."""
    return bool(_model_of(record_type)._default_manager.filter(custom__has_key=key).exists())


def _put(
    values: dict[str, Any],
    known: Mapping[str, CustomField],
    key: str,
    value: Any,
    record: models.Model | type[models.Model],
) -> None:
    definition = known.get(key)
    if definition is None:
        raise UnknownCustomField(
            gettext("%(records)s have no custom field %(key)s.")
            % {"records": str(record._meta.verbose_name_plural).capitalize(), "key": key}
        )
    if isinstance(value, str):
        value = value.strip()
    if value in EMPTY:
        values.pop(key, None)
    else:
        values[key] = cleaned_value(definition, value)


def _missing(definitions: Any, values: Mapping[str, Any]) -> list[MissingCustomField]:
    return [
        MissingCustomField(
            gettext("%(field)s is required.") % {"field": definition.label},
            field=f"{FIELD_PREFIX}{definition.key}",
        )
        for definition in definitions
        if definition.is_required and definition.key not in values
    ]


def _refuse_to_strand_values(definition: CustomField) -> None:
    before = CustomField.objects.filter(pk=definition.pk).first()
    if before is None:
        return
    for name in ("record_type", "key", "kind"):
        if getattr(before, name) != getattr(definition, name) and is_used(
            before.record_type, before.key
        ):
            raise NotEditable(
                gettext(
                    "Records have values for this field already: switch it off and add another."
                ),
                field=name,
            )


def _model_of(record_type: str) -> type[models.Model]:
    return next(
        model
        for model in apps.get_models()
        if model._meta.model_name == record_type and model._meta.app_label in {"crm", "sales"}
    )
