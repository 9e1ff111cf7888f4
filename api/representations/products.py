"""Products in responses."""

from __future__ import annotations

from typing import Any

from api.representations.documents import at, day
from crm.custom_fields import for_handoff
from sales.models import Product


def represent_product(product: Product) -> dict[str, Any]:
    """Return a product with the unit it is sold in."""
    return {
        "id": str(product.pk),
        "sku": product.sku,
        "name": product.name,
        "description": product.description,
        "kind": product.kind,
        "unit": {"id": str(product.default_unit_id), "name": product.default_unit.name},
        "decimals": product.decimals,
        "category": product.category.code,
        "is_active": product.is_active,
        "active_from": day(product.active_from),
        "active_to": day(product.active_to),
        "custom": for_handoff(product),
        "updated_at": at(product.updated_at),
    }
