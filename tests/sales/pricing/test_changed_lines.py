"""Figures of a changed order: billed ones stay, header discount and tax keep their sums."""

from __future__ import annotations

from decimal import Decimal

from sales.pricing.advances import TaxAmount
from sales.pricing.changed_lines import ChangedLine, agree
from sales.pricing.deduction_lines import DeductionLine
from sales.pricing.documents import LineInput, price_document
from sales.pricing.ledger_lines import LedgerLine, Units
from sales.pricing.partial import Amounts, Portion, next_part

NINETEEN, SEVEN = Decimal("0.19"), Decimal("0.07")


def priced(*lines: tuple[str, str], discount: str) -> list[Amounts]:
    """Price lines of quantity and price at 19 % with a discount on everything."""
    inputs = [
        LineInput(f"{place}", Decimal(quantity), Decimal(price), tax_rate=NINETEEN)
        for place, (quantity, price) in enumerate(lines)
    ]
    document = price_document(inputs, currency="EUR", discount_amount=Decimal(discount))
    return [Amounts.of(line) for line in document.lines]


def billed(agreed: Amounts, ordered: int, quantity: int) -> LedgerLine:
    """A line of which so much is billed."""
    whole = Portion(Decimal(ordered), agreed)
    part = next_part(whole, Portion(), Decimal(quantity), currency="EUR")
    units = Units(Decimal(ordered), billed=part.quantity)
    return LedgerLine("0", NINETEEN, units, agreed, part.amounts)


def test_a_new_line_takes_only_the_header_discount_that_is_not_billed() -> None:
    [before] = priced(("10", "10.00"), discount="5.00")
    line = billed(before, 10, 9)
    first, added = priced(("10", "10.00"), ("15", "10.00"), discount="5.00")
    assert (first.header_discount, line.billed.header_discount) == (Decimal(2), Decimal("4.50"))

    agreed = agree(
        [
            ChangedLine(NINETEEN, Decimal(10), first, line),
            ChangedLine(NINETEEN, Decimal(15), added),
        ],
        "EUR",
    )

    assert [each.net for each in agreed] == [Decimal(100), Decimal(150)]
    assert [each.header_discount for each in agreed] == [Decimal("4.50"), Decimal("0.50")]
    assert [each.tax for each in agreed] == [Decimal("18.15"), Decimal("28.40")]
    assert sum(each.tax for each in agreed) == first.tax + added.tax == Decimal("46.55")
    assert agreed[0].taxable - line.billed.taxable == Decimal("10.00")


def test_a_line_that_is_billed_in_full_keeps_every_figure() -> None:
    [before] = priced(("3", "33.33"), discount="5.00")
    line = billed(before, 3, 3)
    first, added = priced(("3", "33.33"), ("1", "100.00"), discount="5.00")

    agreed = agree(
        [
            ChangedLine(NINETEEN, Decimal(3), first, line),
            ChangedLine(NINETEEN, Decimal(1), added),
        ],
        "EUR",
    )

    assert agreed[0] == before
    assert agreed[1] == Amounts(Decimal(100), tax=Decimal(19))


def test_the_tax_of_a_rate_never_goes_under_what_is_billed_less_what_is_taken_off() -> None:
    """0.36 is billed and 0.17 taken off, which leaves 0.19; the changed order is priced at 0.18."""
    sold = LedgerLine(
        "0",
        SEVEN,
        Units(Decimal(10), billed=Decimal(5)),
        Amounts(Decimal("10.00"), tax=Decimal("0.70")),
        Amounts(Decimal("5.00"), tax=Decimal("0.36")),
    )
    trade_in = DeductionLine(
        "1",
        SEVEN,
        TaxAmount(Decimal("5.00"), Decimal("0.35")),
        TaxAmount(Decimal("2.50"), Decimal("0.17")),
    )
    priced_at = Amounts(Decimal("7.50"), tax=Decimal("0.53"))
    off = Amounts(Decimal("-5.00"), tax=Decimal("-0.35"))

    agreed = agree(
        [
            ChangedLine(SEVEN, Decimal("7.5"), priced_at, sold),
            ChangedLine(SEVEN, Decimal(1), off, trade_in, is_deduction=True, is_changed=False),
        ],
        "EUR",
    )

    assert agreed == [Amounts(Decimal("7.50"), tax=Decimal("0.54")), off]


def test_leaves_the_prices_of_an_order_of_which_nothing_is_billed() -> None:
    lines = priced(("3", "33.33"), ("7", "0.05"), discount="5.00")

    assert agree([ChangedLine(NINETEEN, Decimal(1), each) for each in lines], "EUR") == lines


def test_leaves_no_promotion_to_bill_without_its_discount() -> None:
    """1.25 less 1% and 0.02 by code, where 0.03 of discount and 0.01 by code are billed of four."""
    before = Amounts(Decimal("1.46"), discount=Decimal("0.04"), promotion=Decimal("0.02"))
    line = billed(before, 6, 4)
    assert (line.billed.discount, line.billed.promotion) == (Decimal("0.03"), Decimal("0.01"))
    changed = Amounts(Decimal("1.22"), discount=Decimal("0.03"), promotion=Decimal("0.02"))

    [agreed] = agree([ChangedLine(NINETEEN, Decimal(5), changed, line)], "EUR")

    assert agreed.net == Decimal("1.22")
    assert (agreed.discount, agreed.promotion) == (Decimal("0.03"), Decimal("0.01"))
    left = agreed - line.billed
    assert (left.discount, left.promotion) == (Decimal(0), Decimal(0))
