"""Partial invoices and credits: parts that sum to the order to the cent.

The method is cumulative: a part is what should have been billed once it is out, less what has
been, `round(total × cumulative quantity / ordered) − already`. The last part thus takes the
remainder. Where a change order moved discounts, so that what is billed is no such share any more,
what is left is shared alike by the units that are left. A credit is a part of the invoice line it
reverses, worked out the same way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from sales.pricing.documents import PricedLine
from sales.pricing.lines import is_part_of, part_within
from sales.pricing.money import EXACT, ZERO, Rounding, from_units, round_money
from sales.pricing.quantities import exceeds_open, needs_quantity

ROUNDED_UNITS = 2
"""By how many of the smallest units invoices and credits may be off the share of their quantity."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """The independent figures of a line; the others follow from them.

    Each grows with the quantity, so the sums net, base and gross do too: no part of a sale is ever
    negative by a cent. ``promotion`` is what of the discount promotion codes give. Base and charge
    are what net and discount make together: the charge is fitted so that neither is negative.
    """

    taxable: Decimal = ZERO
    header_discount: Decimal = ZERO
    discount: Decimal = ZERO
    tax: Decimal = ZERO
    promotion: Decimal = ZERO
    charge: Decimal = ZERO

    @classmethod
    def of(cls, line: PricedLine) -> Amounts:
        """Take the figures of a priced line."""
        return cls(line.taxable, line.header_discount, line.discount, line.tax, charge=line.charge)

    @property
    def net(self) -> Decimal:
        """The line after its own discount, before the header's."""
        return self.taxable + self.header_discount

    @property
    def base(self) -> Decimal:
        """The line before its charge, and before any discount but that of its volume."""
        return self.net + self.discount - self.charge

    @property
    def gross(self) -> Decimal:
        """Net and tax."""
        return self.net + self.tax

    def __add__(self, other: Amounts) -> Amounts:
        return Amounts(*(a + b for a, b in zip(self.figures, other.figures, strict=True)))

    def __sub__(self, other: Amounts) -> Amounts:
        return Amounts(*(a - b for a, b in zip(self.figures, other.figures, strict=True)))

    def __neg__(self) -> Amounts:
        return NOTHING - self

    @property
    def figures(self) -> tuple[Decimal, Decimal, Decimal, Decimal, Decimal, Decimal]:
        """The figures, in the order they are declared."""
        return (
            self.taxable,
            self.header_discount,
            self.discount,
            self.tax,
            self.promotion,
            self.charge,
        )


NOTHING = Amounts()


@dataclass(frozen=True, slots=True)
class Portion:
    """A quantity with its amounts: a whole order line, or what is billed of it so far."""

    quantity: Decimal = ZERO
    amounts: Amounts = NOTHING

    def __add__(self, other: Portion) -> Portion:
        return Portion(self.quantity + other.quantity, self.amounts + other.amounts)

    def __sub__(self, other: Portion) -> Portion:
        return Portion(self.quantity - other.quantity, self.amounts - other.amounts)


def next_part(
    ordered: Portion,
    billed: Portion,
    quantity: Decimal,
    *,
    currency: str,
    rounding: Rounding = Rounding.HALF_UP,
    line: str | None = None,
) -> Portion:
    """Price the next quantity of an order line, `billed` being invoiced less credited so far.

    Raises InvalidQuantity for nothing, QuantityExceedsOpen for more than is left.
    """
    _check_quantity(ordered.quantity, billed.quantity, quantity, line)
    whole, before = ordered, billed
    if not _is_share(billed, ordered, currency):
        whole, before = ordered - billed, Portion()
    figures = (
        _next_amount(total, already, before.quantity + quantity, whole.quantity, currency, rounding)
        for total, already in zip(whole.amounts.figures, before.amounts.figures, strict=True)
    )
    part, left = Amounts(*figures), (ordered - billed).amounts
    fitted = replace(part, promotion=_fit_promotion(part, left), charge=_fit_charge(part, left))
    return Portion(quantity, fitted)


def _is_share(billed: Portion, ordered: Portion, currency: str) -> bool:
    """Return whether what is billed is the share of its units, but for what rounding explains."""
    share = EXACT.divide(billed.quantity, ordered.quantity)
    most = from_units(ROUNDED_UNITS, currency)
    return all(
        abs(EXACT.multiply(total, share) - already) <= most
        for total, already in zip(ordered.amounts.figures, billed.amounts.figures, strict=True)
    )


def _fit_promotion(part: Amounts, left: Amounts) -> Decimal:
    """Return a part's promotion, moved by cents where it would not be part of its discount.

    What is left is a part of the discount that is left then too. Where prices include tax, so do
    promotions, which may come to more than the discount before tax: those stay as they are.
    """
    if not is_part_of(left.promotion, left.discount):
        return part.promotion
    others = left.discount - left.promotion
    least, most = sorted((part.discount - others, part.discount))
    return max(least, min(most, part.promotion))


def _fit_charge(part: Amounts, left: Amounts) -> Decimal:
    """Return a part's charge, moved by cents where its base would not be part of what is left."""
    both = part.base + part.charge
    least, most = sorted((both - left.base, both))
    low, high = sorted((ZERO, left.charge))
    return max(low, least, min(high, most, part.charge))


def credit_part(
    invoiced: Portion,
    credited: Portion,
    quantity: Decimal,
    *,
    currency: str,
    rounding: Rounding = Rounding.HALF_UP,
    line: str | None = None,
) -> Portion:
    """Price a credit of so many units of one invoice line, as negative figures.

    `credited` counts what was credited before, as positive figures: crediting all of the line,
    at once or in pieces, gives back exactly what was invoiced.
    """
    part = next_part(invoiced, credited, quantity, currency=currency, rounding=rounding, line=line)
    return Portion() - part


def _check_quantity(ordered: Decimal, billed: Decimal, quantity: Decimal, line: str | None) -> None:
    left = ordered - billed
    if quantity.is_finite() and (0 < quantity <= left or left <= quantity < 0):
        return
    if not quantity.is_finite() or quantity * left <= 0:
        raise needs_quantity(line=line)
    raise exceeds_open(quantity, left, line)


def _next_amount(
    total: Decimal,
    already: Decimal,
    cumulative: Decimal,
    whole: Decimal,
    currency: str,
    rounding: Rounding,
) -> Decimal:
    """Round total × cumulative / whole and take off what is there already.

    After credits of other cents a part may be zero, or all that is left, but never has the wrong
    sign.
    """
    exact = EXACT.divide(EXACT.multiply(total, cumulative), whole)
    part = round_money(exact, currency, rounding) - already
    return part_within(part, total - already)


def freight_part(
    freight: Decimal,
    already: Decimal,
    *,
    billed: Decimal,
    ordered: Decimal,
    currency: str,
    rounding: Rounding = Rounding.HALF_UP,
) -> Decimal:
    """Return how much of an order's freight an invoice carries.

    Freight × taxable billed so far (this invoice included) / taxable ordered, less what earlier
    invoices carried; where nothing has a price the first invoice carries all of it.
    """
    if not ordered:
        return freight - already
    return _next_amount(freight, already, billed, ordered, currency, rounding)
