"""Price lists in responses."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from api.representations.documents import at, day
from fulfilment.cloudevents import plain, price
from sales.models import PriceList, PriceListItem
from sales.pricing.errors import NoExchangeRate
from sales.services.documents.drafts import default_company
from sales.services.prices.list_prices import ListPrices


def represent_head(price_list: PriceList) -> dict[str, Any]:
    """Return a price list as lists have it."""
    return {
        "id": str(price_list.pk),
        "name": price_list.name,
        "currency": price_list.currency,
        "is_active": price_list.is_active,
        "valid_from": day(price_list.valid_from),
        "valid_to": day(price_list.valid_to),
        "updated_at": at(price_list.updated_at),
    }


def represent_price_list(price_list: PriceList) -> dict[str, Any]:
    """Return a price list with what each product on it costs today."""
    items = list(price_list.items.select_related("product", "unit").order_by("product__sku", "pk"))
    prices = ListPrices(price_list, [item.product for item in items], default_company().today())
    return {
        **represent_head(price_list),
        "prices": [_price(item, prices, price_list.currency) for item in items],
    }


def _price(item: PriceListItem, prices: ListPrices, currency: str) -> dict[str, Any]:
    try:
        amount = prices.of(item.product, item.unit, Decimal(1)).unit_price
    except NoExchangeRate:
        amount = None
    return {
        "product": str(item.product_id),
        "sku": item.product.sku,
        "unit": str(item.unit_id),
        "unit_price": None if amount is None else price(amount, currency),
        "price_quantity": plain(item.price_quantity),
    }
