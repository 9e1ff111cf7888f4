"""Units of measure: pieces, dozens, pallets of one unit group."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from sales.pricing.errors import MissingUnit
from sales.pricing.money import EXACT

SMALLEST_STEP = Decimal("0.00001")
"""Quantities and unit prices keep five decimals."""


@dataclass(frozen=True, slots=True)
class Unit:
    """So many base units of its group: a dozen is 12 pieces."""

    name: str
    group: str
    base_units: Decimal

    def __post_init__(self) -> None:
        if self.base_units <= 0:
            raise MissingUnit(f"One {self.name} must be more than nothing.")


def convert_quantity(
    quantity: Decimal, unit: Unit | None, target: Unit | None, *, line: str | None = None
) -> Decimal:
    """Count a quantity in another unit: quantity × base units / target's base units."""
    unit, target = _same_group(unit, target, line)
    return _scaled(quantity, unit.base_units, target.base_units)


def convert_price(
    unit_price: Decimal, unit: Unit | None, target: Unit | None, *, line: str | None = None
) -> Decimal:
    """Say what one target unit costs: price × target's base units / base units."""
    unit, target = _same_group(unit, target, line)
    return _scaled(unit_price, target.base_units, unit.base_units)


def _same_group(unit: Unit | None, target: Unit | None, line: str | None) -> tuple[Unit, Unit]:
    if unit is None or target is None:
        raise MissingUnit("The line has no unit.", line=line)
    if unit.group != target.group:
        raise MissingUnit(f"{unit.name} cannot be counted in {target.name}.", line=line)
    return unit, target


def _scaled(figure: Decimal, numerator: Decimal, denominator: Decimal) -> Decimal:
    exact = EXACT.divide(EXACT.multiply(figure, numerator), denominator)
    return exact.quantize(SMALLEST_STEP, ROUND_HALF_UP, EXACT)
