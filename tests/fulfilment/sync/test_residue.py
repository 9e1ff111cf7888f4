from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from common.errors import DomainError
from fulfilment.sync.residue import (
    NOTHING_REMEMBERED,
    AgreedLine,
    PerUnit,
    Split,
    TheirLine,
    check_line,
    read_charge,
    send_again,
    to_line_discount,
    to_per_unit,
)
from sales.pricing.errors import InvalidAmount, InvalidDiscount, InvalidQuantity
from sales.pricing.money import LARGEST, Rounding, minor_units, round_to
from tests.fulfilment.sync.vectors_of import as_parameters, read_cases

CASES = read_cases("residue_vectors.json")


def of_kind(kind: str) -> list[Any]:
    """Give the cases of one kind."""
    return as_parameters(CASES, "name", {case["id"] for case in CASES if case["kind"] == kind})


def decimals(figures: dict[str, Any]) -> dict[str, Decimal]:
    """Read figures of a case."""
    return {name: Decimal(figure) for name, figure in figures.items()}


def their_line(given: dict[str, Any]) -> TheirLine:
    """Read their line of a case."""
    figures = {name: value for name, value in given["theirs"].items() if name != "currency"}
    return TheirLine(**decimals(figures), price_quantity=Decimal(given.get("price_quantity", 1)))


def remembered_of(given: dict[str, Any]) -> Split:
    """Read what a case remembers of the line."""
    if given["remembered"] is None:
        return NOTHING_REMEMBERED
    return Split(Decimal(given["remembered"]["residue"]), Decimal(given["remembered"]["genuine"]))


def half_away(exact: Fraction, exponent: int) -> Decimal:
    """Round a fraction with integers alone, half a smallest unit away from zero."""
    scaled = abs(exact) * 10**exponent
    units = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(units if exact >= 0 else -units).scaleb(-exponent)


def net_there(line: TheirLine, exponent: int) -> Decimal:
    """Work a line out as they do: rounded once, at its end."""
    price = Fraction(line.price or 0) - Fraction(line.unit)
    exact = Fraction(line.quantity) * price / Fraction(line.price_quantity)
    return half_away(exact + Fraction(line.charge), exponent)


def is_half_across_zero(line: TheirLine, exponent: int) -> bool:
    """Say whether a line without its charge lies on half a unit, on the other side of zero.

    Half goes away from zero, so the same half is then rounded the other way.
    """
    price = Fraction(line.price or 0) - Fraction(line.unit)
    exact = Fraction(line.quantity) * price / Fraction(line.price_quantity)
    is_half = (exact * 10**exponent * 2).denominator == 1 and (exact * 10**exponent).denominator > 1
    return is_half and (exact > 0) != (exact + Fraction(line.charge) > 0)


def base_here(line: TheirLine, exponent: int) -> Decimal:
    """Work a line out as we do, before its discount."""
    exact = Fraction(line.quantity) * Fraction(line.price or 0) / Fraction(line.price_quantity)
    return half_away(exact, exponent)


def test_has_every_kind_of_vector() -> None:
    counts = {
        kind: len(of_kind(kind)) for kind in ("out", "net", "in", "amount", "again", "refuse")
    }

    assert counts == {"out": 46, "net": 16, "in": 29, "amount": 5, "again": 4, "refuse": 4}
    assert sum(counts.values()) == len(CASES) == 104


@pytest.mark.parametrize("case", of_kind("out"))
def test_divides_a_discount_and_puts_it_together_again(case: dict[str, Any]) -> None:
    discount, quantity = Decimal(case["given"]["discount"]), Decimal(case["given"]["quantity"])
    terms: dict[str, Any] = {
        "exponent": case["given"]["exponent"],
        "price_quantity": case["given"]["price_quantity"],
    }

    split = to_per_unit(discount, quantity, **terms)

    back = to_line_discount(split.unit, quantity, split.charge, **terms)
    assert {"unit": str(split.unit), "charge": str(split.charge), "back": str(back)} == (
        case["expect"]
    )


@pytest.mark.parametrize("case", of_kind("net"))
def test_makes_their_line_come_to_our_net(case: dict[str, Any]) -> None:
    price, discount, quantity = (
        Decimal(case["given"][name]) for name in ("price", "discount", "quantity")
    )
    exponent, price_quantity = case["given"]["exponent"], case["given"]["price_quantity"]
    terms: dict[str, Any] = {"exponent": exponent, "price_quantity": price_quantity}

    split = to_per_unit(discount, quantity, unit_price=price, **terms)

    there = TheirLine(
        quantity, split.charge, split.unit, price, price_quantity=Decimal(price_quantity)
    )
    back = to_line_discount(split.unit, quantity, split.charge, unit_price=price, **terms)
    without_price = to_per_unit(discount, quantity, **terms).charge
    assert {
        "unit": str(split.unit),
        "charge": str(split.charge),
        "net_here": str(base_here(there, exponent) - discount),
        "net_there": str(net_there(there, exponent)),
        "back": str(back),
        "charge_without_price": str(without_price),
        "net_there_without_price": str(
            net_there(
                TheirLine(
                    quantity, without_price, split.unit, price, price_quantity=there.price_quantity
                ),
                exponent,
            )
        ),
    } == case["expect"]


