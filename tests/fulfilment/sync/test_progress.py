from __future__ import annotations

from decimal import Decimal

import pytest

from fulfilment.sync.progress import Billing, Fulfilment, LineProgress, Shown, shown_progress


def lines(*figures: tuple[int, int, int]) -> list[LineProgress]:
    """Make lines of what is wanted, delivered and invoiced."""
    return [LineProgress(*map(Decimal, line)) for line in figures]


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("Active", Shown(Fulfilment.NOT_STARTED)),
        ("Confirmed", Shown(Fulfilment.NOT_STARTED)),
        ("Picked", Shown(Fulfilment.NOT_STARTED)),
        ("Partially delivered", Shown(Fulfilment.PARTLY_SHIPPED)),
        ("Delivered", Shown(Fulfilment.SHIPPED)),
        ("Partially invoiced", Shown(billing=Billing.PARTLY)),
        ("Delivered and partially invoiced", Shown(Fulfilment.SHIPPED, Billing.PARTLY)),
        ("INVOICED ", Shown(billing=Billing.INVOICED)),
        ("Cancelled", Shown(is_cancelled=True)),
        ("Packed twice", Shown()),
    ],
)
def test_shows_what_a_word_says(word: str, shown: Shown) -> None:
    assert shown_progress(word) == shown


@pytest.mark.parametrize(
    ("figures", "fulfilment", "billing"),
    [
        ([(10, 0, 0)], Fulfilment.NOT_STARTED, Billing.TO_INVOICE),
        ([(10, 4, 2)], Fulfilment.PARTLY_SHIPPED, Billing.PARTLY),
        ([(10, 10, 10), (5, 0, 0)], Fulfilment.PARTLY_SHIPPED, Billing.PARTLY),
        ([(10, 11, 10), (5, 5, 5)], Fulfilment.SHIPPED, Billing.INVOICED),
        ([(10, 10, 4), (0, 0, 0)], Fulfilment.SHIPPED, Billing.PARTLY),
    ],
)
def test_quantities_decide_whatever_the_word_is(
    figures: list[tuple[int, int, int]], fulfilment: Fulfilment, billing: Billing
) -> None:
    assert shown_progress("Invoiced", lines(*figures)) == Shown(fulfilment, billing)


def test_a_cancelled_order_is_cancelled_whatever_was_delivered() -> None:
    assert shown_progress("Cancelled", lines((10, 4, 0))) == Shown(is_cancelled=True)
