"""Bundles follow their parts, also those whose number was changed since they were ordered."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sales.pricing.bundles import Part, PartOf, follow_parts
from sales.pricing.ledger_lines import Units

THREE_EACH = PartOf("set", Decimal(18), Decimal(6))


@pytest.mark.parametrize(
    ("came_back", "returned", "kept"),
    [(0, 0, 11), (1, 1, 10), (3, 1, 10), (31, 11, 0), (33, 11, 0)],
)
def test_counts_the_sets_that_are_ordered_by_now(came_back: int, returned: int, kept: int) -> None:
    sets = Units(ordered=Decimal(11), is_goods=True, is_set=True, step=Decimal(1))
    parts = Units(
        ordered=Decimal(33), is_goods=True, shipped=Decimal(33), returned=Decimal(came_back)
    )

    found = follow_parts(sets, [Part(THREE_EACH, parts)])

    counted = [found.shipped, found.returned, found.kept]
    assert counted == [Decimal(each) for each in (11, returned, kept)]
