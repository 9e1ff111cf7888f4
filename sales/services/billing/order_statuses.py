"""Statuses of an order, derived from its lines' quantities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils import timezone

from sales.models import Order, OrderLine
from sales.services.billing.ledgers import read_ledger


@dataclass(frozen=True, slots=True)
class Statuses:
    """The derived statuses of an order."""

    fulfilment: Order.Fulfilment
    billing: Order.Billing
    is_complete: bool


def derive_statuses(order: Order, lines: Sequence[OrderLine]) -> Statuses:
    """Derive the statuses from the quantities; the lines come with their products."""
    sold = [line for line in lines if line.counts and line.is_sold]
    counting = [line for line in sold if line.wanted_quantity > 0 or line.shipped_quantity]
    goods = [line for line in counting if line.is_shipped_goods]
    fulfilment, billing = fulfilment_of(goods or counting), billing_of(counting)
    is_complete = bool(counting) and not any(
        line.open_to_ship or line.open_to_bill or line.drafted_quantity for line in counting
    )
    return Statuses(fulfilment, billing, is_complete and read_ledger(order, lines).is_closed)


def save_statuses(order: Order, statuses: Statuses) -> bool:
    """Save derived statuses on the order; return whether any changed."""
    changes: dict[str, object] = {}
    if order.fulfilment_status != statuses.fulfilment:
        changes["fulfilment_status"] = statuses.fulfilment
    if order.billing_status != statuses.billing:
        changes["billing_status"] = statuses.billing
    if order.is_submitted and statuses.is_complete:
        order.move_to(Order.Status.COMPLETED, closed_at=timezone.now(), **changes)
    elif order.is_completed and not statuses.is_complete:
        order.move_to(Order.Status.SUBMITTED, closed_at=None, **changes)
    elif changes:
        order.change(**changes)
    else:
        return False
    return True


def fulfilment_of(goods: Sequence[OrderLine]) -> Order.Fulfilment:
    """Derive the fulfilment status from what was shipped, delivered and returned.

    Of an order without goods it is what another system says that it delivered of the services.
    """
    if not any(line.shipped_quantity for line in goods):
        return Order.Fulfilment.NOT_STARTED
    units = [replace(line.units, is_goods=True, is_set=False) for line in goods]
    is_open = any(line.open_to_ship for line in units)
    is_back = all(line.returned == line.left for line in units)
    if is_back and (any(line.left for line in units) or not is_open):
        return Order.Fulfilment.RETURNED
    if is_open:
        return Order.Fulfilment.PARTLY_SHIPPED
    if any(line.returned for line in units):
        return Order.Fulfilment.PARTLY_RETURNED
    if all(line.delivered_quantity == line.shipped_quantity for line in goods):
        return Order.Fulfilment.DELIVERED
    return Order.Fulfilment.SHIPPED


def billing_of(counting: Sequence[OrderLine]) -> Order.Billing:
    """Derive the billing status from issued invoices and credit notes."""
    is_open = any(line.open_to_bill or line.drafted_quantity for line in counting)
    if not any(line.invoiced_quantity for line in counting):
        return Order.Billing.TO_INVOICE if is_open else Order.Billing.NOTHING
    if all(line.invoiced_quantity == line.credited_quantity for line in counting):
        return Order.Billing.CREDITED
    return Order.Billing.PARTLY if is_open else Order.Billing.INVOICED
