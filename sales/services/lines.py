"""Editing the lines of a draft; every change reprices the whole document."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max

from common.errors import DomainError
from crm.actors import Actor
from sales.models import (
    BundleItem,
    DocumentLine,
    Invoice,
    InvoiceLine,
    Order,
    OrderLine,
    Product,
    Quote,
    QuoteLine,
    Unit,
)
from sales.pricing.errors import InvalidDiscount, MissingUnit
from sales.pricing.quantities import QuantitySelling, check_quantity
from sales.services.drafts import DRAFT_EVENT, lock_draft
from sales.services.errors import MissingField, TooMuch
from sales.services.events import AnyDocument, record_event
from sales.services.list_prices import check_sellable, discount_per_unit, look_up
from sales.services.numbering import today
from sales.services.totals import reprice

LINE_OWNER: dict[type[AnyDocument], str] = {Quote: "quote", Order: "order", Invoice: "invoice"}
"""The field by which a line knows its document."""

AnyLine = QuoteLine | OrderLine | InvoiceLine


def document_of(line: AnyLine) -> AnyDocument:
    """Find the document a line stands on."""
    if isinstance(line, QuoteLine):
        return line.quote
    return line.order if isinstance(line, OrderLine) else line.invoice


@transaction.atomic
def add_line(
    document: AnyDocument,
    *,
    actor: Actor,
    product: Product | None = None,
    quantity: Decimal = Decimal(1),
    unit: Unit | None = None,
    **fields: Any,
) -> Any:
    """Add a product at its list price, a write-in at the price typed, a section or a note.

    A typed ``unit_price`` overrides the list's. A bundle brings its parts along.
    """
    draft = lock_draft(document)
    line = new_line(draft, quantity=quantity, **fields)
    if product is not None:
        fill_from_product(line, draft, product, unit)
    _check_line(line)
    line.save(force_insert=True)
    if product is not None and product.kind == Product.Kind.BUNDLE:
        _add_bundle_parts(line, draft, product)
    _finish(draft, actor, {"added": str(line.pk)})
    line.refresh_from_db()
    return line


@transaction.atomic
def change_line(line: AnyLine, *, actor: Actor, **fields: Any) -> Any:
    """Change what was typed on a line; its list price stays as it was frozen."""
    draft = lock_draft(document_of(line))
    stored = (
        type(line)
        ._default_manager.select_related(
            "product", "price_list_item__discount_list", "price_list_item__price_list"
        )
        .get(pk=line.pk)
    )
    _refuse_ordered(stored)
    if "unit_price" in fields and fields["unit_price"] != stored.unit_price:
        fields["price_source"] = DocumentLine.PriceSource.TYPED
    if fields.get("tax_rate") is not None:
        fields["tax_rate_is_typed"] = True
    _one_discount(fields)
    old_quantity = stored.quantity
    for field, value in fields.items():
        setattr(stored, field, value)
    _check_line(stored)
    _follow_quantity(stored, old_quantity)
    stored.save()
    _finish(draft, actor, {"changed": str(stored.pk)})
    stored.refresh_from_db()
    return stored


@transaction.atomic
def remove_line(line: AnyLine, *, actor: Actor) -> None:
    """Take a line, and the parts of a bundle with it, off a draft."""
    draft = lock_draft(document_of(line))
    stored = type(line)._default_manager.get(pk=line.pk)
    _refuse_ordered(stored)
    stored.delete()
    _finish(draft, actor, {"removed": str(line.pk)})


@transaction.atomic
def reorder_lines(document: AnyDocument, ids: Sequence[uuid.UUID], *, actor: Actor) -> None:
    """Put a draft's lines in the order of the ids; lines not named keep theirs, after these."""
    draft = lock_draft(document)
    wanted = {pk: place for place, pk in enumerate(ids)}
    lines = list(draft.lines.all())
    lines.sort(key=lambda line: (wanted.get(line.pk, len(wanted)), line.position))
    for position, line in enumerate(lines, start=1):
        line.position = position
    if lines:
        draft.lines.model._default_manager.bulk_update(lines, ["position"])  # type: ignore[arg-type]  # all of one kind
    record_event(DRAFT_EVENT[type(draft)], draft, actor=actor, data={"changed": ["order of lines"]})


