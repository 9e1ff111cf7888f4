"""Document arithmetic: lines and totals of quotes, orders, invoices and credit notes.

A line is `base = quantity × (price − volume discount)`, `net = base − discount + charge`; the
header is `detail = Σ net`, `pre-freight = detail − header discount`, `total = pre-freight + freight
+ Σ tax`.
The header discount is given on what is sold; trade-ins and rebates are taken off whole.
Tax is rounded once per rate on the summed taxable amount, as EN 16931 wants it (BR-CO-17), and
shared out over the lines of that rate, so header and lines agree to the last digit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext

from common.sentences import Amount
from common.sentences import sentence as _
from sales.pricing.allocation import apportion
from sales.pricing.errors import (
    DuplicateLine,
    InvalidDiscount,
    InvalidRate,
    NoTaxRate,
    PricingError,
)
from sales.pricing.lines import (
    LineInput,
    Terms,
    TypedLine,
    is_part_of,
    part_within,
    typed_line,
)
from sales.pricing.money import EXACT, ZERO, Rounding, from_units, to_units
from sales.pricing.rates import check_discount_rate

__all__ = [
    "LineInput",
    "PricedDocument",
    "PricedLine",
    "TaxGroup",
    "Terms",
    "Totals",
    "line_amounts",
    "price_document",
]


@dataclass(frozen=True, slots=True)
class PricedLine:
    """The figures of one line, before tax unless named otherwise.

    `net = base − discount + charge`, `taxable = net − header_discount`, `gross = net + tax`.
    """

    key: str
    base: Decimal
    discount: Decimal
    net: Decimal
    header_discount: Decimal
    taxable: Decimal
    tax: Decimal
    gross: Decimal
    charge: Decimal


@dataclass(frozen=True, slots=True)
class TaxGroup:
    """All lines taxed at one rate."""

    rate: Decimal
    taxable: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """The foot of a document. Each figure is the sum of the lines' own."""

    detail: Decimal
    discount: Decimal
    pre_freight: Decimal
    freight: Decimal
    tax: Decimal
    total: Decimal
    tax_groups: tuple[TaxGroup, ...]


@dataclass(frozen=True, slots=True)
class PricedDocument:
    """A document's figures, and what still stands in the way of issuing it."""

    lines: tuple[PricedLine, ...]
    totals: Totals
    problems: tuple[PricingError, ...]
    terms: Terms
    inputs: tuple[LineInput, ...] = field(repr=False)


def price_document(
    lines: Iterable[LineInput],
    *,
    currency: str,
    discount_amount: Decimal = ZERO,
    discount_rate: Decimal = ZERO,
    freight: Decimal = ZERO,
    prices_include_tax: bool = False,
    rounding: Rounding = Rounding.HALF_UP,
    per_unit_discount: bool = False,
) -> PricedDocument:
    """Price every line and add the document up.

    Header discount = amount + Σ net × rate, spread over what is sold. A line without a tax rate is
    priced at no tax and named in `problems`. Where prices include tax, so do the typed discounts;
    all results are before tax and the total is what the typed figures add up to.
    Raises InvalidDiscount, InvalidRate, InvalidAmount, UnknownCurrency or DuplicateLine.
    """
    terms = Terms(
        currency,
        discount_amount or ZERO,
        discount_rate or ZERO,
        freight,
        prices_include_tax,
        rounding,
        per_unit_discount,
    )
    inputs = tuple(lines)
    _check_keys(inputs)
    with localcontext(EXACT):
        return _price(inputs, terms)


def line_amounts(lines: Iterable[LineInput], terms: Terms) -> dict[str, Decimal]:
    """Give what each counting line comes to before charge and header discount, as typed.

    These are what a promotion code is worked out on.
    """
    with localcontext(EXACT):
        return {line.key: typed_line(line, terms).discountable for line in lines if line.counts}


def _price(inputs: tuple[LineInput, ...], terms: Terms) -> PricedDocument:
    typed = [typed_line(line, terms) for line in inputs if line.counts]
    shares = header_shares(typed, terms)
    payable = [line.amount - share for line, share in zip(typed, shares, strict=True)]
    taxes, groups = _taxes([line.source for line in typed], payable, terms)

    finish = _before_tax if terms.prices_include_tax else _plain
    priced = {
        line.source.key: finish(line, share, tax, terms)
        for line, share, tax in zip(typed, shares, taxes, strict=True)
    }
    zero = terms.round(ZERO)
    all_lines = tuple(priced.get(line.key) or PricedLine(line.key, *(zero,) * 8) for line in inputs)
    return PricedDocument(
        lines=all_lines,
        totals=_totals(all_lines, groups, terms),
        problems=tuple(_no_tax_rate(line.source) for line in typed if line.source.tax_rate is None),
        terms=terms,
        inputs=inputs,
    )


def header_shares(typed: Sequence[TypedLine], terms: Terms) -> list[Decimal]:
    """Spread amount + Σ amounts × rate over what is sold, in proportion to its amounts.

    Deductions bear none of it.
    """
    sold = [line for line in typed if not line.source.is_deduction]
    shares = dict(zip((line.source.key for line in sold), _shares(sold, terms), strict=True))
    return [shares.get(line.source.key, terms.round(ZERO)) for line in typed]


