"""Allocation by largest remainder: share an amount out over lines to the cent.

The method is that of the largest remainder (Hamilton, Hare-Niemeyer): each line gets its exact
share rounded down, and the units left over go one each to the largest fractions dropped. Ties go
to the lowest key, so the result does not depend on the order of the lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from common.sentences import Amount
from common.sentences import sentence as _
from sales.pricing.errors import NoLines
from sales.pricing.money import ZERO, from_units, to_units


def allocate(
    amount: Decimal,
    weights: Sequence[Decimal],
    currency: str,
    *,
    keys: Sequence[str] | None = None,
) -> list[Decimal]:
    """Share a rounded amount out in proportion to the weights; the shares sum to it exactly.

    Share = amount × weight / Σ weights. If the weights sum to zero all count the same.
    Without keys a tie goes to the first one.

    >>> [str(share) for share in allocate(Decimal("10.00"), [Decimal(1)] * 3, "EUR")]
    ['3.34', '3.33', '3.33']
    """
    if not weights:
        if amount:
            raise NoLines(
                _(
                    "There is no line to share %(amount)s over: add a line first.",
                    amount=Amount(amount, currency),
                )
            )
        return []
    units = to_units(amount, currency)
    whole_weights = _as_integers(weights)
    total = sum(whole_weights)
    if not total:
        whole_weights, total = [1] * len(weights), len(weights)
    shares = apportion(units, whole_weights, units, total, keys or range(len(weights)))
    return [from_units(share, currency) for share in shares]


def fit_between(
    shares: Sequence[Decimal], least: Sequence[Decimal], most: Sequence[Decimal], currency: str
) -> list[Decimal]:
    """Move rounded shares between their bounds; they make the same sum as far as those allow.

    What a bound adds to a share, or takes from it, is shared out over the others by their room.

    >>> shares, least = [Decimal("2.00"), Decimal("3.00")], [Decimal("4.50"), Decimal("0.00")]
    >>> [str(share) for share in fit_between(shares, least, [Decimal(9)] * 2, "EUR")]
    ['4.50', '0.50']
    """
    fitted = [
        min(max(share, low), high) for share, low, high in zip(shares, least, most, strict=True)
    ]
    missing = sum(shares, ZERO) - sum(fitted, ZERO)
    bounds, sign = (most, 1) if missing > 0 else (least, -1)
    room = [abs(bound - share) for bound, share in zip(bounds, fitted, strict=True)]
    moved = min(abs(missing), sum(room, ZERO))
    if not moved:
        return fitted
    parts = allocate(moved, room, currency)
    return [share + sign * part for share, part in zip(fitted, parts, strict=True)]


def apportion(
    target: int,
    weights: Sequence[int],
    numerator: int,
    denominator: int,
    keys: Sequence[str] | Sequence[int],
) -> list[int]:
    """Round each weight × numerator / denominator up or down so that together they make target.

    Target must be the sum of the exact shares, rounded either way. Weights of both signs are
    welcome: no share is ever a whole unit or more from its exact value.
    """
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    # Looked at from the positive side, so that a credit mirrors its invoice to the cent.
    side = -1 if _is_negative(target, weights, keys) else 1
    floors, fractions = [], []
    for weight in weights:
        floor, fraction = divmod(side * weight * numerator, denominator)
        floors.append(floor)
        fractions.append(fraction)

    left_over = side * target - sum(floors)
    if left_over:
        for index in _largest(fractions, keys, left_over):
            floors[index] += 1
    return [side * share for share in floors]


def _is_negative(target: int, weights: Sequence[int], keys: Sequence[str] | Sequence[int]) -> bool:
    """Return whether this is negative; where target is zero the lowest key's weight decides."""
    if target:
        return target < 0
    in_key_order = sorted(range(len(weights)), key=keys.__getitem__)
    return next((weights[index] < 0 for index in in_key_order if weights[index]), False)


def _largest(
    fractions: Sequence[int], keys: Sequence[str] | Sequence[int], count: int
) -> list[int]:
    """Pick the places of the largest fractions, the lowest key first where they are equal."""
    candidates = [index for index, fraction in enumerate(fractions) if fraction]
    if not 0 <= count <= len(candidates):
        raise ValueError("target is not the sum of the exact shares, rounded")
    candidates.sort(key=keys.__getitem__)
    candidates.sort(key=fractions.__getitem__, reverse=True)
    return candidates[:count]


def _as_integers(weights: Sequence[Decimal]) -> list[int]:
    """Scale weights to whole numbers, keeping their proportions exactly."""
    ratios = [weight.as_integer_ratio() for weight in weights]
    # Decimal denominators divide a power of ten, so the largest power needed serves all.
    exponents = [weight.as_tuple().exponent for weight in weights]
    scale = 10 ** max(0, *(-exponent for exponent in exponents if isinstance(exponent, int)))
    return [numerator * (scale // denominator) for numerator, denominator in ratios]
