"""Amounts of money that records keep with a currency: none is finer than its currency."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import moneyed
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from common.currencies import MINOR_UNITS
from common.formatting import currency_digits, decimals_rule


def not_a_currency(code: str) -> str:
    """Say that a code is no currency's."""
    return gettext("“%(currency)s” is not a currency.") % {"currency": code}


def is_currency(code: str) -> bool:
    """Return whether documents can be in a currency of this code, and amounts of it be written."""
    return code in MINOR_UNITS and code in moneyed.CURRENCIES


def check_currency(code: str) -> None:
    """Refuse a code that is no currency's."""
    if not is_currency(code):
        raise ValidationError(not_a_currency(code))


def is_finer(amount: Decimal, currency: str) -> bool:
    """Whether an amount has more decimals than its currency.

    >>> is_finer(Decimal("0.50"), "JPY"), is_finer(Decimal("1.00"), "JPY")
    (True, False)
    """
    return amount != round(amount, currency_digits(currency))


def check_amounts(record: Any, *columns: str) -> None:
    """Refuse amounts of a record that are finer than its currency, which its column checks."""
    currency = record.currency
    if not is_currency(currency):
        return
    typed = {column: getattr(record, column) for column in columns}
    finer = [name for name, amount in typed.items() if amount and is_finer(amount, currency)]
    if finer:
        raise ValidationError(dict.fromkeys(finer, decimals_rule(currency)))
