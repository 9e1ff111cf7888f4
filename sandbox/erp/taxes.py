"""Tax calculation of the ERP, independent of Throughline's so that differences can occur.

It rounds half to even, as Tryton does, where Throughline rounds half up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum

from sandbox.json_fields import minor_units


class TaxRounding(StrEnum):
    """Where tax is rounded: once per rate of a document, or on every line."""

    DOCUMENT = "document"
    LINE = "line"


@dataclass(frozen=True, slots=True)
class TaxLine:
    """The net amount and tax rate of a line; ``tax_rate`` is a fraction."""

    net: Decimal
    tax_rate: Decimal


def tax_of(
    lines: Sequence[TaxLine], discount: Decimal, currency: str, rounding: TaxRounding
) -> Decimal:
    """Compute the tax of a document whose header discount is spread in proportion to the nets.

    tax = Σ round((net − discount × net / Σ net) × rate), per rate or per line.
    """
    detail = sum((line.net for line in lines), Decimal(0))
    share = 1 - discount / detail if detail else Decimal(1)
    if rounding is TaxRounding.LINE:
        taxable = [(line.tax_rate, line.net * share) for line in lines]
    else:
        taxable = [(rate, net * share) for rate, net in _by_rate(lines).items()]
    taxes = (round_amount(net * rate, currency) for rate, net in taxable)
    return sum(taxes, Decimal(0))


def _by_rate(lines: Sequence[TaxLine]) -> dict[Decimal, Decimal]:
    nets: defaultdict[Decimal, Decimal] = defaultdict(Decimal)
    for line in lines:
        nets[line.tax_rate] += line.net
    return nets


def round_amount(amount: Decimal, currency: str) -> Decimal:
    """Round half to even to the currency's smallest unit."""
    return amount.quantize(Decimal(1).scaleb(-minor_units(currency)), rounding=ROUND_HALF_EVEN)
