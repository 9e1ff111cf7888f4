"""Bundles: products sold together, some always in it, some to choose."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from common.errors import DomainError
from sales.models import AnyDocument, BundleItem, DocumentLine
from sales.pricing.money import EXACT
from sales.pricing.units import SMALLEST_STEP
from sales.services.documents.new_lines import check_line, fill_from_product, new_line
from sales.services.errors import PartOfBundle
from sales.services.prices.list_prices import ListPrices, check_product_sold, discount_per_unit

IN_THE_BUNDLES_HANDS = frozenset(
    {
        "quantity",
        "unit",
        "unit_price",
        "discount_amount",
        "discount_rate",
        "is_optional",
        "is_taken",
    }
)
"""What of a part that is always in the bundle follows the bundle's own line."""


def add_parts(line: Any, draft: AnyDocument) -> None:
    """Put a bundle's parts under its line.

    Those always in it carry no price of their own; those to choose wait to be taken at theirs, and
    are left out when they are not sold at the moment.
    """
    items = list(BundleItem.objects.filter(bundle=line.product).select_related("product", "unit"))
    day = draft.company.today()
    prices = ListPrices(draft.price_list, [item.product for item in items], day)
    wanted = [item for item in items if item.is_required or _is_sold(item, day)]
    parts = [
        _part(line, draft, item, prices, position=line.position + place)
        for place, item in enumerate(wanted, start=1)
    ]
    draft.lines.model._default_manager.bulk_create(parts)


def is_fixed_part(line: Any) -> bool:
    """Say whether the line is a part that is always in its bundle."""
    return line.bundle_line_id is not None and line.price_source == DocumentLine.PriceSource.BUNDLE


def refuse_part_change(line: Any, fields: Mapping[str, Any]) -> None:
    """Refuse to change what a bundle decides about its parts."""
    if is_fixed_part(line):
        changed = {name for name, value in fields.items() if getattr(line, name) != value}
        if changed & IN_THE_BUNDLES_HANDS:
            raise PartOfBundle(
                f"{line.description} belongs to the bundle {line.bundle_line}: change that line.",
                line=str(line.pk),
                field=min(changed & IN_THE_BUNDLES_HANDS),
            )
    elif fields.get("is_taken") and line.bundle_line_id and not line.bundle_line.counts:
        raise PartOfBundle(
            f"Take the bundle {line.bundle_line} before its part {line.description}.",
            line=str(line.pk),
            field="is_taken",
        )


def refuse_part_removal(line: Any) -> None:
    """Refuse to take a part out that is always in the bundle."""
    if is_fixed_part(line):
        raise PartOfBundle(
            f"{line.description} belongs to the bundle {line.bundle_line}: remove that line.",
            line=str(line.pk),
        )


def parts_follow(
    line: Any,
    old_quantity: Decimal,
    *,
    keeps_prices: bool = False,
    refuse: Callable[[Any], None] | None = None,
) -> None:
    """Take the parts along when a bundle's quantity changes, or when it is taken or not.

    Agreed prices stay whatever the quantity; `refuse` may object to what becomes of a part.
    """
    parts = list(
        line.bundle_parts.select_related(
            "product", "price_list_item__price_list", "price_list_item__discount_list"
        ).prefetch_related("price_list_item__discount_list__bands")
    )
    if not parts:
        return
    each = _quantities_each(line, parts, old_quantity)
    for part in parts:
        part.quantity = EXACT.multiply(each[part.pk], line.quantity).quantize(SMALLEST_STEP)
        if part.price_source == DocumentLine.PriceSource.LIST and not keeps_prices:
            part.volume_discount = discount_per_unit(
                part.price_list_item, part.unit_price, part.quantity
            )
        if is_fixed_part(part):
            part.is_optional, part.is_taken = line.is_optional, line.is_taken
        part.is_taken = part.is_taken and line.counts
        _check_part(part)
        if refuse is not None:
            refuse(part)
    type(parts[0])._default_manager.bulk_update(
        parts, ["quantity", "volume_discount", "is_optional", "is_taken"]
    )


def _quantities_each(line: Any, parts: list[Any], old_quantity: Decimal) -> dict[Any, Decimal]:
    """Say how many of each part are in one bundle, as the document had it until now."""
    if old_quantity:
        return {part.pk: EXACT.divide(part.quantity, old_quantity) for part in parts}
    known = dict(
        BundleItem.objects.filter(bundle=line.product_id).values_list("product_id", "quantity")
    )
    return {part.pk: known.get(part.product_id, Decimal(1)) for part in parts}


def _is_sold(item: BundleItem, day: dt.date) -> bool:
    try:
        check_product_sold(item.product, day)
    except DomainError:
        return False
    return True


def _part(
    line: Any, draft: AnyDocument, item: BundleItem, prices: ListPrices, *, position: int
) -> Any:
    always = item.is_required
    part = new_line(
        draft,
        quantity=line.quantity * item.quantity,
        position=position,
        is_optional=line.is_optional if always else True,
        is_taken=line.is_taken if always else False,
        bundle_line=line,
        price_source=DocumentLine.PriceSource.BUNDLE if always else DocumentLine.PriceSource.LIST,
    )
    fill_from_product(part, draft, item.product, item.unit, prices)
    if always:
        part.unit_price = Decimal(0)
    _check_part(part)
    return part


def _check_part(part: Any) -> None:
    try:
        check_line(part)
    except DomainError as error:
        error.message = f"{part.description}: {error.message}"
        raise
