"""Quantity rules: whole units or decimals, per product and price list."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from common.sentences import sentence as _
from sales.pricing.errors import InvalidQuantity, QuantityNotAllowed

MOST_DECIMALS = 5
SMALLEST_QUANTITY = Decimal("0.00001")
"""Quantities keep five decimals."""


class QuantitySelling(StrEnum):
    """Quantity control of a price list item; the product's decimals hold as well."""

    NO_CONTROL = "no_control"
    WHOLE = "whole"
    WHOLE_AND_FRACTIONAL = "fractional"


def decimals_of(quantity: Decimal) -> int:
    """Count the decimals that matter: 2.50 has one."""
    exponent = quantity.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def check_quantity(
    quantity: Decimal,
    *,
    selling: QuantitySelling = QuantitySelling.NO_CONTROL,
    decimals: int = MOST_DECIMALS,
    line: str | None = None,
) -> None:
    """Refuse a quantity that is no number, not whole where it must be, or too finely divided."""
    if not quantity.is_finite():
        raise InvalidQuantity(_("Give the quantity as a number."), line=line)
    given = decimals_of(quantity)
    if given and (selling == QuantitySelling.WHOLE or not decimals):
        raise QuantityNotAllowed(
            _("Only whole units are sold, not %(quantity)s.", quantity=quantity), line=line
        )
    if given > decimals:
        raise QuantityNotAllowed(
            _("This product is sold in steps of %(step)s.", step=Decimal(1).scaleb(-decimals)),
            line=line,
        )
