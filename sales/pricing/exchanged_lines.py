"""Lines as they are exchanged with other systems: figures that add up by themselves.

    net = round(quantity × unit price ÷ price quantity) − discount + charge − included tax

The unit price is the one after the volume discount, and exactly half a smallest unit goes away from
zero, whatever the document's own rule. Where prices include tax, so do unit price, discount and
charge, and the included tax is what is in them. Neither discount nor charge is below zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext

from sales.pricing.lines import LineInput, Price, Terms, manual_discount
from sales.pricing.money import EXACT, ONE, ZERO, from_units, round_money
from sales.pricing.partial import Amounts
from sales.pricing.price_lists import PRICE_STEP


@dataclass(frozen=True, slots=True)
class ExchangedLine:
    """The figures beside quantity and net.

    ``discount`` is the line's whole one, promotions included; ``charge`` is the line's charge, and
    what it comes to beyond that: the smallest unit that a part of a line gets by rounding.
    """

    price: Price
    discount: Decimal
    charge: Decimal
    included_tax: Decimal


def exchanged_line(
    line: LineInput, amounts: Amounts, terms: Terms, *, is_ahead: bool = False
) -> ExchangedLine:
    """State a line, whose figures are ``amounts``, so that they add up.

    One that asks for money ahead has no price of its own: what it comes to, divided by its
    quantity, which is never above 1.
    """
    with localcontext(EXACT):
        included_tax = _included_tax(line, amounts, terms)
        whole = amounts.net + included_tax
        price = _price_ahead(whole, line.quantity) if is_ahead else line.asked_price
        nothing = from_units(0, terms.currency)
        genuine = max(_genuine_charge(line, amounts, terms), nothing)
        off = round_money(price.of(line.quantity), terms.currency) + genuine - whole
        charge = genuine + max(-off, nothing)
        return ExchangedLine(price, max(off, nothing), charge, included_tax)


def _genuine_charge(line: LineInput, amounts: Amounts, terms: Terms) -> Decimal:
    """Return what of the line's charge somebody asks for, with tax where prices have it."""
    rate = (line.tax_rate or ZERO) if terms.prices_include_tax else ZERO
    return round_money(amounts.charge * (1 + rate), terms.currency)


def _price_ahead(whole: Decimal, quantity: Decimal) -> Price:
    return Price((whole / (quantity or ONE)).quantize(PRICE_STEP))


def _included_tax(line: LineInput, amounts: Amounts, terms: Terms) -> Decimal:
    """Return the tax in the line before the header discount, none where prices are without.

    Taking the tax out of the header discount hides up to half a smallest unit of what was typed:
    if that explains the difference, the line comes to what was typed.
    """
    if not terms.prices_include_tax:
        return from_units(0, terms.currency)
    rate = line.tax_rate or ZERO
    tax = amounts.tax + amounts.header_discount * rate
    hidden = from_units(1, terms.currency) * (1 + rate) / 2 if amounts.header_discount else ZERO
    typed = _typed_amount(line, terms) - amounts.net
    return typed if abs(typed - tax) <= hidden else round_money(tax, terms.currency)


def _typed_amount(line: LineInput, terms: Terms) -> Decimal:
    base = terms.round(line.asked_price.of(line.quantity))
    discount = manual_discount(line, base, terms) + terms.round(line.promotion_discount)
    return base - discount + terms.round(line.charge)
