"""Admin pages of orders."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.admin.base import ReadOnlyAdmin, person
from sales.admin.confirmations import issue_each
from sales.admin.documents import SHOWN, DocumentAdmin, LineInline
from sales.admin.promotions import PromotionUseInline
from sales.models import Order, OrderChange, OrderLine
from sales.services.orders import release_order, submit_order


class OrderLineInline(LineInline):
    """The lines of an order, with their progress."""

    model = OrderLine
    fields: ClassVar = (
        *LineInline.fields,
        "shipped_quantity",
        "returned_quantity",
        "cancelled_quantity",
        "invoiced_quantity",
        "credited_quantity",
    )
    readonly_fields: ClassVar = fields


class OrderChangeInline(ReadOnlyAdmin, admin.TabularInline[OrderChange, Order]):
    """The order's change orders."""

    model = OrderChange
    fields = readonly_fields = ("version", "reason", "changed_by_name", "changed_at", "difference")
    extra = 0


@admin.register(Order)
class OrderAdmin(DocumentAdmin[Order]):
    """Orders."""

    list_display = (*DocumentAdmin.list_display, "fulfilment_status", "billing_status")
    list_filter = (
        "status",
        "fulfilment_status",
        "billing_status",
        "is_on_hold",
        "currency",
        "team",
    )
    own_columns = Order.own_columns
    shown = (
        *SHOWN,
        "fulfilment_status",
        "billing_status",
        "processing_status",
        "is_on_hold",
        "hold_reason",
        "prices_are_locked",
        "opportunity",
        "quote",
        "partner",
        "external_id",
        "origin",
        "submitted_at",
        "closed_at",
        "cancelled_reason",
    )
    inlines = (OrderLineInline, PromotionUseInline, OrderChangeInline)
    actions = ("submit", "release")

    @admin.action(description=_("Submit"), permissions=["change"])
    def submit(self, request: HttpRequest, orders: QuerySet[Order]) -> HttpResponse | None:
        """Make each binding, once its figures were looked at."""
        return issue_each(
            self,
            request,
            orders,
            submit_order,
            action="submit",
            heading=gettext("Submit orders"),
            done=gettext("%(result)s is submitted."),
        )

    @admin.action(description=_("Release from hold"), permissions=["change"])
    def release(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        """Release each."""
        actor = person(request)
        self.do_each(
            request,
            orders,
            lambda order: release_order(order.pk, actor=actor),
            gettext("%(record)s is released."),
        )
