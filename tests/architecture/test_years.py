"""Years that people and partners may enter: every field for a day or a moment takes the same."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.contrib import admin
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from api.inputs import Query
from common.form_sentences import PlainErrors
from crm.forms import form_field
from crm.models import CustomField
from tests.architecture.test_field_sentences import FORMS, REQUESTS, is_ours


def days_of_forms() -> Iterator[tuple[str, forms.Field]]:
    """The fields for days and moments of forms, and of the columns that the admin shows."""
    for form in FORMS:
        yield from ((f"{form.__name__}-{name}", each) for name, each in form.base_fields.items())
    pages: list[Any] = [page for page in admin.site._registry.values() if is_ours(page)]
    models = {page.model for page in pages} | {row.model for p in pages for row in p.inlines}
    for model in sorted(models, key=str):
        for column in model._meta.fields:
            if column.editable and (made := column.formfield()):
                yield f"{model.__name__}-{column.name}", made
    yield "custom", form_field(CustomField(kind="date", label="Day"))


def days_of_requests() -> Iterator[tuple[str, Any]]:
    """The fields for days and moments of requests that write."""
    for request in REQUESTS:
        if not issubclass(request, Query):
            for name, field in request().fields.items():
                yield f"{request.__name__}-{name}", field


FIELDS = [
    (name, field)
    for name, field in days_of_forms()
    if isinstance(field, forms.DateField | forms.DateTimeField)
]
SENT = [
    (name, field)
    for name, field in days_of_requests()
    if isinstance(field, serializers.DateField | serializers.DateTimeField)
]


def test_finds_the_fields() -> None:
    assert {"QuoteHeadForm-valid_until", "PaymentForm-received_on", "Payment-received_on"} <= {
        name for name, _field in FIELDS
    }
    assert "OrderInput-requested_on" in {name for name, _field in SENT}


@pytest.mark.parametrize(("name", "field"), FIELDS, ids=[name for name, _field in FIELDS])
@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_form_refuses_years_that_nobody_means(name: str, field: Any, day: str) -> None:
    field = copy.deepcopy(field)
    field.label = "Day"
    form = type("Sample", (PlainErrors, forms.Form), {"day": field})

    assert form({"day": day}).errors == {
        "day": ["Day is a date between 1900 and 2199: correct the year."]
    }


@pytest.mark.parametrize(("name", "field"), SENT, ids=[name for name, _field in SENT])
@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_request_refuses_years_that_nobody_means(name: str, field: Any, day: str) -> None:
    time = "T12:00:00Z" if isinstance(field, serializers.DateTimeField) else ""

    with pytest.raises(ValidationError, match="is a date between 1900 and 2199: correct the year"):
        field.run_validation(day + time)
