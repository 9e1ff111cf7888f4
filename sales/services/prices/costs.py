"""Costs of lines: what a unit costs us, in the currency of the document."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from sales.models import DocumentLine, Product
from sales.pricing.money import EXACT
from sales.pricing.price_lists import PRICE_STEP
from sales.services.prices.exchange_rates import DayRates


def known_cost(product: Product, currency: str, rates: DayRates) -> Decimal | None:
    """Return what a unit costs; None where nobody entered it or no exchange rate is known."""
    if _cost(product) is None or rates.find(product.cost_currency, currency) is None:
        return None
    return _converted(product, currency, rates)


def cost_of(line: DocumentLine, currency: str, rates: DayRates) -> Decimal | None:
    """Return a line's frozen cost per unit, or today's where none could be frozen.

    None where nobody entered one; raises NoExchangeRate where it cannot be converted. A trade-in or
    rebate has none: all that it takes off is taken off the margin.
    """
    if line.is_deduction:
        return Decimal(0)
    frozen: Decimal | None = line.unit_cost
    if frozen is not None or line.product is None:
        return frozen
    return _converted(line.product, currency, rates)


def _converted(product: Product, currency: str, rates: DayRates) -> Decimal | None:
    cost = _cost(product)
    if cost is None:
        return None
    converted = rates.convert(cost, product.cost_currency, currency)
    return converted.quantize(PRICE_STEP, ROUND_HALF_UP, EXACT)


def _cost(product: Product) -> Decimal | None:
    current: Decimal | None = product.current_cost
    standard: Decimal | None = product.standard_cost
    return standard if current is None else current
