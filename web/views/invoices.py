"""Views of invoices."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.db import models
from django.http import HttpResponse
from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from common.formatting import format_day, format_money
from sales.models import Invoice
from sales.services.documents.drafts import draft_invoice
from sales.services.draft_invoices import delete_draft_invoice
from sales.services.invoices import issue_invoice
from web.actions import action, run_action
from web.display import Column
from web.filters.documents import InvoiceFilter
from web.forms.documents import InvoiceHeadForm, NewInvoiceForm
from web.http import RepRequest, rep_with
from web.pages.invoices import invoice_chips, signed_total
from web.pages.lists import Empty
from web.pages.official_numbers import giving_system
from web.screens import ListScreen
from web.views.documents import DocumentNew, HeadEdit, find_document, show_document


class InvoiceList(ListScreen[Invoice]):
    """List of invoices and credit notes."""

    heading = _("Invoices")
    columns = (
        Column(_("Number"), unbroken=True),
        Column(_("Official number")),
        Column(_("Account")),
        Column(_("Status"), needs_no_label=True),
        Column(_("Due"), wide_only=True),
        Column(_("Open"), "end", wide_only=True),
        Column(_("Total"), "end"),
    )
    filter_class = InvoiceFilter
    grouped_by, summed = "currency", "signed_total"
    new_label = _("New invoice")
    empty = Empty(
        "receipt",
        _("No invoices yet"),
        _("Invoices are made from orders, or here without one."),
    )

    def records(self) -> models.QuerySet[Invoice]:
        """Return the invoices the reader may see."""
        invoices = Invoice.objects.visible_to(self.person).select_related("account", "company")
        return invoices.prefetch_related("instalments")

    def cells(self, record: Invoice) -> Sequence[object]:
        """Return our number, theirs, for whom, how far, until when, how much."""
        return (
            record,
            record.official_number,
            record.account,
            format_html_join(" ", "{}", ((chip,) for chip in invoice_chips(record))),
            format_day(record.next_due_on or record.due_on) if record.due_on else "",
            format_money(record.outstanding, record.currency) if record.outstanding else "",
            format_money(signed_total(record), record.currency),
        )

    def totalled(self, records: models.QuerySet[Invoice]) -> models.QuerySet[Invoice]:
        """Return the invoices with what they add to what is owed: credit notes take off."""
        is_credit = models.Q(kind=Invoice.Kind.CREDIT_NOTE)
        credited = models.When(is_credit, then=-models.F("total"))
        signed = models.Case(credited, default=models.F("total"))
        return records.annotate(signed_total=signed)


@require_safe
@rep_with("sales.view_invoice")
def detail(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Show an invoice beside the invoice of record."""
    return show_document(request, find_document(request, Invoice, pk))


class InvoiceNew(DocumentNew[Invoice]):
    """Start an invoice without an order."""

    form_class = NewInvoiceForm
    draft = staticmethod(draft_invoice)
    save_label = _("Start invoice")


class InvoiceEdit(HeadEdit[Invoice]):
    """Edit the head of a draft invoice that bills no order."""

    form_class = InvoiceHeadForm


def _issued(invoice: Invoice) -> str:
    """Say that it is issued, and where its official number comes from."""
    done, system = gettext("%(record)s is issued."), giving_system(invoice)
    if system is None:
        return done
    text = gettext("The official number comes from %(system)s.") % {"system": system}
    return f"{done} {text.replace('%', '%%')}"


@action(Invoice, "sales.change_invoice")
def issue(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Give the invoice its number; another system may give the official one."""
    invoice = find_document(request, Invoice, pk)
    seen = request.POST.get("seen", "")
    return run_action(
        request,
        invoice,
        lambda: issue_invoice(invoice.pk, actor=request.user, seen=seen),
        done=_issued(invoice),
    )


@action(Invoice, "sales.delete_invoice")
def delete(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Delete a draft; no number is used up."""
    invoice = find_document(request, Invoice, pk)

    def delete_draft() -> models.Model:
        delete_draft_invoice(invoice.pk, actor=request.user)
        return invoice.order or invoice.account

    done = gettext("The draft is deleted.")
    return run_action(request, invoice, delete_draft, done=done)
