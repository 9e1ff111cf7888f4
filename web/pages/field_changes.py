"""Field changes: what differs between two versions of an order or a quote, formatted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.formatting import (
    format_day,
    format_money,
    format_price,
    format_quantity,
    format_rate,
)
from sales.models import Invoice
from sales.services.order_differences import ChangeEntry
from web.display import StrOrPromise, draw_whole
from web.pages.addresses import format_address

FIELDS: dict[str, StrOrPromise] = {
    "total": _("Total"),
    "name": _("Name"),
    "contact": _("Contact"),
    "customer_reference": _("Customer's reference"),
    "requested_on": _("Requested delivery"),
    "shipping_address": _("Ship to"),
    "billing_address": _("Bill to"),
    "notes": _("Notes"),
    "custom": _("Custom fields"),
    "quantity": _("Quantity"),
    "cancelled_quantity": _("Cancelled"),
    "unit_price": _("Unit price"),
    "price_quantity": _("Price is for"),
    "discount_amount": _("Discount"),
    "discount_rate": _("Discount"),
    "charge_amount": _("Charge"),
    "description": _("Description"),
    "account": _("Account"),
    "currency": _("Currency"),
    "price_list": _("Price list"),
    "payment_terms": _("Payment terms"),
    "tax_zone": _("Tax zone"),
    "prices_include_tax": _("Prices include tax"),
    "rounding": _("Rounding"),
    "discount_method": _("Discount of a line"),
    "freight": _("Freight"),
    "valid_until": _("Valid until"),
    "kind": _("Kind"),
    "sku": _("Product"),
    "unit": _("Unit"),
    "is_optional": _("Optional"),
    "volume_discount": _("Volume discount"),
    "tax_rate": _("Tax rate"),
    "net": _("Net"),
    "added": _("Line added"),
    "removed": _("Line removed"),
}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One value of a document before and after."""

    subject: str
    """The line it is about; "Order" or "Quote" for the head, "Total" for the total."""
    label: StrOrPromise
    before: str
    after: str
    is_total: bool = False


def field_changes(
    stored: Sequence[ChangeEntry], currency: str, head: str = ""
) -> list[FieldChange]:
    """Format changes as they were stored; the new total comes last.

    ``head`` is what to call the document itself, if not an order.
    """
    changes = [_field_change(entry, currency, head or gettext("Order")) for entry in stored]
    return sorted(changes, key=lambda change: change.is_total)


def deleted_drafts(drafts: Iterable[Invoice]) -> list[FieldChange]:
    """Name the drafts that an action deletes, by what they come to."""
    return [
        FieldChange(
            subject=draft.get_what_display(),
            label=gettext("Draft"),
            before=format_money(draft.total, draft.currency),
            after=gettext("deleted"),
        )
        for draft in drafts
    ]


def _field_change(entry: ChangeEntry, currency: str, head: str) -> FieldChange:
    name, is_total = entry["field"], entry["field"] == "total"
    return FieldChange(
        subject=gettext("Total") if is_total else entry["what"] or head,
        label="" if is_total else FIELDS.get(name, name),
        before=_format(name, entry["before"], currency),
        after=_format(name, entry["after"], currency),
        is_total=is_total,
    )


def _format(field: str, value: Any, currency: str) -> str:
    if value is None or value in ("", {}):
        return "–"
    write: Callable[[Any], str] = _writers(currency).get(field, str)
    return write(value)


def _writers(currency: str) -> dict[str, Callable[[Any], str]]:
    def money(value: str) -> str:
        return format_money(Decimal(value), currency)

    def price(value: str) -> str:
        return format_price(Decimal(value), currency)

    def quantity(value: str) -> str:
        return format_quantity(Decimal(value))

    def rate(value: str) -> str:
        return format_rate(Decimal(value))

    def day(value: str) -> str:
        return format_day(dt.date.fromisoformat(value))

    return {
        **dict.fromkeys(("total", "discount_amount", "freight", "net", "added", "removed"), money),
        "charge_amount": money,
        **dict.fromkeys(("unit_price", "volume_discount"), price),
        **dict.fromkeys(("discount_rate", "tax_rate"), rate),
        **dict.fromkeys(("requested_on", "valid_until"), day),
        **dict.fromkeys(("prices_include_tax", "is_optional"), _yes_or_no),
        **dict.fromkeys(("quantity", "price_quantity"), quantity),
        **dict.fromkeys(("shipping_address", "billing_address"), _address),
        "custom": _custom_values,
    }


def _address(value: Any) -> str:
    return draw_whole(format_address(value)) or "–"


def _yes_or_no(value: bool) -> str:
    return gettext("Yes") if value else gettext("No")


def _custom_values(values: dict[str, Any]) -> str:
    return ", ".join(
        gettext("%(name)s: %(value)s") % {"name": name, "value": value}
        for name, value in values.items()
    )
