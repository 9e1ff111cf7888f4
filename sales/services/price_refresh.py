"""Price refresh: compare frozen prices with the list, preview, and take the list's."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext

from common.errors import DomainError, MissingField, NotAllowed
from common.rows import save_columns
from crm.actors import Actor
from sales.models import AnyDocument, AnyLine, DocumentLine, Order, Product, SalesEvent, kind_of
from sales.pricing.errors import ProductNotInPriceList
from sales.services.documents.drafts import lock_draft
from sales.services.documents.locks import lock_order
from sales.services.documents.new_lines import refuse_locked
from sales.services.documents.totals import reprice
from sales.services.errors import NotDraft, PricesLocked, PricesNotLocked
from sales.services.events import record_event
from sales.services.prices.list_prices import (
    ListPrice,
    ListPrices,
    check_list,
    check_product_sold,
    list_prices_of,
)
from sales.services.prices.override_rights import no_lock_reason
from sales.services.prices.pricing_input import lines_of

Source = DocumentLine.PriceSource


@dataclass(frozen=True, slots=True)
class PriceDrift:
    """A line's price on the document, and on the list today, each with the units it is for."""

    line_id: uuid.UUID
    number: int
    description: str
    is_typed: bool
    frozen_price: Decimal | None
    frozen_quantity: Decimal
    frozen_discount: Decimal
    list_price: Decimal | None
    list_quantity: Decimal
    list_discount: Decimal
    problem: str = ""
    """Why the list has no price to take; empty when it has."""

    @property
    def has_drifted(self) -> bool:
        """Whether taking the list's price would change the line."""
        if self.problem:
            return False
        frozen = (self.frozen_price, self.frozen_quantity, self.frozen_discount)
        listed = (self.list_price, self.list_quantity, self.list_discount)
        return self.is_typed or frozen != listed


@dataclass(frozen=True, slots=True)
class PricePreview:
    """What a refresh would change: each line, and the total before and after."""

    changes: tuple[PriceDrift, ...]
    total_before: Decimal
    total_after: Decimal


def price_drift(
    document: AnyDocument,
    lines: Sequence[AnyLine] | None = None,
    prices: ListPrices | None = None,
) -> list[PriceDrift]:
    """Compare every product line's frozen price with the list's today; changes nothing.

    Typed prices are compared too and marked so. Four statements at most, however many lines; one
    less for who has read the lines with their products and units, three for who has the prices.
    """
    lines = lines_of(document) if lines is None else lines
    return [drift for _, _, drift in _compared(document, lines, prices)]


def preview_refresh(
    document: AnyDocument, *, line_ids: Collection[uuid.UUID] | None = None
) -> PricePreview:
    """Return what `refresh_prices` would change, by line and in total, and change nothing."""
    with transaction.atomic():
        draft = lock_draft(document)
        before = draft.total
        changes = _refresh(draft, line_ids)
        after = draft.total
        transaction.set_rollback(True)
    return PricePreview(tuple(changes), before, after)


@transaction.atomic
def refresh_prices(
    document: AnyDocument,
    *,
    actor: Actor,
    line_ids: Collection[uuid.UUID] | None = None,
    expected_version: int | None = None,
) -> list[PriceDrift]:
    """Take today's list prices onto a draft's lines, and return what changed.

    All lines priced from the list, or only those named; a typed price is replaced only when its
    line is named. Lines for which the list has no price keep theirs.
    """
    draft = lock_draft(document, expected_version=expected_version)
    changes = _refresh(draft, line_ids)
    if changes:
        record_event(
            kind_of(draft).draft_event,
            draft,
            actor=actor,
            data={"prices_refreshed": [_as_json(change) for change in changes]},
        )
    return changes


@transaction.atomic
def unlock_prices(order_id: uuid.UUID, *, actor: Actor) -> Order:
    """Let a draft order's agreed prices be changed again; needs the right to override prices.

    List prices stay as they are until they are refreshed; tax is today's at once.
    """
    return _set_lock(order_id, actor=actor, locked=False)


@transaction.atomic
def lock_prices(order_id: uuid.UUID, *, actor: Actor) -> Order:
    """Keep a draft order's prices as they are, whatever the lists say."""
    return _set_lock(order_id, actor=actor, locked=True)


