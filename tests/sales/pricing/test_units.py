"""Units of an order line that are credited for good, and units that come back: in either order."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sales.pricing.ledger_lines import Units
from tests.worked_examples import as_parameters, read_tables

TABLES = read_tables("pricing.md")
TEN = Units(Decimal(10), shipped=Decimal(10))


def quarters(most: Decimal) -> st.SearchStrategy[Decimal]:
    """Draw a part that a percentage may bill, in quarters of a unit."""
    return st.integers(0, int(most * 4)).map(lambda count: Decimal(count) / 4)


def bill(units: Units, quantity: Decimal | int) -> Units:
    return replace(units, billed=units.billed + quantity)


def shipped(quantity: int, *, billed: int = 0, ordered: int = 10) -> Units:
    return Units(Decimal(ordered), billed=Decimal(billed), shipped=Decimal(quantity))


def counts(*quantities: Decimal) -> tuple[object, ...]:
    """Return quantities, to be compared with whole numbers."""
    return quantities


def open_units(units: Units) -> tuple[object, ...]:
    """Return what is open to ship and to bill, and what came back and is to be credited."""
    return units.open_to_ship, units.open_to_bill, units.billed_returned


class TestReturnAndCreditForGood:
    def test_a_credit_of_what_was_kept_does_not_use_up_what_came_back_unbilled(self) -> None:
        units = bill(TEN.given_back(Decimal(2)), 8).credited_for_good(Decimal(1))

        assert counts(units.gone, units.open_to_bill, units.billed_returned) == (3, 0, 0)

    def test_a_credit_of_what_came_back_billed_is_for_that(self) -> None:
        units = bill(TEN, 10).given_back(Decimal(2))
        assert units.billed_returned == 2

        units = units.credited_for_good(Decimal(2))

        assert counts(units.gone, units.open_to_bill, units.billed_returned) == (2, 0, 0)

    def test_a_return_brings_what_was_credited_for_it_beforehand(self) -> None:
        units = bill(TEN, 5).credited_for_good(Decimal(1)).given_back(Decimal(1))

        assert counts(units.gone, units.open_to_bill, units.kept) == (1, 5, 9)

    def test_a_return_that_is_corrected_leaves_the_credit(self) -> None:
        units = bill(TEN, 5).credited_for_good(Decimal(1)).given_back(Decimal(2))

        units = units.given_back(Decimal(0))

        assert counts(units.gone, units.closed_returned, units.open_to_bill) == (1, 0, 5)

    def test_what_was_credited_before_it_left_does_not_come_back(self) -> None:
        units = shipped(4, billed=10).credited_for_good(Decimal(6)).given_back(Decimal(1))

        assert counts(units.closed_unshipped, units.closed_returned, units.billed_returned) == (
            6,
            0,
            1,
        )

    @pytest.mark.parametrize(
        ("before", "credited", "to_ship", "to_bill", "least"),
        [
            (shipped(5, billed=5), 2, 5, 5, 5),
            (shipped(4, billed=5), 4, 5, 5, 5),
            (shipped(4, billed=5), 3, 5, 5, 5),
            (shipped(6, billed=4), 2, 4, 6, 6),
            (shipped(6, billed=6), 6, 4, 4, 6),
            (shipped(5, billed=5), 5, 5, 5, 5),
            (shipped(0, billed=5), 2, 8, 5, 5),
        ],
    )
    def test_a_credit_of_what_was_shipped_leaves_what_is_open(
        self, before: Units, credited: int, to_ship: int, to_bill: int, least: int
    ) -> None:
        units = before.credited_for_good(Decimal(credited))

        assert open_units(units) == (to_ship, to_bill, 0)
        assert units.least == least
        assert units.shipped_to_bill == max(0, before.shipped - before.billed)

    def test_billed_goods_that_come_back_are_to_be_credited(self) -> None:
        units = shipped(5, billed=5).given_back(Decimal(2))
        assert (*open_units(units), *counts(units.gone, units.least)) == (5, 5, 2, 0, 5)

        for_good = units.credited_for_good(Decimal(2))
        again = units.credited_again(Decimal(2))

        assert (*open_units(for_good), *counts(for_good.kept_billed)) == (5, 5, 0, 3)
        assert (*open_units(again), *counts(again.kept_billed)) == (5, 5, 0, 3)

    def test_what_came_back_of_a_prepaid_line_is_credited_before_what_did_not_leave(self) -> None:
        units = shipped(5, billed=10).given_back(Decimal(2)).credited_for_good(Decimal(2))
        assert open_units(units) == (5, 0, 0)

        units = units.credited_for_good(Decimal(5))

        assert (*open_units(units), *counts(units.kept_billed)) == (0, 0, 0, 3)

    def test_a_draft_that_is_deleted_leaves_what_came_back_unbilled(self) -> None:
        units = shipped(5, billed=5).given_back(Decimal(2)).undrafted(Decimal(5))

        assert (*open_units(units), *counts(units.shipped_to_bill)) == (5, 8, 0, 3)

    @pytest.mark.parametrize(
        ("left", "issued", "drafted", "back", "unbilled", "to_issue"),
        [(10, 0, 10, 3, 3, 7), (10, 9, 1, 1, 1, 0), (7, 5, 5, 3, 2, 3), (5, 5, 5, 3, 0, 5)],
    )
    def test_what_only_a_draft_bills_comes_back_unbilled(
        self, left: int, issued: int, drafted: int, back: int, unbilled: int, to_issue: int
    ) -> None:
        units = replace(shipped(left, billed=issued + drafted), drafted=Decimal(drafted))
        assert units.open_to_issue == drafted

        units = units.given_back(Decimal(back))

        assert counts(units.returned_unbilled, units.billed_returned) == (unbilled, back - unbilled)
        assert units.open_to_issue == to_issue
        correction = units.given_back(Decimal(0))
        assert counts(correction.returned, correction.returned_unbilled) == (0, 0)
        assert units.undrafted(Decimal(drafted)).open_to_bill == to_issue

    def test_a_draft_of_what_did_not_leave_takes_no_credit_away(self) -> None:
        units = shipped(5, billed=10).given_back(Decimal(2)).undrafted(Decimal(5))

        assert open_units(units) == (5, 5, 2)

    def test_what_leaves_after_a_return_is_billed(self) -> None:
        units = replace(shipped(5, billed=5).given_back(Decimal(2)), shipped=Decimal(7))

        assert units.shipped_to_bill == 2


@given(data=st.data())
def test_the_customer_pays_for_what_stays_and_was_not_given_away(data: st.DataObject) -> None:
    units = Units(Decimal(data.draw(st.integers(1, 12))), step=Decimal(1))
    for _ in range(10):
        units = draw_next(units, data)
        assert units.kept_billed + units.gone + units.open_to_bill == units.ordered
        assert 0 <= units.closed_returned <= units.closed - units.closed_unshipped
        assert units.returned == (
            units.returned_unbilled + units.closed_returned + units.billed_returned
        )
        assert min(units.returned_unbilled, units.closed_unshipped, units.shipped_to_bill) >= 0
        assert units.least <= units.ordered

    units = replace(units, shipped=units.shipped + units.open_to_ship)
    units = units.credited_for_good(units.billed_returned)
    units = bill(units, units.open_to_bill)

    assert units.kept_billed == units.kept - units.closed_kept
    assert open_units(units) == (0, 0, 0)


def draw_next(units: Units, data: st.DataObject) -> Units:
    """Ship, bill, credit, take back or replace some whole units."""

    def some(most: Decimal) -> Decimal:
        return Decimal(data.draw(st.integers(0, int(most))))

    match data.draw(st.sampled_from(["ship", "bill", "good", "again", "return", "replace"])):
        case "ship":
            return replace(units, shipped=units.shipped + some(units.open_to_ship))
        case "bill":
            return bill(units, some(units.open_to_bill))
        case "again":
            return units.credited_again(some(units.kept_billed))
        case "good":
            after = units.credited_for_good(some(units.kept_billed))
            assert (after.open_to_bill, after.open_to_ship) <= (
                units.open_to_bill,
                units.open_to_ship,
            )
            return after
        case "return":
            after = units.given_back(units.returned + some(units.kept))
            assert after.open_to_bill <= units.open_to_bill
            return after
    return replace(units, replaced=units.replaced + some(units.kept))


@given(data=st.data())
def test_a_percentage_that_is_credited_for_good_is_not_billed_once_more(
    data: st.DataObject,
) -> None:
    units = Units(Decimal(data.draw(st.integers(1, 12))), step=Decimal(1))
    for _ in range(8):
        before = units
        units = bill(units, data.draw(quarters(units.open_to_bill)))
        units = replace(
            units, shipped=units.shipped + data.draw(st.integers(0, int(units.open_to_ship)))
        )
        billed = units.open_to_bill
        units = units.credited_for_good(data.draw(quarters(units.kept_billed)))
        assert units.open_to_bill == billed <= before.open_to_bill
        assert 0 <= units.closed_unshipped <= units.closed


@pytest.mark.parametrize("credited_first", [True, False])
def test_a_whole_return_that_is_credited_leaves_nothing_open(credited_first: bool) -> None:
    units = bill(TEN, 10)

    if credited_first:
        units = units.credited_for_good(Decimal(10)).given_back(Decimal(10))
    else:
        units = units.given_back(Decimal(10)).credited_for_good(Decimal(10))

    assert counts(units.gone, units.closed_returned, units.open_to_bill) == (10, 10, 0)
    assert counts(units.billed_returned, units.kept_billed) == (0, 0)


@pytest.mark.parametrize("row", as_parameters(TABLES, "of units"))
def test_opens_and_closes_returned_units_as_the_page_says(row: dict[str, str]) -> None:
    units = Units(
        Decimal(row["of units"]),
        billed=Decimal(row["billed"]),
        shipped=Decimal(row["shipped"]),
        replaced=Decimal(row["replaced"]),
    ).given_back(Decimal(row["not replaced"]))

    assert units.open_to_ship == Decimal(row["open to ship"])
    assert units.open_to_bill == Decimal(row["open to bill"])


@pytest.mark.parametrize("row", as_parameters(TABLES, "of"))
def test_credits_units_for_good_as_the_page_says(row: dict[str, str]) -> None:
    units = Units(
        Decimal(row["of"]), billed=Decimal(row["first billed"]), shipped=Decimal(row["shipped"])
    ).given_back(Decimal(row["came back"]))

    units = units.credited_for_good(Decimal(row["then credited for good"]))

    assert units.open_to_ship == Decimal(row["open to ship"])
    assert units.open_to_bill == Decimal(row["open to bill"])
    assert units.billed_returned == Decimal(row["to be credited"])
