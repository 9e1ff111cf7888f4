"""Reference prices: the list prices that the typed prices of a document are measured against."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils.translation import gettext

from common.errors import DomainError
from sales.models import AnyDocument, DocumentLine, Product
from sales.pricing.errors import NoExchangeRate
from sales.pricing.lines import Price
from sales.services.prices.list_prices import ListPrices, list_prices_of

ZERO = Decimal(0)
Source = DocumentLine.PriceSource


@dataclass(frozen=True, slots=True)
class Reference:
    """A list price in the document's currency, and the volume discount off it."""

    listed: Price
    volume_discount: Decimal = ZERO

    @property
    def less_volume(self) -> Price:
        """What the list asks at the line's quantity."""
        return replace(self.listed, amount=self.listed.amount - self.volume_discount)


@dataclass(frozen=True, slots=True)
class References:
    """What each line of a document is measured against.

    A line in ``unlisted`` has a typed price and no list price, one in ``unknown`` a list price
    that cannot be converted: both are measured against the price that was typed.
    """

    by_line: Mapping[uuid.UUID, Reference]
    unlisted: frozenset[uuid.UUID]
    unknown: Mapping[uuid.UUID, NoExchangeRate]


def references_of(
    document: AnyDocument, lines: Sequence[DocumentLine], prices: ListPrices | None = None
) -> References:
    """Find the reference price of every line; three statements, where prices were typed.

    It is the price that was frozen from the list, or the list price of today where one was typed.
    A write-in product is in no list: what was typed is its price. A trade-in or rebate is measured
    against nothing: all of it is given away.
    """
    own = {line.pk: _own_price(line) for line in lines}
    typed = [(line, line.product) for line in lines if line.product and is_typed(line)]
    if not typed:
        return References(own, frozenset(), {})
    listed = prices or list_prices_of(document, [line for line, _ in typed])
    unlisted: set[uuid.UUID] = set()
    unknown: dict[uuid.UUID, NoExchangeRate] = {}
    for line, product in typed:
        try:
            found = _reference(line, product, listed, document.currency)
        except NoExchangeRate as error:
            unknown[line.pk] = error
            continue
        if found is None:
            unlisted.add(line.pk)
        else:
            own[line.pk] = found
    return References(own, frozenset(unlisted), unknown)


def is_typed(line: DocumentLine) -> bool:
    """Return whether somebody typed the price of a product."""
    return line.product_id is not None and line.price_source == Source.TYPED


def _own_price(line: DocumentLine) -> Reference:
    if line.is_deduction:
        return Reference(Price(ZERO))
    price = Price(line.unit_price or ZERO, line.price_quantity)
    return Reference(price, line.volume_discount)


def _reference(
    line: DocumentLine, product: Product, listed: ListPrices, currency: str
) -> Reference | None:
    """Find a product's list price of today; raises NoExchangeRate where it cannot be converted."""
    try:
        found = listed.of(product, line.unit, line.quantity)
    except NoExchangeRate as error:
        raise NoExchangeRate(
            gettext(
                "The list price of %(product)s comes from its cost in %(base)s, and no exchange "
                "rate from %(base)s to %(currency)s is known: an administrator enters it first, "
                "so that the typed price can be compared."
            )
            % {"product": line.sku, "base": product.cost_currency, "currency": currency},
            line=str(line.pk),
            field="unit_price",
        ) from error
    except DomainError:
        return None
    if found.unit_price is None:
        return None
    return Reference(Price(found.unit_price, found.price_quantity), found.volume_discount)
