"""Admin pages of invoices, credit notes, payments and customer credit."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.admin.base import LookOnlyAdmin, ReadOnlyAdmin, person
from sales.admin.confirmations import issue_each
from sales.admin.documents import SHOWN, DocumentAdmin, LineInline
from sales.models import (
    CustomerCreditEntry,
    Invoice,
    InvoiceInstalment,
    InvoiceLine,
    Payment,
)
from sales.services.documents.drafts import OF_THE_ORDER
from sales.services.draft_invoices import delete_draft_invoice
from sales.services.invoices import issue_invoice


class InvoiceLineInline(LineInline):
    """The lines of an invoice."""

    model = InvoiceLine


class InstalmentInline(ReadOnlyAdmin, admin.TabularInline[InvoiceInstalment, Invoice]):
    """The instalments of an invoice."""

    model = InvoiceInstalment
    fields = readonly_fields = ("due_on", "amount")
    extra = 0


class PaymentInline(ReadOnlyAdmin, admin.TabularInline[Payment, Invoice]):
    """The payments of an invoice."""

    model = Payment
    fields = readonly_fields = (
        *("kind", "amount", "received_on", "reference", "method", "reason", "source"),
    )
    extra = 0


@admin.register(Invoice)
class InvoiceAdmin(DocumentAdmin[Invoice]):
    """Invoices: a draft may be deleted, an issued one is only credited."""

    list_display = (*DocumentAdmin.list_display, "kind", "due_on", "official_number")
    list_filter = ("status", "kind", "currency", "team")
    search_fields = ("number", "official_number", "name", "account__name", "customer_reference")
    shown = (
        *SHOWN,
        "kind",
        "what",
        "order",
        "credits",
        "reason",
        "issued_on",
        "due_on",
        "early_payment_until",
        "early_payment_discount",
        "paid",
        "refunded",
        "moved_to_credit",
        "discounted",
        "written_off",
        "credited",
        "official_number",
        "official_status",
        "official_issued_on",
        "official_tax",
        "official_total",
    )
    inlines = (InvoiceLineInline, InstalmentInline, PaymentInline)
    actions = ("issue",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A draft may be deleted, from its own page."""
        may = request.user.has_perm("sales.delete_invoice") and not person(request).reads_only
        return may and obj is not None and obj.is_draft

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Fix the figures that come from an order."""
        fixed = super().get_readonly_fields(request, obj)
        if obj is not None and obj.bills_order:
            return (*fixed, *sorted(OF_THE_ORDER))
        return fixed

    def delete_model(self, request: HttpRequest, obj: Invoice) -> None:
        """Delete a draft; what it billed may be billed again."""
        delete_draft_invoice(obj.pk, actor=person(request))

    @admin.action(description=_("Issue"), permissions=["change"])
    def issue(self, request: HttpRequest, invoices: QuerySet[Invoice]) -> HttpResponse | None:
        """Give each its number and date, once its figures were looked at."""
        return issue_each(
            self,
            request,
            invoices,
            issue_invoice,
            action="issue",
            heading=gettext("Issue invoices"),
            done=gettext("%(result)s is issued."),
        )


@admin.register(Payment)
class PaymentAdmin(LookOnlyAdmin[Payment]):
    """Payments, and what else settles invoices; they are recorded on the invoice's own page."""

    list_display = (
        *("received_on", "invoice", "kind", "amount", "reference", "method", "reason", "source"),
    )
    list_filter = ("kind", "method", "source")
    list_select_related = ("invoice",)
    search_fields = ("reference", "invoice__number", "invoice__account__name")
    date_hierarchy = "received_on"


@admin.register(CustomerCreditEntry)
class CustomerCreditAdmin(LookOnlyAdmin[CustomerCreditEntry]):
    """What customers have with us: the sum of what came in and went out."""

    list_display = (
        *("moved_on", "account", "company", "currency", "kind", "amount", "reference", "reason"),
    )
    list_filter = ("kind", "company", "currency")
    list_select_related = ("account", "company")
    search_fields = ("reference", "account__name", "payment__invoice__number")
    date_hierarchy = "moved_on"
