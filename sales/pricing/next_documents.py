"""Next documents of an order: what its ledger makes of an invoice or a down payment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from sales.pricing.advances import TaxAmount
from sales.pricing.partial import Portion

Rate = Decimal


@dataclass(frozen=True, slots=True)
class NextInvoice:
    """What an invoice comes to: a portion per line, freight, and the advances it deducts.

    What trade-ins and rebates take off, and deductions, are positive figures here; the document
    carries them as negative lines.
    """

    parts: Mapping[str, Portion]
    freight: Decimal
    deductions: Mapping[Rate, TaxAmount]
    freight_deduction: Decimal
    taken_off: Mapping[str, TaxAmount] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NextDownPayment:
    """What a down payment comes to per tax rate, and for freight."""

    groups: Mapping[Rate, TaxAmount]
    freight: Decimal

    @property
    def total(self) -> Decimal:
        """The amount asked for, tax included."""
        return sum((group.gross for group in self.groups.values()), self.freight)
