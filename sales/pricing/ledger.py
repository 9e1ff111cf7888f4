"""Ledger of an order: what is open, asked ahead, billed, credited, returned, and what comes next.

Services ask it and nothing else. It is made of the order's lines and of everything that was issued
or drafted for the order, and answers per line, per tax rate and for freight. All of it is
cumulative: a part is what should be out once it is out, less what is out already, so that the last
part takes the remainder.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from common.sentences import Amount, Percentage
from common.sentences import sentence as _
from sales.pricing.advances import NO_ADVANCE, Advance, TaxAmount, deduct, spread_advance
from sales.pricing.errors import AmountExceedsOpen, InvalidAmount
from sales.pricing.ledger_lines import LedgerLine
from sales.pricing.money import ZERO, Rounding, round_money
from sales.pricing.partial import Portion, freight_part

Rate = Decimal


@dataclass(frozen=True, slots=True)
class NextInvoice:
    """What an invoice comes to: a portion per line, freight, and the advances it deducts.

    Deductions are positive figures here; the document carries them as negative lines.
    """

    parts: Mapping[str, Portion]
    freight: Decimal
    deductions: Mapping[Rate, TaxAmount]
    freight_deduction: Decimal

    @property
    def is_empty(self) -> bool:
        """Whether it bills neither units nor freight."""
        return not self.parts and not self.freight


@dataclass(frozen=True, slots=True)
class NextDownPayment:
    """What a down payment comes to per tax rate, and for freight."""

    groups: Mapping[Rate, TaxAmount]
    freight: Decimal

    @property
    def total(self) -> Decimal:
        """The amount asked for, tax included."""
        return sum((group.gross for group in self.groups.values()), self.freight)


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything known of an order; ``freight_billed`` is less credits that may be billed again."""

    currency: str
    rounding: Rounding
    lines: tuple[LedgerLine, ...]
    freight: Decimal = ZERO
    freight_billed: Decimal = ZERO
    advances: Mapping[Rate, Advance] = field(default_factory=dict)
    freight_advance: Advance = NO_ADVANCE

    def line(self, key: str) -> LedgerLine:
        """Return a line by its key; raises KeyError."""
        return next(line for line in self.lines if line.key == key)

    # What is open

    @property
    def is_closed(self) -> bool:
        """Whether nothing is open to ship, to bill or to deduct."""
        return (
            not any(line.units.open_to_ship or line.units.open_to_bill for line in self.lines)
            and not self.freight_open
            and not any(advance.open.gross for advance in self.advances.values())
            and not self.freight_advance.open.gross
        )

    @property
    def is_overdrawn(self) -> bool:
        """Whether more of a down payment is deducted than was asked for."""
        ahead = [*self.advances.values(), self.freight_advance]
        return any(each.open.taxable < 0 or each.open.tax < 0 for each in ahead)

    @property
    def freight_whole(self) -> Decimal:
        """The freight once all is billed; where no unit is left to bill, what was billed."""
        if any(line.units.open_to_bill for line in self.lines):
            return max(self.freight, self.freight_billed)
        return self.freight_billed

    @property
    def freight_open(self) -> Decimal:
        """Freight that an invoice may still carry."""
        return self.freight_whole - self.freight_billed

    def wholes(self) -> dict[Rate, TaxAmount]:
        """Return per rate what the order comes to once all that can be billed is billed."""
        return self._by_rate(
            (line.rate, TaxAmount.of(line.whole(self.currency, self.rounding)))
            for line in self.lines
        )

    def billed(self) -> dict[Rate, TaxAmount]:
        """Return per rate what is billed, advances and their deductions aside."""
        return self._by_rate((line.rate, TaxAmount.of(line.billed)) for line in self.lines)

    def left_to_bill(self) -> dict[Rate, TaxAmount]:
        """Return per rate what is not billed yet."""
        billed = self.billed()
        return {rate: whole - billed[rate] for rate, whole in self.wholes().items()}

    def surplus(self) -> dict[Rate, TaxAmount]:
        """Return per rate what was asked ahead and no invoice can deduct: to be credited."""
        left = self.left_to_bill()
        found = {
            rate: advance.open.beyond(left.get(rate, TaxAmount()))
            for rate, advance in self.advances.items()
        }
        return {rate: amount for rate, amount in found.items() if amount}

    @property
    def freight_surplus(self) -> Decimal:
        """Freight that was asked ahead and no invoice can deduct any more."""
        return max(ZERO, self.freight_advance.open.taxable - self.freight_open)

    def open_ahead(self, rate: Rate | None) -> TaxAmount:
        """Return what was asked ahead at a rate, or for freight (None), and is not deducted."""
        return self.freight_advance.open if rate is None else self._open_advance(rate)

    def falls_short_of(self, before: Ledger) -> bool:
        """Whether a change took the order, in all or at a rate, under what was asked ahead."""
        known = before.surplus()
        return (
            any(
                amount.beyond(known.get(rate, TaxAmount()))
                for rate, amount in self.surplus().items()
            )
            or self.freight_surplus > before.freight_surplus
            or self.left_to_ask < min(ZERO, before.left_to_ask)
        )

    # What comes next

    def invoice(self, quantities: Mapping[str, Decimal]) -> NextInvoice:
        """Price an invoice of so many units per line.

        Raises QuantityExceedsOpen for a line that has fewer open, InvalidAmount where the invoice
        would be negative at a tax rate.
        """
        by_key = {line.key: line for line in self.lines}
        parts = {
            key: by_key[key].next_part(quantity, self.currency, self.rounding)
            for key, quantity in quantities.items()
            if quantity
        }
        now = self._by_rate(
            (by_key[key].rate, TaxAmount.of(part.amounts)) for key, part in parts.items()
        )
        self._refuse_negative(now)
        freight = self._freight(now)
        left = self.left_to_bill()
        deductions = {
            rate: self._round_deduction(advance.open, now[rate], left[rate])
            for rate, advance in self.advances.items()
            if rate in now
        }
        freight_deduction = self._round_deduction(
            self.freight_advance.open, TaxAmount(freight), TaxAmount(self.freight_open)
        )
        return NextInvoice(
            parts,
            freight,
            {rate: amount for rate, amount in deductions.items() if amount},
            freight_deduction.taxable,
        )

    def down_payment(self, amount: Decimal) -> NextDownPayment:
        """Spread an amount, tax included, over what is left to ask for, freight included.

        Raises InvalidAmount for nothing, AmountExceedsOpen for more than is left.
        """
        self._refuse_ahead(amount)
        by_rate = self.left_to_bill()
        groups, freight = spread_advance(
            amount,
            by_rate,
            {rate: self._open_advance(rate).within(left) for rate, left in by_rate.items()},
            freight=self.freight_open,
            freight_ahead=min(self.freight_advance.open.taxable, self.freight_open),
            currency=self.currency,
            rounding=self.rounding,
        )
        return NextDownPayment(groups, freight)

    def share(self, rate: Decimal, *, shares_before: Decimal, asked_before: Decimal) -> Decimal:
        """Return what a share of the order comes to: round(total × Σ shares) − asked so far."""
        target = round_money(self.total * (shares_before + rate), self.currency, self.rounding)
        return min(target - asked_before, self.left_to_ask)

    @property
    def total(self) -> Decimal:
        """What the order comes to, tax and freight included."""
        return sum((whole.gross for whole in self.wholes().values()), self.freight_whole)

    @property
    def left_to_ask(self) -> Decimal:
        """What may still be asked for, ahead or by billing: neither billed nor asked ahead."""
        left = sum((amount.gross for amount in self.left_to_bill().values()), self.freight_open)
        ahead = sum((advance.open.gross for advance in self.advances.values()), ZERO)
        return left - ahead - self.freight_advance.open.gross

    def _refuse_ahead(self, amount: Decimal) -> None:
        left = self.left_to_ask
        if left <= 0:
            raise AmountExceedsOpen(
                _("Nothing is left to ask for: all of it is billed or asked for ahead."),
                field="amount",
            )
        if amount <= 0:
            raise InvalidAmount(_("Give an amount above zero."), field="amount")
        if amount > left:
            raise AmountExceedsOpen(
                _(
                    "Only %(left)s can still be asked for: give that amount at most.",
                    left=Amount(left, self.currency),
                ),
                field="amount",
            )

    def _refuse_negative(self, now: Mapping[Rate, TaxAmount]) -> None:
        for rate, amount in now.items():
            if amount.taxable < 0 or amount.tax < 0:
                raise InvalidAmount(
                    _(
                        "At %(rate)s tax the invoice would come to %(amount)s: "
                        "bill these lines together with the lines that they reduce.",
                        rate=Percentage(rate),
                        amount=Amount(amount.gross, self.currency),
                    )
                )

    def _freight(self, now: Mapping[Rate, TaxAmount]) -> Decimal:
        """Freight goes with what is billed; the invoice that bills the rest carries the rest."""
        if not self.freight:
            return ZERO
        billed = sum((amount.taxable for amount in self.billed().values()), ZERO)
        ordered = sum((amount.taxable for amount in self.wholes().values()), ZERO)
        part = freight_part(
            self.freight,
            self.freight_billed,
            billed=billed + sum((amount.taxable for amount in now.values()), ZERO),
            ordered=ordered,
            currency=self.currency,
            rounding=self.rounding,
        )
        return max(ZERO, part)

    def _round_deduction(self, ahead: TaxAmount, now: TaxAmount, left: TaxAmount) -> TaxAmount:
        return deduct(ahead, now, left, self.currency, self.rounding)

    def _open_advance(self, rate: Rate) -> TaxAmount:
        return self.advances.get(rate, NO_ADVANCE).open

    @staticmethod
    def _by_rate(amounts: Iterable[tuple[Rate, TaxAmount]]) -> dict[Rate, TaxAmount]:
        sums: dict[Rate, TaxAmount] = {}
        for rate, amount in amounts:
            sums[rate] = sums.get(rate, TaxAmount()) + amount
        return dict(sorted(sums.items()))
