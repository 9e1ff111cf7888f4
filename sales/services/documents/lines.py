"""Lines of drafts: add, change, remove; every change reprices the document."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Unpack

from django.db import transaction
from django.utils.translation import gettext

from common.errors import NotEditable
from crm.actors import Actor
from sales.models import (
    AnyDocument,
    AnyLine,
    DocumentLine,
    kind_of,
)
from sales.pricing.errors import InvalidDiscount
from sales.services.documents.bulk_lines import insert_new_lines
from sales.services.documents.bundles import (
    refuse_part_change,
    refuse_part_removal,
    update_parts,
)
from sales.services.documents.draft_fields import LineChanges, NewLineFields
from sales.services.documents.drafts import lock_draft
from sales.services.documents.new_lines import (
    check_line,
    check_unit,
    clear_other_discount,
    error_context,
    refuse_locked,
    take_list_price,
    take_tax_category,
    with_signed_price,
)
from sales.services.documents.totals import reprice
from sales.services.documents.typed_figures import check_numbers
from sales.services.events import record_event
from sales.services.prices.discount_limits import within_limit
from sales.services.prices.list_prices import take_volume_discount
from sales.services.prices.override_rights import check_price, is_other_price
from sales.services.prices.price_sources import put_source
from sales.services.prices.pricing_input import terms_of

PriceSource = DocumentLine.PriceSource


@dataclass(frozen=True, slots=True)
class _Before:
    """The fields that decide a line's price, as they were before a change."""

    quantity: Decimal
    unit_id: uuid.UUID | None
    price: tuple[Decimal | None, Decimal]
    counts: bool
    tax_category_id: uuid.UUID | None


@transaction.atomic
def add_line(
    document: AnyDocument,
    *,
    actor: Actor,
    **fields: Unpack[NewLineFields],
) -> AnyLine:
    """Add a product at its list price, a write-in at the price typed, a section or a note.

    A typed ``unit_price`` overrides the list's, and is for one unit unless there is a
    ``price_quantity`` with it; that of a deduction is what it takes off. A bundle brings its parts
    along.
    """
    [line] = add_lines(document, [fields], actor=actor)
    line.refresh_from_db()
    return line


@transaction.atomic
def add_lines(
    document: AnyDocument, wanted: Sequence[NewLineFields], *, actor: Actor, with_parts: bool = True
) -> list[AnyLine]:
    """Add many lines at once, in order: as many statements as for one, and one version.

    A bundle brings its parts along, unless ``with_parts`` is false: then it is one line. The lines
    are returned as they were added, without the figures that pricing gives them.
    """
    draft = lock_draft(document)
    with within_limit(draft, actor):
        added = insert_new_lines(draft, wanted, actor, with_parts=with_parts)
        _finish(draft, actor, {"added": [str(line.pk) for line in added]})
    return added


@transaction.atomic
def change_line(line: AnyLine, *, actor: Actor, **fields: Unpack[LineChanges]) -> AnyLine:
    """Change what was typed on a line; its list price stays as it was frozen.

    A typed ``unit_price``, or ``price_quantity``, replaces the list's, clearing the price goes back
    to the list; another unit has another list price, another quantity may have another volume
    discount.
    """
    draft = lock_draft(line.document)
    stored = _stored(line)
    _refuse_order_figures(stored)
    refuse_part_change(stored, fields)
    columns = with_signed_price(stored, fields)
    with error_context(stored):
        clear_other_discount(columns)
        check_numbers(columns)
        goes_back = columns.get("unit_price", stored.unit_price) is None
        if stored.product is not None and not goes_back and is_other_price(stored, columns):
            check_price(actor)
    with within_limit(draft, actor):
        _change(stored, draft, columns, actor)
        _finish(draft, actor, {"changed": str(stored.pk)})
    stored.refresh_from_db()
    return stored


def _change(stored: AnyLine, draft: AnyDocument, fields: LineChanges, actor: Actor) -> None:
    before = _Before(
        stored.quantity,
        stored.unit_id,
        (stored.unit_price, stored.price_quantity),
        stored.counts,
        stored.tax_category_id,
    )
    for field, value in fields.items():
        setattr(stored, field, value)
    if "tax_rate" in fields:
        stored.tax_rate_is_typed = fields["tax_rate"] is not None
    take_tax_category(stored)
    if stored.tax_category_id != before.tax_category_id and not stored.tax_rate_is_typed:
        stored.tax_rate = None
    _settle_price(stored, draft, before, actor)
    terms = terms_of(draft)
    check_line(stored, terms)
    stored.save()
    if (stored.quantity, stored.counts) != (before.quantity, before.counts):
        update_parts(
            [stored],
            {stored.pk: before.quantity},
            terms=terms,
            keeps_prices=draft.prices_locked,
        )


@transaction.atomic
def remove_line(line: AnyLine, *, actor: Actor) -> None:
    """Remove a line, and a bundle's parts with it, from a draft."""
    draft = lock_draft(line.document)
    stored = _stored(line)
    _refuse_order_figures(stored)
    refuse_part_removal(stored)
    with within_limit(draft, actor):
        stored.delete()
        _finish(draft, actor, {"removed": str(line.pk)})


def _stored(line: AnyLine) -> AnyLine:
    related = (
        "product", "unit", "bundle_line",
        "price_list_item__price_list", "price_list_item__discount_list",
    )  # fmt: skip
    return type(line)._default_manager.select_related(*related).get(pk=line.pk)


def _settle_price(line: AnyLine, draft: AnyDocument, before: _Before, actor: Actor) -> None:
    """Set the price of a changed line: typed, frozen, or newly taken from the list."""
    check_unit(line)
    is_another = (line.unit_price, line.price_quantity) != before.price
    if is_another:
        put_source(line, actor)
        line.volume_discount = Decimal(0)
    if line.product is None or line.price_source != PriceSource.LIST:
        return
    if line.unit_id != before.unit_id or is_another:
        refuse_locked(draft)
        take_list_price(line, draft)
    elif line.quantity != before.quantity and not draft.prices_locked:
        with error_context(line, "quantity"):
            take_volume_discount(line)


def _refuse_order_figures(line: AnyLine) -> None:
    """Refuse to change a line that bills an order."""
    if line.bills_order:
        raise NotEditable(
            gettext(
                "This line bills an order: delete the draft and invoice the quantities you want."
            )
        )


def _finish(draft: AnyDocument, actor: Actor, data: Mapping[str, object]) -> None:
    try:
        reprice(draft)
    except InvalidDiscount as error:
        error.field = error.field or "discount"
        raise
    record_event(kind_of(draft).draft_event, draft, actor=actor, data=data)
