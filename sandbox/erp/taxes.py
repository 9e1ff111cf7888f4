"""Tax calculation of the ERP, independent of Throughline's so that differences can occur.

It rounds half to even, as Tryton does, where Throughline rounds half up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
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
    """The net amount and tax rate of a line; ``tax_rate`` is a fraction.

    The header discount is given on what is sold, not on a trade-in or a deducted down payment.
    """

    net: Decimal
    tax_rate: Decimal
    is_sold: bool = True


def tax_of(
    lines: Sequence[TaxLine], discount: Decimal, currency: str, rounding: TaxRounding
) -> Decimal:
    """Compute the tax of a document whose header discount is spread over what is sold.

    tax = Σ round((net − discount × net / Σ net) × rate), per rate or per line.
    """
    detail = sum((line.net for line in lines if line.is_sold), Decimal(0))
    share = 1 - discount / detail if detail else Decimal(1)
    each = [(line.tax_rate, line.net * share if line.is_sold else line.net) for line in lines]
    taxable = each if rounding is TaxRounding.LINE else list(_by_rate(each).items())
    taxes = (round_amount(net * rate, currency) for rate, net in taxable)
    return sum(taxes, Decimal(0))


def _by_rate(lines: Iterable[tuple[Decimal, Decimal]]) -> dict[Decimal, Decimal]:
    nets: defaultdict[Decimal, Decimal] = defaultdict(Decimal)
    for rate, net in lines:
        nets[rate] += net
    return nets


def round_amount(amount: Decimal, currency: str) -> Decimal:
    """Round half to even to the currency's smallest unit."""
    return amount.quantize(Decimal(1).scaleb(-minor_units(currency)), rounding=ROUND_HALF_EVEN)
