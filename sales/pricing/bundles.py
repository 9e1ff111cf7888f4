"""Bundles on an order: what becomes of a bundle follows from the parts always in it.

A *set* is one bundle. Only the bundle's line has a price, and only its parts are shipped: sets left
and came back as far as their parts did, and parts are ordered, billed and credited with their sets.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sales.pricing.ledger_lines import LedgerLine, Units
from sales.pricing.money import EXACT, ZERO
from sales.pricing.quantities import SMALLEST_QUANTITY, round_down, round_up


@dataclass(frozen=True, slots=True)
class PartOf:
    """The bundle that a part is always in: so many units of it are in so many sets."""

    bundle: str
    """The key of the bundle's line."""
    units: Decimal
    sets: Decimal

    def whole_sets(self, units: Decimal, step: Decimal) -> Decimal:
        """Return how many whole sets so many units make."""
        return round_down(self._sets(units), step)

    def sets_begun(self, units: Decimal, step: Decimal) -> Decimal:
        """Return of how many sets so many units are a part, of the last perhaps not all."""
        return round_up(self._sets(units), step)

    def units_of(self, sets: Decimal) -> Decimal:
        """Return how many units are in so many sets."""
        exact = EXACT.divide(EXACT.multiply(self.units, sets), self.sets)
        return exact.quantize(SMALLEST_QUANTITY)

    def units_to_bill(self, bundle: Units) -> Decimal:
        """Return how many units are billed once all sets are that did not come back unbilled."""
        return self.units_of(bundle.ordered - bundle.returned_unbilled)

    def units_not_shipped(self, units: Units, bundle: Units) -> Decimal:
        """Return how many units need not leave, since their sets came back before they were billed.

        The other sets that are not charged any more take theirs first, as far as they came back or
        are closed.
        """
        not_charged = bundle.closed + bundle.returned - bundle.closed_returned
        rest = self.units_of(not_charged) - units.returned - units.closed_unshipped
        return max(ZERO, min(self.units_of(bundle.returned_unbilled), rest))

    def units_to_reopen(self, units: Units, bundle: Units) -> Decimal:
        """Return how many units were cancelled with sets that came back, and have to leave now."""
        cancelled = self.units_of(bundle.ordered) - units.ordered
        return max(ZERO, cancelled - self.units_not_shipped(units, bundle))

    def units_with(self, sets: Decimal, *, done: Decimal, left: Decimal, is_last: bool) -> Decimal:
        """Return how many units go with the sets that make so many billed, or credited, in all.

        ``done`` of the units are by now; the last sets take all that is ``left``.
        """
        return left if is_last else min(left, max(ZERO, self.units_of(sets) - done))

    def _sets(self, units: Decimal) -> Decimal:
        return EXACT.divide(EXACT.multiply(units, self.sets), self.units)


@dataclass(frozen=True, slots=True)
class Part:
    """A part that is shipped, and what became of its units."""

    part_of: PartOf
    units: Units


def follow_parts(units: Units, parts: Sequence[Part]) -> Units:
    """Return the units of a bundle after its parts: what of it left, and came back for good.

    Whole sets count. A set of which a part came back for good is not whole any more: it counts as
    returned, as often as its parts leave fewer whole sets. What was replaced did not leave.
    """
    step = units.step
    left = min(each.part_of.whole_sets(each.units.left, step) for each in parts)
    kept = min(each.part_of.whole_sets(each.units.kept, step) for each in parts)
    most = max(ZERO, units.ordered - units.closed_unshipped)
    kept = min(kept, most)
    broken = max(each.part_of.sets_begun(each.units.returned, step) for each in parts)
    returned = min(broken, most - kept)
    moved = replace(units, shipped=min(most, max(left, kept + returned)), replaced=ZERO)
    return moved.given_back(returned)


def parts_along(
    lines: Mapping[str, LedgerLine], parts: Mapping[str, PartOf], quantities: Mapping[str, Decimal]
) -> dict[str, Decimal]:
    """Return how many units of the parts are billed with so many sets; none without those."""
    found = {}
    for key, part in parts.items():
        units, bundle = lines[key].units, lines[part.bundle].units
        sets = quantities.get(part.bundle, ZERO)
        if units.is_fixed_part and sets:
            found[key] = part.units_with(
                bundle.billed + sets,
                done=units.billed,
                left=min(units.unbilled, part.units_to_bill(bundle) - units.billed),
                is_last=sets == bundle.unbilled,
            )
    return found


def least_ordered(
    lines: Sequence[LedgerLine], parts: Mapping[str, PartOf], chosen: Collection[str] | None
) -> dict[str, Decimal]:
    """Return what stays ordered of the lines to close; parts are closed with their bundle.

    A set of which a part left or is billed stays, and so do all its parts. Of a set that came back
    for good before it was billed, only the parts that left stay.
    """
    units = {line.key: line.units for line in lines}
    least = {
        key: each.least
        for key, each in units.items()
        if key not in parts and (chosen is None or key in chosen)
    }
    closing = {key: part for key, part in parts.items() if part.bundle in least}
    for key, part in closing.items():
        bundle = units[part.bundle]
        begun = part.sets_begun(units[key].least, bundle.step)
        least[part.bundle] = max(least[part.bundle], min(bundle.ordered, begun))
    for key, part in closing.items():
        not_shipped = part.units_not_shipped(units[key], units[part.bundle])
        least[key] = max(units[key].least, part.units_of(least[part.bundle]) - not_shipped)
    return least
