"""Units of an order line that are credited for good, and units that come back: in either order."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sales.pricing.ledger_lines import Units

TEN = Units(Decimal(10), shipped=Decimal(10))


def quarters(most: Decimal) -> st.SearchStrategy[Decimal]:
    """Draw a part that a percentage may bill, in quarters of a unit."""
    return st.integers(0, int(most * 4)).map(lambda count: Decimal(count) / 4)


def bill(units: Units, quantity: Decimal | int) -> Units:
    return replace(units, billed=units.billed + quantity)


class TestReturnAndCreditForGood:
    def test_a_credit_of_what_was_kept_does_not_use_up_what_came_back_unbilled(self) -> None:
        units = bill(TEN.given_back(Decimal(2)), 8).credited_for_good(Decimal(1))

        assert (units.gone, units.open_to_bill, units.billed_returned) == (3, 0, 0)

    def test_a_credit_of_what_came_back_billed_is_for_that(self) -> None:
        units = bill(TEN, 10).given_back(Decimal(2))
        assert units.billed_returned == 2

        units = units.credited_for_good(Decimal(2))

        assert (units.gone, units.open_to_bill, units.billed_returned) == (2, 0, 0)

    def test_a_return_brings_what_was_credited_for_it_beforehand(self) -> None:
        units = bill(TEN, 5).credited_for_good(Decimal(1)).given_back(Decimal(1))

        assert (units.gone, units.open_to_bill, units.kept) == (1, 5, 9)

    def test_a_return_that_is_corrected_leaves_the_credit(self) -> None:
        units = bill(TEN, 5).credited_for_good(Decimal(1)).given_back(Decimal(2))

        units = units.given_back(Decimal(0))

        assert (units.gone, units.closed_returned, units.open_to_bill) == (1, 0, 5)

    def test_what_was_credited_before_it_left_does_not_come_back(self) -> None:
        units = Units(Decimal(10), billed=Decimal(10), shipped=Decimal(4))

        units = units.credited_for_good(Decimal(6)).given_back(Decimal(1))

        assert (units.closed_unshipped, units.closed_returned, units.billed_returned) == (6, 0, 1)


@given(data=st.data())
def test_nothing_that_is_credited_for_good_or_comes_back_is_billed_once_more(
    data: st.DataObject,
) -> None:
    units = Units(Decimal(data.draw(st.integers(1, 12))), step=Decimal(1))
    for _ in range(8):
        before = units
        match data.draw(st.sampled_from(["ship", "bill", "credit", "return", "replace"])):
            case "ship":
                more = data.draw(st.integers(0, int(units.open_to_ship)))
                units = replace(units, shipped=units.shipped + more)
            case "bill":
                units = bill(units, data.draw(quarters(units.open_to_bill)))
            case "credit":
                units = units.credited_for_good(data.draw(quarters(units.kept_billed)))
                assert units.open_to_bill <= before.open_to_bill
            case "return":
                units = units.given_back(
                    units.returned + data.draw(st.integers(0, int(units.kept)))
                )
                assert units.open_to_bill <= before.open_to_bill
            case "replace":
                more = data.draw(st.integers(0, int(units.kept)))
                units = replace(units, replaced=units.replaced + more)
        kept = units.kept_billed + units.gone + units.open_to_bill
        assert (
            0 <= units.closed_returned <= min(units.returned, units.closed - units.closed_unshipped)
        )
        assert kept == max(units.ordered, units.kept_billed + units.gone)
        assert units.gone <= units.ordered + units.billed_returned - units.kept_billed


@pytest.mark.parametrize("credited_first", [True, False])
def test_a_whole_return_that_is_credited_leaves_nothing_open(credited_first: bool) -> None:
    units = bill(TEN, 10)

    if credited_first:
        units = units.credited_for_good(Decimal(10)).given_back(Decimal(10))
    else:
        units = units.given_back(Decimal(10)).credited_for_good(Decimal(10))

    assert (units.gone, units.closed_returned, units.open_to_bill) == (10, 10, 0)
    assert (units.billed_returned, units.kept_billed) == (0, 0)
