"""Quantities of order lines: what the database holds of the units of a line."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

DONE = (
    "shipped_quantity", "delivered_quantity", "returned_quantity", "replaced_quantity",
    "drafted_quantity", "invoiced_quantity", "credited_quantity", "closed_quantity",
    "closed_unshipped_quantity", "closed_returned_quantity", "returned_unbilled_quantity",
)  # fmt: skip
"""What was done with the units of an order line."""

RETURNED_SPLIT = ("closed_returned_quantity", "returned_unbilled_quantity")
"""Which of the returned units were credited, and which were never billed."""

UNIT_CONSTRAINTS = (
    models.CheckConstraint(
        condition=Q(quantity__gte=0) & Q(cancelled_quantity__gte=0),
        name="order_line_quantity_not_negative",
    ),
    models.CheckConstraint(
        condition=Q(returned_quantity__gte=0) & Q(returned_quantity__lte=F("shipped_quantity")),
        name="order_line_returned_was_shipped",
    ),
    models.CheckConstraint(
        condition=Q(delivered_quantity__gte=0) & Q(delivered_quantity__lte=F("shipped_quantity")),
        name="order_line_delivered_was_shipped",
    ),
    models.CheckConstraint(
        condition=Q(
            shipped_quantity__lte=F("quantity")
            - F("cancelled_quantity")
            - F("closed_unshipped_quantity")
            + F("replaced_quantity")
        ),
        name="order_line_shipped_was_ordered",
    ),
    models.CheckConstraint(
        condition=Q(replaced_quantity__gte=0) & Q(replaced_quantity__lte=F("returned_quantity")),
        name="order_line_replaced_was_returned",
    ),
    models.CheckConstraint(
        condition=Q(closed_unshipped_quantity__gte=0)
        & Q(closed_unshipped_quantity__lte=F("closed_quantity")),
        name="order_line_closed_unshipped_was_closed",
    ),
    models.CheckConstraint(
        condition=Q(closed_returned_quantity__gte=0)
        & Q(closed_returned_quantity__lte=F("closed_quantity") - F("closed_unshipped_quantity"))
        & Q(returned_unbilled_quantity__gte=0)
        & Q(
            returned_quantity__gte=F("replaced_quantity")
            + F("closed_returned_quantity")
            + F("returned_unbilled_quantity")
        ),
        name="order_line_closed_returned_came_back",
    ),
    models.CheckConstraint(
        condition=Q(drafted_quantity__gte=0)
        & Q(closed_quantity__gte=0)
        & Q(closed_quantity__lte=F("credited_quantity"))
        & Q(credited_quantity__lte=F("invoiced_quantity")),
        name="order_line_credited_was_invoiced",
    ),
    models.CheckConstraint(
        condition=Q(
            quantity__gte=F("cancelled_quantity")
            + F("invoiced_quantity")
            - F("credited_quantity")
            + F("closed_quantity")
            + F("drafted_quantity")
        ),
        name="order_line_never_billed_twice",
    ),
)
"""Nothing is shipped or billed beyond what is ordered, nor returned or credited beyond that."""
