"""Screens of invoices."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import models
from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from common.formatting import format_day, format_due, format_money, format_rate, plain_number
from sales.models import Invoice
from sales.services.billing.order_invoices import delete_draft_invoice
from sales.services.documents.drafts import draft_invoice
from sales.services.invoices import issue_invoice, record_payment
from sales.services.prices.price_refresh import PriceDrift
from web.actions import run_action, run_form_action
from web.chips.documents import credit_note_chip, instalment_chip, invoice_chip
from web.display import Action, Actions, Chip, Column, Fact, Link
from web.filters.documents import InvoiceFilter
from web.forms.document_actions import PaymentForm
from web.forms.documents import InvoiceHeadForm, NewInvoiceForm
from web.http import RepRequest, rep_with
from web.pages.documents import common_facts, drifts_of
from web.pages.draft_actions import draft_verbs
from web.record_urls import record_url
from web.screens import Empty, ListScreen, sums_per_currency
from web.views.documents import DocumentNew, HeadEdit, find_document, show_document


class InvoiceList(ListScreen[Invoice]):
    """What we ask to be paid."""

    heading = _("Invoices")
    columns = (
        Column(_("Number")),
        Column(_("Official number")),
        Column(_("Account")),
        Column(_("Status"), speaks_for_itself=True),
        Column(_("Due"), wide_only=True),
        Column(_("Open"), "end", wide_only=True),
        Column(_("Total"), "end"),
    )
    filter_class = InvoiceFilter
    has_sums = True
    new_label = _("New invoice")
    empty = Empty(
        "receipt",
        _("No invoices yet"),
        _("Invoices are made from orders, or here without one. The ERP gives the official number."),
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
            format_html_join(" ", "{}", ((chip,) for chip in chips(record))),
            format_day(record.next_due_on or record.due_on) if record.due_on else "",
            format_money(record.outstanding, record.currency) if record.outstanding else "",
            format_money(signed_total(record), record.currency),
        )

    def sums(self, records: models.QuerySet[Invoice]) -> list[str]:
        """Return the invoiced total per currency, less what is credited."""
        is_credit = models.Q(kind=Invoice.Kind.CREDIT_NOTE)
        credited = models.When(is_credit, then=-models.F("total"))
        signed = models.Case(credited, default=models.F("total"))
        return sums_per_currency(records.annotate(signed_total=signed), "signed_total")


def signed_total(invoice: Invoice) -> Decimal:
    """Return what the document adds to what is owed: a credit note takes off."""
    total: Decimal = invoice.total
    return -total if invoice.is_credit_note else total


def find(request: RepRequest, pk: uuid.UUID) -> Invoice:
    """Find an invoice the person may see."""
    invoices = Invoice.objects.prefetch_related("instalments")
    return find_document(request, invoices, pk, "order", "credits")


@require_safe
@rep_with("sales.view_invoice")
def detail(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Show an invoice beside the invoice of record."""
    return show(request, find(request, pk))


def show(request: RepRequest, record: Invoice, *, problem: str = "", **more: Any) -> HttpResponse:
    """Show the invoice's page, with the reason when a deed was refused."""
    drifts = [] if record.order_id or record.credits_id else drifts_of(record)
    return show_document(
        request,
        record,
        "sales/invoice_detail.html",
        problem,
        drifts=drifts,
        credit_notes=record.credit_notes.order_by("id"),
        chips=chips(record),
        facts=facts(record),
        official=official_rows(record),
        instalments=instalment_rows(record),
        payments=record.payments.select_related("recorded_by"),
        verbs=Actions(verbs(request, record, drifts)),
        locked=why_locked(record),
        **more,
    )


def chips(invoice: Invoice) -> list[Chip]:
    """Show whether it is paid, and whether it takes another one back."""
    if invoice.is_credit_note:
        return [credit_note_chip(), invoice_chip(invoice)]
    return [invoice_chip(invoice)]


