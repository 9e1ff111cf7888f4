"""Lines and totals of a quote, an order, an invoice or a credit note.

A line is `base = quantity × (price − volume discount)`, `net = base − discount`; the header is
`detail = Σ net`, `pre-freight = detail − header discount`, `total = pre-freight + freight + Σ tax`.
Tax is rounded once per rate on the summed taxable amount, as EN 16931 wants it (BR-CO-17), and
shared out over the lines of that rate, so header and lines agree to the last digit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext

from sales.pricing.allocation import apportion
from sales.pricing.errors import (
    DuplicateLine,
    InvalidDiscount,
    InvalidRate,
    NoTaxRate,
    PricingError,
)
from sales.pricing.money import EXACT, ONE, ZERO, Rounding, from_units, round_money, to_units


@dataclass(frozen=True, slots=True)
class LineInput:
    """What pricing needs to know of a line. Rates are fractions: 0.19 is 19 %.

    The manual discount is an amount or a rate, whichever was typed. A credit is the same line with
    quantity and discount amount negated. A tax rate of None is one that nobody knows yet.
    """

    key: str
    quantity: Decimal
    unit_price: Decimal
    volume_discount: Decimal = ZERO
    discount_amount: Decimal | None = None
    discount_rate: Decimal | None = None
    tax_rate: Decimal | None = None
    counts: bool = True
    price_quantity: Decimal = ONE


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed for the document as a whole."""

    currency: str
    discount_amount: Decimal = ZERO
    discount_rate: Decimal = ZERO
    freight: Decimal = ZERO
    prices_include_tax: bool = False
    rounding: Rounding = Rounding.HALF_UP
    per_unit_discount: bool = False

    def round(self, amount: Decimal) -> Decimal:
        """Round by the document's currency and rule."""
        return round_money(amount, self.currency, self.rounding)


@dataclass(frozen=True, slots=True)
class PricedLine:
    """The figures of one line, before tax unless they say otherwise.

    `net = base − discount`, `taxable = net − header_discount`, `gross = net + tax`.
    """

    key: str
    base: Decimal
    discount: Decimal
    net: Decimal
    header_discount: Decimal
    taxable: Decimal
    tax: Decimal
    gross: Decimal


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


@dataclass(frozen=True, slots=True)
class _TypedLine:
    """A line in the terms in which its price was typed: with or without tax."""

    source: LineInput
    base: Decimal
    discount: Decimal
    amount: Decimal


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

    Header discount = amount + Σ net × rate, spread over the lines. A line without a tax rate is
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


def _price(inputs: tuple[LineInput, ...], terms: Terms) -> PricedDocument:
    typed = [_typed_line(line, terms) for line in inputs if line.counts]
    shares = _header_shares(typed, terms)
    payable = [line.amount - share for line, share in zip(typed, shares, strict=True)]
    taxes, groups = _taxes([line.source for line in typed], payable, terms)

    finish = _before_tax if terms.prices_include_tax else _plain
    priced = {
        line.source.key: finish(line, share, tax, terms)
        for line, share, tax in zip(typed, shares, taxes, strict=True)
    }
    zero = terms.round(ZERO)
    all_lines = tuple(priced.get(line.key) or PricedLine(line.key, *(zero,) * 7) for line in inputs)
    return PricedDocument(
        lines=all_lines,
        totals=_totals(all_lines, groups, terms),
        problems=tuple(
            NoTaxRate("No tax rate is known for this line.", line=line.source.key)
            for line in typed
            if line.source.tax_rate is None
        ),
        terms=terms,
        inputs=inputs,
    )


def _typed_line(line: LineInput, terms: Terms) -> _TypedLine:
    """Base = quantity × (unit price − volume discount) / price quantity."""
    if line.price_quantity <= 0:
        raise InvalidRate("A price must be for more than nothing.", line=line.key)
    if line.volume_discount and not _is_part_of(line.volume_discount, line.unit_price):
        raise InvalidDiscount(
            f"The volume discount of {line.volume_discount} is more than"
            f" the price of {line.unit_price}.",
            line=line.key,
        )
    exact = line.quantity * (line.unit_price - line.volume_discount)
    if line.price_quantity != ONE:
        exact /= line.price_quantity
    try:
        base = terms.round(exact)
        discount = _manual_discount(line, base, terms)
    except PricingError as error:
        error.line = line.key
        raise
    return _TypedLine(line, base, discount, base - discount)


