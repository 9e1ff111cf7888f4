"""Quantity rules: whole units or decimals, per product and price list; what a price is for."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_UP, Decimal
from enum import StrEnum

from common.sentences import Sentence
from common.sentences import sentence as _
from sales.pricing.errors import InvalidQuantity, QuantityExceedsOpen, QuantityNotAllowed
from sales.pricing.money import EXACT, is_finer

MOST_DECIMALS = 5
SMALLEST_QUANTITY = Decimal("0.00001")
"""Quantities keep five decimals."""

LARGEST_PRICE_QUANTITY = Decimal(1_000_000)
"""A price is for so many units at most."""


class QuantitySelling(StrEnum):
    """Quantity control of a price list item; the product's decimals hold as well."""

    NO_CONTROL = "no_control"
    WHOLE = "whole"
    WHOLE_AND_FRACTIONAL = "fractional"


def decimals_of(quantity: Decimal) -> int:
    """Count the decimals that matter: 2.50 has one."""
    exponent = quantity.normalize(EXACT).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def check_quantity(
    quantity: Decimal,
    *,
    selling: QuantitySelling = QuantitySelling.NO_CONTROL,
    decimals: int = MOST_DECIMALS,
    line: str | None = None,
) -> None:
    """Refuse a quantity that is no number, not whole where it must be, or too finely divided."""
    check_is_number(quantity, line)
    given = decimals_of(quantity)
    if given and (selling == QuantitySelling.WHOLE or not decimals):
        raise QuantityNotAllowed(_whole_units(quantity), line=line)
    if given > decimals:
        raise QuantityNotAllowed(_steps(quantity, Decimal(1).scaleb(-decimals)), line=line)


def _whole_units(quantity: Decimal) -> Sentence:
    lower, upper = _around(quantity, Decimal(1))
    return _(
        "This product is sold in whole units: "
        "enter %(lower)s or %(upper)s instead of %(quantity)s.",
        lower=lower,
        upper=upper,
        quantity=_typed(quantity),
    )


def _steps(quantity: Decimal, step: Decimal) -> Sentence:
    lower, upper = _around(quantity, step)
    return _(
        "This product is sold in steps of %(step)s: "
        "enter %(lower)s or %(upper)s instead of %(quantity)s.",
        step=step,
        lower=lower,
        upper=upper,
        quantity=_typed(quantity),
    )


def _typed(quantity: Decimal) -> Decimal | str:
    """Write what is finer than readers are shown with all its decimals."""
    return f"{quantity:f}" if is_finer(quantity, SMALLEST_QUANTITY) else quantity


def _around(quantity: Decimal, step: Decimal) -> tuple[Decimal, Decimal]:
    """Return the whole steps on both sides of a quantity, the one nearer to zero first."""
    return quantity.quantize(step, ROUND_DOWN, EXACT), quantity.quantize(step, ROUND_UP, EXACT)


def check_is_number(quantity: Decimal, line: str | None = None) -> None:
    """Refuse a quantity such as NaN."""
    if not quantity.is_finite():
        raise InvalidQuantity(_("Give the quantity as a number."), line=line)


def check_not_negative(quantity: Decimal, field: str | None = None) -> None:
    """Refuse a quantity below zero."""
    if quantity < 0:
        raise InvalidQuantity(_("A quantity cannot be negative: give zero or more."), field=field)


def check_stored_quantity(quantity: Decimal) -> None:
    """Refuse a quantity that storing it would round."""
    if is_finer(quantity, SMALLEST_QUANTITY):
        raise InvalidQuantity(_("Give a quantity of at most 5 decimals."))


def check_line_not_negative(quantity: Decimal, name: str, line: str) -> None:
    """Refuse a quantity below zero of a line, and name the line."""
    if quantity < 0:
        raise InvalidQuantity(
            _("%(line)s: a quantity cannot be negative: give zero or more.", line=name), line=line
        )


def needs_quantity(*, field: str | None = None, line: str | None = None) -> InvalidQuantity:
    """Make the refusal of a quantity of nothing."""
    return InvalidQuantity(_("Give a quantity above zero."), field=field, line=line)


def exceeds_open(quantity: Decimal, left: Decimal, line: str | None) -> QuantityExceedsOpen:
    """Make the refusal to invoice or credit more of a line than is open."""
    if left <= 0 < quantity:
        return QuantityExceedsOpen(
            _(
                "Nothing of this line is open: enter 0 instead of %(quantity)s.",
                quantity=quantity,
            ),
            line=line,
        )
    return QuantityExceedsOpen(
        _(
            "Only %(left)s of this line are open: enter at most %(left)s instead of %(quantity)s.",
            left=left,
            quantity=quantity,
        ),
        line=line,
    )


def check_price_quantity(quantity: Decimal, *, line: str | None = None) -> None:
    """Refuse a number of units that no price can be for."""
    if not quantity.is_finite() or not 0 < quantity <= LARGEST_PRICE_QUANTITY:
        raise InvalidQuantity(
            _(
                "A price is for 1 unit or for several, such as 100: "
                "enter more than 0 and at most %(most)s units.",
                most=LARGEST_PRICE_QUANTITY,
            ),
            line=line,
        )
    if is_finer(quantity, SMALLEST_QUANTITY):
        raise InvalidQuantity(
            _("The units that a price is for have at most %(most)d decimals.", most=MOST_DECIMALS),
            line=line,
        )


def round_down(quantity: Decimal, step: Decimal) -> Decimal:
    """Return the most whole steps that a quantity contains."""
    return quantity // step * step


def round_up(quantity: Decimal, step: Decimal) -> Decimal:
    """Return the fewest whole steps that contain a quantity."""
    whole = round_down(quantity, step)
    return whole if whole == quantity else whole + step