def why_locked(invoice: Invoice) -> str:
    """Say why an invoice is not edited, and the way on."""
    if invoice.is_draft and invoice.bills_order:
        return gettext(
            "This draft bills an order; its figures are the order's. "
            "To bill something else, delete it and create another."
        )
    return ""


def facts(invoice: Invoice) -> list[Fact]:
    """List what one wants to know at a glance."""
    shown = common_facts(invoice)
    if invoice.reason:
        shown.insert(1, Fact(gettext("Reason"), invoice.reason))
    if invoice.credits is not None:
        credited = Link(str(invoice.credits), record_url(invoice.credits))
        shown.insert(1, Fact(gettext("Credits"), credited))
    if invoice.order is not None:
        shown.insert(1, Fact(gettext("Order"), Link(str(invoice.order), record_url(invoice.order))))
    if invoice.issued_on:
        shown.insert(1, Fact(gettext("Issued"), format_day(invoice.issued_on)))
    if invoice.due_on:
        waits_for = invoice.next_due_on
        due = format_day(waits_for or invoice.due_on)
        if waits_for:
            due = f"{due} · {format_due(waits_for, invoice.company.today())}"
        shown.insert(2, Fact(gettext("Due"), due))
    if invoice.early_payment_until:
        shown.insert(3, Fact(gettext("Early payment"), early_payment_in_words(invoice)))
    return shown


def early_payment_in_words(invoice: Invoice) -> str:
    """Say what may still be kept for paying early, or what was."""
    if invoice.discounted:
        kept = format_money(invoice.discounted, invoice.currency)
        return gettext("%(amount)s kept for paying early") % {"amount": kept}
    until = format_day(invoice.early_payment_until)
    offered = invoice.discount_on(invoice.company.today())
    if not offered:
        return gettext("%(rate)s until %(day)s, not taken") % {
            "rate": format_rate(invoice.early_payment_rate),
            "day": until,
        }
    return gettext("%(amount)s until %(day)s settles it, %(discount)s less") % {
        "amount": format_money(invoice.outstanding - offered, invoice.currency),
        "day": until,
        "discount": format_money(offered, invoice.currency),
    }


@dataclass(frozen=True, slots=True)
class InstalmentRow:
    """One part of an invoice as the page shows it."""

    due_on: dt.date
    amount: Decimal
    left: Decimal
    chip: Chip


def instalment_rows(invoice: Invoice) -> list[InstalmentRow]:
    """Show by when which part is due and what is left of it; nothing where it is due at once."""
    if len(invoice.dues) < 2:
        return []
    today = invoice.company.today()
    is_open = invoice.outstanding > 0
    rows = []
    for due, waiting in zip(invoice.dues, invoice.open_dues, strict=True):
        left = waiting.amount if is_open else Decimal(0)
        rows.append(InstalmentRow(due.due_on, due.amount, left, instalment_chip(due, left, today)))
    return rows


def official_rows(invoice: Invoice) -> list[tuple[str, str, str, bool]]:
    """Put our figures beside the ERP's: name, ours, theirs, whether they differ."""
    currency = invoice.currency
    rows: list[tuple[str, Any, Any, bool]] = [
        (gettext("Number"), invoice.number or "–", invoice.official_number or "–", False),
        (
            gettext("Date"),
            format_day(invoice.issued_on),
            format_day(invoice.official_issued_on),
            differs(invoice.issued_on, invoice.official_issued_on),
        ),
        (
            gettext("Tax"),
            format_money(invoice.tax, currency),
            format_money(invoice.official_tax, currency),
            differs(invoice.tax, invoice.official_tax),
        ),
        (
            gettext("Total"),
            format_money(invoice.total, currency),
            format_money(invoice.official_total, currency),
            differs(invoice.total, invoice.official_total),
        ),
        (gettext("Status"), invoice.get_status_display(), invoice.official_status or "–", False),
    ]
    return rows


def differs(ours: object, theirs: object) -> bool:
    """Tell whether the other side says something else; silence is not a difference."""
    return theirs is not None and ours != theirs


