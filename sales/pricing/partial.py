"""Partial invoices and credits: parts that sum to the order to the cent.

The method is cumulative: a part is what should have been billed once it is out, less what has
been, `round(total × cumulative quantity / ordered) − already`. The last part thus takes the
remainder. A credit is a part of the invoice line it reverses, worked out the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from common.sentences import Amount
from common.sentences import sentence as _
from sales.pricing.allocation import allocate
from sales.pricing.documents import PricedLine, TaxGroup
from sales.pricing.errors import (
    AmountExceedsOpen,
    InvalidAmount,
    InvalidQuantity,
    QuantityExceedsOpen,
)
from sales.pricing.money import EXACT, ZERO, Rounding, round_money


@dataclass(frozen=True, slots=True)
class Amounts:
    """The independent figures of a line; the others follow from them.

    Each of the four grows with the quantity, so the sums net, base and gross do too: no part of a
    sale is ever negative by a cent.
    """

    taxable: Decimal = ZERO
    header_discount: Decimal = ZERO
    discount: Decimal = ZERO
    tax: Decimal = ZERO

    @classmethod
    def of(cls, line: PricedLine) -> Amounts:
        """Take the figures of a priced line."""
        return cls(line.taxable, line.header_discount, line.discount, line.tax)

    @property
    def net(self) -> Decimal:
        """The line after its own discount, before the header's."""
        return self.taxable + self.header_discount

    @property
    def base(self) -> Decimal:
        """The line before any discount but that of its volume."""
        return self.net + self.discount

    @property
    def gross(self) -> Decimal:
        """Net and tax."""
        return self.net + self.tax

    def __add__(self, other: Amounts) -> Amounts:
        return Amounts(*(a + b for a, b in zip(self.figures, other.figures, strict=True)))

    def __sub__(self, other: Amounts) -> Amounts:
        return Amounts(*(a - b for a, b in zip(self.figures, other.figures, strict=True)))

    def __neg__(self) -> Amounts:
        return Amounts() - self

    @property
    def figures(self) -> tuple[Decimal, Decimal, Decimal, Decimal]:
        """The four figures, in the order they are declared."""
        return self.taxable, self.header_discount, self.discount, self.tax


@dataclass(frozen=True, slots=True)
class Portion:
    """So many units and what they come to: a whole order line, or what of it is billed so far."""

    quantity: Decimal = ZERO
    amounts: Amounts = Amounts()

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
    cumulative = billed.quantity + quantity
    figures = (
        _next_amount(total, already, cumulative, ordered.quantity, currency, rounding)
        for total, already in zip(ordered.amounts.figures, billed.amounts.figures, strict=True)
    )
    return Portion(quantity, Amounts(*figures))


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


def down_payment(
    groups: Sequence[TaxGroup],
    amount: Decimal,
    currency: str,
    rounding: Rounding = Rounding.HALF_UP,
) -> tuple[TaxGroup, ...]:
    """Split a down payment, tax included, over an order's tax rates in proportion to their gross.

    The tax in each part is part × rate / (1 + rate).
    """
    gross = [group.taxable + group.tax for group in groups]
    _check_down_payment(amount, sum(gross, ZERO), currency)
    shares = allocate(amount, gross, currency, keys=[f"{group.rate:040.20f}" for group in groups])
    return tuple(
        _with_tax_inside(share, group.rate, currency, rounding)
        for share, group in zip(shares, groups, strict=True)
    )


def deduction_part(
    paid: TaxGroup,
    deducted: TaxGroup,
    *,
    billed: Decimal,
    ordered: Decimal,
    currency: str,
    rounding: Rounding = Rounding.HALF_UP,
) -> TaxGroup:
    """Return what an invoice deducts of a down payment, as negative figures.

    `billed` is the taxable amount of the order invoiced so far, this invoice included, `ordered`
    the order's; `deducted` counts earlier deductions as positive figures. The invoice that
    completes the order deducts all that is left.
    """
    if not ordered or not 0 <= billed / ordered <= 1:
        raise InvalidAmount(
            _(
                "%(billed)s cannot be invoiced of an order of %(ordered)s.",
                billed=Amount(billed, currency),
                ordered=Amount(ordered, currency),
            )
        )
    taxable, tax = (
        _next_amount(total, already, billed, ordered, currency, rounding)
        for total, already in ((paid.taxable, deducted.taxable), (paid.tax, deducted.tax))
    )
    return TaxGroup(paid.rate, -taxable, -tax)


def _check_quantity(ordered: Decimal, billed: Decimal, quantity: Decimal, line: str | None) -> None:
    left = ordered - billed
    if quantity.is_finite() and (0 < quantity <= left or left <= quantity < 0):
        return
    if not quantity.is_finite() or quantity * left <= 0:
        raise InvalidQuantity(_("Give a quantity above zero."), line=line)
    raise QuantityExceedsOpen(
        _("%(quantity)s cannot be invoiced: %(left)s are open.", quantity=quantity, left=left),
        line=line,
    )


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
    left = total - already
    return max(min(part, max(left, ZERO)), min(left, ZERO))


def _check_down_payment(amount: Decimal, order_total: Decimal, currency: str) -> None:
    if amount <= 0:
        raise InvalidAmount(_("Give an amount above zero."))
    if amount > order_total:
        raise AmountExceedsOpen(
            _(
                "A down payment of %(amount)s is more than the order's %(total)s.",
                amount=Amount(amount, currency),
                total=Amount(order_total, currency),
            )
        )


def _with_tax_inside(gross: Decimal, rate: Decimal, currency: str, rounding: Rounding) -> TaxGroup:
    tax = round_money(EXACT.divide(EXACT.multiply(gross, rate), 1 + rate), currency, rounding)
    return TaxGroup(rate, gross - tax, tax)


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
