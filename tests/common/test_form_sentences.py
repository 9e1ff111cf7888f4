"""Sentences about form fields, as people read them."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms

from common.form_fields import NumberField, WholeNumberField
from common.form_sentences import PlainErrors
from web.forms.lines import LineForm


class Sample(PlainErrors, forms.Form):
    """A field of each kind."""

    name = forms.CharField(min_length=2, max_length=5)
    quantity = NumberField(min_value=0, max_value=100, max_digits=5, decimal_places=2)
    months = WholeNumberField(label="Months to pay", min_value=-3, required=False)
    kind = forms.ChoiceField(choices=[("a", "A")])
    kinds = forms.MultipleChoiceField(choices=[("a", "A")], required=False)
    day = forms.DateField(required=False)
    at = forms.DateTimeField(required=False)
    site = forms.URLField(required=False, assume_scheme="https")
    agreed = forms.BooleanField()


TYPED = {"name": "Bar", "quantity": "1", "kind": "a", "agreed": "on"}


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"name": ""}, "Name is empty: fill it in."),
        ({"name": "B"}, "Name has at least 2 characters: write all of them."),
        ({"name": "Barista"}, "Name has at most 5 characters: shorten it."),
        ({"name": "B\0r"}, "Name has a NUL character, which cannot be stored: type it without."),
        ({"quantity": "-1.50"}, "Quantity is at least 0; you entered −1.5."),
        ({"quantity": "101"}, "Quantity is at most 100; you entered 101."),
        ({"quantity": "1.255"}, "Quantity has at most 2 decimals: round it."),
        ({"quantity": "many"}, "Quantity is not a number: enter one, such as 12.50."),
        ({"months": "-4"}, "Months to pay is at least −3; you entered −4."),
        ({"months": "2.5"}, "Months to pay is not a whole number: enter one, such as 12."),
        ({"kind": ""}, "Kind is empty: choose one."),
        ({"kind": "b"}, "Kind has no choice “b”: choose one that is offered."),
        ({"kinds": ["b"]}, "Kinds has no choice “b”: choose one that is offered."),
        ({"day": "soon"}, "Day is not a date: enter one, such as 2026-11-22."),
        ({"day": "0001-01-01"}, "Day is a date between 1900 and 2199: correct the year."),
        ({"day": "1899-12-31"}, "Day is a date between 1900 and 2199: correct the year."),
        ({"day": "2200-01-01"}, "Day is a date between 1900 and 2199: correct the year."),
        ({"at": "0026-11-22 14:30"}, "At is a date between 1900 and 2199: correct the year."),
        ({"site": "my site"}, "Site is not a web address: enter one, such as https://example.com."),
        ({"agreed": ""}, "Agreed is not ticked: tick it to go on."),
    ],
)
def test_name_the_field_the_rule_and_the_way_on(typed: dict[str, Any], sentence: str) -> None:
    form = Sample({**TYPED, **typed})

    assert form.errors == {next(iter(typed)): [sentence]}


@pytest.mark.parametrize("day", ["1900-01-01", "2199-12-31"])
def test_take_the_first_and_the_last_day_of_those_years(day: str) -> None:
    assert Sample({**TYPED, "day": day, "at": f"{day} 12:00"}).errors == {}


def test_errors_of_our_own_stay_as_they_are() -> None:
    form = Sample(TYPED)
    form.add_error("name", "Bar is taken.")
    form.add_error(None, forms.ValidationError("Nothing was saved."))

    assert form.errors == {"name": ["Bar is taken."], "__all__": ["Nothing was saved."]}


def test_a_row_names_each_cell_once() -> None:
    form = LineForm({"description": "Cups", "quantity": "-1", "discount": "ten"})

    assert form.problems() == [
        "Quantity is at least 0; you entered −1.",
        "Discount: Type 10 for money or 10% for a percentage.",
    ]
