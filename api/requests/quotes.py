"""Requests about quotes."""

from __future__ import annotations

from rest_framework import serializers

from api.inputs import IdField, Input, PercentField, RecordField, TextField
from api.own_columns import OwnColumnsInput
from api.pagination import ListQuery
from api.requests.orders import DocumentLineInput
from api.requests.quantities import MOST_LINES
from api.visibility import visible_price_lists
from crm.models import Account, Contact
from sales.models import Quote


class QuoteLineInput(DocumentLineInput):
    """A line of a quote; an option is one that the customer takes or leaves."""

    is_optional = serializers.BooleanField(required=False)


class QuoteInput(Input, OwnColumnsInput):
    """A new quote."""

    document = Quote

    name = TextField(max_length=200)
    account = RecordField(Account.objects.visible_to)
    contact = RecordField(Contact.objects.visible_to, required=False)
    currency = TextField(max_length=3)
    price_list = RecordField(visible_price_lists, required=False)
    customer_reference = TextField(max_length=60, required=False)
    notes = TextField(required=False, allow_blank=True)
    discount_percent = PercentField(required=False)
    lines = serializers.ListField(child=QuoteLineInput(), max_length=MOST_LINES)


class AcceptInput(Input):
    """Who accepts for the customer."""

    name = TextField(max_length=100, required=False)
    email = serializers.EmailField(required=False)
    customer_reference = TextField(max_length=60, required=False)


class DeclineInput(Input):
    """Why the customer declines."""

    reason = serializers.ChoiceField(
        choices=Quote.LostReason.choices, default=Quote.LostReason.DECLINED
    )
    comment = TextField(required=False, default="", allow_blank=True, max_length=2000)


class QuoteQuery(ListQuery):
    """Filters of quotes."""

    status = serializers.ChoiceField(choices=Quote.Status.choices, required=False)
    account = IdField(required=False)
    number = TextField(required=False)
