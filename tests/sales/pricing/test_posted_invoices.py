"""Bills of another system: its figures on our lines, and the sums that are compared in the end."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sales.pricing.advances import TaxAmount
from sales.pricing.errors import QuantityExceedsOpen
from sales.pricing.ledger import Ledger
from sales.pricing.ledger_lines import LedgerLine, Units
from sales.pricing.money import Rounding
from sales.pricing.partial import Amounts
from sales.pricing.posted_invoices import (
    BilledLine,
    SumDifference,
    differences,
    figures_of,
    posted_part,
    with_figures,
)

RATE = Decimal("0.2")
cents = st.integers(0, 10**6).map(lambda number: Decimal(number) / 100)


def ledger(billed: str, tax: str, *, closed: int = 0, freight: str = "0") -> Ledger:
    """Three units for 50.00, billed in full at these figures."""
    units = Units(Decimal(3), billed=Decimal(3), closed=Decimal(closed))
    line = LedgerLine(
        "a",
        RATE,
        units,
        Amounts(Decimal("50.00"), tax=Decimal("10.00")),
        Amounts(Decimal(billed), tax=Decimal(tax)),
    )
    return Ledger("EUR", Rounding.HALF_UP, (line,), freight=Decimal(freight))


@given(st.lists(st.tuples(cents, cents), min_size=1, max_size=5), st.booleans())
def test_figures_of_lines_make_the_bill(
    lines: list[tuple[Decimal, Decimal]], includes_tax: bool
) -> None:
    billed = [BilledLine(amount, RATE, min(tax, amount)) for amount, tax in lines]
    amount = sum((line.amount for line in billed), Decimal(0))
    discount = (amount / 2).quantize(Decimal("0.01"))

    found = figures_of(billed, discount, includes_tax=includes_tax, currency="EUR")

    tax = sum((line.tax for line in billed), Decimal(0))
    gross = sum((each.taxable + each.tax for each in found), Decimal(0))
    assert gross == amount - discount + (0 if includes_tax else tax)
    if not includes_tax:
        assert [each.net for each in found] == [line.amount for line in billed]
        assert sum(each.header_discount for each in found) == discount


def test_our_discount_stays_where_it_fits() -> None:
    ours = Amounts(Decimal("16.67"), discount=Decimal("3.33"), tax=Decimal("3.33"))
    theirs = Amounts(Decimal("16.66"), tax=Decimal("3.34"))

    found = with_figures(ours, theirs)

    assert (found.net, found.tax) == (Decimal("16.66"), Decimal("3.34"))
    assert (found.discount, found.base) == (Decimal("3.33"), Decimal("19.99"))
    charged = Amounts(Decimal("6.00"), charge=Decimal("5.00"))
    assert with_figures(charged, Amounts(Decimal("4.00"))) == Amounts(Decimal("4.00"))


def test_units_that_came_back_unbilled_may_be_billed_there() -> None:
    units = Units(Decimal(3), shipped=Decimal(3)).given_back(Decimal(1))
    line = LedgerLine("a", RATE, units, Amounts(Decimal("50.00")))
    theirs = Amounts(Decimal("50.01"))

    assert units.open_to_bill == 2
    part = posted_part(line, Decimal(3), theirs, "EUR", Rounding.HALF_UP)

    assert part.quantity == 3
    assert part.amounts.net == Decimal("50.01")
    with pytest.raises(QuantityExceedsOpen):
        posted_part(line, Decimal(4), theirs, "EUR", Rounding.HALF_UP)


def test_sums_are_compared_at_the_end_alone() -> None:
    whole = ledger("50.00", "10.01", freight="4.90")
    part = LedgerLine(
        "b", RATE, Units(Decimal(2), billed=Decimal(1)), Amounts(Decimal(2)), Amounts(Decimal(9))
    )

    assert list(differences(whole)) == [
        SumDifference(RATE, True, Decimal("10.00"), Decimal("10.01")),
        SumDifference(None, False, Decimal("4.90"), Decimal(0)),
    ]
    unfinished = Ledger("EUR", Rounding.HALF_UP, (*whole.lines, part))
    assert list(differences(unfinished)) == []


def test_what_is_credited_for_good_is_in_neither_sum() -> None:
    before = ledger("50.00", "10.00", closed=1)
    credited = {RATE: TaxAmount(Decimal("16.67"), Decimal("3.33"))}
    found = Ledger("EUR", Rounding.HALF_UP, before.lines, credited=credited)

    assert list(differences(found)) == []
