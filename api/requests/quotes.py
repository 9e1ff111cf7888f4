"""Requests about quotes."""

from __future__ import annotations

from rest_framework import serializers

from api.inputs import IdField, Input, TextField
from api.pagination import ListQuery
from api.requests.orders import DocumentHeadInput, DocumentLineInput
from api.requests.quantities import MOST_LINES
from sales.models import Quote


class QuoteLineInput(DocumentLineInput):
    """A line of a quote; an option is one that the customer takes or leaves."""

    is_optional = serializers.BooleanField(required=False)


class QuoteInput(Input, DocumentHeadInput):
    """A new quote."""

    document = Quote

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
