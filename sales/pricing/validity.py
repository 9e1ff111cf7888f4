"""Validity periods of price lists, products, tax rates and promotions."""

from __future__ import annotations

import datetime as dt

from common.sentences import Sentence
from common.sentences import sentence as _
from sales.pricing.errors import CurrencyMismatch, InactivePriceList, InactiveProduct


def holds_on(day: dt.date, valid_from: dt.date | None, valid_to: dt.date | None) -> bool:
    """Return whether the day lies between the two, both included; None leaves that side open."""
    return (valid_from is None or valid_from <= day) and (valid_to is None or day <= valid_to)


def check_price_list(
    name: str,
    *,
    currency: str,
    document_currency: str,
    day: dt.date,
    valid_from: dt.date | None = None,
    valid_to: dt.date | None = None,
    active: bool = True,
    line: str | None = None,
) -> None:
    """Refuse a price list that is not in force on the day, or is in another currency."""
    if not active:
        raise InactivePriceList(_not_active(name), line=line)
    if not holds_on(day, valid_from, valid_to):
        raise InactivePriceList(_not_in_force(name, day), line=line)
    if currency != document_currency:
        raise CurrencyMismatch(
            _(
                "Price list %(name)s is in %(currency)s, the document in %(document)s: "
                "choose one in %(document)s.",
                name=name,
                currency=currency,
                document=document_currency,
            ),
            line=line,
        )


def _not_active(name: str) -> Sentence:
    return _(
        "Price list %(name)s is not active: "
        "choose another, or have it activated in the admin under Price lists.",
        name=name,
    )


def _not_in_force(name: str, day: dt.date) -> Sentence:
    return _(
        "Price list %(name)s is not in force on %(day)s: "
        "choose another, or have its days changed in the admin under Price lists.",
        name=name,
        day=day,
    )


def check_product(
    name: str,
    *,
    day: dt.date,
    active_from: dt.date | None = None,
    active_to: dt.date | None = None,
    active: bool = True,
    line: str | None = None,
) -> None:
    """Refuse a product that is not sold on the day."""
    if not active or not holds_on(day, active_from, active_to):
        raise InactiveProduct(
            _("%(name)s is not sold on %(day)s: choose another product.", name=name, day=day),
            line=line,
        )
