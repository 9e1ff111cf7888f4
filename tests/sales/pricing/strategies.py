"""Documents of every kind, in currencies with no, two and three digits."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import Any

from hypothesis import strategies as st

from sales.pricing.documents import LineInput, Terms, line_amounts
from sales.pricing.money import Rounding, minor_units

CURRENCIES = st.sampled_from(["JPY", "EUR", "KWD"])
RATES = st.decimals(0, 1, places=4)
TAX_RATES = st.sampled_from([Decimal(rate) for rate in ("0", "0.055", "0.07", "0.19", "0.2")])
QUANTITIES = st.one_of(
    st.integers(0, 50).map(Decimal), st.decimals(0, 10_000, places=3), st.decimals(0, 1, places=5)
)
PRICE_QUANTITIES = st.sampled_from(
    [Decimal(1), Decimal(1), Decimal(3), Decimal(100), Decimal("0.5"), Decimal(1000)]
)
PRICES = st.one_of(st.decimals(0, 2, places=5), st.decimals(0, 100_000, places=2))


def rounded_down(amount: Decimal, currency: str) -> Decimal:
    """Cut an amount to the currency's digits, towards zero."""
    return amount.quantize(Decimal(1).scaleb(-minor_units(currency)), ROUND_DOWN)


def amounts(currency: str, most: int = 1_000_000) -> st.SearchStrategy[Decimal]:
    """Draw rounded amounts of both signs."""
    digits = minor_units(currency)
    return st.integers(-most, most).map(lambda units: Decimal(units).scaleb(-digits))


@st.composite
def line_inputs(draw: st.DrawFn, key: str, terms: Terms) -> LineInput:
    """Draw a valid line, with a discount of one kind or none, and with a charge or without."""
    line: dict[str, Any] = {
        "key": key,
        "quantity": draw(QUANTITIES),
        "unit_price": draw(PRICES),
        "tax_rate": draw(st.one_of(TAX_RATES, st.none())),
        "counts": draw(st.sampled_from([True, True, True, False])),
        "price_quantity": draw(PRICE_QUANTITIES),
    }
    line["volume_discount"] = (line["unit_price"] * draw(RATES)).quantize(
        Decimal("0.00001"), ROUND_DOWN
    )
    kind = draw(st.sampled_from(["none", "rate", "amount"]))
    if kind == "rate":
        line["discount_rate"] = draw(RATES)
    if kind == "amount":
        base = line_amounts([LineInput(**line | {"counts": True})], terms)[key]
        amount = base * draw(RATES)
        line["discount_amount"] = (
            per_unit(amount, line["quantity"])
            if terms.per_unit_discount
            else rounded_down(amount, terms.currency)
        )
    if line["quantity"] and draw(st.booleans()):
        line["charge"] = abs(draw(amounts(terms.currency, draw(st.sampled_from([9, 100_000])))))
    return LineInput(**line)


def per_unit(amount: Decimal, quantity: Decimal) -> Decimal:
    """Divide an amount by a quantity, with the five decimals that are kept, towards zero."""
    if not quantity:
        return Decimal(0)
    return (amount / quantity).quantize(Decimal("0.00001"), ROUND_DOWN)


@st.composite
def deduction(draw: st.DrawFn, key: str) -> LineInput:
    """Draw a trade-in or a rebate, which may well be more than what is sold."""
    return LineInput(
        key,
        draw(QUANTITIES),
        -draw(PRICES),
        tax_rate=draw(st.one_of(TAX_RATES, st.none())),
        is_deduction=True,
    )


@st.composite
def documents(
    draw: st.DrawFn,
    *,
    returns: bool = False,
    deductions: bool = False,
    include_tax: bool | None = None,
) -> tuple[list[LineInput], dict[str, Any]]:
    """Draw lines and the terms that price them.

    `returns` mixes negative lines in, `deductions` trade-ins and rebates.
    """
    terms: dict[str, Any] = {
        "currency": draw(CURRENCIES),
        "prices_include_tax": draw(st.booleans()) if include_tax is None else include_tax,
        "rounding": draw(st.sampled_from(list(Rounding))),
        "per_unit_discount": draw(st.booleans()),
    }
    count = draw(st.integers(1, 8))
    lines = [draw(line_inputs(f"{place:02}", Terms(**terms))) for place in range(count)]
    if returns:
        lines = [negated(line, Terms(**terms)) if draw(st.booleans()) else line for line in lines]
    detail = sum(line_amounts(lines, Terms(**terms)).values(), Decimal(0))
    detail += sum(line.charge for line in lines if line.counts)
    if deductions:
        lines += [draw(deduction(f"d{place}")) for place in range(draw(st.integers(0, 3)))]
    rate = draw(st.sampled_from([Decimal(0), Decimal("0.05"), Decimal("0.333")]))
    amount = rounded_down(detail * min(draw(RATES), 1 - rate), terms["currency"])
    header = {
        "discount_rate": rate,
        "discount_amount": amount * draw(st.integers(0, 1)),
        "freight": abs(draw(amounts(terms["currency"], 10_000))),
    }
    return lines, terms | header


def negated(line: LineInput, terms: Terms) -> LineInput:
    """Turn a sale into its return; what is taken off each unit stays."""
    discount = line.discount_amount
    if discount is not None and not terms.per_unit_discount:
        discount = -discount
    return LineInput(
        key=line.key,
        quantity=-line.quantity,
        unit_price=line.unit_price,
        volume_discount=line.volume_discount,
        discount_amount=discount,
        discount_rate=line.discount_rate,
        tax_rate=line.tax_rate,
        counts=line.counts,
        price_quantity=line.price_quantity,
        promotion_discount=-line.promotion_discount,
        is_deduction=line.is_deduction,
        charge=-line.charge,
    )
