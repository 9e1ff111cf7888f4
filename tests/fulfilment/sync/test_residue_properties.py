"""Discount residue: what holds for every quantity, discount and currency."""

from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from fulfilment.sync.residue import (
    PerUnit,
    Split,
    TheirLine,
    read_charge,
    to_line_discount,
    to_per_unit,
)
from sales.pricing.money import LARGEST, ZERO, Rounding, round_to
from tests.fulfilment.sync.residue_lines import (
    base_here,
    half_away,
    is_half_across_zero,
    line_values,
    net_there,
    sent_again,
)

EXPONENTS = st.integers(0, 3)
PRICE_QUANTITIES = st.sampled_from([Decimal(u) for u in ("1", "1", "3", "10", "100", "0.5")])
QUANTITIES = st.one_of(
    st.integers(1, 50).map(Decimal),
    st.integers(1, 10_000_000).map(Decimal),
    st.decimals("0.00001", "10000", places=5),
)


def amounts(exponent: int, least: int, most: int) -> st.SearchStrategy[Decimal]:
    """Draw amounts of the currency."""
    return st.integers(least, most).map(lambda units: Decimal(units).scaleb(-exponent))


@st.composite
def lines_of_ours(draw: st.DrawFn, *, returns: bool = True) -> tuple[int, Decimal, TheirLine]:
    """Draw the decimals of a currency, a discount, and a line without one, of either sign."""
    exponent, price_quantity = draw(EXPONENTS), draw(PRICE_QUANTITIES)
    sign = draw(st.sampled_from([1, -1])) if returns else 1
    price = draw(st.one_of(st.decimals(0, 2, places=5), st.decimals(0, 10_000, places=2)))
    line = TheirLine(draw(QUANTITIES) * sign, price=price, price_quantity=price_quantity)
    most = int(abs(base_here(line, exponent)).scaleb(exponent))
    return exponent, draw(amounts(exponent, 0, most)) * sign, line


@given(EXPONENTS, st.data())
def test_any_discount_comes_back_as_it_was(exponent: int, data: st.DataObject) -> None:
    discount = data.draw(amounts(exponent, -(10**9), 10**9))
    quantity = data.draw(QUANTITIES) * data.draw(st.sampled_from([1, 0, -1]))
    terms: dict[str, Any] = {
        "exponent": exponent,
        "price_quantity": data.draw(PRICE_QUANTITIES),
        "unit_price": data.draw(st.one_of(st.none(), st.decimals(0, 10_000, places=5))),
        "rounding": data.draw(st.sampled_from(list(Rounding))),
    }
    assume(not quantity or abs(discount * terms["price_quantity"]) <= LARGEST * abs(quantity))

    split = to_per_unit(discount, quantity, **terms)

    there = TheirLine(
        quantity,
        unit=split.unit,
        price=terms["unit_price"],
        price_quantity=terms["price_quantity"],
    )
    back = to_line_discount(there, split.charge, exponent=exponent, rounding=terms["rounding"])
    assert str(back) == str(discount or abs(discount))


@given(EXPONENTS, st.data())
def test_a_negative_discount_is_the_mirror_of_the_positive_one(
    exponent: int, data: st.DataObject
) -> None:
    discount, quantity = data.draw(amounts(exponent, 0, 10**9)), data.draw(QUANTITIES)
    terms: dict[str, Any] = {"exponent": exponent, "price_quantity": data.draw(PRICE_QUANTITIES)}
    assume(discount * terms["price_quantity"] <= LARGEST * quantity)

    split, mirror = (to_per_unit(one, quantity, **terms) for one in (discount, -discount))

    assert (mirror.unit, mirror.charge) == (-split.unit, -split.charge)
    exact = Fraction(discount) * Fraction(terms["price_quantity"]) / Fraction(quantity)
    assert split.unit == half_away(exact, exponent)


@given(lines_of_ours())
def test_both_sides_come_to_the_same_net(drawn: tuple[int, Decimal, TheirLine]) -> None:
    exponent, discount, line = drawn

    split = to_per_unit(
        discount,
        line.quantity,
        exponent=exponent,
        price_quantity=line.price_quantity,
        unit_price=line.price,
    )

    there = TheirLine(
        line.quantity, split.charge, split.unit, line.price, price_quantity=line.price_quantity
    )
    assume(not is_half_across_zero(there, exponent))
    assert net_there(there, exponent) == base_here(line, exponent) - discount


@given(lines_of_ours(returns=False), st.booleans(), st.data())
def test_a_line_that_comes_back_as_it_was_sent_is_read_as_it_was(
    drawn: tuple[int, Decimal, TheirLine], tells_amount: bool, data: st.DataObject
) -> None:
    exponent, discount, line = drawn
    genuine = data.draw(amounts(exponent, 0, 1000))
    terms: dict[str, Any] = {"price_quantity": line.price_quantity, "unit_price": line.price}
    split = to_per_unit(discount, line.quantity, exponent=exponent, **terms)
    there = TheirLine(
        line.quantity,
        split.charge + genuine,
        split.unit,
        line.price,
        price_quantity=line.price_quantity,
    )
    if tells_amount:
        assume(not is_half_across_zero(there, exponent))
        there = TheirLine(
            there.quantity,
            there.charge,
            price=there.price,
            price_quantity=there.price_quantity,
            line_amount=net_there(there, exponent),
        )

    reading = read_charge(there, Split(split.charge, genuine), exponent=exponent)

    assert (reading.discount, reading.split) == (discount, Split(split.charge, genuine))