def _set_lock(order_id: uuid.UUID, *, actor: Actor, locked: bool) -> Order:
    if reason := no_lock_reason(actor):
        raise NotAllowed(reason)
    order = lock_order(order_id)
    if not order.is_draft:
        raise NotDraft(
            gettext("%(order)s is %(status)s: make a change order instead.")
            % {"order": order, "status": order.status_word}
        )
    if locked and order.prices_are_locked:
        raise PricesLocked(
            gettext("The prices of %(order)s are locked already: unlock them to change them.")
            % {"order": order}
        )
    if not locked and not order.prices_are_locked:
        raise PricesNotLocked(
            gettext("The prices of %(order)s are not locked: they can be changed as they are.")
            % {"order": order}
        )
    order.change(prices_are_locked=locked)
    if not locked:
        reprice(order)
    type_ = SalesEvent.Type.ORDER_PRICES_LOCKED if locked else SalesEvent.Type.ORDER_PRICES_UNLOCKED
    record_event(type_, order, actor=actor)
    return order


def _refresh(draft: AnyDocument, line_ids: Collection[uuid.UUID] | None) -> list[PriceDrift]:
    refuse_locked(draft)
    if draft.price_list is None:
        raise MissingField(gettext("Choose a price list first."), field="price_list")
    check_list(draft.price_list, draft.currency, draft.company.today())
    lines = lines_of(draft)
    changed = []
    for line, found, drift in _compared(draft, lines):
        wanted = not drift.is_typed if line_ids is None else line.pk in line_ids
        if wanted and found is not None and drift.has_drifted:
            line.price_source = Source.LIST
            found.put_on(line)
            changed.append((line, drift))
    if changed:
        save_columns(
            [line for line, _ in changed],
            ["price_source", "price_list_item", "unit_price", "price_quantity", "volume_discount"],
        )
        reprice(draft, lines)
    return [drift for _, drift in changed]


def _compared(
    document: AnyDocument, lines: Sequence[AnyLine], prices: ListPrices | None = None
) -> list[tuple[AnyLine, ListPrice | None, PriceDrift]]:
    """Look up every comparable line in the list as it is today."""
    day = document.company.today()
    numbered = [
        (number, line, line.product)
        for number, line in enumerate(lines, start=1)
        if line.product is not None
        and line.price_source in {Source.LIST, Source.TYPED}
        and not line.is_fixed_part
    ]
    prices = prices or list_prices_of(document, [line for _, line, _ in numbered])
    compared = []
    for number, line, product in numbered:
        found, problem = _found(line, product, prices, day)
        compared.append((line, found, _drift(number, line, found, problem)))
    return compared


def _found(
    line: AnyLine, product: Product, prices: ListPrices, day: dt.date
) -> tuple[ListPrice | None, str]:
    try:
        check_product_sold(product, day)
        found = prices.of(product, line.unit, line.quantity)
        if found.item is None:
            raise ProductNotInPriceList(
                gettext(
                    "%(product)s is not on the price list per %(unit)s: choose another unit or "
                    "price list, or have it added in the admin under Price list items."
                )
                % {"product": line.sku, "unit": line.unit}
            )
    except DomainError as error:
        return None, str(error)
    if found.unit_price is None:
        return None, gettext(
            "The price list has no price for this line: "
            "type one, or have it entered in the admin under Price list items."
        )
    return found, ""


def _drift(number: int, line: AnyLine, found: ListPrice | None, problem: str) -> PriceDrift:
    listed = found or ListPrice()
    return PriceDrift(
        line_id=line.pk,
        number=number,
        description=line.description,
        is_typed=line.price_source == Source.TYPED,
        frozen_price=line.unit_price,
        frozen_quantity=line.price_quantity,
        frozen_discount=line.volume_discount,
        list_price=listed.unit_price,
        list_quantity=listed.price_quantity,
        list_discount=listed.volume_discount,
        problem=problem,
    )


def _as_json(change: PriceDrift) -> dict[str, str | None]:
    return {
        "line": str(change.line_id),
        "before": _written(change.frozen_price, change.frozen_quantity),
        "after": _written(change.list_price, change.list_quantity),
    }


def _written(price: Decimal | None, price_quantity: Decimal) -> str | None:
    """Write a price as it is typed: 3.99, or 3.99 / 100."""
    if price is None:
        return None
    written = f"{price.normalize():f}"
    return written if price_quantity == 1 else f"{written} / {price_quantity.normalize():f}"
