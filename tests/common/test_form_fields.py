"""Numbers in forms: what is none is refused, wherever a form asks for one."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms import Field, Form, IntegerField, JSONField
from django.test import RequestFactory
from rest_framework import serializers

from common.form_fields import NumberField, StorableJSONField, WholeNumberField, WrittenPlainly
from common.serializer_fields import NumberField as SentNumber
from common.serializer_fields import NumberTextField as SentText
from common.serializer_fields import WholeNumberField as SentWholeNumber
from crm.forms import MoneyField
from crm.models import User
from tests.architecture.sources import TEXTS
from tests.record_forms import below, record_forms
from web.forms.base import AmountField, PositiveAmountField, RateField
from web.forms.lines import DiscountField, PriceField, TaxRateField

NO_NUMBERS = ["1_0", "1_000.5", "_1", "\N{FULLWIDTH DIGIT ONE}0", "1\N{ARABIC-INDIC DIGIT TWO}3"]
"""What Python reads as a number, or might, and no person writes."""

READERS: dict[type[Field], dict[str, Any]] = {
    NumberField: {},
    WholeNumberField: {},
    RateField: {},
    AmountField: {},
    PositiveAmountField: {},
    TaxRateField: {},
    DiscountField: {},
    PriceField: {},
    MoneyField: {},
}
"""Every field that reads numbers."""

BUILT_IN = re.compile(
    r"(forms|serializers)\.(Decimal|Integer|Float)Field\(|env\.(int|float)\(|type=(int|float)\b"
)
"""Readers that take what Python takes."""


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


@pytest.mark.parametrize("typed", NO_NUMBERS)
@pytest.mark.parametrize("kind", READERS)
def test_what_only_python_reads_is_refused(kind: type[Field], typed: str) -> None:
    with pytest.raises(ValidationError):
        kind().clean([typed, "EUR"] if kind is MoneyField else typed)


@pytest.mark.parametrize("typed", NO_NUMBERS)
@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (NumberField, "Enter a number."),
        (WholeNumberField, "Enter a whole number."),
        (DiscountField, "Type 10 for money or 10% for a percentage."),
        (PriceField, "Enter a number."),
    ],
)
def test_it_is_refused_in_the_usual_sentence(kind: type[Field], sentence: str, typed: str) -> None:
    with pytest.raises(ValidationError) as caught:
        kind().clean(typed)

    assert caught.value.messages == [sentence]


@pytest.mark.parametrize("typed", ["12.50 / 1_00", "1_2.50 / 100", "12_ / 100"])
def test_both_parts_of_a_price_are_written_plainly(typed: str) -> None:
    with pytest.raises(ValidationError, match="Enter a number"):
        PriceField().clean(typed)


def test_a_discount_in_percent_is_written_plainly() -> None:
    with pytest.raises(ValidationError, match="Type 10 for money or 10% for a percentage"):
        DiscountField().clean("1_0%")


def test_what_people_write_is_taken() -> None:
    assert WholeNumberField().clean(" 12 ") == 12
    assert NumberField().clean("+1000") == 1000
    assert PriceField().clean("12.50 / 100") == {
        "unit_price": Decimal("12.5"),
        "price_quantity": 100,
    }


@pytest.mark.parametrize("typed", ["1e5", "+1E3", "1.5e2", "2.e1", "1e-3"])
@pytest.mark.parametrize("kind", [kind for kind in READERS if kind is not MoneyField])
def test_an_exponent_is_refused_in_a_sentence(kind: type[Field], typed: str) -> None:
    with pytest.raises(ValidationError, match="without an exponent: 100000, not 1e5"):
        kind().clean(typed)


@pytest.mark.parametrize("sent", NO_NUMBERS)
def test_a_message_with_such_a_number_is_refused(sent: str) -> None:
    for field in (SentNumber(max_digits=20, decimal_places=5), SentWholeNumber()):
        with pytest.raises(serializers.ValidationError, match="A valid"):
            field.run_validation(sent)


@pytest.mark.parametrize("sent", ["1e3", "1E3", "1.5e2", "-1e-3"])
@pytest.mark.parametrize(
    "field",
    [SentNumber(max_digits=20, decimal_places=5), SentWholeNumber(), SentText(max_length=40)],
    ids=lambda field: type(field).__name__,
)
def test_a_message_with_an_exponent_is_refused_in_a_sentence(
    field: serializers.Field[Any, Any, Any, Any], sent: str
) -> None:
    with pytest.raises(serializers.ValidationError, match="without an exponent: 100000, not 1e5"):
        field.run_validation(sent)


def test_numbers_of_messages_are_read() -> None:
    assert SentText(max_length=40).run_validation("12.50") == "12.50"
    assert SentNumber(max_digits=20, decimal_places=5).run_validation("12.5") == Decimal("12.5")
    assert SentWholeNumber().run_validation(12) == 12


def test_every_field_that_reads_numbers_is_tried(db: None) -> None:
    """Each field of each form is one of those above, and so is each class of ours."""
    import_module("config.urls")
    ours = {"crm", "sales", "fulfilment", "web"}
    forms = {form for form in below(Form) if form.__module__.partition(".")[0] in ours}
    asked = {
        type(field)
        for form in {*forms, *record_forms()}
        for field in form.base_fields.values()
        if isinstance(field, IntegerField | DiscountField | PriceField | MoneyField)
    }

    assert {*asked, *below(WrittenPlainly)} - READERS.keys() == set()
    assert {NumberField, WholeNumberField, DiscountField, PriceField} <= asked


def test_every_form_of_a_record_asks_for_numbers_by_such_a_field(db: None) -> None:
    asked = [
        (form, name, field)
        for form in record_forms()
        for name, field in form.base_fields.items()
        if isinstance(field, IntegerField)
    ]

    assert len(asked) > 30
    assert [each for each in asked if not isinstance(each[2], WrittenPlainly)] == []


def test_no_code_reads_a_number_otherwise() -> None:
    bare = [
        name
        for name, source in TEXTS.items()
        if BUILT_IN.search(source) and name != "common/form_fields.py"
    ]

    assert bare == []


@pytest.mark.parametrize(
    "typed",
    [
        "NaN",
        "[-Infinity]",
        "1e400",
        "9" * 5000,
        "[" * 100_000,
        '"\\u0000"',
        '"\\ud800"',
        "{",
        "{'a': 1}",
    ],
    ids=lambda typed: typed[:12],
)
def test_refuses_json_that_no_column_can_hold(typed: str) -> None:
    field = StorableJSONField()

    with pytest.raises(ValidationError, match="Write JSON"):
        field.clean(typed)

    assert field.prepare_value(field.bound_data(typed, None))


@pytest.mark.parametrize("typed", ['{"a": [1, 2.5, "é", null, true]}', "[]", "-7"])
def test_reads_json_that_a_column_can_hold(typed: str) -> None:
    assert StorableJSONField(required=False).clean(typed) == json.loads(typed)


@pytest.mark.parametrize(
    "typed", ['{"tax": 1, "total": 2, "tax": 3}', '[{"a": {"tax": 1, "tax": 1}}]']
)
def test_a_key_that_stands_twice_is_refused_in_a_sentence(typed: str) -> None:
    with pytest.raises(ValidationError, match="“tax” stands twice in one object: write each key"):
        StorableJSONField().clean(typed)


def test_every_json_field_of_the_admin_refuses_what_its_column_cannot_hold(
    admin_user: User, rf: RequestFactory
) -> None:
    request = rf.get("/")
    request.user = admin_user
    found = [
        (page, name, field)
        for page in admin.site._registry.values()
        for name, field in page.get_form(request, change=True).base_fields.items()
        if isinstance(field, JSONField)
    ]

    assert found
    assert [each for each in found if not isinstance(each[2], StorableJSONField)] == []
