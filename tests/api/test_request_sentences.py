"""Sentences about fields of requests, as partners read them."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework import serializers

from api.inputs import IdField, Input, TextField, quantity
from api.problems import pointers
from common.serializer_fields import NumberField, WholeNumberField


class Part(Input):
    """A part."""

    units = WholeNumberField(min_value=1, max_value=9)


class Sample(Input):
    """A field of each kind."""

    name = TextField(min_length=2, max_length=5, required=False)
    quantity = quantity(required=False)
    rate = NumberField(max_digits=5, decimal_places=2, min_value=-3, max_value=100, required=False)
    kind = serializers.ChoiceField(choices=["a", "b"], required=False)
    day = serializers.DateField(required=False)
    at = serializers.DateTimeField(required=False)
    paid = serializers.BooleanField(required=False)
    email = serializers.EmailField(required=False)
    record = IdField(required=False)
    tags = serializers.ListField(child=TextField(), max_length=2, required=False)
    custom = serializers.DictField(required=False)
    parts = Part(many=True, required=False)


@pytest.mark.parametrize(
    ("sent", "pointer", "sentence"),
    [
        ({"name": ""}, "/name", "name is empty: send a text."),
        ({"name": None}, "/name", "name is null: send a value."),
        ({"name": 7}, "/name", "name is not a text: send it in quotation marks."),
        ({"name": "B"}, "/name", "name has at least 2 characters: send more."),
        ({"name": "Barista"}, "/name", "name has at most 5 characters: send fewer."),
        ({"quantity": "many"}, "/quantity", 'quantity is not a number: send one, such as "12.50".'),
        ({"rate": "-4"}, "/rate", "rate is at least −3: send a larger number."),
        ({"rate": "101"}, "/rate", "rate is at most 100: send a smaller number."),
        ({"rate": "1.255"}, "/rate", "rate has at most 2 decimals: round it."),
        ({"kind": "c"}, "/kind", "kind cannot be “c”: send a value that the description lists."),
        ({"day": "soon"}, "/day", "day is not a day: write it as YYYY-MM-DD."),
        (
            {"day": "0001-01-01"},
            "/day",
            "day is a date between 1900 and 2199: correct the year.",
        ),
        (
            {"at": "2200-01-01T00:00:00Z"},
            "/at",
            "at is a date between 1900 and 2199: correct the year.",
        ),
        ({"paid": "so"}, "/paid", "paid is neither true nor false: send one of them."),
        ({"email": "me"}, "/email", "email is written like name@example.com: correct it."),
        ({"record": "7"}, "/record", "record is not an id: send that of a record, a UUID."),
        ({"tags": "a"}, "/tags", "tags is not a list: send one, such as []."),
        ({"tags": ["a"] * 3}, "/tags", "tags has at most 2 entries: send fewer at once."),
        ({"tags": [7]}, "/tags/0", "tags is not a text: send it in quotation marks."),
        ({"custom": []}, "/custom", "custom is not an object: send one, such as {}."),
        ({"parts": [7]}, "/parts/0", "parts is not an object: send one, such as {}."),
        ({"parts": [{}]}, "/parts/0/units", "units is missing: send it."),
        ({"parts": [{"units": 0}]}, "/parts/0/units", "units is at least 1: send a larger number."),
    ],
)
def test_name_the_field_and_what_to_send(sent: Any, pointer: str, sentence: str) -> None:
    sample = Sample(data=sent)

    assert not sample.is_valid()
    [error] = pointers(sample.errors)
    assert (error["pointer"], error["detail"]) == (pointer, sentence)


@pytest.mark.parametrize("day", ["1900-01-01", "2199-12-31"])
def test_take_the_first_and_the_last_day_of_those_years(day: str) -> None:
    assert Sample(data={"day": day, "at": f"{day}T12:00:00Z"}).is_valid()


def test_what_is_no_object_is_refused_as_a_whole() -> None:
    sample = Sample(data=[])

    assert not sample.is_valid()
    assert [each["detail"] for each in pointers(sample.errors)] == ["Send a JSON object, not list."]
