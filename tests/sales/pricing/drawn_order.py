"""Random orders: lines, trade-ins, rates and terms that a random generator draws."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import ROUND_DOWN, Decimal
from typing import Any

from sales.pricing.advances import TaxAmount
from sales.pricing.bundles import PartOf
from sales.pricing.deduction_lines import DeductionLine
from sales.pricing.documents import LineInput, PricedDocument, price_document
from sales.pricing.ledger import Ledger
from sales.pricing.ledger_lines import LedgerLine, Units
from sales.pricing.money import Rounding, minor_units
from sales.pricing.partial import Amounts

ZERO = Decimal(0)
PRICE_QUANTITIES = [Decimal(units) for units in ("1", "1", "3", "100", "1000", "0.5")]
TAX_RATES = [Decimal(rate) for rate in ("0", "0.055", "0.07", "0.19", "0.2")]


@dataclass
class DrawnOrder:
    """One order as it is agreed, with its ledger."""

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
        self.parts: dict[str, PartOf] = {}
        for place in range(dice.choice([0, 0, 1, 2])):
            self.inputs += self.draw_bundle(f"b{place:02}")
        for place in range(dice.choice([0, 0, 1, 2])):
            self.inputs += self.draw_deduction(f"d{place:02}")
        priced = self.price(self.inputs)
        figures = dict(zip(self.inputs, map(Amounts.of, priced.lines), strict=True))
        self.ledger = Ledger(
            self.currency,
            self.rounding,
            tuple(
                LedgerLine(line.key, line.tax_rate or ZERO, self.draw_units(line), amounts)
                for line, amounts in figures.items()
                if not line.is_deduction
            ),
            tuple(
                DeductionLine(line.key, line.tax_rate or ZERO, -TaxAmount.of(amounts))
                for line, amounts in figures.items()
                if line.is_deduction
            ),
            freight=priced.totals.freight,
            parts=self.parts,
        )

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
            charge=self.draw_charge(),
        )

    def draw_bundle(self, key: str) -> list[LineInput]:
        """Draw a bundle with a price, and one to three parts without."""
        sets = Decimal(self.dice.randint(1, 9))
        bundle = replace(self.draw_line(key), quantity=sets)
        drawn = [bundle]
        for place in range(self.dice.randint(1, 3)):
            units = sets * self.dice.randint(1, 4)
            drawn.append(LineInput(f"{key}p{place}", units, ZERO, tax_rate=bundle.tax_rate))
            self.parts[drawn[-1].key] = PartOf(key, units, sets)
        return drawn

    def draw_units(self, line: LineInput) -> Units:
        """Draw whether a line is goods or a service; bundles and their parts are counted whole."""
        is_set = line.key in {part.bundle for part in self.parts.values()}
        if is_set or line.key in self.parts:
            return Units(line.quantity, step=Decimal(1), is_set=is_set, is_fixed_part=not is_set)
        return Units(line.quantity, is_goods=self.dice.random() < 0.85)

    def draw_charge(self) -> Decimal:
        """Draw the charge of a line; half have none."""
        return self.dice.choice([ZERO, ZERO, self.money(9), self.money(9999)])

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
        charge = {"charge": self.draw_charge()} if dice.random() < 0.2 else {}
        if (price, units) == (line.unit_price, line.price_quantity):
            return charge
        amount = None if line.discount_amount is None else self.draw_off_each(price / units)
        return charge | {"unit_price": price, "price_quantity": units, "discount_amount": amount}

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
