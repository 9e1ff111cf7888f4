"""Units: a line of an order in another unit of its group, exactly or not at all.

The factor of a line says how many of the one unit are one of the other: of a case of 12 that is 12
in pieces. A quantity that does not come out in five decimals is none in the other unit; a price
always is one, for so many units as make it exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from fulfilment.sync.canonical import plain, read_number
from sales.pricing.quantities import MOST_DECIMALS

QUANTITIES = ("quantity", "cancelled", "delivered", "invoiced", "returned", "credited")
"""The fields of a line that count units."""

PRICES = ("price", "unit_discount", "discount")
"""The fields of a line that are for so many units as its price is for."""

PRICE_QUANTITIES = ("price_quantity", "price_unit")
"""What the units are called that a price is for."""


def converted_quantity(quantity: Decimal, factor: Fraction) -> Decimal | None:
    """Return a quantity in another unit; None where it is no exact one.

    >>> converted_quantity(Decimal(2), Fraction(12)), converted_quantity(Decimal(5), Fraction(1, 3))
    (Decimal('24'), None)
    """
    scaled = Fraction(quantity) * factor * 10**MOST_DECIMALS
    if scaled.denominator != 1:
        return None
    return Decimal(plain(Decimal(scaled.numerator).scaleb(-MOST_DECIMALS)))


def converted_line(line: Mapping[str, Any], factor: Fraction) -> dict[str, Any] | None:
    """Return a line with its figures in another unit; None where a quantity is no exact one.

    >>> converted_line({"quantity": "2", "price": "240.00", "charge": "1.00"}, Fraction(12))
    {'quantity': '24', 'price': '240.00', 'charge': '1.00', 'price_quantity': '12'}
    """
    converted = dict(line)
    for name in QUANTITIES:
        if line.get(name) is not None:
            quantity = converted_quantity(read_number(line[name]), factor)
            if quantity is None:
                return None
            converted[name] = plain(quantity)
    return converted | _converted_price(line, factor)


def _converted_price(line: Mapping[str, Any], factor: Fraction) -> dict[str, str]:
    """Have the prices of a line for so many of the other unit as are whole ones."""
    named = next((name for name in PRICE_QUANTITIES if name in line), PRICE_QUANTITIES[0])
    units = Fraction(read_number(line.get(named) or 1)) * factor
    times = units.denominator
    priced = {name: line[name] for name in PRICES if line.get(name) is not None}
    if times != 1:
        priced = {name: f"{read_number(each) * times:f}" for name, each in priced.items()}
    return {**priced, named: str(units.numerator)} if priced else {}
