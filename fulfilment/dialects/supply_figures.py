"""Figures of a line in the words of a supply-chain system: quantity, price, discount and charge.

They have one per unit, or for so many units as the price is for, and in the unit that they sell in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from fulfilment.sync.canonical import plain, read_number
from fulfilment.sync.policies import Kind, is_same
from fulfilment.sync.residue import to_per_unit
from fulfilment.sync.units import converted_line, converted_quantity
from sales.pricing.lines import Price
from sales.pricing.money import Rounding, minor_units, round_to

ZERO = Decimal(0)
PRICE_FIELDS = (
    *("quantity", "cancelled", "price", "price_unit", "discount", "discount_percent", "charge"),
)
"""The fields that say together what a line comes to."""

NOTHING: Mapping[str, str] = {
    "cancelled": "0",
    "price_unit": "1",
    "discount": "0",
    "discount_percent": "0",
    "charge": "0",
    "delivered": "0",
    "invoiced": "0",
}
"""What a figure of a line is that is cleared."""


@dataclass(frozen=True, slots=True)
class Writing:
    """How lines are written to them, by our ids: as they wrote them while they are as they said.

    ``ordered`` is what was ordered of each line, which is cancelled if none is wanted; ``factors``
    are how many of our unit make one of theirs, of the lines that they have in another unit.
    ``restated`` are the lines that are written in our unit though they had them in another.
    """

    currency: str
    rounding: Rounding
    received: Mapping[str, Mapping[str, Any]]
    """Their lines as received."""
    reported: Mapping[str, Any]
    """The canonical values of their last snapshot, which ``received`` was read as."""
    ordered: Mapping[str, Decimal] = field(default_factory=dict)
    factors: Mapping[str, Fraction] = field(default_factory=dict)
    restated: frozenset[str] = frozenset()

    def unit(self, line: str) -> str:
        """Return their code of the unit of a line that they have in another unit than we do."""
        is_theirs = line in self.factors and line not in self.restated
        return str(self.received[line].get("unit") or "") if is_theirs else ""

    def is_exact(self, line: str, quantity: Decimal) -> bool:
        """Whether a quantity of ours can be written exactly in their unit of a line."""
        factor = self.factors.get(line)
        return factor is None or converted_quantity(quantity, 1 / factor) is not None


def write_figures(line: str, values: Mapping[str, Any], writing: Writing) -> dict[str, Any]:
    """Write quantity, price and discount: as they wrote them while the line is as they said.

    What was sent since their last snapshot is not in it, so it says nothing of that.
    """
    received = writing.received.get(line)
    is_theirs = received is not None and line not in writing.restated
    figures = dict(_figures(line, values, writing))
    if received is None or not is_theirs or not _is_as_reported(line, values, writing.reported):
        return figures
    return figures | {name: received[name] for name in PRICE_FIELDS if name in received}


def _figures(line: str, values: Mapping[str, Any], writing: Writing) -> Iterator[tuple[str, Any]]:
    prefix = f"line.{line}"
    own = _in_their_unit(line, values, writing)
    wanted, quantity = Decimal(own["wanted"]), Decimal(own["quantity"])
    exponent = minor_units(writing.currency)
    split = to_per_unit(
        Decimal(values.get(f"{prefix}.discount", "0")),
        quantity,
        exponent=exponent,
        price_quantity=Decimal(own["price_unit"]),
        unit_price=Decimal(own["price"]),
        rounding=writing.rounding,
    )
    residue = split.charge if wanted else ZERO
    charge = residue + Decimal(values.get(f"{prefix}.charge", "0"))
    yield "quantity", plain(quantity)
    yield "cancelled", plain(quantity - wanted)
    yield "price", own["price"]
    yield "price_unit", own["price_unit"]
    yield "discount", f"{split.unit:f}"
    yield "discount_percent", "0"
    yield "charge", f"{round_to(charge, exponent):f}"


def _in_their_unit(line: str, values: Mapping[str, Any], writing: Writing) -> Mapping[str, Any]:
    """Return quantities and price of a line in the unit that it is written in."""
    wanted = Decimal(values[f"line.{line}.quantity"])
    quantity = wanted or writing.ordered[line]
    price = values.get(f"line.{line}.price") or {"amount": "0", "per": "1"}
    own = {"quantity": plain(quantity), "price": price["amount"], "price_unit": price["per"]}
    factor = None if line in writing.restated else writing.factors.get(line)
    converted = own if factor is None else converted_line(own, 1 / factor) or own
    return {**converted, "wanted": converted["quantity"] if wanted else "0"}


def _is_as_reported(line: str, values: Mapping[str, Any], reported: Mapping[str, Any]) -> bool:
    paths = {
        f"line.{line}.{name}": kind
        for name, kind in (
            ("quantity", Kind.QUANTITY),
            ("price", Kind.PRICE),
            ("discount", Kind.MONEY),
            ("charge", Kind.MONEY),
        )
    }
    return all(is_same(kind, values.get(path), reported.get(path)) for path, kind in paths.items())


def complete_line(
    line: Mapping[str, Any], held: Mapping[str, Any], currency: str
) -> dict[str, Any]:
    """Return a line of theirs with all its figures.

    One that was not sent is as they ``held`` it, one that is cleared is nothing; the price, which
    every line has, and the amount, which follows from the others, are never cleared.
    """
    sent = {
        name: NOTHING.get(name) if value is None else value
        for name, value in line.items()
        if value is not None or name not in ("price", "amount")
    }
    whole = {name: value for name, value in held.items() if name not in sent} | sent
    if "amount" not in whole and read_number(whole.get("discount_percent", 0)) and "price" in whole:
        whole["amount"] = _amount(whole, minor_units(currency))
    return whole


def _amount(line: Mapping[str, Any], exponent: int) -> str:
    """Work out what a line of theirs comes to, as they do: rounded once, at its end."""
    wanted = read_number(line["quantity"]) - read_number(line.get("cancelled", 0))
    off = 1 - read_number(line["discount_percent"]) / 100
    price = read_number(line["price"]) - read_number(line.get("discount", 0))
    per_line = Price(price * off, read_number(line.get("price_unit", 1))).of(wanted)
    return f"{round_to(per_line + read_number(line.get('charge', 0)), exponent):f}"
