"""Invoices of another system: its own figures on our lines, and what they come to in the end.

That system rounds in its own way, so its figures are kept as they are. Only once all is billed are
the sums compared with the order, rate by rate.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sales.pricing.advances import TaxAmount
from sales.pricing.allocation import allocate
from sales.pricing.ledger import Ledger
from sales.pricing.ledger_lines import LedgerLine
from sales.pricing.money import ZERO, Rounding, round_money
from sales.pricing.partial import Amounts, Portion, next_part
from sales.pricing.quantities import exceeds_open

Rate = Decimal


@dataclass(frozen=True, slots=True)
class BilledLine:
    """A line of an invoice as that system writes it; the rate is a fraction.

    ``amount`` is before its share of the header discount, and has the tax in it where prices do.
    """

    amount: Decimal
    tax_rate: Rate
    tax: Decimal


def figures_of(
    lines: Sequence[BilledLine],
    discount: Decimal,
    *,
    includes_tax: bool,
    currency: str,
    rounding: Rounding = Rounding.HALF_UP,
) -> list[Amounts]:
    """Return what is taxed of each line, its header discount and its tax.

    The header discount is shared out by the amounts, and its shares sum to it exactly.

    >>> [part] = figures_of([BilledLine(Decimal("119.00"), Decimal("0.19"), Decimal("19.00"))],
    ...                     Decimal(0), includes_tax=True, currency="EUR")
    >>> str(part.taxable), str(part.tax)
    ('100.00', '19.00')
    """
    shares = allocate(discount, [line.amount for line in lines], currency)
    found = []
    for line, share in zip(lines, shares, strict=True):
        taxable, header_discount = line.amount - share, share
        if includes_tax:
            taxable -= line.tax
            header_discount = round_money(share / (1 + line.tax_rate), currency, rounding)
        found.append(Amounts(taxable, header_discount, tax=line.tax))
    return found


def with_figures(ours: Amounts, theirs: Amounts) -> Amounts:
    """Return their net and tax with our discount and charge, if those fit into it."""
    amounts = replace(
        ours, taxable=theirs.taxable, header_discount=theirs.header_discount, tax=theirs.tax
    )
    fits = amounts.base >= 0 and amounts.discount >= 0
    return amounts if fits else replace(amounts, discount=ZERO, promotion=ZERO, charge=ZERO)


def posted_part(
    line: LedgerLine, quantity: Decimal, theirs: Amounts, currency: str, rounding: Rounding
) -> Portion:
    """Bill units of a line at their figures; units that came back for good may be among them.

    Raises QuantityExceedsOpen for more than is not billed yet.
    """
    left = line.units.ordered - line.units.billed
    if quantity > left:
        raise exceeds_open(quantity, left, line.key)
    ours = next_part(
        line.ordered_portion,
        line.billed_portion,
        quantity,
        currency=currency,
        rounding=rounding,
        line=line.key,
    )
    return Portion(quantity, with_figures(ours.amounts, theirs))


@dataclass(frozen=True, slots=True)
class SumDifference:
    """What invoices of another system come to, where the order comes to something else.

    ``rate`` is None for freight.
    """

    rate: Rate | None
    is_tax: bool
    ours: Decimal
    theirs: Decimal


def differences(ledger: Ledger) -> Iterator[SumDifference]:
    """Compare the invoices of an order, less credits, with what it comes to; none before the end.

    That is when nothing is left to bill. What was credited for good is not part of either sum.
    """
    if not _is_billed_in_full(ledger):
        return
    ours, billed = _comes_to(ledger), ledger.billed()
    for rate in sorted({*ours, *billed, *ledger.credited}):
        mine = ours.get(rate, TaxAmount())
        theirs = billed.get(rate, TaxAmount()) - ledger.credited.get(rate, TaxAmount())
        if mine.taxable != theirs.taxable:
            yield SumDifference(rate, False, mine.taxable, theirs.taxable)
        if mine.tax != theirs.tax:
            yield SumDifference(rate, True, mine.tax, theirs.tax)
    freight = ledger.freight if any(line.units.kept_billed for line in ledger.lines) else ZERO
    carried = ledger.freight_billed - ledger.freight_credited
    if freight != carried:
        yield SumDifference(None, False, freight, carried)


def _is_billed_in_full(ledger: Ledger) -> bool:
    units = [line.units for line in ledger.lines]
    return any(each.billed for each in units) and not any(each.open_to_bill for each in units)


def _comes_to(ledger: Ledger) -> dict[Rate, TaxAmount]:
    """Return per rate what the units come to that are billed and not credited."""
    sums: dict[Rate, TaxAmount] = {}
    for line in ledger.lines:
        if line.units.kept_billed <= 0:
            continue
        kept = next_part(
            line.ordered_portion,
            Portion(),
            line.units.kept_billed,
            currency=ledger.currency,
            rounding=ledger.rounding,
            line=line.key,
        )
        sums[line.rate] = sums.get(line.rate, TaxAmount()) + TaxAmount.of(kept.amounts)
    return sums
