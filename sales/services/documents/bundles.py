"""Bundles: adds, updates and removes the parts of bundle lines."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from typing import TypeVar

from django.db.models import QuerySet
from django.utils.translation import gettext

from common.errors import DomainError
from common.rows import save_columns
from sales.models import (
    AnyDocument,
    AnyLine,
    BundleItem,
    DocumentLine,
)
from sales.pricing.lines import Terms
from sales.pricing.money import EXACT
from sales.pricing.quantities import SMALLEST_QUANTITY
from sales.services.documents.new_lines import (
    check_line,
    clear_cancelled,
    fill_from_product,
    new_line,
)
from sales.services.errors import PartOfBundle, name_line
from sales.services.prices.list_prices import ListPrices, check_product_sold, take_volume_discount
from sales.services.prices.pricing_input import terms_of

LineT = TypeVar("LineT", bound=AnyLine)

FOLLOWS_THE_BUNDLE = frozenset(
    {
        "quantity",
        "unit",
        "unit_price",
        "price_quantity",
        "discount_amount",
        "discount_rate",
        "is_optional",
        "is_taken",
    }
)
"""Fields of a part always in the bundle that are set on the bundle's own line."""


def new_parts(lines: Sequence[AnyLine], document: AnyDocument) -> dict[uuid.UUID, list[AnyLine]]:
    """Make the unsaved parts of bundles, by the id of the bundle's line.

    Those always included have no price of their own; optional ones have theirs, are not taken yet,
    and are left out when they are not sold at the moment. Four statements, however many bundles.
    """
    bundles = {line.product_id for line in lines}
    items = BundleItem.objects.filter(bundle__in=bundles).select_related("product", "unit")
    day, by_bundle = document.company.today(), defaultdict[uuid.UUID | None, list[BundleItem]](list)
    for item in items:
        if item.is_required or _is_sold(item, day):
            by_bundle[item.bundle_id].append(item)
    products = [item.product for known in by_bundle.values() for item in known]
    prices = ListPrices(document.price_list, products, day)
    return {
        line.pk: [
            _part(line, document, item, prices, position=line.position + place)
            for place, item in enumerate(by_bundle[line.product_id], start=1)
        ]
        for line in lines
    }


def refuse_part_change(line: AnyLine, fields: Mapping[str, object]) -> None:
    """Refuse to change what a bundle decides about its parts."""
    if line.is_fixed_part:
        changed = {name for name, value in fields.items() if getattr(line, name) != value}
        if changed & FOLLOWS_THE_BUNDLE:
            raise PartOfBundle(
                gettext("%(part)s belongs to the bundle %(bundle)s: change the line of the bundle.")
                % {"part": line.description, "bundle": line.bundle_line},
                line=str(line.pk),
                field=min(changed & FOLLOWS_THE_BUNDLE),
            )
    elif fields.get("is_taken") and line.bundle_line and not line.bundle_line.counts:
        raise PartOfBundle(
            gettext("Take the bundle %(bundle)s before its part %(part)s.")
            % {"bundle": line.bundle_line, "part": line.description},
            line=str(line.pk),
            field="is_taken",
        )


def refuse_part_removal(line: AnyLine) -> None:
    """Refuse to take a part out that is always in the bundle."""
    if line.is_fixed_part:
        raise PartOfBundle(
            gettext("%(part)s belongs to the bundle %(bundle)s: remove the line of the bundle.")
            % {"part": line.description, "bundle": line.bundle_line},
            line=str(line.pk),
        )


