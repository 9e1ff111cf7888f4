"""Sentences about fields: no form and no request says what is wrong in words of Django or DRF."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.core import validators
from django.db import models
from django_filters import FilterSet
from rest_framework import serializers
from rest_framework import validators as rest_validators

import config.urls  # noqa: F401  # imports every form, admin page and request
from api.inputs import Input
from common.form_sentences import PlainErrors, sentence_for
from common.serializer_sentences import put_sentences
from crm.forms import form_field
from crm.models import CustomField

OURS = re.compile(r"(api|crm|fulfilment|sales|web)\.")


def messages_of(owner: Any) -> Iterator[Any]:
    """The messages that a class or a validator has of its own."""
    for name in ("default_error_messages", "messages"):
        found = getattr(owner, name, None)
        yield from found.values() if isinstance(found, dict) else ()
    if not callable(found := getattr(owner, "message", None)) or not inspect.isroutine(found):
        yield found


def messages_in(*modules: Any) -> dict[int, Any]:
    """The messages that a library defines, by their ids: it passes these very objects on."""
    owners = [owner for module in modules for owner in vars(module).values()]
    return {id(each): each for owner in owners for each in messages_of(owner) if each}


DJANGO = messages_in(forms.fields, forms.models, validators, models.fields)
REST = messages_in(serializers, rest_validators)


def subclasses(base: type[Any]) -> set[type[Any]]:
    """The classes of ours on a base, and on those."""
    below = base.__subclasses__()
    return {each for each in below if OURS.match(each.__module__)}.union(*map(subclasses, below))


def admin_forms() -> set[type[forms.BaseForm]]:
    """The forms of the admin's pages, and of the rows below them."""
    pages: list[Any] = [page for page in admin.site._registry.values() if is_ours(page)]
    return {page.form for page in pages} | {each.form for page in pages for each in page.inlines}


def is_ours(page: Any) -> bool:
    """Whether an admin page is one of ours."""
    return OURS.match(type(page).__module__) is not None


FORMS = sorted(
    {each for each in subclasses(forms.BaseForm) if issubclass(each, forms.Form | forms.ModelForm)},
    key=str,
)
FILTERS = sorted((each for each in subclasses(FilterSet) if each._meta.model), key=str)
REQUESTS = sorted(subclasses(Input), key=str)


def within(field: Any) -> Iterator[Any]:
    """A form field, and the fields that it reads parts with."""
    yield field
    for value in vars(field).values():
        for part in value if isinstance(value, list | tuple) else [value]:
            if isinstance(part, forms.Field):
                yield from within(part)


def said_by(field: Any) -> Iterator[Any]:
    """Every message that a form field may refuse a value with."""
    for part in within(field):
        yield from part.error_messages.values()
        if isinstance(part, forms.ModelChoiceField) and part.queryset is not None:
            yield from refused_by_key(part.queryset.model._meta.pk)
        for validator in part.validators:
            yield from messages_of(validator)


def refused_by_key(key: Any) -> Iterator[Any]:
    """What the key of records that are looked for says of what is no id; other keys say nothing."""
    if isinstance(key, models.UUIDField):
        yield key.error_messages["invalid"]


def in_words_of_django(fields: Iterable[tuple[str, forms.Field]]) -> list[tuple[str, str]]:
    """The messages of fields that stay in the words of Django."""
    return [
        (name, str(message))
        for name, field in fields
        for message in said_by(field)
        if id(message) in DJANGO and sentence_for(message, field) is None
    ]


def test_every_form_says_it_in_our_sentences() -> None:
    assert len(FORMS) > 50
    assert [form for form in {*FORMS, *admin_forms()} if not issubclass(form, PlainErrors)] == []


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_every_field_of_a_form_has_a_sentence(form: Any) -> None:
    assert in_words_of_django(form.base_fields.items()) == []


@pytest.mark.parametrize(
    "page", filter(is_ours, admin.site._registry.values()), ids=lambda page: type(page).__name__
)
def test_every_column_of_the_admin_has_a_sentence(page: Any) -> None:
    columns = [
        (field.name, made)
        for model in (page.model, *(each.model for each in page.inlines))
        for field in model._meta.fields
        if field.editable and (made := field.formfield())
    ]

    assert in_words_of_django(columns) == []


@pytest.mark.django_db
@pytest.mark.parametrize("filters", FILTERS, ids=lambda each: each.__name__)
def test_every_filter_says_it_in_our_sentences(filters: Any) -> None:
    form = filters().get_form_class()

    assert issubclass(form, PlainErrors)
    assert in_words_of_django(form.base_fields.items()) == []


@pytest.mark.parametrize("kind", CustomField.Kind.values)
def test_every_kind_of_custom_field_has_a_sentence(kind: str) -> None:
    field = form_field(CustomField(kind=kind, label="Rating", choices=["A", "B"]))

    assert in_words_of_django([("rating", field)]) == []


def sent_wrong(field: Any) -> list[str]:
    """The messages of a serializer's field that stay in the words of DRF."""
    kept = [*field.error_messages.values(), *(each.message for each in field.validators)]
    found = [str(each) for each in kept if id(each) in REST or id(each) in DJANGO or is_late(each)]
    return found + (sent_wrong(field.child) if hasattr(field, "child") else [])


def is_late(message: Any) -> bool:
    """Whether a message is one that DRF fills in late."""
    return type(message).__name__ == "lazy_format"


@pytest.mark.parametrize("request_type", REQUESTS, ids=lambda each: each.__name__)
def test_every_field_of_a_request_has_a_sentence(request_type: Any) -> None:
    wrong = {name: sent_wrong(field) for name, field in request_type().fields.items()}

    assert {name: messages for name, messages in wrong.items() if messages} == {}


def test_finds_words_of_django_and_of_drf() -> None:
    duration = forms.DurationField(required=False)
    ours, theirs = (serializers.IntegerField(min_value=0) for _ in range(2))
    put_sentences(ours, "number")

    assert in_words_of_django([("duration", duration)])[0] == (
        "duration",
        "Enter a valid duration.",
    )
    assert sent_wrong(theirs)[-1] == "Ensure this value is greater than or equal to 0."
    assert sent_wrong(ours) == []
