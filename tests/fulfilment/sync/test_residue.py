from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from common.errors import DomainError
from fulfilment.sync.residue import (
    NOTHING_REMEMBERED,
    PerUnit,
    Split,
    TheirLine,
    check_line,
    read_charge,
    to_line_discount,
    to_per_unit,
)
from sales.pricing.errors import InvalidAmount, InvalidDiscount, InvalidQuantity
from sales.pricing.money import minor_units
from tests.fulfilment.sync.residue_lines import base_here, line_values, net_there, sent_again
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

    there = TheirLine(
        quantity, unit=split.unit, price_quantity=Decimal(case["given"]["price_quantity"])
    )
    back = to_line_discount(there, split.charge, exponent=case["given"]["exponent"])
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
    back = to_line_discount(there, split.charge, exponent=exponent)
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

    split = sent_again(
        line_values(ours["quantity"], ours["discount"], agreed["genuine"]),
        line_values(agreed["quantity"], agreed["discount"], agreed["genuine"]),
        PerUnit(agreed["unit"], agreed["charge"]),
        exponent=case["given"]["exponent"],
    )

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
        "−0.001 has more decimals than the 2 of the order's currency.",
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
    figures = {"quantity": Decimal("0.5"), "discount": Decimal("1.00")}

    split = sent_again(
        line_values(**figures, price=Decimal(price)),
        line_values(**figures, price=Decimal("20.00")),
        received,
        exponent=2,
    )

    assert split == PerUnit(Decimal(unit), Decimal("0.00"))