def update_parts(
    bundles: Sequence[LineT],
    old_quantities: Mapping[uuid.UUID, Decimal],
    *,
    terms: Terms,
    typed: Collection[uuid.UUID] = (),
    keeps_prices: bool = False,
    refuse: Callable[[LineT], None] = lambda _: None,
) -> None:
    """Update the parts of bundles whose quantity changed, or that were taken or not.

    Parts whose quantity was `typed` along with the bundle's keep it. Agreed prices, and those that
    a part was billed at, stay whatever the quantity; `refuse` may object to what becomes of a part.
    Four statements at most, however many bundles and parts.
    """
    parts = _parts_of(bundles)
    each = _quantities_each(bundles, parts, old_quantities)
    for bundle in bundles:
        for part in parts[bundle.pk]:
            if part.pk not in typed:
                quantity = EXACT.multiply(each[part.pk], bundle.quantity)
                part.quantity = quantity.quantize(SMALLEST_QUANTITY)
            clear_cancelled(part)
            is_agreed = keeps_prices or part.is_billed
            if part.price_source == DocumentLine.PriceSource.LIST and not is_agreed:
                take_volume_discount(part)
            if part.is_fixed_part:
                part.is_optional, part.is_taken = bundle.is_optional, bundle.is_taken
            part.is_taken = part.is_taken and bundle.counts
            _check_part(part, terms)
            refuse(part)
    changed = [part for bundle in bundles for part in parts[bundle.pk]]
    taken = ("is_optional", "is_taken")
    amounts = ("discount_amount", "discount_rate", "charge_amount")
    save_columns(changed, ["quantity", "volume_discount", *amounts, *taken])


def _parts_of(bundles: Sequence[LineT]) -> defaultdict[uuid.UUID, list[LineT]]:
    """Read the parts of bundles by the bundle's line, with what their prices depend on."""
    parts: defaultdict[uuid.UUID, list[LineT]] = defaultdict(list)
    if not bundles:
        return parts
    rows: QuerySet[LineT] = type(bundles[0])._default_manager.filter(bundle_line__in=bundles)  # type: ignore[assignment]  # the manager of a union
    related = ("product", "price_list_item__price_list", "price_list_item__discount_list")
    bands = "price_list_item__discount_list__bands"
    for part in rows.select_related(*related).prefetch_related(bands):
        if part.bundle_line_id is not None:
            parts[part.bundle_line_id].append(part)
    return parts


def _quantities_each(
    bundles: Sequence[LineT],
    parts: Mapping[uuid.UUID, Sequence[LineT]],
    old_quantities: Mapping[uuid.UUID, Decimal],
) -> dict[uuid.UUID, Decimal]:
    """Return how many of each part are in one bundle, as the document had it until now.

    A bundle that was not wanted until now has as many as the catalogue has.
    """
    new = [bundle for bundle in bundles if not old_quantities[bundle.pk] and parts[bundle.pk]]
    known = _in_the_catalogue(new) if new else {}
    each: dict[uuid.UUID, Decimal] = {}
    for bundle in bundles:
        before = old_quantities[bundle.pk]
        for part in parts[bundle.pk]:
            each[part.pk] = (
                EXACT.divide(part.quantity, before)
                if before
                else known.get((bundle.product_id, part.product_id), Decimal(1))
            )
    return each


def _in_the_catalogue(
    bundles: Sequence[DocumentLine],
) -> dict[tuple[uuid.UUID | None, uuid.UUID | None], Decimal]:
    """Read how many of each product the catalogue puts into one bundle, by both products."""
    items = BundleItem.objects.filter(bundle__in={bundle.product_id for bundle in bundles})
    return {
        (bundle, product): quantity
        for bundle, product, quantity in items.values_list("bundle", "product", "quantity")
    }


def _is_sold(item: BundleItem, day: dt.date) -> bool:
    try:
        check_product_sold(item.product, day)
    except DomainError:
        return False
    return True


def _part(
    line: AnyLine, draft: AnyDocument, item: BundleItem, prices: ListPrices, *, position: int
) -> AnyLine:
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
    _check_part(part, terms_of(draft))
    return part


def _check_part(part: DocumentLine, terms: Terms) -> None:
    try:
        check_line(part, terms)
    except DomainError as error:
        name_line(error, part.description)
        raise
