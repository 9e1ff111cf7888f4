"""What a change order changed, in a reader's words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from common.formatting import (
    format_day,
    format_money,
    format_price,
    format_quantity,
    format_rate,
)
from web.display import StrOrPromise

FIELDS: dict[str, StrOrPromise] = {
    "total": _("Total"),
    "name": _("Name"),
    "contact": _("Contact"),
    "customer_reference": _("Customer's reference"),
    "requested_on": _("Requested delivery"),
    "shipping_address": _("Ship to"),
    "notes": _("Notes"),
    "custom": _("Custom fields"),
    "quantity": _("Quantity"),
    "unit_price": _("Unit price"),
    "discount_amount": _("Discount"),
    "discount_rate": _("Discount"),
    "description": _("Description"),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One value before and after."""

    what: str
    """The line it is about; empty for the document's head."""
    label: StrOrPromise
    before: str
    after: str
    is_total: bool = False


def differences(stored: Sequence[dict[str, Any]], currency: str) -> list[Difference]:
    """Write a change order's stored difference; the new total comes last."""
    told = [
        Difference(
            what=entry["what"],
            label=FIELDS.get(entry["field"], entry["field"]),
            before=_in_words(entry["field"], entry["before"], currency),
            after=_in_words(entry["field"], entry["after"], currency),
            is_total=entry["field"] == "total",
        )
        for entry in stored
    ]
    return sorted(told, key=lambda difference: difference.is_total)


def _in_words(field: str, value: Any, currency: str) -> str:
    if value is None or value in ("", {}):
        return "–"
    write: Callable[[Any], str] = _writers(currency).get(field, str)
    return write(value)


def _writers(currency: str) -> dict[str, Callable[[Any], str]]:
    return {
        "total": lambda value: format_money(Decimal(value), currency),
        "discount_amount": lambda value: format_money(Decimal(value), currency),
        "unit_price": lambda value: format_price(Decimal(value), currency),
        "quantity": lambda value: format_quantity(Decimal(value)),
        "discount_rate": lambda value: format_rate(Decimal(value)),
        "requested_on": lambda value: format_day(dt.date.fromisoformat(value)),
        "shipping_address": _address,
        "custom": _custom_values,
    }


def _address(address: dict[str, str]) -> str:
    place = " ".join(filter(None, [address.get("postal_code"), address.get("city")]))
    country = countries.name(address.get("country", ""))
    return ", ".join(filter(None, [address.get("street"), place, country])) or "–"


def _custom_values(values: dict[str, Any]) -> str:
    told = [
        gettext("%(name)s: %(value)s") % {"name": name, "value": value}
        for name, value in values.items()
    ]
    return ", ".join(told)
