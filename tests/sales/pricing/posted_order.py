"""Books of a random order: what its documents enter in them, and what must hold after each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from sales.pricing.advances import Advance, TaxAmount
from sales.pricing.bundles import Part, follow_parts
from sales.pricing.deduction_lines import DeductionLine
from sales.pricing.errors import AmountExceedsOpen
from sales.pricing.ledger_lines import LedgerLine, Units
from sales.pricing.next_documents import NextDownPayment, NextInvoice
from sales.pricing.partial import Portion
from tests.sales.pricing.drawn_order import ZERO, DrawnOrder


def sides(
    by_rate: Mapping[Decimal, TaxAmount], freight: Decimal
) -> dict[Decimal | None, TaxAmount]:
    """Return amounts per tax rate, and of freight under None."""
    amounts: dict[Decimal | None, TaxAmount] = dict(by_rate.items())
    return amounts | {None: TaxAmount(freight)} if freight else amounts


@dataclass(slots=True)
class Posted:
    """An invoice, whether it is a draft, and whether a credit note took it back."""

    invoice: NextInvoice
    is_draft: bool = False
    is_credited: bool = False

    @property
    def deductions(self) -> dict[Decimal | None, TaxAmount]:
        """What it deducts per tax rate, and of freight."""
        return sides(self.invoice.deductions, self.invoice.freight_deduction)


@dataclass(slots=True, eq=False)
class Asked:
    """A draft down payment."""

    document: NextDownPayment

    @property
    def amounts(self) -> dict[Decimal | None, TaxAmount]:
        """What it asks for per tax rate, and of freight."""
        return sides(self.document.groups, self.document.freight)


class PostedOrder(DrawnOrder):
    """One order with its documents, and books of them apart from the ledger's."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.shares = self.asked = ZERO
        self.invoices: list[Posted] = []
        self.drafts_ahead: list[Asked] = []
        self.issued_ahead: defaultdict[Decimal | None, TaxAmount] = defaultdict(TaxAmount)
        self.books: defaultdict[Decimal, TaxAmount] = defaultdict(TaxAmount)
        self.freight_books = ZERO
        self.for_good: defaultdict[Decimal, TaxAmount] = defaultdict(TaxAmount)
        self.freight_for_good = ZERO

    @property
    def drafts(self) -> list[Posted]:
        """The invoices that are not issued yet."""
        return [posted for posted in self.invoices if posted.is_draft]

    def issue_ahead(self, asked: Asked) -> bool:
        """Issue a down payment; returns whether it could be."""
        try:
            self.ledger.refuse_surplus(asked.amounts)
        except AmountExceedsOpen:
            assert self.ledger.surplus() or self.ledger.freight_surplus
            return False
        self.drafts_ahead.remove(asked)
        for rate, amount in asked.amounts.items():
            self.post_ahead(rate, Advance(drafted=-amount))
            self.issued_ahead[rate] += amount
        assert not self.ledger.surplus().keys() & asked.amounts.keys()
        return True

    def issue(self, posted: Posted) -> bool:
        """Issue an invoice; returns whether it could be."""
        if self.ledger.deducts_drafts(posted.deductions):
            assert self.drafts_ahead
            return False
        if beyond := self.ledger.beyond_open(posted.invoice.parts):
            assert any(self.ledger.line(key).units.returned for key in beyond)
            return False
        posted.is_draft = False
        for key, part in posted.invoice.parts.items():
            self.draft(key, Portion() - part)
        for rate, amount in posted.deductions.items():
            self.post_ahead(rate, Advance(deducted_in_drafts=-amount))
            self.issued_ahead[rate] -= amount
        return True

    def take_back(self, posted: Posted, *, again: bool) -> None:
        """Take all of an invoice back, to be billed again or for good."""
        invoice = posted.invoice
        for key, part in invoice.parts.items():
            line = self.ledger.line(key)
            self.books[line.rate] -= TaxAmount.of(part.amounts)
            if again:
                units = line.units.credited_again(part.quantity)
                if posted.is_draft:
                    units = line.units.undrafted(part.quantity)
                    line = replace(line, drafted=line.drafted - part.amounts)
                self.put(replace(line, units=units, billed=line.billed - part.amounts))
                continue
            self.for_good[line.rate] += TaxAmount.of(part.amounts)
            whole = self.parts[key].units_of(Decimal(1)) if key in self.parts else None
            self.put(replace(line, units=line.units.credited_for_good(part.quantity, whole)))
        for key, taken in invoice.taken_off.items():
            rate = self.deduction_line(key).rate
            self.books[rate] += taken
            if again:
                self.take_off(key, -taken)
            else:
                self.for_good[rate] -= taken
        for side, deduction in posted.deductions.items():
            self.enter_in_books(side, deduction)
            self.post_ahead(side, Advance(deducted=-deduction))
        self.freight_books -= invoice.freight
        if again:
            self.ledger = replace(
                self.ledger, freight_billed=self.ledger.freight_billed - invoice.freight
            )
        else:
            self.freight_for_good += invoice.freight

    def post(self, quantities: dict[str, Decimal]) -> None:
        """Draft an invoice; most are issued, if they can be."""
        wanted = {key: quantity for key, quantity in quantities.items() if quantity}
        if not wanted:
            return
        invoice = self.ledger.invoice(wanted)
        asked: defaultdict[Decimal, TaxAmount] = defaultdict(TaxAmount)
        for key, part in invoice.parts.items():
            line = self.ledger.line(key)
            asked[line.rate] += TaxAmount.of(part.amounts)
            self.bill_units(line, part)
            self.draft(key, part)
        for key, taken in invoice.taken_off.items():
            assert taken.taxable >= 0
            assert taken.tax >= 0
            asked[self.deduction_line(key).rate] -= taken
            self.take_off(key, taken)
        for rate, deduction in invoice.deductions.items():
            asked[rate] -= deduction
        for rate, amount in asked.items():
            assert amount.taxable >= 0
            assert amount.tax >= 0
            self.books[rate] += amount
        assert invoice.freight >= invoice.freight_deduction >= 0
        self.freight_books += invoice.freight - invoice.freight_deduction
        self.ledger = replace(
            self.ledger, freight_billed=self.ledger.freight_billed + invoice.freight
        )
        assert not self.ledger.beyond_open(invoice.parts)
        posted = Posted(invoice, is_draft=True)
        self.invoices.append(posted)
        for side, deduction in posted.deductions.items():
            self.post_ahead(side, Advance(deducted=deduction, deducted_in_drafts=deduction))
        if self.dice.random() < 0.8:
            self.issue(posted)

    def set_units(self, line: LedgerLine, **units: Decimal) -> None:
        """Enter other quantities of a line."""
        self.put(replace(line, units=replace(line.units, **units)))  # type: ignore[arg-type]  # its own fields

    def follow_parts(self) -> None:
        """Let bundles follow their parts, after those were shipped or came back."""
        for key in {part.bundle for part in self.parts.values()}:
            bundle = self.ledger.line(key)
            parts = [
                Part(part, self.ledger.line(each).units)
                for each, part in self.parts.items()
                if part.bundle == key
            ]
            sets = follow_parts(bundle.units, parts)
            self.put(replace(bundle, units=sets))
            self.reopen_parts(key, sets)

    def reopen_parts(self, bundle: str, sets: Units) -> None:
        """Let parts leave after all that were cancelled with sets that came back."""
        for key, part in self.parts.items():
            line = self.ledger.line(key)
            if part.bundle == bundle and (more := part.units_to_reopen(line.units, sets)):
                self.set_units(line, ordered=line.units.ordered + more)
                self.inputs = [
                    replace(each, quantity=each.quantity + more) if each.key == key else each
                    for each in self.inputs
                ]

    def bill_units(self, line: LedgerLine, part: Portion) -> None:
        """Enter what is billed of a line, or credited to be billed again."""
        units = replace(line.units, billed=line.units.billed + part.quantity)
        self.put(replace(line, units=units, billed=line.billed + part.amounts))

    def draft(self, key: str, part: Portion) -> None:
        """Enter what a draft bills of a line, and take it off once that is issued or deleted."""
        line = self.ledger.line(key)
        units = replace(line.units, drafted=line.units.drafted + part.quantity)
        self.put(replace(line, units=units, drafted=line.drafted + part.amounts))

    def deduction_line(self, key: str) -> DeductionLine:
        """Return a trade-in or rebate by its key."""
        return next(line for line in self.ledger.deduction_lines if line.key == key)

    def take_off(self, key: str, taken: TaxAmount) -> None:
        """Enter what a trade-in or rebate took off an invoice."""
        lines = (
            replace(line, taken=line.taken + taken) if line.key == key else line
            for line in self.ledger.deduction_lines
        )
        self.ledger = replace(self.ledger, deduction_lines=tuple(lines))

    def put(self, line: LedgerLine) -> None:
        """Put a line in the place of the one with its key."""
        lines = tuple(line if each.key == line.key else each for each in self.ledger.lines)
        self.ledger = replace(self.ledger, lines=lines)

    def post_ahead(self, rate: Decimal | None, more: Advance) -> None:
        """Add to what was asked ahead at a rate, or for freight (None), or deducted."""
        if rate is None:
            ahead = self.ledger.freight_advance + more
            self.ledger = replace(self.ledger, freight_advance=ahead)
        else:
            before = self.ledger.advances.get(rate, Advance())
            advances = {**self.ledger.advances, rate: before + more}
            self.ledger = replace(self.ledger, advances=advances)

    def enter_in_books(self, rate: Decimal | None, amount: TaxAmount) -> None:
        """Enter what a document asks for at a rate, or for freight (None), in the books."""
        if rate is None:
            self.freight_books += amount.taxable
        else:
            self.books[rate] += amount

    def check(self) -> None:
        """Hold that nothing is open below zero, billed beyond the order, or deducted twice.

        Parts are ordered with their sets, but for what did not leave of sets that came back; those
        of the sets that are charged are kept, or still to leave.
        Issued invoices deduct what issued down payments asked for, and nothing else.
        """
        for key, part in self.parts.items():
            units, sets = self.ledger.line(key).units, self.ledger.line(part.bundle).units
            not_ordered = part.units_of(sets.ordered) - units.ordered
            assert 0 <= not_ordered <= part.units_not_shipped(units, sets)
            assert not units.open_to_bill
            assert not sets.open_to_ship
            charged = max(ZERO, sets.ordered - sets.gone - sets.billed_returned)
            assert units.kept + units.open_to_ship >= part.units_of(charged)
            assert 0 <= sets.returned <= sets.left <= sets.ordered - sets.closed_unshipped
            assert sets.kept * part.units <= units.kept * part.sets
        for line in self.ledger.lines:
            whole = line.whole(self.currency, self.rounding)
            billed = line.billed
            assert all(
                0 <= part <= all_of_it
                for part, all_of_it in zip(
                    (*billed.figures, billed.base), (*whole.figures, whole.base), strict=True
                )
            )
            if line.units.billed == line.units.ordered:
                assert billed == line.agreed
        for deduction in self.ledger.deduction_lines:
            assert 0 <= deduction.taken.taxable <= deduction.agreed.taxable
            assert 0 <= deduction.taken.tax <= deduction.agreed.tax
        for rate, left in self.ledger.left_to_bill().items():
            assert left.taxable >= 0, rate
            assert left.tax >= 0, rate
        for advance in (*self.ledger.advances.values(), self.ledger.freight_advance):
            assert advance.open.taxable >= 0
            assert advance.open.tax >= 0
        for side, amount in self.issued_ahead.items():
            assert amount.taxable >= 0, side
            assert amount.tax >= 0, side
        assert not (self.ledger.is_closed and self.drafts_ahead)
        assert 0 <= self.ledger.freight_billed <= self.ledger.freight

    def check_books(self) -> None:
        """Hold that invoices less credits come to the order, less what was credited for good.

        Nobody is charged for more sets than whole ones are kept, but for what is to be credited.
        """
        assert self.ledger.is_closed
        for part in self.parts.values():
            sets = self.ledger.line(part.bundle).units
            charged = sets.kept_billed - sets.billed_returned
            assert charged <= min(
                other.whole_sets(self.ledger.line(key).units.kept, sets.step)
                for key, other in self.parts.items()
                if other.bundle == part.bundle
            )
        wholes = self.ledger.wholes()
        for rate in {*wholes, *self.books}:
            assert self.books[rate] + self.for_good[rate] == wholes.get(rate, TaxAmount())
        assert self.freight_books + self.freight_for_good == self.ledger.freight_whole