def _manual_discount(line: LineInput, base: Decimal, terms: Terms) -> Decimal:
    """Take the typed amount (times quantity, if it is per unit), or base × rate."""
    if line.discount_amount and line.discount_rate:
        raise InvalidDiscount("Give the discount as an amount or as a percentage, not both.")
    if line.discount_rate:
        return terms.round(base * _checked_rate(line.discount_rate))
    if not line.discount_amount:
        return terms.round(ZERO)
    per = line.quantity if terms.per_unit_discount else ONE
    discount = terms.round(line.discount_amount * per)
    if not _is_part_of(discount, base):
        raise InvalidDiscount(f"The discount of {discount} is more than the line's {base}.")
    return discount


def _checked_rate(rate: Decimal) -> Decimal:
    if rate.is_finite() and 0 <= rate <= 1:
        return rate
    raise InvalidDiscount(f"A discount of {rate * 100:f} % is not between 0 and 100 %.")


def _is_part_of(part: Decimal, whole: Decimal) -> bool:
    """Say whether part lies between zero and whole, on whichever side of zero whole is."""
    if not (part.is_finite() and whole.is_finite()):
        return False
    return 0 <= part <= whole or whole <= part <= 0


def _header_shares(typed: Sequence[_TypedLine], terms: Terms) -> list[Decimal]:
    """Spread amount + detail × rate over the lines, in proportion to their amounts."""
    detail = sum((line.amount for line in typed), ZERO)
    rate = _checked_rate(terms.discount_rate) if terms.discount_rate else ZERO
    amount = terms.round(terms.discount_amount)
    if not rate and not amount:
        return [terms.round(ZERO)] * len(typed)
    discount = terms.round(amount + detail * rate)
    if not (_is_part_of(amount, detail) and _is_part_of(discount, detail)):
        raise InvalidDiscount(f"The discount of {discount} is more than the lines' {detail}.")

    # Each line's exact share is amount × (rate + header amount / detail), kept as a fraction.
    numerator, denominator = rate.as_integer_ratio()
    if amount:
        units = to_units(detail, terms.currency)
        numerator = numerator * units + to_units(amount, terms.currency) * denominator
        denominator *= units
    return _spread(
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
        shares = _spread(
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


def _checked_tax_rate(line: LineInput) -> Decimal:
    rate = line.tax_rate
    if rate is None or not rate.is_finite() or rate < 0:
        raise InvalidRate(f"{rate} is not a tax rate.", line=line.key)
    return rate


def _tax_fraction(rate: Decimal, terms: Terms) -> tuple[int, int]:
    """Tax is rate × what comes before tax, or rate / (1 + rate) × what includes it."""
    numerator, denominator = rate.as_integer_ratio()
    return numerator, denominator + numerator if terms.prices_include_tax else denominator


def _spread(
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


def _plain(line: _TypedLine, share: Decimal, tax: Decimal, _terms: Terms) -> PricedLine:
    net = line.amount
    return PricedLine(
        line.source.key, line.base, line.discount, net, share, net - share, tax, net + tax
    )


def _before_tax(line: _TypedLine, share: Decimal, tax: Decimal, terms: Terms) -> PricedLine:
    """Take the tax out of a line typed with it; what is taxed plus its tax stays as typed."""
    factor = 1 + (line.source.tax_rate or ZERO)
    discount, header_discount = terms.round(line.discount / factor), terms.round(share / factor)
    taxable = line.amount - share - tax
    net = taxable + header_discount
    return PricedLine(
        line.source.key, net + discount, discount, net, header_discount, taxable, tax, net + tax
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
            raise DuplicateLine(f"Two lines are called {line.key}.", line=line.key)
        seen.add(line.key)
