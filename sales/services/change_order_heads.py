"""Heads of changed orders: which fields a change order may change, and which amounts fit."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext

from common.errors import NotEditable
from common.formatting import format_money
from crm.custom_fields import clean_custom
from sales.models import Order
from sales.services.documents.draft_fields import HeadChanges
from sales.services.documents.typed_figures import check_amount, check_discount_amount
from sales.services.errors import AlreadyBilled
from sales.services.order_differences import HEAD_FIELDS


def apply_head(order: Order, changes: HeadChanges) -> None:
    """Change the head of an order; its figures are priced and checked afterwards."""
    unknown = changes.keys() - HEAD_FIELDS
    if unknown:
        raise NotEditable(
            gettext("A change order cannot change these fields: %(fields)s.")
            % {"fields": ", ".join(sorted(unknown))}
        )
    _check_amounts(order, changes)
    head = changes.copy()
    total = order.total + head.get("freight", order.freight) - order.freight
    if "custom" in head:
        head["custom"] = clean_custom(order, head["custom"], stored=order.custom)
    if "shipping_address" in head:
        order.shipping_address = head["shipping_address"]
        head["shipping_address"] = order.binding_shipping_address
    if head:
        order.change(**head, total=total)


def _check_amounts(order: Order, head: HeadChanges) -> None:
    if "freight" in head:
        check_amount(head["freight"], order.currency, "freight")
    if "discount_amount" in head:
        check_discount_amount(head["discount_amount"], order.currency, "discount_amount")


def refuse_other_freight(order: Order, head: Mapping[str, object]) -> None:
    """Refuse freight that an order cannot come to: less than is billed, or more once all is."""
    if order.freight != head.get("freight", order.freight):
        raise AlreadyBilled(
            gettext(
                "%(freight)s of freight are billed: give no less, and no more once nothing is left "
                "to bill, or credit the invoice first."
            )
            % {"freight": format_money(order.freight, order.currency)},
            field="freight",
        )
