"""Numbers in forms: what is none is refused, wherever a form asks for one."""

from __future__ import annotations

from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms import DecimalField, ModelForm
from django.test import RequestFactory

from common.form_fields import NumberField
from crm.models import User
from sales.admin.documents import DocumentAdmin
from tests.architecture.sources import TEXTS
from web.forms.base import RecordForm


def record_forms() -> list[type[ModelForm[Any]]]:
    """List the forms of records: those of the UI, and those of every page of the admin."""
    import_module("config.urls")  # the views, and with them every form of the UI
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_active=True)
    found = []
    for site in admin.site._registry.values():
        if not (site.has_add_permission(request) or isinstance(site, DocumentAdmin)):
            continue
        found.append(site.get_form(request))
        found += [inline.get_formset(request).form for inline in site.get_inline_instances(request)]
    return [*_below(RecordForm), *found]


def _below(form: type[Any]) -> list[type[Any]]:
    return [each for child in form.__subclasses__() for each in (child, *_below(child))]


@pytest.mark.parametrize("typed", ["NaN", "sNaN", "-sNaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("initial", [None, Decimal(1)])
def test_what_is_no_number_is_a_change_and_refused(initial: Decimal | None, typed: str) -> None:
    field = NumberField(max_digits=20, decimal_places=5)

    assert field.has_changed(initial, typed)
    with pytest.raises(ValidationError, match="Enter a number"):
        field.clean(typed)


def test_numbers_are_read_and_compared() -> None:
    field = NumberField(max_digits=20, decimal_places=5)

    assert field.clean("1.50") == Decimal("1.5")
    assert not field.has_changed(Decimal("1.50000"), "1.5")
    assert field.has_changed(Decimal("1.50000"), "1.6")


def test_every_form_of_a_record_asks_for_numbers_by_such_a_field(db: None) -> None:
    asked = [
        (form, name, field)
        for form in record_forms()
        for name, field in form.base_fields.items()
        if isinstance(field, DecimalField)
    ]

    assert len(asked) > 20
    assert [each for each in asked if not isinstance(each[2], NumberField)] == []


def test_no_form_asks_for_a_number_otherwise() -> None:
    bare = [name for name, source in TEXTS.items() if "forms.DecimalField(" in source]

    assert bare == []
