"""Placed orders: orders that another system made, submitted here at once under its numbers.

A hundred take as many statements as one, except for what the payment terms bill at once, and what
other systems are sent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from common.read_cache import cached_read, cached_reads
from crm.actors import Actor
from crm.models import Account
from sales.models import Order, OrderLine, PaymentTerms, PriceList, Product, SalesEvent
from sales.services.documents.bulk_lines import checked_lines
from sales.services.documents.draft_fields import NewLineFields, PlacedFields
from sales.services.documents.drafts import new_document
from sales.services.documents.numbering import take_numbers
from sales.services.documents.readiness import check_price_list, check_ready
from sales.services.documents.totals import price_today
from sales.services.events import Cause, caused_by, current_cause, record_first_events
from sales.services.order_invoices import bill_by_terms
from sales.services.prices.list_prices import ListPrices


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """An order of another system: its number, the fields of its head, and its lines."""

    number: str
    account: Account
    name: str
    head: PlacedFields
    lines: Sequence[NewLineFields]
    cause: Cause = field(default_factory=current_cause)


@transaction.atomic
def place_orders(placed: Sequence[PlacedOrder], *, actor: Actor) -> list[Order]:
    """Make orders as they were placed elsewhere; all are refused if one is."""
    with cached_reads():
        products = _products(placed)
        built = [_build(each, products, actor) for each in placed]
        orders = [order for order, _lines in built]
        take_numbers([(order, order.number or "") for order in orders])
        _insert(orders, [line for _order, lines in built for line in lines])
        causes = {order: each.cause for order, each in zip(orders, placed, strict=True)}
        record_first_events(SalesEvent.Type.ORDER_SUBMITTED, causes, actor=actor)
    for order, cause in causes.items():
        with caused_by(cause.causation_id, cause.correlation_id):
            bill_by_terms(order, PaymentTerms.InvoiceWhen.PLACED, actor=actor)
    return orders


def _insert(orders: Sequence[Order], lines: Sequence[OrderLine]) -> None:
    """Insert orders with their lines; they are submitted last, since then their lines are kept."""
    Order.objects.bulk_create(orders)
    OrderLine.objects.bulk_create(lines)
    for order in orders:
        order.status = Order.Status.SUBMITTED
    keys = [order.pk for order in orders]
    Order.objects.filter(pk__in=keys).update(status=Order.Status.SUBMITTED)


def _products(placed: Iterable[PlacedOrder]) -> tuple[Product, ...]:
    found = (line.get("product") for each in placed for line in each.lines)
    return tuple({product.pk: product for product in found if product is not None}.values())


def _build(
    placed: PlacedOrder, products: tuple[Product, ...], actor: Actor
) -> tuple[Order, Sequence[OrderLine]]:
    """Make an order and its lines as they are once it is submitted, and save nothing."""
    order = new_document(
        Order, actor=actor, account=placed.account, name=placed.name, fields=placed.head
    )
    order.team = order.owner.team
    check_price_list(order)
    prices = _prices(order.price_list, products, order.company.today())
    lines: list[OrderLine] = checked_lines(order, placed.lines, actor, prices)  # type: ignore[assignment]  # of an order
    price_today(order, lines, [])
    check_ready(order, lines)
    order.number, order.submitted_at = placed.number, timezone.now()
    order.shipping_address = order.binding_shipping_address
    return order, lines


@cached_read
def _prices(
    price_list: PriceList | None, products: tuple[Product, ...], day: dt.date
) -> ListPrices:
    return ListPrices(price_list, products, day)
