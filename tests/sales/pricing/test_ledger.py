"""The ledger of an order: down payments, deductions, changes, short close, returns."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sales.pricing.advances import Advance, TaxAmount
from sales.pricing.changed_lines import ChangedLine, agree
from sales.pricing.documents import LineInput, price_document
from sales.pricing.errors import AmountExceedsOpen, InvalidAmount
from sales.pricing.ledger import Ledger, NextDownPayment, NextInvoice
from sales.pricing.ledger_lines import LedgerLine, Units
from sales.pricing.money import Rounding
from sales.pricing.partial import Amounts, Portion
from tests.sales.pricing.order_story import play

ZERO = Decimal(0)
HALF = Decimal("0.5")
NINETEEN, SEVEN, TWENTY = Decimal("0.19"), Decimal("0.07"), Decimal("0.2")


def ledger_of(*lines: tuple[str, str, Decimal], freight: str = "0") -> Ledger:
    """Make the ledger of an order in EUR from (quantity, price, tax rate) per line."""
    inputs = [
        LineInput(f"{place}", Decimal(quantity), Decimal(price), tax_rate=rate)
        for place, (quantity, price, rate) in enumerate(lines)
    ]
    priced = price_document(inputs, currency="EUR", freight=Decimal(freight))
    return Ledger(
        "EUR",
        Rounding.HALF_UP,
        tuple(
            LedgerLine(line.key, line.tax_rate or ZERO, Units(line.quantity), Amounts.of(figures))
            for line, figures in zip(inputs, priced.lines, strict=True)
        ),
        freight=Decimal(freight),
    )


def with_line(ledger: Ledger, line: LedgerLine) -> Ledger:
    """Put a line into a ledger, in the place of the one with its key."""
    lines = tuple(line if each.key == line.key else each for each in ledger.lines)
    return replace(ledger, lines=lines)


def with_units(ledger: Ledger, key: str, **units: Decimal) -> Ledger:
    """Enter other quantities of a line."""
    line = ledger.line(key)
    return with_line(ledger, replace(line, units=replace(line.units, **units)))  # type: ignore[arg-type]  # its own fields


def after_down_payment(ledger: Ledger, payment: NextDownPayment) -> Ledger:
    """Enter an issued down payment."""
    advances = dict(ledger.advances)
    for rate, group in payment.groups.items():
        advances[rate] = advances.get(rate, Advance()) + Advance(asked=group)
    ahead = ledger.freight_advance + Advance(asked=TaxAmount(payment.freight))
    return replace(ledger, advances=advances, freight_advance=ahead)


def after_invoice(ledger: Ledger, invoice: NextInvoice) -> Ledger:
    """Enter an issued invoice."""
    for key, part in invoice.parts.items():
        line = ledger.line(key)
        units = replace(line.units, billed=line.units.billed + part.quantity)
        ledger = with_line(ledger, replace(line, units=units, billed=line.billed + part.amounts))
    advances = dict(ledger.advances)
    for rate, amount in invoice.deductions.items():
        advances[rate] = advances[rate] + Advance(deducted=amount)
    deducted = Advance(deducted=TaxAmount(invoice.freight_deduction))
    return replace(
        ledger,
        advances=advances,
        freight_advance=ledger.freight_advance + deducted,
        freight_billed=ledger.freight_billed + invoice.freight,
    )


def asked_by(ledger: Ledger, invoice: NextInvoice) -> dict[Decimal, TaxAmount]:
    """Add up per rate what an invoice asks for, deductions taken off."""
    asked: dict[Decimal, TaxAmount] = {}
    for key, part in invoice.parts.items():
        rate = ledger.line(key).rate
        asked[rate] = asked.get(rate, TaxAmount()) + TaxAmount.of(part.amounts)
    return {
        rate: amount - invoice.deductions.get(rate, TaxAmount()) for rate, amount in asked.items()
    }


class TestDownPayments:
    def test_two_halves_make_the_whole_and_the_last_invoice_asks_nothing(self) -> None:
        ledger = ledger_of(("1", "10000.00", NINETEEN), ("1", "907.10", SEVEN))
        assert ledger.total == Decimal("12870.60")
        agreed = Amounts(taxable=Decimal("907.09"), tax=Decimal("63.50"))
        ledger = with_line(ledger, replace(ledger.line("1"), agreed=agreed))

        first = ledger.share(HALF, shares_before=ZERO, asked_before=ZERO)
        ledger = after_down_payment(ledger, ledger.down_payment(first))
        second = ledger.share(HALF, shares_before=HALF, asked_before=first)
        ledger = after_down_payment(ledger, ledger.down_payment(second))
        last = ledger.invoice({"0": Decimal(1), "1": Decimal(1)})

        assert ledger.total == Decimal("12870.59")
        assert (first, second) == (Decimal("6435.30"), Decimal("6435.29"))
        assert asked_by(ledger, last) == {SEVEN: TaxAmount(), NINETEEN: TaxAmount()}
        ledger = after_invoice(ledger, last)
        ledger = with_units(with_units(ledger, "0", shipped=Decimal(1)), "1", shipped=Decimal(1))
        assert ledger.is_closed

    def test_freight_is_part_of_what_is_asked_ahead(self) -> None:
        ledger = ledger_of(("10", "100.00", TWENTY), freight="50.00")

        payment = ledger.down_payment(
            ledger.share(Decimal(1), shares_before=ZERO, asked_before=ZERO)
        )

        assert payment.total == Decimal("1250.00")
        assert payment.groups == {TWENTY: TaxAmount(Decimal(1000), Decimal(200))}
        assert payment.freight == Decimal(50)

    def test_more_than_is_left_is_refused(self) -> None:
        ledger = ledger_of(("1", "100.00", TWENTY))

        with pytest.raises(AmountExceedsOpen):
            ledger.down_payment(Decimal("120.01"))

    def test_a_deduction_never_exceeds_what_the_invoice_bills(self) -> None:
        ledger = ledger_of(("10", "100.00", TWENTY))
        ledger = after_invoice(ledger, ledger.invoice({"0": Decimal(4)}))
        milestone = ledger.share(Decimal("0.6"), shares_before=ZERO, asked_before=ZERO)
        ledger = after_down_payment(ledger, ledger.down_payment(milestone))

        invoice = ledger.invoice({"0": Decimal(1)})

        assert milestone == Decimal(720)
        assert asked_by(ledger, invoice) == {TWENTY: TaxAmount()}
        assert ledger.left_to_ask == 0


class TestChanges:
    def test_an_order_cannot_go_under_what_was_asked_ahead_at_a_rate(self) -> None:
        ledger = ledger_of(("1", "100.00", NINETEEN), ("1", "100.00", SEVEN))
        half = ledger.share(HALF, shares_before=ZERO, asked_before=ZERO)
        ledger = after_down_payment(ledger, ledger.down_payment(half))

        seven = ledger.line("1")
        without_seven = with_line(ledger, replace(seven, units=Units(ZERO), agreed=Amounts()))

        assert without_seven.falls_short_of(ledger)
        assert without_seven.surplus() == {SEVEN: TaxAmount(Decimal("50.00"), Decimal("3.50"))}

    def test_an_order_cannot_go_under_what_was_asked_ahead_in_all(self) -> None:
        ledger = ledger_of(("10", "100.00", NINETEEN))
        ahead = ledger.share(Decimal("0.8"), shares_before=ZERO, asked_before=ZERO)
        ledger = after_down_payment(ledger, ledger.down_payment(ahead))

        halved = ledger_of(("5", "100.00", NINETEEN))

        assert replace(ledger, lines=halved.lines).falls_short_of(ledger)

    def test_a_short_close_takes_exactly_what_is_billed(self) -> None:
        ledger = ledger_of(("10", "22.36", NINETEEN))
        ledger = after_invoice(ledger, ledger.invoice({"0": Decimal(9)}))

        [line] = ledger.lines

        assert line.short_close("EUR", Rounding.HALF_UP) == Portion(Decimal(9), line.billed)

    def test_a_change_keeps_the_figures_of_what_is_billed(self) -> None:
        ledger = ledger_of(("3", "33.33", NINETEEN))
        ledger = after_invoice(ledger, ledger.invoice({"0": Decimal(3)}))
        [line] = ledger.lines

        priced = Amounts(Decimal("99.99"), tax=Decimal("19.01"))
        assert agree([ChangedLine(line.rate, Decimal(3), priced, line)], "EUR") == [line.agreed]
        assert line.units.least == 3


class TestReturns:
    def test_goods_that_are_not_replaced_are_closed_and_never_billed(self) -> None:
        ledger = ledger_of(("100", "10.00", NINETEEN))
        ledger = after_invoice(ledger, ledger.invoice({"0": Decimal(90)}))
        ledger = with_units(ledger, "0", shipped=Decimal(100), returned=Decimal(10))

        assert ledger.line("0").units.open_to_bill == 0
        assert ledger.line("0").units.open_to_ship == 0
        assert ledger.is_closed

    def test_goods_that_are_replaced_are_open_to_ship_again(self) -> None:
        ledger = ledger_of(("100", "10.00", NINETEEN))
        ledger = with_units(ledger, "0", shipped=Decimal(100), replaced=Decimal(10))

        assert ledger.line("0").units.open_to_ship == 10
        assert ledger.line("0").units.open_to_bill == 100

    def test_what_is_credited_for_good_before_it_left_is_closed_for_shipping(self) -> None:
        ledger = ledger_of(("10", "10.00", NINETEEN))
        ledger = after_invoice(ledger, ledger.invoice({"0": Decimal(10)}))
        ledger = with_units(ledger, "0", closed=Decimal(3), closed_unshipped=Decimal(3))

        assert ledger.line("0").units.open_to_ship == 7
        assert ledger.line("0").units.open_to_bill == 0


def test_an_invoice_negative_at_a_rate_is_refused() -> None:
    ledger = ledger_of(("1", "100.00", NINETEEN))
    reduction = Amounts(Decimal("-40.00"), tax=Decimal("-7.60"))
    trade_in = LedgerLine("1", NINETEEN, Units(Decimal(1)), reduction)
    ledger = replace(ledger, lines=(*ledger.lines, trade_in))

    with pytest.raises(InvalidAmount):
        ledger.invoice({"1": Decimal(1)})

    together = ledger.invoice({"0": Decimal(1), "1": Decimal(1)})
    assert asked_by(ledger, together) == {NINETEEN: TaxAmount(Decimal("60.00"), Decimal("11.40"))}


@settings(max_examples=60)
@given(st.integers(0, 10**9))
def test_every_story_of_an_order_comes_to_the_order(seed: int) -> None:
    story = play(seed)

    assert story.ledger.is_closed
