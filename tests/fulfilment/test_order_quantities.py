"""Quantities of an order, added up from its shipments and returns."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fulfilment.services.order_quantities import Moved, read_quantities
from sales.models import Order
from sales.services.errors import OverReturned, OverShipped
from sales.services.integrity.verification import verify
from sales.services.order_progress import Progress
from tests.fulfilment.conftest import FarEnd, shipment_event
from tests.fulfilment.messages import receive_from, returned


@pytest.mark.parametrize(
    ("moved", "progress"),
    [
        ((0, 0, 0, 0), (0, 0, 0, 0)),
        ((4, 2, 1, 0), (4, 2, 1, 0)),
        ((12, 12, 0, 0), (10, 10, 0, 0)),
        ((12, 0, 2, 2), (12, 0, 2, 2)),
        ((14, 0, 2, 2), (12, 0, 2, 2)),
        ((0, 0, 3, 3), (0, 0, 0, 0)),
        ((2, 2, 5, 5), (2, 2, 2, 2)),
        ((11, 3, 3, 0), (10, 3, 3, 0)),
    ],
)
def test_counts_no_more_than_fits(
    moved: tuple[int, int, int, int], progress: tuple[int, int, int, int]
) -> None:
    assert Moved(*map(Decimal, moved)).progress(Decimal(10)) == Progress(*map(Decimal, progress))


def test_names_what_does_not_fit(order: Order, warehouse: FarEnd) -> None:
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "12"))
    receive_from(warehouse, returned(order, "WH-R1", "11"))

    shipped, back = read_quantities(order).excess

    assert isinstance(shipped.refusal, OverShipped)
    assert [shipped.fits, shipped.reported] == [10, 12]
    assert isinstance(back.refusal, OverReturned)
    assert [back.fits, back.reported] == [10, 11]


def test_verification_counts_only_what_fits(order: Order, warehouse: FarEnd) -> None:
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "12"))
    receive_from(warehouse, returned(order, "WH-R1", "11"))

    assert [found for mismatches in verify().values() for found in mismatches] == []
