"""Ledger of an order: what is open, asked ahead, billed, credited, returned, and what comes next.

Services ask it and nothing else. It is made of the order's lines and of everything that was issued
or drafted for the order, and answers per line, per tax rate and for freight. All is cumulative: a
part is what should be out by then, less what is out already; the last part takes the remainder.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from sales.pricing.advances import (
    NO_ADVANCE,
    Advance,
    TaxAmount,
    deduct,
    exceeds,
    spread_advance,
)
from sales.pricing.bundles import PartOf, least_ordered, parts_along
from sales.pricing.deduction_lines import DeductionLine, share_out, take_off, total_open
from sales.pricing.ledger_lines import LedgerLine
from sales.pricing.ledger_refusals import exceeds_order, exceeds_share, refuse_ahead
from sales.pricing.money import ZERO, Rounding, from_units, round_money
from sales.pricing.next_documents import NextDownPayment, NextInvoice
from sales.pricing.partial import Portion, freight_part

Rate = Decimal


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything known of an order; ``freight_billed`` is less credits that may be billed again."""

    currency: str
    rounding: Rounding
    lines: tuple[LedgerLine, ...]
    """What is sold: goods and services, counted in units."""
    deduction_lines: tuple[DeductionLine, ...] = ()
    """Trade-ins and rebates, counted in money."""
    freight: Decimal = ZERO
    freight_billed: Decimal = ZERO
    advances: Mapping[Rate, Advance] = field(default_factory=dict)
    freight_advance: Advance = NO_ADVANCE
    credited: Mapping[Rate, TaxAmount] = field(default_factory=dict)
    """What was credited for good, advances and their deductions aside; it stays billed."""
    freight_credited: Decimal = ZERO
    parts: Mapping[str, PartOf] = field(default_factory=dict)
    """By the keys of parts always in a bundle: which one, and how many of them make a set."""

    def line(self, key: str) -> LedgerLine:
        """Return a line by its key; raises KeyError."""
        return next(line for line in self.lines if line.key == key)

    def is_billed(self, key: str) -> bool:
        """Whether any of a line is billed, or of a deduction taken off; False for a new line."""
        return any(line.key == key and line.units.billed for line in self.lines) or any(
            line.key == key and line.taken for line in self.deduction_lines
        )

    # What is open

    @property
    def is_closed(self) -> bool:
        """Whether nothing is open to ship, to bill or to deduct, and no down payment a draft."""
        return (
            not any(line.units.open_to_ship or line.units.open_to_bill for line in self.lines)
            and not any(line.open for line in self.deduction_lines)
            and not self.freight_open
            and not any(each.open.gross or each.drafted for each in self._all_ahead)
        )

    @property
    def is_overdrawn(self) -> bool:
        """Whether more of a down payment is deducted than was asked for."""
        return any(min(each.open.taxable, each.open.tax) < 0 for each in self._all_ahead)

    def deducts_drafts(self, deductions: Mapping[Rate | None, TaxAmount]) -> bool:
        """Whether issuing deductions at these rates, or of freight (None), takes from drafts.

        Issued documents, these deductions included, would deduct more than issued ones asked for.
        """
        return any(
            amount.beyond(self._advance(rate).open_issued) for rate, amount in deductions.items()
        )

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
        return self._by_rate([*self.billed().items(), *self.left_to_bill().items()])

    def not_billed(self) -> dict[Rate, TaxAmount]:
        """Return per rate what came back before it was billed, and is never billed."""
        return self._by_rate(
            (line.rate, TaxAmount.of(line.agreed - line.whole(self.currency, self.rounding)))
            for line in self.lines
        )

    def comes_to(self) -> dict[Rate, TaxAmount]:
        """Return per rate what its invoices less its credit notes come to once it is closed."""
        credited = {rate: -amount for rate, amount in self.credited.items()}
        return self._by_rate([*self.wholes().items(), *credited.items()])

    def billed(self) -> dict[Rate, TaxAmount]:
        """Return per rate what is billed, advances and their deductions aside."""
        taken = ((line.rate, -line.taken) for line in self.deduction_lines if line.taken)
        return self._by_rate([*self._sold_and_billed().items(), *taken])

    def left_to_bill(self) -> dict[Rate, TaxAmount]:
        """Return per rate what is not billed yet."""
        open_now = {rate: total_open(lines) for rate, lines in self._deductions_by_rate().items()}
        return {
            rate: left - open_now.get(rate, TaxAmount()).within(left)
            for rate, left in self._left_to_sell().items()
        }

    def shortfall(self) -> dict[Rate, TaxAmount]:
        """Return per rate what trade-ins and rebates would take off, and no invoice can."""
        left = self._left_to_sell()
        found = {
            rate: total_open(lines).beyond(left.get(rate, TaxAmount()))
            for rate, lines in self._deductions_by_rate().items()
        }
        return {rate: amount for rate, amount in found.items() if amount}

    def lapsed(self) -> dict[str, TaxAmount]:
        """Return what no invoice can take off any more, by the trade-in or rebate."""
        by_rate, found = self._deductions_by_rate(), dict[str, TaxAmount]()
        for rate, amount in self.shortfall().items():
            found |= share_out(amount, by_rate[rate], self.currency)
        return found

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
        """Freight that was asked ahead and no invoice can deduct."""
        return max(ZERO, self.freight_advance.open.taxable - self.freight_open)

    def refuse_surplus(self, asked: Mapping[Rate | None, TaxAmount]) -> None:
        """Refuse to issue a draft down payment of so much per rate, and for freight (None).

        Raises AmountExceedsOpen where no invoice can deduct all that is asked for, drafts too.
        """
        if self.surplus().keys() & asked.keys() or (None in asked and self.freight_surplus):
            whole = sum((amount.gross for amount in asked.values()), ZERO)
            raise exceeds_order(whole, self.left_to_ask + whole, self.currency)

    def beyond_open(self, draft: Mapping[str, Portion]) -> dict[str, Portion]:
        """Return what is open of the lines of which a draft bills more, other drafts aside.

        Parts of bundles go with their bundle.
        """
        sold = {line.key: line for line in self.lines if not line.units.is_fixed_part}
        open_now = {
            key: line.open_to_issue(self.currency, self.rounding)
            for key, line in sold.items()
            if key in draft
        }
        return {key: left for key, left in open_now.items() if draft[key].quantity > left.quantity}

    def open_ahead(self, rate: Rate | None) -> TaxAmount:
        """Return what was asked ahead at a rate, or for freight (None), and may be credited.

        That is what nothing deducts, and what stays covers the deductions that are issued.
        """
        advance = self._advance(rate)
        return advance.open.within(advance.open_issued).beyond(TaxAmount())

    def short_close(self, chosen: Collection[str] | None = None) -> Ledger:
        """Return the ledger once all that can be cancelled is cancelled, of all lines or of some.

        Freight goes with what stays once nothing is left to close, and what lapses is closed too.
        """
        least = least_ordered(self.lines, self.parts, chosen)
        terms = self.currency, self.rounding
        lines = tuple(
            line.closed(*terms, least[line.key]) if line.key in least else line
            for line in self.lines
        )
        sold = replace(self, lines=lines)
        sold = replace(sold, freight=self._freight_kept(sold))
        lapsed = sold.lapsed()
        deductions = tuple(
            replace(line, agreed=line.taken)
            if chosen is None or line.key in chosen
            else replace(line, agreed=line.agreed - lapsed.get(line.key, TaxAmount()))
            for line in self.deduction_lines
        )
        return replace(sold, deduction_lines=deductions)

    def with_bundle(self, line: LedgerLine) -> Decimal:
        """Return how many units of a part go with all sets ordered; of other lines, the ordered."""
        part = self.parts.get(line.key)
        if part is None:
            return line.units.ordered
        return part.units_of(self.line(part.bundle).units.ordered)

    def falls_short_of(self, before: Ledger) -> bool:
        """Whether a change took the order, in all or at a rate, under what was asked ahead."""
        return (
            exceeds(self.surplus(), before.surplus())
            or self.freight_surplus > before.freight_surplus
            or self.left_to_ask < min(ZERO, before.left_to_ask)
        )

    def goes_under(self, before: Ledger) -> list[Rate]:
        """Return the rates at which a change took the order under what is billed."""
        known = before.shortfall()
        return [rate for rate, amount in self.shortfall().items() if exceeds({rate: amount}, known)]

    # What comes next

    def invoice(self, quantities: Mapping[str, Decimal]) -> NextInvoice:
        """Price an invoice of so many units per line; trade-ins and advances follow from those.

        So do the parts of bundles. Raises QuantityExceedsOpen for a line that has fewer open.
        """
        by_key = {line.key: line for line in self.lines}
        wanted = {**quantities, **parts_along(by_key, self.parts, quantities)}
        parts = {
            key: by_key[key].next_part(quantity, self.currency, self.rounding)
            for key, quantity in wanted.items()
            if quantity
        }
        sold = self._by_rate(
            (by_key[key].rate, TaxAmount.of(part.amounts)) for key, part in parts.items()
        )
        freight, taken_off = self._freight(sold), self._take_off(sold)
        deducting = (line for line in self.deduction_lines if line.key in taken_off)
        taken = [(line.rate, -taken_off[line.key]) for line in deducting]
        now = self._by_rate([*sold.items(), *taken])
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
            taken_off,
        )

    def down_payment(self, amount: Decimal) -> NextDownPayment:
        """Spread an amount, tax included, over what is left to ask for, freight included.

        Raises InvalidAmount for nothing, AmountExceedsOpen for more than is left.
        """
        refuse_ahead(amount, self.left_to_ask, self.currency)
        by_rate = self.left_to_bill()
        groups, freight = spread_advance(
            amount,
            by_rate,
            {rate: self._advance(rate).open.within(left) for rate, left in by_rate.items()},
            freight=self.freight_open,
            freight_ahead=min(self.freight_advance.open.taxable, self.freight_open),
            currency=self.currency,
            rounding=self.rounding,
        )
        return NextDownPayment(groups, freight)

    def share(self, rate: Decimal, *, shares_before: Decimal, asked_before: Decimal) -> Decimal:
        """Return what a share of the order comes to: round(total × Σ shares) − asked so far.

        Raises AmountExceedsOpen where that is more than is left, the cents of rounding aside.
        """
        target = round_money(self.total * (shares_before + rate), self.currency, self.rounding)
        wanted, left = target - asked_before, self.left_to_ask
        cents = from_units(1 + len(self.lines), self.currency)
        if left > 0 and wanted > left + cents:
            share = (left + asked_before) / self.total - shares_before
            raise exceeds_share(share, left, self.currency)
        return min(wanted, left)

    @property
    def total(self) -> Decimal:
        """What the order comes to, tax and freight included."""
        return sum((whole.gross for whole in self.wholes().values()), self.freight_whole)

    @property
    def asked_ahead(self) -> Decimal:
        """What was asked for ahead, less what is credited of it."""
        return sum((each.asked.gross for each in self._all_ahead), ZERO)

    @property
    def left_to_ask(self) -> Decimal:
        """What may still be asked for, ahead or by billing: neither billed nor asked ahead."""
        left = sum((amount.gross for amount in self.left_to_bill().values()), self.freight_open)
        return left - sum((each.open.gross for each in self._all_ahead), ZERO)

    def _take_off(self, sold: Mapping[Rate, TaxAmount]) -> dict[str, TaxAmount]:
        """Return what each trade-in or rebate takes off an invoice that sells so much."""
        left, taken = self._left_to_sell(), dict[str, TaxAmount]()
        for rate, lines in self._deductions_by_rate().items():
            if rate in sold:
                taken |= take_off(lines, sold[rate], left[rate], self.currency, self.rounding)
        return taken

    def _freight(self, sold: Mapping[Rate, TaxAmount]) -> Decimal:
        """Freight goes with what is sold; the invoice that bills the rest carries the rest."""
        if not self.freight:
            return ZERO
        billed, left, now = (
            sum((amount.taxable for amount in amounts.values()), ZERO)
            for amounts in (self._sold_and_billed(), self._left_to_sell(), sold)
        )
        part = freight_part(
            self.freight,
            self.freight_billed,
            billed=billed + now,
            ordered=billed + left,
            currency=self.currency,
            rounding=self.rounding,
        )
        return max(ZERO, part)

    def _freight_kept(self, closed: Ledger) -> Decimal:
        """Return the freight after a short close; lines that stay open keep all of it."""
        least = least_ordered(closed.lines, closed.parts, None)
        if any(line.units.ordered != least[line.key] for line in closed.lines):
            return self.freight
        part = freight_part(
            self.freight,
            ZERO,
            billed=closed._all_sold,
            ordered=self._all_sold,
            currency=self.currency,
            rounding=self.rounding,
        )
        return max(part, self.freight_billed)

    @property
    def _all_sold(self) -> Decimal:
        """What goods and services come to before tax, billed or yet to bill."""
        terms = self.currency, self.rounding
        return sum((line.whole(*terms).taxable for line in self.lines), ZERO)

    def _sold_and_billed(self) -> dict[Rate, TaxAmount]:
        return self._by_rate((line.rate, TaxAmount.of(line.billed)) for line in self.lines)

    def _left_to_sell(self) -> dict[Rate, TaxAmount]:
        """Return per rate what is not billed yet of goods and services."""
        return self._by_rate(
            (line.rate, TaxAmount.of(line.whole(self.currency, self.rounding) - line.billed))
            for line in self.lines
        )

    def _deductions_by_rate(self) -> dict[Rate, list[DeductionLine]]:
        found: dict[Rate, list[DeductionLine]] = {}
        for line in self.deduction_lines:
            found.setdefault(line.rate, []).append(line)
        return found

    def _round_deduction(self, ahead: TaxAmount, now: TaxAmount, left: TaxAmount) -> TaxAmount:
        return deduct(ahead, now, left, self.currency, self.rounding)

    @property
    def _all_ahead(self) -> list[Advance]:
        return [*self.advances.values(), self.freight_advance]

    def _advance(self, rate: Rate | None) -> Advance:
        return self.freight_advance if rate is None else self.advances.get(rate, NO_ADVANCE)

    @staticmethod
    def _by_rate(amounts: Iterable[tuple[Rate, TaxAmount]]) -> dict[Rate, TaxAmount]:
        sums: dict[Rate, TaxAmount] = {}
        for rate, amount in amounts:
            sums[rate] = sums.get(rate, TaxAmount()) + amount
        return dict(sorted(sums.items()))
