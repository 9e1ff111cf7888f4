"""Requests about accounts and contacts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from api.inputs import CountryField, IdField, Input, PhoneField, RecordField, TextField
from api.pagination import ListQuery
from api.representations.accounts import PURPOSES
from crm.models import Account


class AddressInput(Input):
    """An address; a part that is left out stays in a PATCH, and is empty otherwise."""

    street = TextField(max_length=200, required=False, allow_blank=True, default="")
    postal_code = TextField(max_length=20, required=False, allow_blank=True, default="")
    city = TextField(max_length=100, required=False, allow_blank=True, default="")
    country = CountryField(max_length=2, required=False, allow_blank=True, default="")


class AccountInput(Input):
    """An account."""

    name = TextField(max_length=200)
    kind = serializers.ChoiceField(choices=Account.Kind.choices, required=False)
    domain = TextField(max_length=100, required=False, allow_blank=True)
    email = serializers.EmailField(required=False, allow_blank=True)
    phone = PhoneField(max_length=128, required=False, allow_blank=True)
    tax_number = TextField(max_length=30, required=False, allow_blank=True)
    billing_address = AddressInput(required=False)
    shipping_address = AddressInput(required=False)
    custom = serializers.DictField(required=False)


class ContactInput(Input):
    """A person at an account."""

    account = RecordField(Account.objects.visible_to)
    last_name = TextField(max_length=100)
    first_name = TextField(max_length=100, required=False, allow_blank=True)
    job_title = TextField(max_length=100, required=False, allow_blank=True)
    email = serializers.EmailField(required=False, allow_blank=True)
    phone = PhoneField(max_length=128, required=False, allow_blank=True)
    custom = serializers.DictField(required=False)


class AccountQuery(ListQuery):
    """Filters of accounts."""

    name = TextField(required=False)
    domain = TextField(required=False)
    email = TextField(required=False)
    tax_number = TextField(required=False)


class ContactQuery(ListQuery):
    """Filters of contacts."""

    account = IdField(required=False)
    email = TextField(required=False)


def columns_of(sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was sent by the columns of an account or contact: the parts of addresses too."""
    columns = dict(sent)
    for purpose in PURPOSES:
        for part, value in columns.pop(f"{purpose}_address", {}).items():
            columns[f"{purpose}_{part}"] = value
    return columns
