"""The ledger of an order: down payments, deductions, changes, short close, returns."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sales.pricing.advances import Advance, TaxAmount
from sales.pricing.changed_lines import ChangedLine, agree
from sales.pricing.deduction_lines import DeductionLine
from sales.pricing.documents import LineInput, price_document
from sales.pricing.errors import AmountExceedsOpen
from sales.pricing.ledger import Ledger
from sales.pricing.ledger_lines import LedgerLine, Units
from sales.pricing.money import Rounding
from sales.pricing.next_documents import NextDownPayment, NextInvoice
from sales.pricing.partial import Amounts, Portion
from tests.sales.pricing.order_story import play

ZERO = Decimal(0)
HALF = Decimal("0.5")
NINETEEN, SEVEN, TWENTY = Decimal("0.19"), Decimal("0.07"), Decimal("0.2")


def ledger_of(*lines: tuple[str, str, Decimal], freight: str = "0") -> Ledger:
    """Make the ledger of an order in EUR from (quantity, price, tax rate) per line.

    A price below zero is that of a trade-in.
    """
    inputs = [
        LineInput(
            f"{place}",
            Decimal(quantity),
            Decimal(price),
            tax_rate=rate,
            is_deduction=price.startswith("-"),
        )
        for place, (quantity, price, rate) in enumerate(lines)
    ]
    priced = price_document(inputs, currency="EUR", freight=Decimal(freight))
    figures = dict(zip(inputs, map(Amounts.of, priced.lines), strict=True))
    return Ledger(
        "EUR",
        Rounding.HALF_UP,
        tuple(
            LedgerLine(line.key, line.tax_rate or ZERO, Units(line.quantity), amounts)
            for line, amounts in figures.items()
            if not line.is_deduction
        ),
        tuple(
            DeductionLine(line.key, line.tax_rate or ZERO, -TaxAmount.of(amounts))
            for line, amounts in figures.items()
            if line.is_deduction
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


def given_back(ledger: Ledger, key: str, returned: Decimal) -> Ledger:
    """Enter how many units of a line came back for good."""
    line = ledger.line(key)
    return with_line(ledger, replace(line, units=line.units.given_back(returned)))


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
    taken = tuple(
        replace(line, taken=line.taken + invoice.taken_off.get(line.key, TaxAmount()))
        for line in ledger.deduction_lines
    )
    return replace(
        ledger,
        deduction_lines=taken,
        advances=advances,
        freight_advance=ledger.freight_advance + deducted,
        freight_billed=ledger.freight_billed + invoice.freight,
    )


def asked_by(ledger: Ledger, invoice: NextInvoice) -> dict[Decimal, TaxAmount]:
    """Add up per rate what an invoice asks for, trade-ins and deductions taken off."""
    asked: dict[Decimal, TaxAmount] = {}
    for key, part in invoice.parts.items():
        rate = ledger.line(key).rate
        asked[rate] = asked.get(rate, TaxAmount()) + TaxAmount.of(part.amounts)
    for line in ledger.deduction_lines:
        if line.key in invoice.taken_off:
            asked[line.rate] -= invoice.taken_off[line.key]
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

    def test_a_short_close_never_goes_under_what_is_billed(self) -> None:
        billed = Amounts(Decimal("45.842"), Decimal("2.413"), Decimal("5.362"))
        units = Units(Decimal(9), billed=Decimal("8.0397"), shipped=Decimal("8.9109"))
        agreed = Amounts(Decimal("45.842"), Decimal("8.177"), Decimal("6.002"))
        line = LedgerLine("0", ZERO, units, agreed, billed)

        closed = line.short_close("KWD", Rounding.HALF_UP)

        assert closed.quantity == Decimal("8.9109")
        assert closed.amounts == Amounts(Decimal("45.842"), Decimal("7.642"), Decimal("5.943"))

    def test_a_short_close_never_goes_under_what_was_billed_at_a_higher_price(self) -> None:
        units = Units(Decimal(10), billed=Decimal(5), shipped=Decimal(7))
        agreed, billed = Amounts(Decimal(52), tax=Decimal(10)), Amounts(Decimal(50), tax=Decimal(9))
        line = LedgerLine("1", TWENTY, units, agreed, billed)

        kept = Amounts(Decimal("50.80"), tax=Decimal("9.40"))
        assert line.short_close("EUR", Rounding.HALF_UP) == Portion(Decimal(7), kept)

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
        ledger = given_back(with_units(ledger, "0", shipped=Decimal(100)), "0", Decimal(10))

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


class TestDeductions:
    """Trade-ins and rebates of the order."""

    def test_a_trade_in_is_taken_off_in_proportion_and_in_full_with_the_last_invoice(self) -> None:
        ledger = ledger_of(("10", "100.00", TWENTY), ("1", "-300.00", TWENTY))
        assert ledger.total == Decimal("840.00")
        taken, asked = [], []

        for quantity in (4, 1, 5):
            invoice = ledger.invoice({"0": Decimal(quantity)})
            taken.append(invoice.taken_off["1"])
            asked.append(asked_by(ledger, invoice)[TWENTY])
            ledger = after_invoice(ledger, invoice)

        assert taken == [
            TaxAmount(Decimal("120.00"), Decimal("24.00")),
            TaxAmount(Decimal("30.00"), Decimal("6.00")),
            TaxAmount(Decimal("150.00"), Decimal("30.00")),
        ]
        assert [amount.gross for amount in asked] == [336, 84, 420]
        assert sum(amount.gross for amount in asked) == Decimal("840.00")
        assert with_units(ledger, "0", shipped=Decimal(10)).is_closed

    def test_an_order_that_its_trade_ins_pay_for_is_billed_at_nothing(self) -> None:
        sold = ("3", "33.33", SEVEN), ("3", "1.00", SEVEN)
        ledger = ledger_of(*sold, *[("1", "-34.33", SEVEN)] * 3)
        assert ledger.total == 0

        for quantity in ("1", "1", "1"):
            invoice = ledger.invoice({"0": Decimal(quantity), "1": Decimal(quantity)})
            assert asked_by(ledger, invoice) == {SEVEN: TaxAmount()}
            ledger = after_invoice(ledger, invoice)

        assert not any(line.open for line in ledger.deduction_lines)

    def test_a_trade_in_waits_for_an_invoice_at_its_rate(self) -> None:
        sold = ("1", "100.00", NINETEEN), ("1", "200.00", SEVEN)
        ledger = ledger_of(*sold, ("1", "-90.00", NINETEEN))

        seven = ledger.invoice({"1": Decimal(1)})
        nineteen = after_invoice(ledger, seven).invoice({"0": Decimal(1)})

        assert seven.taken_off == {}
        assert nineteen.taken_off == {"2": TaxAmount(Decimal("90.00"), Decimal("17.10"))}
        assert asked_by(ledger, nineteen) == {
            NINETEEN: TaxAmount(Decimal("10.00"), Decimal("1.90"))
        }

    def test_a_down_payment_is_asked_and_deducted_on_what_the_trade_in_leaves(self) -> None:
        ledger = ledger_of(("10", "100.00", TWENTY), ("2", "-200.00", TWENTY))
        half = ledger.share(HALF, shares_before=ZERO, asked_before=ZERO)

        ledger = after_down_payment(ledger, ledger.down_payment(half))
        invoice = ledger.invoice({"0": Decimal(5)})
        last = after_invoice(ledger, invoice).invoice({"0": Decimal(5)})

        assert half == Decimal("360.00")
        assert invoice.deductions == {TWENTY: TaxAmount(Decimal("150.00"), Decimal("30.00"))}
        assert [asked_by(ledger, each)[TWENTY].gross for each in (invoice, last)] == [180, 180]
        with pytest.raises(AmountExceedsOpen):
            ledger.down_payment(Decimal("360.01"))

    def test_freight_goes_with_what_is_sold(self) -> None:
        sold = ("10", "100.00", TWENTY)
        ledger = ledger_of(sold, ("1", "-1000.00", TWENTY), freight="50.00")

        assert ledger.invoice({"0": Decimal(2)}).freight == Decimal("10.00")
        assert ledger.total == Decimal("50.00")

    def test_what_no_invoice_can_take_off_keeps_the_order_open(self) -> None:
        ledger = ledger_of(("10", "100.00", TWENTY), ("1", "-500.00", TWENTY))
        ledger = after_invoice(ledger, ledger.invoice({"0": Decimal(5)}))
        returned = given_back(with_units(ledger, "0", shipped=Decimal(10)), "0", Decimal(4))

        last = returned.invoice({"0": Decimal(1)})
        after = after_invoice(returned, last)

        assert last.taken_off == {"1": TaxAmount(Decimal("100.00"), Decimal("20.00"))}
        assert asked_by(returned, last) == {TWENTY: TaxAmount()}
        assert after.lapsed() == {"1": TaxAmount(Decimal("150.00"), Decimal("30.00"))}
        assert after.left_to_bill() == {TWENTY: TaxAmount()}
        assert not after.is_closed

    def test_an_order_cannot_go_under_what_its_trade_in_is_to_take_off(self) -> None:
        ledger = ledger_of(("10", "100.00", TWENTY), ("1", "-500.00", TWENTY))
        ledger = after_invoice(ledger, ledger.invoice({"0": Decimal(4)}))
        line = ledger.line("0")

        def ordered(quantity: int, amount: str) -> Ledger:
            units = replace(line.units, ordered=Decimal(quantity))
            agreed = Amounts(Decimal(amount), tax=Decimal(amount) * TWENTY)
            return with_line(ledger, replace(line, units=units, agreed=agreed))

        assert ordered(6, "600.00").goes_under(ledger) == [TWENTY]  # 600 − 500, and 200 billed
        assert ordered(6, "600.00").shortfall() == {
            TWENTY: TaxAmount(Decimal("100.00"), Decimal("20.00"))
        }
        assert ordered(7, "700.00").goes_under(ledger) == []

    def test_a_change_keeps_the_tax_of_what_is_taken_off(self) -> None:
        ledger = ledger_of(("3", "1.00", SEVEN), ("1", "-1.00", SEVEN))
        ledger = after_invoice(ledger, ledger.invoice({"0": Decimal(2)}))
        [line], [trade_in] = ledger.lines, ledger.deduction_lines
        assert trade_in.taken == TaxAmount(Decimal("0.67"), Decimal("0.05"))

        agreed = agree(
            [
                ChangedLine(SEVEN, Decimal(3), Amounts(Decimal("3.00"), tax=Decimal("0.18")), line),
                ChangedLine(
                    SEVEN,
                    Decimal(1),
                    Amounts(Decimal("-1.00"), tax=Decimal("-0.04")),
                    trade_in,
                    is_deduction=True,
                ),
            ],
            "EUR",
        )

        assert agreed == [
            Amounts(Decimal("3.00"), tax=Decimal("0.19")),
            Amounts(Decimal("-1.00"), tax=Decimal("-0.05")),
        ]


@settings(max_examples=60)
@given(st.integers(0, 10**9))
def test_every_story_of_an_order_comes_to_the_order(seed: int) -> None:
    story = play(seed)

    assert story.ledger.is_closed
