"""Progress of an order: store shipped quantities, derive statuses, bill by the terms."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db import transaction

from common.rows import save_columns
from crm.actors import Actor
from sales.models import Order, OrderLine, PaymentTerms, SalesEvent
from sales.models.order_units import RETURNED_SPLIT
from sales.pricing.quantities import check_line_not_negative
from sales.services.billing.bundle_units import follow_shipped_parts, shipped_as_parts
from sales.services.billing.order_statuses import derive_statuses, save_statuses
from sales.services.documents.locks import lock_order
from sales.services.errors import OverReturned, OverShipped
from sales.services.events import record_event
from sales.services.order_invoices import bill_by_terms

PROGRESS_COLUMNS = (
    "shipped_quantity", "delivered_quantity", "returned_quantity", "replaced_quantity",
    "cancelled_quantity", *RETURNED_SPLIT,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of an order line is shipped, delivered and returned, in total.

    ``replaced`` is what of the returned goods is to be shipped once more.
    """

    shipped: Decimal
    delivered: Decimal = Decimal(0)
    returned: Decimal = Decimal(0)
    replaced: Decimal = Decimal(0)


@transaction.atomic
def record_progress(
    order: Order,
    progress: Mapping[uuid.UUID, Progress],
    *,
    actor: Actor,
    data: Mapping[str, object] | None = None,
    shipment_ref: str = "",
    lines: Sequence[OrderLine] | None = None,
) -> SalesEvent:
    """Store the lines' progress, derive the statuses, and bill by the payment terms.

    With ``lines``, these are all of the order, with their products, and the caller holds its lock:
    neither is read again, and the order is up to date afterwards. Refuses more than was ordered,
    naming the line.
    """
    if lines is None:
        order = lock_order(order.pk)
        lines = _read_lines(order)
    if left := _without_new_returns(order, lines, progress):
        _store(order, lines, left)
        _bill(order, actor, shipment_ref)
        lines = _read_lines(order)
    has_left = _store(order, lines, progress)
    event = record_event(SalesEvent.Type.SHIPMENT_RECORDED, order, actor=actor, data=data)
    if has_left:
        _bill(order, actor, shipment_ref)
    return event


def _read_lines(order: Order) -> list[OrderLine]:
    return list(order.lines.select_related("product"))


def _without_new_returns(
    order: Order, lines: Sequence[OrderLine], progress: Mapping[uuid.UUID, Progress]
) -> dict[uuid.UUID, Progress]:
    """Return what left, where goods of it came back that were reported before they left.

    That is billed first, as if it had been reported first. Empty where nothing of the kind was.
    """
    terms = order.payment_terms
    if terms is None or terms.invoice_when not in PaymentTerms.WITH_GOODS:
        return {}
    new = [(line, progress[line.pk]) for line in lines if line.pk in progress]
    left = {
        line.pk: replace(
            after,
            shipped=max(line.shipped_quantity, min(after.shipped, _room(line))),
            returned=line.returned_quantity,
            replaced=line.replaced_quantity,
        )
        for line, after in new
    }
    is_both = any(
        left[line.pk].shipped > line.shipped_quantity and after.returned > line.returned_quantity
        for line, after in new
    )
    return left if is_both else {}


def _room(line: OrderLine) -> Decimal:
    """How much may have left, before anything more comes back."""
    room: Decimal = line.most_shipped + line.replaced_quantity
    return room


def _store(
    order: Order, lines: Sequence[OrderLine], progress: Mapping[uuid.UUID, Progress]
) -> bool:
    """Store the progress of lines and the statuses; returns whether more left than before."""
    before = sum(line.shipped_quantity for line in lines)
    follows = shipped_as_parts(lines)
    for line in lines:
        if line.pk in progress and line.pk not in follows:
            _set(line, progress[line.pk], by_sums=not order.company.is_billed_by())
    follow_shipped_parts(lines)
    save_columns(lines, PROGRESS_COLUMNS)
    save_statuses(order, derive_statuses(order, lines))
    has_left: bool = sum(line.shipped_quantity for line in lines) > before
    return has_left


def _bill(order: Order, actor: Actor, shipment_ref: str) -> None:
    """Bill what left, if the payment terms want that with each shipment, or with the last.

    The order is read again if anything was billed.
    """
    invoices = [
        bill_by_terms(
            order, PaymentTerms.InvoiceWhen.PER_SHIPMENT, actor=actor, shipment_ref=shipment_ref
        )
    ]
    if order.is_shipped:
        invoices.append(bill_by_terms(order, PaymentTerms.InvoiceWhen.FULFILLED, actor=actor))
    if any(invoices):
        order.refresh_from_db()


def _set(line: OrderLine, progress: Progress, *, by_sums: bool) -> None:
    if progress.shipped - progress.replaced > line.most_shipped:
        raise OverShipped(line, progress.shipped)
    check_line_not_negative(progress.returned, line.description, str(line.pk))
    if progress.returned > progress.shipped:
        raise OverReturned(line, progress.returned, progress.shipped)
    moved = replace(line.units, shipped=progress.shipped, replaced=progress.replaced)
    after = moved.given_back(progress.returned - progress.replaced)
    after = after.by_sums() if by_sums else after
    line.split_returned(after)
    line.shipped_quantity = progress.shipped
    line.delivered_quantity = min(progress.delivered, progress.shipped)
    line.returned_quantity = progress.returned
    line.replaced_quantity = progress.replaced
