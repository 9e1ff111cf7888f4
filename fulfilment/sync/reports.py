"""Reports of an external system about one thing, which arrive in any order and more than once.

What they add up to depends on which reports there are, never on the order of their arrival: they
are read in the order of their sequence, and a correction replaces all that came before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

KeyT = TypeVar("KeyT")
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Report:
    """One report: its place in the order of its sender, what it says, whether it corrects."""

    sequence: int
    id: str
    data: Mapping[str, Any]
    is_correction: bool = False
    type: str = ""


def in_order(reports: Iterable[Report]) -> list[Report]:
    """Sort reports by their sequence; their id decides where that is the same."""
    return sorted(reports, key=lambda report: (report.sequence, report.id))


def effective_reports(reports: Iterable[Report]) -> list[Report]:
    """Return the reports that count, in order: the latest correction and what came after it.

    >>> [each.id for each in effective_reports([Report(2, "b", {}, True), Report(3, "c", {}),
    ...                                Report(1, "a", {})])]
    ['b', 'c']
    """
    ordered = in_order(reports)
    corrections = [place for place, report in enumerate(ordered) if report.is_correction]
    return ordered[corrections[-1] :] if corrections else ordered


def largest(
    reports: Iterable[Report], quantities: Callable[[Report], Mapping[KeyT, Decimal]]
) -> dict[KeyT, Decimal]:
    """Return the largest total that was reported for each key: totals only grow.

    >>> reports = [Report(1, "a", {"x": Decimal(2)}), Report(2, "b", {"x": Decimal(1)})]
    >>> largest(reports, lambda report: report.data)
    {'x': Decimal('2')}
    """
    found: dict[KeyT, Decimal] = {}
    for report in reports:
        for key, quantity in quantities(report).items():
            found[key] = max(found.get(key, ZERO), quantity)
    return found


def latest(reports: Sequence[Report], value: Callable[[Report], Any], default: Any = None) -> Any:
    """Return the value of the last report that has one; the reports are in order."""
    return next((found for report in reversed(reports) if (found := value(report))), default)