def _shares(typed: Sequence[TypedLine], terms: Terms) -> list[Decimal]:
    detail = sum((line.amount for line in typed), ZERO)
    rate = terms.discount_rate or ZERO
    check_discount_rate(rate)
    amount = terms.round(terms.discount_amount)
    if not rate and not amount:
        return [terms.round(ZERO)] * len(typed)
    discount = terms.round(amount + detail * rate)
    if not (is_part_of(amount, detail) and is_part_of(discount, detail)):
        raise InvalidDiscount(
            _(
                "A discount is at most what the lines come to: "
                "lower it from %(discount)s to %(detail)s or less.",
                discount=Amount(discount, terms.currency),
                detail=Amount(detail, terms.currency),
            )
        )

    # Each line's exact share is amount × (rate + header amount / detail), kept as a fraction.
    numerator, denominator = rate.as_integer_ratio()
    if amount:
        units = to_units(detail, terms.currency)
        numerator = numerator * units + to_units(amount, terms.currency) * denominator
        denominator *= units
    return spread(
        discount, [(line.source, line.amount) for line in typed], (numerator, denominator), terms
    )


def _taxes(
    lines: Sequence[LineInput], payable: Sequence[Decimal], terms: Terms
) -> tuple[list[Decimal], tuple[TaxGroup, ...]]:
    """Tax each rate once on its sum and share that out; lines without a rate bear none."""
    places_by_rate: dict[Decimal, list[int]] = {}
    for place, line in enumerate(lines):
        if line.tax_rate is not None:
            places_by_rate.setdefault(_checked_tax_rate(line), []).append(place)

    taxes = [terms.round(ZERO)] * len(lines)
    groups = []
    for rate, places in sorted(places_by_rate.items()):
        amount = sum((payable[place] for place in places), ZERO)
        tax = terms.round(amount * rate / (1 + rate if terms.prices_include_tax else 1))
        shares = spread(
            tax,
            [(lines[place], payable[place]) for place in places],
            _tax_fraction(rate, terms),
            terms,
        )
        for place, share in zip(places, shares, strict=True):
            taxes[place] = share
        taxable = amount - tax if terms.prices_include_tax else amount
        groups.append(TaxGroup(rate, taxable, tax))
    return taxes, tuple(groups)


def _no_tax_rate(line: LineInput) -> NoTaxRate:
    return NoTaxRate(
        _("No tax rate is known for this line: choose its tax category, or type a rate."),
        line=line.key,
    )


def _checked_tax_rate(line: LineInput) -> Decimal:
    rate = line.tax_rate
    if rate is None or not rate.is_finite() or rate < 0:
        raise InvalidRate(
            _("A tax rate is a number from 0%% up, not %(rate)s.", rate=str(rate)), line=line.key
        )
    return rate


def _tax_fraction(rate: Decimal, terms: Terms) -> tuple[int, int]:
    """Tax is rate × what comes before tax, or rate / (1 + rate) × what includes it."""
    numerator, denominator = rate.as_integer_ratio()
    return numerator, denominator + numerator if terms.prices_include_tax else denominator


def spread(
    amount: Decimal,
    over: Sequence[tuple[LineInput, Decimal]],
    fraction: tuple[int, int],
    terms: Terms,
) -> list[Decimal]:
    """Share an amount out so that each line gets fraction × its own, rounded up or down."""
    currency = terms.currency
    shares = apportion(
        to_units(amount, currency),
        [to_units(own, currency) for _, own in over],
        *fraction,
        [line.key for line, _ in over],
    )
    return [from_units(share, currency) for share in shares]


def _plain(line: TypedLine, share: Decimal, tax: Decimal, _terms: Terms) -> PricedLine:
    net, taxable = line.amount, line.amount - share
    return PricedLine(
        line.source.key,
        line.base,
        line.discount,
        net,
        share,
        taxable,
        tax,
        net + tax,
        line.charge,
    )


def _before_tax(line: TypedLine, share: Decimal, tax: Decimal, terms: Terms) -> PricedLine:
    """Take the tax out of a line typed with it; what is taxed plus its tax stays as typed.

    The charge without its tax is part of base and charge together, whatever cents those lost.
    """
    factor = 1 + (line.source.tax_rate or ZERO)
    discount, header_discount = terms.round(line.discount / factor), terms.round(share / factor)
    taxable = line.amount - share - tax
    net = taxable + header_discount
    charge = part_within(terms.round(line.charge / factor), net + discount)
    return PricedLine(
        line.source.key,
        net + discount - charge,
        discount,
        net,
        header_discount,
        taxable,
        tax,
        net + tax,
        charge,
    )


def _totals(lines: Sequence[PricedLine], groups: tuple[TaxGroup, ...], terms: Terms) -> Totals:
    zero = terms.round(ZERO)
    detail = sum((line.net for line in lines), zero)
    discount = sum((line.header_discount for line in lines), zero)
    tax = sum((line.tax for line in lines), zero)
    freight = terms.round(terms.freight)
    total = detail - discount + freight + tax
    terms.round(total)  # refuses a sum that no column could hold
    return Totals(detail, discount, detail - discount, freight, tax, total, groups)


def _check_keys(lines: Sequence[LineInput]) -> None:
    seen: set[str] = set()
    for line in lines:
        if line.key in seen:
            raise DuplicateLine(_("Two lines have the key %(key)s.", key=line.key), line=line.key)
        seen.add(line.key)
