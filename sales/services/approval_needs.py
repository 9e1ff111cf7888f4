"""Approval needs: which rules a quote breaks, and which typed prices have no list price."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass
from decimal import Decimal
from functools import cached_property

from django.utils.translation import gettext

from common.formatting import format_money, format_rate
from sales.models import ApprovalRule, DocumentLine, Quote
from sales.pricing.concessions import TINY, Concession, list_discount
from sales.pricing.errors import NoExchangeRate
from sales.pricing.exchange import to_base
from sales.pricing.money import EXACT, Rounding
from sales.services.prices.costs import cost_of
from sales.services.prices.exchange_rates import DayRates
from sales.services.prices.list_prices import ListPrices
from sales.services.prices.pricing_input import line_input, terms_of
from sales.services.prices.reference_prices import References, references_of

ZERO = Decimal(0)
Measure = ApprovalRule.Measure


@dataclass(frozen=True, slots=True)
class Need:
    """A reason why a quote needs approval: a rule it breaks, or prices that no list has."""

    name: str
    measure: Measure | None = None
    """What the rule measures; None where the list prices are missing."""
    figure: Decimal = ZERO
    threshold: Decimal = ZERO
    currency: str = ""

    def __str__(self) -> str:
        if self.measure == Measure.TOTAL:
            return f"{self.name} ({format_money(self.figure, self.currency)})"
        if self.measure == Measure.DISCOUNT_RATE:
            return f"{self.name} ({format_rate(round(self.figure, 4))})"
        return self.name  # a margin is not everybody's business


@dataclass(frozen=True, slots=True)
class Margin:
    """What is left of the lines whose cost is known, before tax."""

    taxable: Decimal
    cost: Decimal
    unknown: int
    """So many lines have no cost."""

    @property
    def rate(self) -> Decimal | None:
        """The part that is left, as a fraction."""
        if self.taxable <= 0:
            return None
        return EXACT.divide(self.taxable - self.cost, self.taxable)


class QuoteFigures:
    """What approval rules measure of a quote, each worked out when it is asked for.

    All but the discount raise NoExchangeRate where a rate is missing.
    """

    def __init__(
        self, quote: Quote, lines: Sequence[DocumentLine], prices: ListPrices | None = None
    ) -> None:
        self._quote = quote
        self._lines = lines
        self._prices = prices
        self._rates = DayRates(quote.company.today())

    @cached_property
    def references(self) -> References:
        """The list price of every line."""
        return references_of(self._quote, self._lines, self._prices)

    @property
    def unlisted(self) -> list[DocumentLine]:
        """The lines, taken or not, whose price was typed and is on no list."""
        return [line for line in self._lines if line.pk in self.references.unlisted]

    @cached_property
    def discount(self) -> Concession:
        """What is taken off the list prices, all discounts together, before tax."""
        prices = self.references.by_line
        lines = [(line_input(line), prices[line.pk].listed) for line in self._lines]
        return list_discount(lines, terms_of(self._quote))

    @cached_property
    def margin(self) -> Margin:
        """(taxable - cost) / taxable, costs in the quote's currency."""
        taxable = cost = ZERO
        unknown = 0
        for line in self._lines:
            if not line.counts:
                continue
            unit_cost = cost_of(line, self._quote.currency, self._rates)
            if unit_cost is None:
                unknown += 1
                continue
            taxable += line.taxable
            cost += line.quantity * unit_cost
        return Margin(taxable, cost, unknown)

    @cached_property
    def total_in_base(self) -> Decimal:
        """The total in the company's base currency."""
        base = self._quote.company.base_currency
        rate = self._rates.rate(base, self._quote.currency)
        return to_base(self._quote.total, rate, base, Rounding(self._quote.rounding))

    def check_measurable(self) -> None:
        """Refuse typed prices whose list prices cannot be converted."""
        for error in self.references.unknown.values():
            raise error

    def measured(self) -> list[object]:
        """List every figure as an approver sees it, and what each line is measured against."""
        references = self.references
        prices = [
            (astuple(references.by_line[line.pk]), line.pk in references.unlisted)
            for line in self._lines
        ]
        given = [] if references.unknown else [self.discount.off, self.discount.full]
        return [*prices, *given, *_known(lambda: astuple(self.margin), lambda: self.total_in_base)]

    def breaks(self, rule: ApprovalRule) -> Decimal | None:
        """Return the figure that breaks a rule; None if the quote keeps to it."""
        if rule.measure == Measure.TOTAL:
            return self.total_in_base if self.total_in_base > rule.threshold else None
        if rule.measure == Measure.DISCOUNT_RATE:
            discount = self.discount
            return discount.rate if discount.exceeds(rule.threshold) else None
        rate = self.margin.rate
        return rate if rate is not None and rate < rule.threshold - TINY else None


def _known(*figures: Callable[[], object]) -> Iterator[object]:
    """Yield each figure, or why nobody knows it."""
    for figure in figures:
        try:
            yield figure()
        except NoExchangeRate as problem:
            yield str(problem)


def needs_of(quote: Quote, figures: QuoteFigures) -> list[Need]:
    """List why the quote needs approval as it stands.

    Raises NoExchangeRate where a rule, or a typed price, cannot be measured without one.
    """
    figures.check_measurable()
    needs = []
    if unlisted := figures.unlisted:
        named = ", ".join(dict.fromkeys(line.description for line in unlisted))
        needs.append(Need(gettext("No list price: %(lines)s") % {"lines": named}))
    for rule in ApprovalRule.objects.filter(is_active=True):
        figure = figures.breaks(rule)
        if figure is not None:
            measure, base = Measure(rule.measure), quote.company.base_currency
            needs.append(Need(rule.name, measure, figure, rule.threshold, base))
    return needs
