"""Requests about orders."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, cast

from django.db.models import QuerySet
from django.utils.translation import gettext
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from api.inputs import (
    UNKNOWN,
    IdField,
    Input,
    MoneyField,
    PercentField,
    RecordField,
    TextField,
    amount_in,
    quantity,
)
from api.own_columns import OwnColumnsInput
from api.pagination import ListQuery
from api.requests.quantities import MOST_LINES, OnceField, QuantitiesField
from api.visibility import visible_price_lists
from common.identifiers import uuid7
from crm.models import Account, Contact
from sales.models import Invoice, Order, Product, ProductCategory, Unit
from sales.services.documents.draft_fields import HeadChanges, NewLineFields
from sales.services.order_differences import HEAD_FIELDS

NOT_OF_HEAD = {"reason", "lines", "add_lines"}
"""What a change order has beside the fields of the head that it changes."""


class DocumentLineInput(Input):
    """A line: a product at its list price, or a write-in with its product category."""

    product = IdField(required=False)
    write_in = TextField(max_length=500, required=False)
    product_category = IdField(required=False)
    description = TextField(max_length=500, required=False)
    unit = IdField(required=False)
    quantity = quantity()
    unit_price = MoneyField(is_price=True, required=False)
    discount_amount = MoneyField(is_price=True, required=False)
    discount_percent = PercentField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a line that is neither a product nor a write-in, or both."""
        if ("product" in attrs) == ("write_in" in attrs):
            raise ValidationError(gettext("A line is either a product or a write-in."))
        return attrs


class LineInput(DocumentLineInput):
    """A line of an order."""

    requested_on = serializers.DateField(required=False)


class DocumentHeadInput(OwnColumnsInput):
    """Mixin of what a partner writes of a new quote or order, beside its lines."""

    name = TextField(max_length=200)
    account = RecordField(Account.objects.visible_to)
    contact = RecordField(Contact.objects.visible_to, required=False)
    currency = TextField(max_length=3)
    price_list = RecordField(visible_price_lists, required=False)
    customer_reference = TextField(max_length=60, required=False)
    notes = TextField(required=False, allow_blank=True)
    discount_percent = PercentField(required=False)


class OrderInput(Input, DocumentHeadInput):
    """A new order."""

    document = Order

    external_id = TextField(max_length=100, required=False)
    lines = serializers.ListField(child=LineInput(), max_length=MOST_LINES)


class OrderQuery(ListQuery):
    """Filters of orders."""

    status = serializers.ChoiceField(choices=Order.Status.choices, required=False)
    account = IdField(required=False)
    number = TextField(required=False)
    external_id = TextField(required=False)


class ReasonInput(Input):
    """Why an order is held or cancelled."""

    reason = TextField(max_length=200)


class InvoiceInput(Input):
    """What of an order is invoiced."""

    what = serializers.ChoiceField(
        choices=[Invoice.What.SHIPPED, Invoice.What.ALL, Invoice.What.LINES],
        default=Invoice.What.SHIPPED,
    )
    lines = QuantitiesField(required=False)


class ChangedLineInput(Input):
    """The new values of a line; those that are left out stay."""

    order_line = IdField()
    description = TextField(max_length=500, required=False)
    quantity = quantity(required=False)
    unit_price = MoneyField(is_price=True, required=False)
    discount_amount = MoneyField(is_price=True, required=False)
    discount_percent = PercentField(required=False)
    requested_on = serializers.DateField(required=False, allow_null=True)


class ChangeInput(Input, OwnColumnsInput):
    """A change order: lines that change, lines that are added, and fields of the head."""

    document = Order
    changeable = HEAD_FIELDS

    reason = TextField(max_length=200)
    lines = OnceField(child=ChangedLineInput(), required=False)
    add_lines = serializers.ListField(child=LineInput(), max_length=MOST_LINES, required=False)
    name = TextField(max_length=200, required=False)
    customer_reference = TextField(max_length=60, required=False, allow_blank=True)
    notes = TextField(required=False, allow_blank=True)
    discount_amount = MoneyField(required=False)


class CloseInput(ReasonInput):
    """Why the rest is closed, and of which lines; of all lines if none are named."""

    lines = serializers.ListField(
        child=IdField(), max_length=MOST_LINES, allow_empty=False, required=False
    )


def changed_lines(sent: Sequence[dict[str, Any]], currency: str) -> dict[uuid.UUID, dict[str, Any]]:
    """Return the new values of lines as the service takes them."""
    return {
        line["order_line"]: _columns(
            {name: value for name, value in line.items() if name != "order_line"},
            currency,
            ("lines", place),
        )
        for place, line in enumerate(sent)
    }


def changed_head(sent: Mapping[str, Any], currency: str) -> HeadChanges:
    """Return the new values of the head as the service takes them."""
    changed = {name: value for name, value in sent.items() if name not in NOT_OF_HEAD}
    if "discount_amount" in changed:
        changed["discount_amount"] = amount_in(
            currency, changed["discount_amount"], "discount_amount"
        )
    return cast("HeadChanges", changed)


def new_lines(
    sent: Sequence[dict[str, Any]], currency: str, field: str = "lines"
) -> list[NewLineFields]:
    """Return lines as the service takes them; the records they name are read once for all."""
    named = {
        name: _named(sent, field, name, records)
        for name, records in (
            ("product", Product.objects.select_related("default_unit")),
            ("unit", Unit.objects.all()),
            ("product_category", ProductCategory.objects.all()),
        )
    }
    return [_new_line(line, (field, place), currency, named) for place, line in enumerate(sent)]


def _new_line(
    sent: dict[str, Any],
    place: tuple[str, int],
    currency: str,
    named: dict[str, dict[uuid.UUID, Any]],
) -> NewLineFields:
    columns = {name: value for name, value in sent.items() if name not in named}
    columns |= {name: records[sent[name]] for name, records in named.items() if name in sent}
    if (text := columns.pop("write_in", None)) is not None:
        columns["description"] = columns.get("description", text)
    return cast("NewLineFields", {"id": uuid7(), **_columns(columns, currency, place)})


def _columns(sent: dict[str, Any], currency: str, place: tuple[str, int]) -> dict[str, Any]:
    """Return amounts in the currency of the document, and a percentage as a fraction."""
    columns = dict(sent)
    for name in ("unit_price", "discount_amount"):
        if name in columns:
            columns[name] = amount_in(currency, columns[name], *place, name)
    if "discount_percent" in columns:
        columns["discount_rate"] = columns.pop("discount_percent")
    return columns


def _named(
    sent: Sequence[dict[str, Any]], where: str, field: str, records: QuerySet[Any]
) -> dict[uuid.UUID, Any]:
    """Read the records that lines name in a field; every id that there is none of is refused."""
    keys = {line[field] for line in sent if field in line}
    found: dict[uuid.UUID, Any] = records.in_bulk(keys) if keys else {}
    if keys - found.keys():
        unknown = {field: [ErrorDetail(str(UNKNOWN), "unknown")]}
        raise ValidationError(
            {where: [unknown if line.get(field) in keys - found.keys() else {} for line in sent]}
        )
    return found
