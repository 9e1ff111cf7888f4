"""Money of invoices: recording, refunding and writing off, and the credit of customers."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext

from common.formatting import format_money, plain_price
from crm.models import Account
from sales.models import Company, CustomerCreditEntry, Invoice
from sales.services.billing.money_rules import elsewhere_remark, recorded_elsewhere
from sales.services.customer_credit import (
    apply_credit,
    check_has_credit,
    keep_as_credit,
    refund_credit,
)
from sales.services.payments import (
    Recorded,
    check_is_asked_for,
    check_to_refund,
    check_to_write_off,
    record_payment,
    refund_payment,
    write_off_invoice,
)
from web.actions import Outcome, action, run_action, run_form_action
from web.forms.payments import CreditRefundForm, PaymentForm, RefundForm, WriteOffForm
from web.htmx import refuse
from web.http import RepRequest, rep_with
from web.pages.invoices import format_early_payment
from web.pages.records import refusal_of
from web.record_urls import record_url
from web.views.documents import find_document


@rep_with("sales.change_invoice")
def pay(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Record money that came in."""
    invoice = find_document(request, Invoice, pk)
    today = invoice.company.today()
    open_amount = plain_price(max(invoice.outstanding, Decimal(0)), invoice.currency)
    hint = format_early_payment(invoice) if invoice.discount_on(today) else ""
    return run_form_action(
        request,
        invoice,
        PaymentForm(
            request.POST or None,
            initial={"amount": open_amount, "received_on": today},
            hint=hint,
        ),
        lambda answers: _paid(
            request, invoice, record_payment(invoice.pk, actor=request.user, **answers)
        ),
        check=lambda: check_is_asked_for(invoice),
        heading=gettext("Record a payment of %(invoice)s") % {"invoice": invoice},
        label=gettext("Record payment"),
    )


def _paid(request: RepRequest, invoice: Invoice, recorded: Recorded) -> Outcome:
    if not recorded.is_new:
        return _known(invoice, recorded.payment.reference)
    message = gettext("Payment of %(invoice)s recorded.") % {"invoice": invoice}
    if recorded.overpaid:
        message = gettext(
            "Payment of %(invoice)s recorded; %(amount)s is too much and now customer credit."
        ) % {"invoice": invoice, "amount": format_money(recorded.overpaid, invoice.currency)}
    others = recorded_elsewhere(recorded.payment).visible_to(request.user)
    remark = elsewhere_remark(recorded.payment.reference, others)
    if remark:
        return Outcome(invoice, f"{message} {remark}", messages.WARNING)
    return Outcome(invoice, message)


def _known(record: Invoice | Account, reference: str) -> Outcome:
    message = gettext("%(reference)s was recorded already.") % {"reference": reference}
    return Outcome(record, message, messages.INFO)


@rep_with("sales.refund_payment")
def refund(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Record money that went back, of what was paid too much."""
    invoice = find_document(request, Invoice, pk)
    start = {
        "amount": plain_price(invoice.to_refund, invoice.currency),
        "refunded_on": invoice.company.today(),
    }

    def record_refund(answers: dict[str, Any]) -> Outcome:
        recorded = refund_payment(invoice.pk, actor=request.user, **answers)
        if not recorded.is_new:
            return _known(invoice, recorded.payment.reference)
        return Outcome(invoice, gettext("Refund of %(record)s recorded.") % {"record": invoice})

    return run_form_action(
        request,
        invoice,
        RefundForm(request.POST or None, initial=start),
        record_refund,
        check=lambda: check_to_refund(invoice),
        heading=gettext("Refund what was paid too much of %(invoice)s") % {"invoice": invoice},
        label=gettext("Record refund"),
    )


@rep_with("sales.write_off_invoice")
def write_off(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Give up what is open of an invoice."""
    invoice = find_document(request, Invoice, pk)
    open_amount = format_money(invoice.outstanding, invoice.currency)
    return run_form_action(
        request,
        invoice,
        WriteOffForm(request.POST or None),
        lambda answers: write_off_invoice(invoice.pk, actor=request.user, **answers),
        check=lambda: check_to_write_off(invoice),
        heading=gettext("Write off %(amount)s of %(invoice)s")
        % {"amount": open_amount, "invoice": invoice},
        label=gettext("Write off"),
        done=gettext("%(record)s is written off."),
    )


@action(Invoice, "sales.change_invoice")
def apply(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Pay an invoice from its customer's credit."""
    invoice = find_document(request, Invoice, pk)

    def use_credit() -> Outcome:
        payment = apply_credit(invoice.pk, actor=request.user)
        message = gettext("%(amount)s of customer credit applied to %(invoice)s.") % {
            "amount": format_money(payment.amount, invoice.currency),
            "invoice": invoice,
        }
        return Outcome(invoice, message)

    return run_action(request, invoice, use_credit)


@action(Invoice, "sales.change_invoice")
def keep(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Move what was paid too much to the customer's credit."""
    invoice = find_document(request, Invoice, pk)
    return run_action(
        request,
        invoice,
        lambda: keep_as_credit(invoice.pk, actor=request.user),
        done=gettext("What was paid too much of %(record)s is customer credit now."),
    )


@rep_with("sales.refund_payment")
def refund_of_credit(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Record customer credit that went back."""
    account = get_object_or_404(Account.objects.visible_to(request.user), pk=pk)
    entered = list(CustomerCreditEntry.objects.balances(account))
    balances = entered if request.method == "POST" else [each for each in entered if each.amount]
    if reason := refusal_of(lambda customer: check_has_credit(customer, balances), account):
        return refuse(request, reason, record_url(account))

    companies = Company.objects.in_bulk([each.company_id for each in balances])

    def record_refund_of_credit(answers: dict[str, Any]) -> Outcome:
        balance = answers.pop("balance")
        entry, is_new = refund_credit(
            account.pk,
            company=companies[balance.company_id],
            currency=balance.currency,
            actor=request.user,
            **answers,
        )
        if not is_new:
            return _known(account, entry.reference)
        amount = format_money(-entry.amount, entry.currency)
        message = gettext("Refund of %(amount)s recorded.") % {"amount": amount}
        return Outcome(account, message)

    return run_form_action(
        request,
        account,
        CreditRefundForm(
            request.POST or None,
            balances=balances,
            today=companies[balances[0].company_id].today(),
        ),
        record_refund_of_credit,
        heading=gettext("Refund customer credit of %(account)s") % {"account": account},
        label=gettext("Record refund"),
    )
