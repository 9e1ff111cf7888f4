"""Locks of documents in the one order, and the optimistic lock of each."""

from __future__ import annotations

import uuid

from django.utils.translation import gettext

from common.errors import StaleVersion
from sales.models import AnyDocument, Invoice, Order, Quote


def lock_quote(quote_id: uuid.UUID) -> Quote:
    """Lock a quote for an action; concurrent actions on it wait."""
    return Quote.objects.select_for_update(of=("self",)).get(pk=quote_id)


def lock_order(order_id: uuid.UUID) -> Order:
    """Lock an order for an action; concurrent actions on it wait."""
    return Order.objects.select_for_update(of=("self",)).get(pk=order_id)


def lock_invoice(invoice_id: uuid.UUID) -> tuple[Invoice, Order | None]:
    """Lock an invoice, and first the order it bills: locks always go in that order."""
    order_id = Invoice.objects.values_list("order_id", flat=True).get(pk=invoice_id)
    order = None if order_id is None else lock_order(order_id)
    return Invoice.objects.select_for_update(of=("self",)).get(pk=invoice_id), order


def check_version(document: AnyDocument, expected: int | None) -> None:
    """Refuse a document that was changed since somebody read the expected version of it."""
    if expected is not None and document.version != expected:
        raise StaleVersion(
            gettext("%(record)s was changed since you opened it: look at it again first.")
            % {"record": document}
        )