def verbs(request: RepRequest, invoice: Invoice, drifts: Sequence[PriceDrift]) -> list[Action]:
    """List what can be done with an invoice now."""
    if not request.user.has_perm("sales.change_invoice"):
        return []

    def address(name: str) -> str:
        return reverse(f"sales:invoice-{name}", args=[invoice.pk])

    if invoice.is_draft:
        deeds = [Action(_("Issue"), address("issue"), "send")]
        if not invoice.bills_order:
            deeds.append(Action(_("Edit head"), address("edit"), "pencil", asks=True))
            deeds += draft_verbs(invoice, drifts)
        deeds.append(
            Action(
                _("Delete draft"),
                address("delete"),
                "trash",
                tone="danger",
                confirm=gettext("Delete this draft? What it bills may be billed again."),
            )
        )
        return deeds
    if invoice.is_credit_note:
        return []
    credit = Action(
        _("Credit note"),
        address("credit"),
        "receipt-refund",
        asks=True,
        aside=True,
        reason=why_not_credit(invoice),
    )
    paid = "" if invoice.outstanding > Decimal(0) else gettext("Nothing is left to pay.")
    pay = Action(_("Record payment"), address("pay"), "coins", asks=True, dialog=True, reason=paid)
    return [pay, credit]


def why_not_credit(invoice: Invoice) -> str:
    """Say why the invoice cannot be credited; empty when it can."""
    if invoice.is_draft or invoice.is_credit_note:
        return gettext("Only an issued invoice is credited.")
    if invoice.credited and invoice.credited >= invoice.total:
        return gettext("All of it is credited.")
    return ""


class InvoiceNew(DocumentNew[Invoice]):
    """Start an invoice without an order."""

    form_class = NewInvoiceForm
    save_label = _("Start invoice")

    def visible(self) -> models.QuerySet[Invoice]:
        """Return the invoices the person may see."""
        return Invoice.objects.visible_to(self.person)

    def save(self, form: Any) -> Invoice:
        """Draft the invoice on the account's terms."""
        fields = {**form.cleaned_data, "currency": form.cleaned_data["currency"] or None}
        return draft_invoice(actor=self.person, id=form.instance.pk, **fields)


class InvoiceEdit(HeadEdit[Invoice]):
    """Edit the head of a draft invoice that bills no order."""

    form_class = InvoiceHeadForm

    def visible(self) -> models.QuerySet[Invoice]:
        """Return the invoices the person may see."""
        return Invoice.objects.visible_to(self.person)


@require_POST
@rep_with("sales.change_invoice")
def issue(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Give the invoice its number; the ERP gives the official one."""
    invoice = find(request, pk)
    return run_action(
        request,
        invoice,
        lambda: issue_invoice(invoice.pk, actor=request.user),
        done=gettext("%(record)s is issued. The official number comes from the ERP."),
        show=show,
    )


@require_POST
@rep_with("sales.delete_invoice")
def delete(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Throw a draft away; no number is burned."""
    invoice = find(request, pk)

    def throw_away() -> models.Model:
        delete_draft_invoice(invoice.pk, actor=request.user)
        return invoice.order or invoice.account

    done = gettext("The draft is deleted.")
    return run_action(request, invoice, throw_away, done=done, show=show)


@rep_with("sales.change_invoice")
def pay(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Record money that came in."""
    invoice = find(request, pk)
    start = {
        "amount": plain_number(invoice.outstanding),
        "received_on": invoice.company.today(),
    }
    may_keep = invoice.discount_on(invoice.company.today())
    hint = early_payment_in_words(invoice) if may_keep else ""
    return run_form_action(
        request,
        invoice,
        PaymentForm(request.POST or None, initial=start, hint=hint),
        lambda answers: record_payment(invoice.pk, actor=request.user, **answers).invoice,
        heading=gettext("Record a payment of %(invoice)s") % {"invoice": invoice},
        label=gettext("Record payment"),
        done=gettext("Payment of %(record)s recorded."),
    )
