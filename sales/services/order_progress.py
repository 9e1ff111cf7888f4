"""Progress of an order: store shipped quantities, derive statuses, bill by the terms."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db import transaction

from common.rows import save_columns
from crm.actors import Actor
from sales.models import Order, OrderLine, PaymentTerms, SalesEvent
from sales.pricing.quantities import check_line_not_negative
from sales.services.billing.order_statuses import derive_statuses, save_statuses
from sales.services.documents.locks import lock_order
from sales.services.errors import OverReturned, OverShipped
from sales.services.events import record_event
from sales.services.order_invoices import bill_by_terms

PROGRESS_COLUMNS = (
    "shipped_quantity", "delivered_quantity", "returned_quantity", "replaced_quantity",
    "closed_returned_quantity", "returned_unbilled_quantity",
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
) -> SalesEvent:
    """Store the lines' progress, derive the statuses, and bill by the payment terms.

    Refuses more than was ordered, naming the line.
    """
    order = lock_order(order.pk)
    lines = list(order.lines.select_for_update(of=("self",)).select_related("product"))
    shipped_before = sum(line.shipped_quantity for line in lines)
    for line in lines:
        if line.pk in progress:
            _set(line, progress[line.pk], by_sums=not order.company.is_billed_by())
    save_columns(lines, PROGRESS_COLUMNS)
    save_statuses(order, derive_statuses(order, lines))
    event = record_event(SalesEvent.Type.SHIPMENT_RECORDED, order, actor=actor, data=data)
    if sum(line.shipped_quantity for line in lines) > shipped_before:
        bill_by_terms(
            order, PaymentTerms.InvoiceWhen.PER_SHIPMENT, actor=actor, shipment_ref=shipment_ref
        )
        if order.is_shipped:
            bill_by_terms(order, PaymentTerms.InvoiceWhen.FULFILLED, actor=actor)
    return event


def _set(line: OrderLine, progress: Progress, *, by_sums: bool) -> None:
    if progress.shipped - progress.replaced > line.most_shipped:
        raise OverShipped(line, progress.shipped)
    check_line_not_negative(progress.returned, line.description, str(line.pk))
    if progress.returned > progress.shipped:
        raise OverReturned(line, progress.returned, progress.shipped)
    moved = replace(line.units, shipped=progress.shipped, replaced=progress.replaced)
    after = moved.given_back(progress.returned - progress.replaced)
    after = after.by_sums() if by_sums else after
    line.closed_returned_quantity = after.closed_returned
    line.returned_unbilled_quantity = after.returned_unbilled
    line.shipped_quantity = progress.shipped
    line.delivered_quantity = min(progress.delivered, progress.shipped)
    line.returned_quantity = progress.returned
    line.replaced_quantity = progress.replaced