@pytest.mark.parametrize("case", of_kind("in"))
def test_tells_residue_and_genuine_charge_apart(case: dict[str, Any]) -> None:
    given = case["given"]

    reading = read_charge(their_line(given), remembered_of(given), exponent=given["exponent"])

    assert {
        "discount": str(reading.discount),
        "residue": str(reading.split.residue),
        "genuine": str(reading.split.genuine),
    } == case["expect"]


@pytest.mark.parametrize("case", of_kind("amount"))
def test_takes_the_discount_from_the_amount_of_their_line(case: dict[str, Any]) -> None:
    given = case["given"]

    reading = read_charge(their_line(given), remembered_of(given), exponent=given["exponent"])

    assert {
        "discount": str(reading.discount),
        "genuine": str(reading.split.genuine),
    } == case["expect"]


@pytest.mark.parametrize("case", of_kind("again"))
def test_sends_their_own_split_while_the_line_is_as_agreed(case: dict[str, Any]) -> None:
    agreed, ours = decimals(case["given"]["agreed"]), decimals(case["given"]["ours"])
    line = AgreedLine(
        agreed["quantity"],
        agreed["discount"],
        PerUnit(agreed["unit"], agreed["charge"]),
        agreed["genuine"],
    )

    split = send_again(ours["discount"], ours["quantity"], line, exponent=case["given"]["exponent"])

    assert {"unit": str(split.unit), "charge": str(split.charge)} == case["expect"]


REFUSALS: dict[str, tuple[type[DomainError], str]] = {
    "refuse205": (
        InvalidQuantity,
        "Report a return as a return, not as an order line with a negative quantity.",
    ),
    "refuse206": (InvalidDiscount, "The discount of 75 is more than the line's 60."),
    "refuse207": (InvalidAmount, "“NaN” is not a number."),
    "refuse208": (
        InvalidAmount,
        "-0.001 has more decimals than the 2 of the order's currency.",
    ),
}


@pytest.mark.parametrize("case", of_kind("refuse"))
def test_refuses_amounts_that_no_line_has(case: dict[str, Any]) -> None:
    error, sentence = REFUSALS[case["id"]]
    currency = case["given"]["theirs"].get("currency", "EUR")

    with pytest.raises(error) as refusal:
        check_line(their_line(case["given"]), exponent=minor_units(currency), line="7")

    assert (str(refusal.value), refusal.value.line) == (sentence, "7")


def test_refuses_a_unit_discount_that_is_finer_than_the_currency_and_not_exact() -> None:
    with pytest.raises(InvalidAmount) as refusal:
        check_line(TheirLine(Decimal(3), unit=Decimal("3.333")), exponent=2)

    assert str(refusal.value) == "9.999 has more decimals than the 2 of the order's currency."


@pytest.mark.parametrize(
    "line",
    [
        TheirLine(Decimal(1000), unit=Decimal("0.005"), price=Decimal("0.02")),
        TheirLine(Decimal(3), Decimal("0.01"), Decimal("6.67"), Decimal("10.00")),
        TheirLine(Decimal(1), line_amount=Decimal("21.00"), price=Decimal("20.00")),
    ],
    ids=["a finer unit discount that is exact", "a discount with residue", "dearer than its price"],
)
def test_accepts_what_a_line_may_have(line: TheirLine) -> None:
    check_line(line, exponent=2)


def test_reads_a_line_that_is_free_of_charge_by_what_is_remembered() -> None:
    free = TheirLine(Decimal(3), Decimal("0.01"), Decimal("6.67"), Decimal("6.66667"))

    check_line(free, Split(Decimal("0.01")), exponent=2)

    reading = read_charge(free, Split(Decimal("0.01")), exponent=2)
    assert str(reading.discount) == "20.00"


def test_refuses_to_send_a_discount_that_is_finer_than_the_currency() -> None:
    with pytest.raises(InvalidAmount):
        to_per_unit(Decimal("0.005"), Decimal(3), exponent=2)


@pytest.mark.parametrize(
    ("price", "unit"), [("20.00", "0.00"), ("20.02", "2.00")], ids=["the same", "another"]
)
def test_divides_anew_once_the_price_is_another(price: str, unit: str) -> None:
    """They gave ten percent, which their split does not show."""
    received = PerUnit(Decimal("0.00"), Decimal("0.00"))
    agreed = AgreedLine(Decimal("0.5"), Decimal("1.00"), received, price=Decimal("20.00"))

    split = send_again(
        Decimal("1.00"), Decimal("0.5"), agreed, exponent=2, unit_price=Decimal(price)
    )

    assert split == PerUnit(Decimal(unit), Decimal("0.00"))


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

    back = to_line_discount(split.unit, quantity, split.charge, **terms)
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
    agreed = AgreedLine(
        line.quantity, reading.discount, received, reading.split.genuine, line.price
    )
    terms: dict[str, Any] = {
        "exponent": exponent,
        "price_quantity": line.price_quantity,
        "unit_price": line.price,
    }

    again = send_again(reading.discount, line.quantity, agreed, **terms)
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
