"""Random stories of one order: asked ahead, shipped, billed, returned, credited, changed, closed.

Half of the orders have trade-ins or rebates, up to all that they are taken off. Some down payments
and invoices are left drafts, and are issued or deleted later, in any order.

A story keeps its own books of every document, apart from the ledger's: after each step no document
is negative at a tax rate and nothing is billed beyond the order; at the end they come to the order.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal

from sales.pricing.advances import Advance, TaxAmount
from sales.pricing.changed_lines import ChangedLine, agree
from sales.pricing.deduction_lines import DeductionLine
from sales.pricing.documents import LineInput
from sales.pricing.errors import AmountExceedsOpen
from sales.pricing.ledger_lines import LedgerLine, Units
from sales.pricing.money import minor_units, round_money
from sales.pricing.partial import NOTHING, Amounts, Portion
from sales.pricing.quantities import round_down
from tests.sales.pricing.drawn_order import ZERO
from tests.sales.pricing.posted_order import Asked, Posted, PostedOrder

STEPS = (
    *("ask_ahead", "ask_ahead", "ship", "ship", "bill", "bill", "bill_all"),
    *("return_goods", "credit", "change", "change", "short_close"),
    *("issue_draft", "issue_draft", "delete_draft"),
)


class OrderStory(PostedOrder):
    """One order in the hands of a random generator."""

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
        """Issue a draft of either kind; refused if it deducts a draft or bills what came back."""
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
        out = self.some(line, units.open_to_ship)
        self.set_units(line, shipped=units.shipped + out)
        self.follow_parts()

    def some(self, line: LedgerLine, quantity: Decimal) -> Decimal:
        """Draw a part of a quantity of a line, whole units where it is shipped in those."""
        return round_down(self.part(quantity), line.units.step)

    def return_goods(self) -> None:
        """Take goods back, to be replaced or not."""
        line = self.dice.choice(self.ledger.lines)
        units = line.units
        back = ZERO if units.is_set else self.some(line, units.left - units.returned)
        if self.dice.random() < 0.5:
            self.set_units(line, replaced=units.replaced + back)
        else:
            self.put(replace(line, units=units.given_back(units.returned + back)))
        self.follow_parts()

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

    def change(self) -> None:
        """Change a line or a deduction, or add one; refused under what was asked for or billed."""
        dice, inputs = self.dice, list(self.inputs)
        place = dice.randrange(len(inputs))
        if inputs[place].is_deduction:
            self.change_deduction(place)
            return
        line = self.ledger.line(inputs[place].key)
        if line.key in self.parts:
            return
        least = self.ledger.short_close({line.key}).line(line.key).units.ordered
        quantity = dice.choice([least, line.units.ordered + dice.randint(1, 5), line.units.ordered])
        changed = replace(inputs[place], quantity=quantity, **self.draw_change(inputs[place]))
        inputs[place] = changed if quantity else replace(changed, charge=ZERO)
        inputs = [self.with_bundle(each, line.key, quantity) for each in inputs]
        if dice.random() < 0.2:
            inputs.append(self.draw_line(f"{len(inputs):02}"))
        if dice.random() < 0.1:
            inputs += self.draw_deduction(f"d{len(inputs):02}")
        self.agree_on(inputs)

    def with_bundle(self, line: LineInput, bundle: str, sets: Decimal) -> LineInput:
        """Return a line in the quantity that goes with so many sets, if it is a part of those."""
        part = self.parts.get(line.key)
        is_part = part is not None and part.bundle == bundle
        return replace(line, quantity=part.units_of(sets)) if is_part and part else line

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
        sold = {line.key: line for line in lines}
        agreed = {line.key: line.agreed for line in deductions if line.agreed != known[line.key]}
        inputs = [
            replace(line, quantity=sold[line.key].units.ordered, charge=self.kept(sold[line.key]))
            if line.key in sold
            else replace(line, quantity=Decimal(1), unit_price=-self.typed(agreed[line.key]))
            if line.key in agreed
            else line
            for line in self.inputs
        ]
        self.agree(lines, deductions, inputs)

    def kept(self, line: LedgerLine) -> Decimal:
        """Return what is left of the charge of a line, as it is typed on the order."""
        factor = 1 + line.rate if self.includes_tax else Decimal(1)
        return round_money(line.agreed.charge * factor, self.currency, self.rounding)

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
        self.follow_parts()
        self.bill_all()
        self.check()
        while self.drafts or self.drafts_ahead:
            issued = [posted for posted in self.drafts if self.issue(posted)]
            beyond = [each for each in self.drafts if self.ledger.beyond_open(each.invoice.parts)]
            assert issued or beyond or self.drafts_ahead, "a dead end"
            for posted in beyond:
                self.delete_invoice(posted)
                self.bill_all()
            for asked in self.drafts_ahead[:1]:
                if not self.issue_ahead(asked):
                    self.throw_away(asked)
            self.check()
        self.close_lapsed()
        for rate, amount in self.ledger.surplus().items():
            self.credit_ahead(rate, amount)
        self.credit_ahead(None, TaxAmount(self.ledger.freight_surplus))
        self.check()
        self.check_books()

    def throw_away(self, asked: Asked) -> None:
        """Delete a down payment that asks for too much, and what deducts it, and bill anew."""
        for posted in self.drafts:
            self.delete_invoice(posted)
        self.delete_ahead(asked)
        assert asked not in self.drafts_ahead
        self.bill_all()

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
