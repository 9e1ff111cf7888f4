"""Rounding of money in SQL: the digits of each currency, and the rounding rule of a document."""

from __future__ import annotations

from collections import defaultdict

from common.currencies import MINOR_UNITS

USUAL_DIGITS = 2


def digits_of(currency: str) -> str:
    """Write how many digits after the point a column's currency has."""
    codes: defaultdict[int, list[str]] = defaultdict(list)
    for code, digits in MINOR_UNITS.items():
        codes[digits].append(f"'{code}'")
    branches = " ".join(
        f"WHEN {currency} IN ({', '.join(codes[digits])}) THEN {digits}"
        for digits in sorted(codes.keys() - {USUAL_DIGITS})
    )
    return f"CASE {branches} ELSE {USUAL_DIGITS} END"


def unit_of(currency: str) -> str:
    """Write the smallest unit of a column's currency: 0.01 for euros."""
    return f"10::numeric ^ (-({digits_of(currency)}))"


def rounded(amount: str, rule: str = "rounding", digits: str = "digits") -> str:
    """Write an amount rounded by a document's rule: half away from zero, or half to even.

    PostgreSQL rounds half away from zero. Half to even is twice the rounded half, where exactly
    half a smallest unit is left.
    """
    units = f"({amount}) * 10::numeric ^ {digits}"
    return (
        f"(CASE WHEN {rule} = 'half_even' AND abs({units}) % 1 = 0.5 "
        f"THEN 2 * round({units} / 2) / 10::numeric ^ {digits} "
        f"ELSE round({amount}, {digits}) END)"
    )
