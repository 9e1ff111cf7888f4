"""Random stories of one order: asked ahead, shipped, billed, returned, credited, changed, closed.

Half of the orders have trade-ins or rebates, up to all that they are taken off. Some down payments
and invoices are left drafts, and are issued or deleted later, in any order.

A story keeps its own books of every document, apart from the ledger's: after each step no document
is negative at a tax rate and nothing is billed beyond the order; at the end they come to the order.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_DOWN, Decimal
from typing import Any

from sales.pricing.advances import Advance, TaxAmount
from sales.pricing.changed_lines import ChangedLine, agree
from sales.pricing.deduction_lines import DeductionLine
from sales.pricing.documents import LineInput, PricedDocument, price_document
from sales.pricing.errors import AmountExceedsOpen
from sales.pricing.ledger import Ledger, NextDownPayment, NextInvoice
from sales.pricing.ledger_lines import LedgerLine, Units
from sales.pricing.money import Rounding, minor_units
from sales.pricing.partial import NOTHING, Amounts, Portion

ZERO = Decimal(0)
PRICE_QUANTITIES = [Decimal(units) for units in ("1", "1", "3", "100", "1000", "0.5")]
TAX_RATES = [Decimal(rate) for rate in ("0", "0.055", "0.07", "0.19", "0.2")]
STEPS = (
    *("ask_ahead", "ask_ahead", "ship", "ship", "bill", "bill", "bill_all"),
    *("return_goods", "credit", "change", "change", "short_close"),
    *("issue_draft", "issue_draft", "delete_draft"),
)


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


@dataclass
class OrderStory:
    """One order in the hands of a random generator."""

    dice: random.Random
    steps: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        dice = self.dice
        self.currency = dice.choice(["JPY", "EUR", "KWD"])
        self.rounding = dice.choice(list(Rounding))
        self.rates = dice.sample(TAX_RATES, dice.randint(1, 4))
        self.discount_rate = dice.choice([ZERO, ZERO, Decimal("0.05"), Decimal("0.333")])
        self.includes_tax = dice.random() < 0.5
        self.per_unit = dice.random() < 0.5
        self.freight = dice.choice([ZERO, self.money(9999)])
        self.inputs = [self.draw_line(f"{place:02}") for place in range(dice.randint(1, 5))]
        for place in range(dice.choice([0, 0, 1, 2])):
            self.inputs += self.draw_deduction(f"d{place:02}")
        priced = self.price(self.inputs)
        figures = dict(zip(self.inputs, map(Amounts.of, priced.lines), strict=True))
        self.ledger = Ledger(
            self.currency,
            self.rounding,
            tuple(
                LedgerLine(
                    line.key,
                    line.tax_rate or ZERO,
                    Units(line.quantity, is_goods=dice.random() < 0.85),
                    amounts,
                )
                for line, amounts in figures.items()
                if not line.is_deduction
            ),
            tuple(
                DeductionLine(line.key, line.tax_rate or ZERO, -TaxAmount.of(amounts))
                for line, amounts in figures.items()
                if line.is_deduction
            ),
            freight=priced.totals.freight,
        )
        self.shares = self.asked = ZERO
        self.invoices: list[Posted] = []
        self.drafts_ahead: list[Asked] = []
        self.issued_ahead: defaultdict[Decimal | None, TaxAmount] = defaultdict(TaxAmount)
        self.books: defaultdict[Decimal, TaxAmount] = defaultdict(TaxAmount)
        self.freight_books = ZERO
        self.for_good: defaultdict[Decimal, TaxAmount] = defaultdict(TaxAmount)
        self.freight_for_good = ZERO

    # Drawing

    def money(self, most: int) -> Decimal:
        """Draw an amount of 1 to so many smallest units."""
        return Decimal(self.dice.randint(1, most)).scaleb(-minor_units(self.currency))

    def draw_line(self, key: str) -> LineInput:
        """Draw a line to price."""
        dice = self.dice
        price, units = self.draw_price()
        rate = dice.choice([None, None, Decimal("0.1"), Decimal("0.333")])
        amount = None if rate or not self.per_unit else self.draw_off_each(price / units)
        return LineInput(
            key=key,
            quantity=dice.choice(
                [
                    Decimal(dice.randint(1, 12)),
                    Decimal(dice.randint(1, 100)),
                    Decimal(dice.randint(1, 4000)) / 1000,
                ]
            ),
            unit_price=price,
            price_quantity=units,
            tax_rate=dice.choice(self.rates),
            discount_rate=rate,
            discount_amount=amount,
        )

    def draw_deduction(self, key: str) -> list[LineInput]:
        """Draw a trade-in or rebate of what an order comes to at a rate; none of nothing."""
        dice, group = self.dice, self.dice.choice(self.price(self.inputs).totals.tax_groups)
        most = group.taxable + (group.tax if self.includes_tax else ZERO)
        quantity = Decimal(dice.randint(1, 3))
        part = dice.choice([Decimal(1), Decimal("0.9"), Decimal(dice.randint(0, 99)) / 100])
        price = (most * part / quantity).quantize(Decimal("0.00001"), ROUND_DOWN)
        drawn = LineInput(key, quantity, -price, tax_rate=group.rate, is_deduction=True)
        groups = self.price([*self.inputs, drawn]).totals.tax_groups
        fits = price > 0 and all(group.taxable >= 0 and group.tax >= 0 for group in groups)
        return [drawn] if fits else []

    def draw_price(self) -> tuple[Decimal, Decimal]:
        """Draw a price, and how many units it is for."""
        dice = self.dice
        price = dice.choice([ZERO, self.money(99_999), self.money(99_999), self.money(500)])
        return price, dice.choice(PRICE_QUANTITIES)

    def draw_change(self, line: LineInput) -> dict[str, Any]:
        """Draw the same price, one that is twice or half of it, or the price of other units."""
        dice = self.dice
        factor = dice.choice([Decimal(1), Decimal(1), Decimal(2), Decimal("0.5")])
        price = (line.unit_price * factor).quantize(Decimal("0.00001"), ROUND_DOWN)
        units = line.price_quantity
        if dice.random() < 0.2:
            price, units = self.draw_price()
        if (price, units) == (line.unit_price, line.price_quantity):
            return {}
        amount = None if line.discount_amount is None else self.draw_off_each(price / units)
        return {"unit_price": price, "price_quantity": units, "discount_amount": amount}

    def draw_off_each(self, unit_price: Decimal) -> Decimal | None:
        """Draw what is taken off each unit: nothing, or less than a third of what it may cost."""
        part = unit_price * self.dice.randint(0, 30) / 100
        return self.dice.choice([None, part.quantize(Decimal("0.00001"), ROUND_DOWN)])

    def price(self, inputs: Iterable[LineInput]) -> PricedDocument:
        """Price the order's lines."""
        return price_document(
            inputs,
            currency=self.currency,
            discount_rate=self.discount_rate,
            freight=self.freight,
            prices_include_tax=self.includes_tax,
            rounding=self.rounding,
            per_unit_discount=self.per_unit,
        )

    def part(self, quantity: Decimal) -> Decimal:
        """Draw a part of a quantity, or all of it."""
        if self.dice.random() < 0.3:
            return quantity
        part = quantity * self.dice.randint(0, 100) / 100
        return part.quantize(Decimal("0.00001"), ROUND_DOWN)

    # Steps

    def play(self, steps: int) -> None:
        """Take so many random steps, then bring the order to its end."""
        for _ in range(steps):
            self.take(self.dice.choice(STEPS))
        self.finish()

    def take(self, step: str) -> None:
        """Take one step and check what must hold after it."""
        self.steps.append(step)
        getattr(self, step)()
        self.check()

    def share(self, rate: Decimal) -> Decimal:
        """Return what a share comes to; nothing where it is refused, as more than is left."""
        try:
            amount = self.ledger.share(rate, shares_before=self.shares, asked_before=self.asked)
        except AmountExceedsOpen:
            coins = Decimal(1 + len(self.ledger.lines)).scaleb(-minor_units(self.currency))
            wanted = self.ledger.total * (self.shares + rate) - self.asked
            assert wanted > self.ledger.left_to_ask + coins / 2
            return ZERO
        self.shares += rate
        return amount

    def ask_ahead(self) -> None:
        """Draft a down payment of a share of the order, or of an amount; most are issued."""
        left = self.ledger.left_to_ask
        rate = self.dice.choice([Decimal("0.3"), Decimal("0.5"), Decimal(1) / 3])
        if left <= 0:
            return
        if self.dice.random() < 0.5 and self.shares + rate <= 1:
            amount = self.share(rate)
        else:
            units = int(left.scaleb(minor_units(self.currency)))
            amount = self.dice.choice([left, self.money(units)])
        if amount <= 0:
            return
        document = self.ledger.down_payment(amount)
        assert document.total == amount
        asked = Asked(document)
        for tax_rate, group in asked.amounts.items():
            assert group.taxable >= 0
            assert group.tax >= 0
            self.post_ahead(tax_rate, Advance(asked=group, drafted=group))
            self.enter_in_books(tax_rate, group)
        self.asked += amount
        self.drafts_ahead.append(asked)
        if self.dice.random() < 0.6:
            self.issue_ahead(asked)

    def issue_draft(self) -> None:
        """Issue a draft of either kind; an invoice that deducts a draft is refused."""
        drafts: list[Asked | Posted] = [*self.drafts_ahead, *self.drafts]
        if not drafts:
            return
        chosen = self.dice.choice(drafts)
        if isinstance(chosen, Asked):
            self.issue_ahead(chosen)
        else:
            self.issue(chosen)

    def delete_draft(self) -> None:
        """Delete a draft down payment, unless it is deducted, or a draft invoice."""
        if self.dice.random() < 0.5 and self.drafts_ahead:
            self.delete_ahead(self.dice.choice(self.drafts_ahead))
        elif self.drafts:
            self.delete_invoice(self.dice.choice(self.drafts))

    @property
    def drafts(self) -> list[Posted]:
        """The invoices that are not issued yet."""
        return [posted for posted in self.invoices if posted.is_draft]

    def issue_ahead(self, asked: Asked) -> None:
        """Issue a down payment."""
        self.drafts_ahead.remove(asked)
        for rate, amount in asked.amounts.items():
            self.post_ahead(rate, Advance(drafted=-amount))
            self.issued_ahead[rate] += amount

    def issue(self, posted: Posted) -> bool:
        """Issue an invoice; returns whether it could be."""
        if self.ledger.deducts_drafts(posted.deductions):
            assert self.drafts_ahead
            return False
        posted.is_draft = False
        for rate, amount in posted.deductions.items():
            self.post_ahead(rate, Advance(deducted_in_drafts=-amount))
            self.issued_ahead[rate] -= amount
        return True

    def delete_ahead(self, asked: Asked) -> None:
        """Delete a draft down payment that no invoice deducts."""
        before = self.ledger
        for rate, amount in asked.amounts.items():
            self.post_ahead(rate, Advance(asked=-amount, drafted=-amount))
        if self.ledger.is_overdrawn:
            assert self.drafts  # deleting those frees it
            self.ledger = before
            return
        self.drafts_ahead.remove(asked)
        for rate, amount in asked.amounts.items():
            self.enter_in_books(rate, -amount)

    def delete_invoice(self, posted: Posted) -> None:
        """Delete a draft invoice: what it would have billed may be billed again."""
        for rate, amount in posted.deductions.items():
            self.post_ahead(rate, Advance(deducted_in_drafts=-amount))
        self.take_back(posted, again=True)
        self.invoices.remove(posted)

    def ship(self) -> None:
        """Ship a part of a line."""
        line = self.dice.choice(self.ledger.lines)
        units = line.units
        self.set_units(line, shipped=units.shipped + self.part(units.open_to_ship))

    def return_goods(self) -> None:
        """Take goods back, to be replaced or not."""
        line = self.dice.choice(self.ledger.lines)
        units = line.units
        back = self.part(units.left - units.returned)
        if self.dice.random() < 0.5:
            self.set_units(line, replaced=units.replaced + back)
        else:
            self.set_units(line, returned=units.returned + back)

    def bill(self) -> None:
        """Invoice what is shipped, or parts of the lines."""
        if self.dice.random() < 0.4:
            self.post({line.key: line.units.shipped_to_bill for line in self.ledger.lines})
        else:
            self.post({line.key: self.part(line.units.open_to_bill) for line in self.ledger.lines})

    def bill_all(self) -> None:
        """Invoice all that is open."""
        self.post({line.key: line.units.open_to_bill for line in self.ledger.lines})

    def credit(self) -> None:
        """Take an invoice back, to be billed again or for good."""
        posted = [each for each in self.invoices if not each.is_credited and not each.is_draft]
        if not posted:
            return
        chosen = self.dice.choice(posted)
        chosen.is_credited = True
        for rate, deduction in chosen.deductions.items():
            self.issued_ahead[rate] += deduction
        self.take_back(chosen, again=self.dice.random() < 0.6)

    def take_back(self, posted: Posted, *, again: bool) -> None:
        """Take all of an invoice back, to be billed again or for good."""
        invoice = posted.invoice
        for key, part in invoice.parts.items():
            line = self.ledger.line(key)
            self.books[line.rate] -= TaxAmount.of(part.amounts)
            if again:
                self.bill_units(line, Portion() - part)
                continue
            self.for_good[line.rate] += TaxAmount.of(part.amounts)
            units = line.units
            unshipped = min(part.quantity, units.open_to_ship)
            self.set_units(
                line,
                closed=units.closed + part.quantity,
                closed_unshipped=units.closed_unshipped + unshipped,
            )
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

    def change(self) -> None:
        """Change a line or a deduction, or add one; refused under what was asked for or billed."""
        dice, inputs = self.dice, list(self.inputs)
        place = dice.randrange(len(inputs))
        if inputs[place].is_deduction:
            self.change_deduction(place)
            return
        line = self.ledger.line(inputs[place].key)
        quantity = dice.choice(
            [line.units.least, line.units.ordered + dice.randint(1, 5), line.units.ordered]
        )
        inputs[place] = replace(inputs[place], quantity=quantity, **self.draw_change(inputs[place]))
        if dice.random() < 0.2:
            inputs.append(self.draw_line(f"{len(inputs):02}"))
        if dice.random() < 0.1:
            inputs += self.draw_deduction(f"d{len(inputs):02}")
        self.agree_on(inputs)

    def change_deduction(self, place: int) -> None:
        """Change what a trade-in or rebate takes off; refused under what it has taken off."""
        inputs = list(self.inputs)
        factor = Decimal(self.dice.choice(["0", "0.5", "0.9", "1.2", "2"]))
        price = (inputs[place].unit_price * factor).quantize(Decimal("0.00001"), ROUND_DOWN)
        inputs[place] = replace(inputs[place], unit_price=price)
        key = inputs[place].key
        [figures] = [line for line in self.price(inputs).lines if line.key == key]
        taken = self.deduction_line(key).taken
        if not taken.beyond(-TaxAmount.of(Amounts.of(figures))):
            self.agree_on(inputs, changed=key)

    def agree_on(self, inputs: list[LineInput], changed: str = "") -> None:
        """Price the changed order, keep what is billed, and take the change if it is allowed."""
        known: dict[str, LedgerLine | DeductionLine] = {
            **{line.key: line for line in self.ledger.lines},
            **{line.key: line for line in self.ledger.deduction_lines},
        }
        priced = self.price(inputs)
        lines = [
            ChangedLine(
                typed.tax_rate or ZERO,
                typed.quantity,
                Amounts.of(figures),
                known.get(typed.key),
                is_deduction=typed.is_deduction,
                is_changed=typed.key == changed,
            )
            for typed, figures in zip(inputs, priced.lines, strict=True)
        ]
        agreed = agree(lines, self.currency, self.rounding)
        header = sum((amounts.header_discount for amounts in agreed), ZERO)
        if all(line.kept is None and line.billed == NOTHING for line in lines):
            assert header == priced.totals.discount
        if is_negative(lines, agreed):
            return
        sold, deductions = [], []
        for typed, line, amounts in zip(inputs, lines, agreed, strict=True):
            if isinstance(line.known, LedgerLine):
                sold.append(closed(line.known, Portion(line.quantity, amounts)))
            elif isinstance(line.known, DeductionLine):
                deductions.append(replace(line.known, agreed=-TaxAmount.of(amounts)))
            elif line.is_deduction:
                deductions.append(DeductionLine(typed.key, line.rate, -TaxAmount.of(amounts)))
            else:
                sold.append(LedgerLine(typed.key, line.rate, Units(line.quantity), amounts))
        self.agree(sold, deductions, inputs)

    def short_close(self) -> None:
        """Cancel what is open of one line or of several, and of the trade-ins that lapse."""
        chosen = {self.dice.choice(self.ledger.lines).key}
        chosen |= {line.key for line in self.inputs if self.dice.random() < 0.5}
        known = {line.key: line.agreed for line in self.ledger.deduction_lines}
        closed = self.ledger.short_close(None if self.dice.random() < 0.2 else chosen)
        lines, deductions = list(closed.lines), list(closed.deduction_lines)
        ordered = {line.key: line.units.ordered for line in lines}
        agreed = {line.key: line.agreed for line in deductions if line.agreed != known[line.key]}
        inputs = [
            replace(line, quantity=ordered[line.key])
            if line.key in ordered
            else replace(line, quantity=Decimal(1), unit_price=-self.typed(agreed[line.key]))
            if line.key in agreed
            else line
            for line in self.inputs
        ]
        self.agree(lines, deductions, inputs)

    def typed(self, amount: TaxAmount) -> Decimal:
        """Return an amount as prices are typed on the order."""
        return amount.gross if self.includes_tax else amount.taxable

    def agree(
        self, lines: list[LedgerLine], deductions: list[DeductionLine], inputs: list[LineInput]
    ) -> None:
        """Take a change, unless it takes the order under what was asked ahead or is billed."""
        changed = replace(self.ledger, lines=tuple(lines), deduction_lines=tuple(deductions))
        if not changed.falls_short_of(self.ledger) and not changed.goes_under(self.ledger):
            self.ledger, self.inputs = replace(changed, freight=changed.freight_whole), inputs

    def finish(self) -> None:
        """Ship, bill and credit what is left; then the documents come to the order."""
        for line in self.ledger.lines:
            self.set_units(line, shipped=line.units.shipped + line.units.open_to_ship)
        self.bill_all()
        self.check()
        while self.drafts or self.drafts_ahead:
            issued = [posted for posted in self.drafts if self.issue(posted)]
            assert issued or self.drafts_ahead, "a dead end"
            for asked in self.drafts_ahead[:1]:
                self.issue_ahead(asked)
            self.check()
        self.close_lapsed()
        for rate, amount in self.ledger.surplus().items():
            self.credit_ahead(rate, amount)
        self.credit_ahead(None, TaxAmount(self.ledger.freight_surplus))
        self.check()
        self.check_books()

    def credit_ahead(self, rate: Decimal | None, amount: TaxAmount) -> None:
        """Credit what was asked ahead and no invoice can deduct."""
        assert not amount.beyond(self.ledger.open_ahead(rate))
        self.post_ahead(rate, Advance(asked=-amount))
        self.issued_ahead[rate] -= amount
        self.enter_in_books(rate, -amount)

    def close_lapsed(self) -> None:
        """Close what trade-ins would take off goods that came back; nothing else is left open."""
        lapsed = self.ledger.lapsed()
        assert not lapsed or any(line.units.gone > line.units.closed for line in self.ledger.lines)
        lines = (
            replace(line, agreed=line.agreed - lapsed.get(line.key, TaxAmount()))
            for line in self.ledger.deduction_lines
        )
        self.ledger = replace(self.ledger, deduction_lines=tuple(lines))

    # Posting

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
        posted = Posted(invoice, is_draft=True)
        self.invoices.append(posted)
        for side, deduction in posted.deductions.items():
            self.post_ahead(side, Advance(deducted=deduction, deducted_in_drafts=deduction))
        if self.dice.random() < 0.8:
            self.issue(posted)

    def set_units(self, line: LedgerLine, **units: Decimal) -> None:
        """Enter other quantities of a line."""
        self.put(replace(line, units=replace(line.units, **units)))  # type: ignore[arg-type]  # its own fields

    def bill_units(self, line: LedgerLine, part: Portion) -> None:
        """Enter what is billed of a line, or credited to be billed again."""
        units = replace(line.units, billed=line.units.billed + part.quantity)
        self.put(replace(line, units=units, billed=line.billed + part.amounts))

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

    # What must hold

    def check(self) -> None:
        """Hold that nothing is open below zero, billed beyond the order, or deducted twice.

        Issued invoices deduct what issued down payments asked for, and nothing else.
        """
        for line in self.ledger.lines:
            whole = line.whole(self.currency, self.rounding)
            billed = line.billed
            assert all(
                0 <= part <= all_of_it
                for part, all_of_it in zip(billed.figures, whole.figures, strict=True)
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
        """Hold that invoices less credits come to the order, less what was credited for good."""
        assert self.ledger.is_closed
        wholes = self.ledger.wholes()
        for rate in {*wholes, *self.books}:
            assert self.books[rate] + self.for_good[rate] == wholes.get(rate, TaxAmount())
        assert self.freight_books + self.freight_for_good == self.ledger.freight_whole


def is_negative(lines: Sequence[ChangedLine], agreed: Sequence[Amounts]) -> bool:
    """Whether an order comes to less than nothing at a rate, so that it is refused."""
    sums: defaultdict[Decimal, TaxAmount] = defaultdict(TaxAmount)
    for line, amounts in zip(lines, agreed, strict=True):
        sums[line.rate] += TaxAmount.of(amounts)
    return any(amount.taxable < 0 or amount.tax < 0 for amount in sums.values())


def closed(line: LedgerLine, ordered: Portion) -> LedgerLine:
    """Return a line with another quantity and amount ordered."""
    return replace(
        line, units=replace(line.units, ordered=ordered.quantity), agreed=ordered.amounts
    )


def play(seed: int, steps: int = 14) -> OrderStory:
    """Play the story of a seed; the same seed plays the same story."""
    story = OrderStory(random.Random(seed))
    story.play(steps)
    return story
