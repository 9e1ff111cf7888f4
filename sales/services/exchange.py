"""Freezing the day's exchange rate on a document."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from sales.models import ExchangeRate
from sales.services.numbering import today

if TYPE_CHECKING:
    from sales.services.events import AnyDocument


def freeze_exchange_rate(document: AnyDocument) -> None:
    """Put the newest known rate of the document's currency on it, with the day it is of.

    Rate = units of the document's currency per unit of the company's base currency. Without a
    known rate the document keeps 1 and no date, which the page shows as missing.
    """
    day = today(document.company)
    base = document.company.base_currency
    if document.currency == base:
        document.exchange_rate, document.exchange_rate_on = Decimal(1), day
        return
    known = (
        ExchangeRate.objects.filter(base=base, currency=document.currency, valid_on__lte=day)
        .order_by("-valid_on")
        .first()
    )
    document.exchange_rate = known.rate if known else Decimal(1)
    document.exchange_rate_on = known.valid_on if known else None