@st.composite
def lines_of_theirs(draw: st.DrawFn) -> tuple[int, TheirLine, Split]:
    """Draw a line of theirs with discount, percentage and charge, and what is remembered of it."""
    exponent, price_quantity = draw(EXPONENTS), draw(PRICE_QUANTITIES)
    price, quantity = draw(st.decimals(0, 1000, places=5)), draw(QUANTITIES)
    unit = (price * draw(st.decimals(0, 1, places=2))).quantize(
        Decimal(1).scaleb(-exponent), ROUND_DOWN
    )
    remembered = Split(
        draw(amounts(exponent, -500, 500)), draw(st.one_of(amounts(exponent, 0, 1000)))
    )
    charge = draw(
        st.one_of(
            amounts(exponent, -1000, 1000),
            st.sampled_from([remembered.genuine, remembered.residue + remembered.genuine]),
        )
    )
    line = TheirLine(quantity, charge, unit, price, price_quantity=price_quantity)
    percent = draw(st.sampled_from([Fraction(0), Fraction(1, 10), Fraction(1, 3)]))
    assume(not is_half_across_zero(line, exponent))
    exact = Fraction(quantity) * (Fraction(price) - Fraction(unit)) / Fraction(price_quantity)
    amount = half_away(exact * (1 - percent) + Fraction(charge), exponent)
    has_amount = draw(st.booleans()) or percent > 0
    return exponent, _with_amount(line, amount if has_amount else None), remembered


def _with_amount(line: TheirLine, amount: Decimal | None) -> TheirLine:
    return TheirLine(line.quantity, line.charge, line.unit, line.price, amount, line.price_quantity)


@given(lines_of_theirs())
def test_a_line_of_theirs_has_the_same_net_here(drawn: tuple[int, TheirLine, Split]) -> None:
    exponent, line, remembered = drawn

    reading = read_charge(line, remembered, exponent=exponent)

    amount = net_there(line, exponent) if line.line_amount is None else line.line_amount
    assert reading.discount >= 0
    assert reading.split.genuine >= 0
    assert base_here(line, exponent) - reading.discount + reading.split.genuine == amount


@given(lines_of_theirs())
def test_their_line_keeps_its_total_when_it_is_sent_back(
    drawn: tuple[int, TheirLine, Split],
) -> None:
    exponent, line, remembered = drawn
    reading = read_charge(line, remembered, exponent=exponent)
    received = PerUnit(line.unit, line.charge)
    agreed = line_values(
        line.quantity,
        reading.discount,
        reading.split.genuine,
        line.price or ZERO,
        line.price_quantity,
    )
    terms: dict[str, Any] = {
        "exponent": exponent,
        "price_quantity": line.price_quantity,
        "unit_price": line.price,
    }

    again = sent_again(agreed, agreed, received, exponent=exponent)
    anew = to_per_unit(reading.discount, line.quantity, **terms)

    assert again == received
    amount = net_there(line, exponent) if line.line_amount is None else line.line_amount
    divided = TheirLine(
        line.quantity,
        anew.charge + reading.split.genuine,
        anew.unit,
        line.price,
        price_quantity=line.price_quantity,
    )
    assume(not is_half_across_zero(divided, exponent))
    assert net_there(divided, exponent) == amount


@given(lines_of_theirs())
def test_a_charge_is_wholly_residue_and_genuine(drawn: tuple[int, TheirLine, Split]) -> None:
    exponent, line, remembered = drawn
    assume(remembered.residue != 0)

    split = read_charge(line, remembered, exponent=exponent).split

    assert split.residue + split.genuine == line.charge


def test_rounds_our_base_by_the_rule_of_our_document() -> None:
    """Half of a cent: our base is 0.12, theirs would be 0.13."""
    split = to_per_unit(
        Decimal("0.00"),
        Decimal("0.5"),
        exponent=2,
        unit_price=Decimal("0.25"),
        rounding=Rounding.HALF_EVEN,
    )

    assert split == PerUnit(Decimal("0.00"), Decimal("-0.01"))
    assert round_to(Decimal("0.125") + split.charge, 2) == Decimal("0.12")


def test_no_split_makes_some_lines_free_of_charge_there() -> None:
    """Three for 2.50 yen each: without a charge their line is on half a yen, whatever its unit."""
    price, quantity = Decimal("2.5"), Decimal(3)

    split = to_per_unit(Decimal(8), quantity, exponent=0, unit_price=price)

    assert split == PerUnit(Decimal(3), Decimal(2))
    assert net_there(TheirLine(quantity, split.charge, split.unit, price), 0) == 1
    assert 0 not in {
        net_there(TheirLine(quantity, Decimal(charge), Decimal(unit), price), 0)
        for charge in range(-10, 11)
        for unit in range(5)
    }
