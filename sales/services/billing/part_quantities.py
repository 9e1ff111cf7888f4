"""Quantities of parts: what may be shipped, returned, billed or credited of a line at once."""

from __future__ import annotations

from decimal import Decimal

from common.errors import DomainError
from sales.models import InvoiceLine, OrderLine
from sales.services.errors import name_line
from sales.services.prices.list_prices import check_sold_in


def check_part(line: OrderLine | InvoiceLine, quantity: Decimal, *, left: Decimal) -> None:
    """Refuse a part in a quantity that its product is not sold in.

    All that is left may always be taken: a percentage invoice leaves fractions.
    """
    if line.product is None or quantity == left:
        return
    try:
        check_sold_in(line.product, line.price_list_item, quantity)
    except DomainError as error:
        error.line = str(line.pk)
        name_line(error, line.description)
        raise