def new_line(draft: AnyDocument, *, quantity: Decimal, **fields: Any) -> Any:
    """Make an unsaved line at the end of a document."""
    last = draft.lines.aggregate(last=Max("position"))["last"] or 0
    if fields.get("unit_price") is not None:
        fields.setdefault("price_source", DocumentLine.PriceSource.TYPED)
    if fields.get("tax_rate") is not None:
        fields["tax_rate_is_typed"] = True
    _one_discount(fields)
    line = draft.lines.model(position=last + 1, quantity=quantity, **fields)
    setattr(line, LINE_OWNER[type(draft)], draft)
    if line.product is None and "kind" not in fields:
        line.kind = DocumentLine.Kind.WRITE_IN
    if line.is_optional and "is_taken" not in fields:
        line.is_taken = False
    return line


def fill_from_product(line: Any, draft: AnyDocument, product: Product, unit: Unit | None) -> None:
    """Take a product's name, unit, category and price of the day onto a line."""
    check_sellable(product, draft, today(draft.company))
    unit = unit or product.default_unit
    if unit.group_id != product.unit_group_id:
        raise MissingUnit(f"{product.sku} is not sold per {unit}.", field="unit")
    line.kind, line.product, line.unit = DocumentLine.Kind.PRODUCT, product, unit
    line.sku = product.sku
    line.description = line.description or product.name
    line.product_category_id = line.product_category_id or product.category_id
    line.tax_category_id = product.tax_category_id
    line.unit_cost = product.current_cost or product.standard_cost
    found = look_up(draft.price_list, product, unit, line.quantity)
    line.price_list_item = found.item
    if line.price_source != DocumentLine.PriceSource.TYPED:
        line.unit_price, line.volume_discount = found.unit_price, found.volume_discount


def _add_bundle_parts(line: Any, draft: AnyDocument, bundle: Product) -> None:
    """Required parts cost nothing of their own; optional ones wait to be taken at their price."""
    items = BundleItem.objects.filter(bundle=bundle).select_related("product", "unit")
    for place, item in enumerate(items, start=1):
        part = new_line(
            draft,
            quantity=line.quantity * item.quantity,
            is_optional=not item.is_required,
            bundle_line=line,
        )
        fill_from_product(part, draft, item.product, item.unit)
        part.position = line.position + place
        if item.is_required:
            part.unit_price = part.volume_discount = Decimal(0)
            part.price_source = DocumentLine.PriceSource.BUNDLE
        part.save(force_insert=True)


def _follow_quantity(line: Any, old_quantity: Decimal) -> None:
    """A new quantity may lie in another band, and takes the parts of a bundle along."""
    if line.quantity == old_quantity:
        return
    if line.price_source == DocumentLine.PriceSource.LIST:
        line.volume_discount = discount_per_unit(
            line.price_list_item, line.unit_price, line.quantity
        )
    parts = list(line.bundle_parts.all()) if line.pk and old_quantity else []
    for part in parts:
        part.quantity = part.quantity * line.quantity / old_quantity
    if parts:
        type(parts[0]).objects.bulk_update(parts, ["quantity"])


def _check_line(line: Any) -> None:
    if not line.description:
        raise MissingField("Say what the line is: it has no description.", field="description")
    if line.quantity is None or line.quantity < 0:
        raise TooMuch("A quantity cannot be negative.", field="quantity")
    if line.product is not None:
        item = line.price_list_item
        selling = QuantitySelling(item.selling) if item else QuantitySelling.NO_CONTROL
        _named("quantity", check_quantity, line.quantity, line.product.decimals, selling)
    if line.unit_price is not None and line.unit_price < 0:
        raise InvalidDiscount("A price cannot be negative: give a discount.", field="unit_price")
    if line.kind == DocumentLine.Kind.WRITE_IN and line.product_category_id is None:
        raise MissingField("A write-in product needs a product category.", field="product_category")


def _named(field: str, check: Any, quantity: Decimal, decimals: int, selling: Any) -> None:
    try:
        check(quantity, decimals=decimals, selling=selling)
    except DomainError as error:
        error.field = field
        raise


def _one_discount(fields: dict[str, Any]) -> None:
    """Whichever discount is typed last is kept: an amount for the line, or a percent."""
    if fields.get("discount_amount") is not None and fields.get("discount_rate") is not None:
        raise InvalidDiscount("Give an amount or a percent, not both.", field="discount")
    if fields.get("discount_amount") is not None:
        fields["discount_rate"] = None
    elif fields.get("discount_rate") is not None:
        fields["discount_amount"] = None


def _refuse_ordered(line: AnyLine) -> None:
    """Lines that bill an order keep to what was ordered."""
    if isinstance(line, InvoiceLine) and line.order_line_id is not None:
        raise TooMuch(
            "This line bills an order: delete the draft and invoice the quantities you want."
        )


def _finish(draft: Any, actor: Actor, data: dict[str, str]) -> None:
    reprice(draft)
    record_event(DRAFT_EVENT[type(draft)], draft, actor=actor, data=data)
