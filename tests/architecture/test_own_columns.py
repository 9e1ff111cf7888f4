"""Own columns of a kind of document: declared once, found in forms, admin, messages and API."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

import pytest
from django.contrib import admin
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.test import RequestFactory
from rest_framework import serializers

from api.inputs import TextField
from api.own_columns import OwnColumns, sent_field, written_field
from api.representations.schemas import OrderHeadSchema
from api.requests.orders import OrderInput
from api.schemas import OrderSchema, QuoteSchema
from common.serializer_fields import WholeNumberField
from fulfilment.payloads import own_values
from sales.models import Order, Quote
from sales.models.document_kinds import DOCUMENT_KINDS
from web.display import Fact
from web.forms.documents import NewOrderForm, NewQuoteForm, OrderHeadForm, QuoteHeadForm
from web.pages.documents import own_facts

PLACES: list[tuple[type[Order | Quote], type[Any]]] = [
    (Order, NewOrderForm),
    (Order, OrderHeadForm),
    (Quote, NewQuoteForm),
    (Quote, QuoteHeadForm),
]


@pytest.mark.parametrize(("kind", "form"), PLACES)
def test_forms_ask_for_them(kind: type[Order | Quote], form: type[Any]) -> None:
    assert set(kind.own_columns) - set(form.base_fields) == set()
    assert set(kind.own_columns) - set(form.widths) == set()


@pytest.mark.parametrize("kind", DOCUMENT_KINDS, ids=lambda kind: kind.name)
def test_the_admin_shows_them(kind: Any) -> None:
    page = cast("Any", admin.site._registry[kind.model])

    shown = page.get_fields(RequestFactory().get("/"))

    assert set(kind.model.own_columns) - set(shown) == set()


@pytest.mark.parametrize(
    ("kind", "schema"),
    [(Order, OrderSchema), (Order, OrderHeadSchema), (Order, OrderInput), (Quote, QuoteSchema)],
)
def test_messages_and_resources_have_them(kind: Any, schema: type[Any]) -> None:
    assert set(kind.own_columns) - set(schema().fields) == set()


@pytest.mark.parametrize("field", [sent_field, written_field])
def test_says_which_types_own_columns_have(field: Any) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        field(Order._meta.get_field("total"))

    assert str(refusal.value) == (
        "Own columns are texts, choices, yes/no, days and whole numbers; sales.Order.total is a "
        "DecimalField: give that a field in PLAIN_FIELDS of api/own_columns.py, "
        "or leave it out of own_columns and write it in its own serializers."
    )


def test_describes_none_where_all_kinds_are_sent_alike() -> None:
    assert OwnColumns().fields == {}


def test_exchanges_days_as_text() -> None:
    day = dt.date(2026, 12, 1)

    assert own_values(Order(requested_on=day))["requested_on"] == "2026-12-01"
    assert own_values(Order())["requested_on"] is None
    assert own_values(Quote(valid_until=day))["valid_until"] == "2026-12-01"


def test_shows_those_that_are_filled_in() -> None:
    shown = own_facts(Order(requested_on=dt.date(2026, 12, 1)))

    assert shown == [Fact("Requested delivery", "1 Dec 2026")]
    assert own_facts(Order()) == []


COLUMNS: list[tuple[models.Field[Any, Any], type[Any], type[Any]]] = [
    (models.CharField(max_length=9), serializers.CharField, TextField),
    (models.TextField(), serializers.CharField, TextField),
    (models.CharField(choices=[("a", "A")]), serializers.ChoiceField, serializers.ChoiceField),
    (models.DateField(null=True), serializers.DateField, serializers.DateField),
    (models.BooleanField(), serializers.BooleanField, serializers.BooleanField),
    (models.PositiveIntegerField(), WholeNumberField, WholeNumberField),
]


@pytest.mark.parametrize(("column", "sent", "written"), COLUMNS)
def test_takes_the_type_from_the_model(
    column: models.Field[Any, Any], sent: type[Any], written: type[Any]
) -> None:
    assert type(sent_field(column)) is sent
    assert type(written_field(column)) is written
    assert sent_field(column).required is True
    assert written_field(column).required is False
    assert sent_field(column).allow_null is column.null


def test_holds_partners_to_the_length_and_the_choices_of_the_column() -> None:
    text = written_field(models.CharField(max_length=3))
    choice = written_field(models.CharField(choices=[("a", "A")]))

    for field, wrong in ((text, "four"), (choice, "b")):
        with pytest.raises(serializers.ValidationError):
            field.run_validation(wrong)
    assert (text.run_validation("abc"), choice.run_validation("a")) == ("abc", "a")
