"""Fields of an order that two systems edit, in product words, and their values as people read them.

A field is named by its path, as in fulfilment.sync.policies; values are canonical.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from common.formatting import format_day, format_money, format_price, format_quantity, format_rate
from fulfilment.sync.field_names import A_LINE, field_name
from fulfilment.sync.policies import Kind, Owner, policy_of

OWNER_NAMES: Mapping[Owner, Any] = {
    Owner.SHARED: _("Both: the later edit, and a person where both edited"),
    Owner.ORIGIN: _("The system that the order was made in"),
    Owner.OURS: _("Throughline"),
    Owner.THEIRS: _("The other system"),
}
"""Whose value of a field counts, for people; those most often in conflict first."""

IN_CURRENCY = frozenset({Kind.MONEY, Kind.PRICE})
PARTS = ("street", "postal_code", "city", "region", "country")


def name_of_field(path: str, line: str = "") -> str:
    """Name a field, and the line that it is of by its description.

    >>> name_of_field("line.7.quantity", "Grinder"), name_of_field("line.7.discount")
    ('Quantity of Grinder', 'Discount of a line')
    """
    named = field_name(path, line or A_LINE)
    return str(named or line or path)


def name_of_policy(path: str) -> str:
    """Name the fields that a policy is about, of any line.

    >>> name_of_policy("line.*.quantity"), name_of_policy("head.bill_to.*")
    ('Quantity of a line', 'Bill to')
    """
    return name_of_field(path.removesuffix(".*"))


def write_value(path: str, value: Any, compared: Mapping[str, Any]) -> str:
    """Write a canonical value for people, in their language.

    ``compared`` may have the ``currency`` of an amount and the ``names`` of codes.
    """
    policy = policy_of(path)
    if value in (None, "", {}) or policy is None:
        return "–"
    if policy.kind in IN_CURRENCY:
        return _write_amount(value, str(compared.get("currency", "")))
    return _WRITE.get(policy.kind, str)(_named(value, compared))


def _named(value: Any, compared: Mapping[str, Any]) -> Any:
    return compared.get("names", {}).get(value, value) if isinstance(value, str) else value


def _write_amount(value: Any, currency: str) -> str:
    if isinstance(value, Mapping):
        return format_price(Decimal(value["amount"]), currency, Decimal(value["per"]))
    return format_money(Decimal(value), currency)


def _write_flag(value: bool) -> str:
    return gettext("Yes") if value else gettext("No")


def _write_address(value: Mapping[str, str]) -> str:
    named = {**value, "country": countries.name(value.get("country", ""))}
    parts = [named.pop(part, "") for part in PARTS]
    return ", ".join(filter(None, [*parts, *named.values()]))


_WRITE: Mapping[Kind, Callable[[Any], str]] = {
    Kind.DATE: lambda value: format_day(dt.date.fromisoformat(value)),
    Kind.QUANTITY: lambda value: format_quantity(Decimal(value)),
    Kind.RATE: lambda value: format_rate(Decimal(value)),
    Kind.FLAG: _write_flag,
    Kind.ADDRESS: _write_address,
    Kind.LINE_ORDER: lambda value: gettext("%(count)d lines") % {"count": len(value)},
}
