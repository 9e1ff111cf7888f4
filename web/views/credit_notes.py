"""View of credit notes: credit an issued invoice in full or in part."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext

from common.errors import DomainError
from sales.models import Invoice
from sales.services.billing.order_outcome import returns_to_credit
from sales.services.credit_notes import (
    credit_invoice,
    left_to_credit,
    preview_credit,
    quantities_to_credit,
)
from web.actions import run_form_action
from web.forms.credit_notes import CreditForm
from web.htmx import refuse
from web.http import RepRequest, rep_with
from web.pages.invoice_actions import no_credit_reason
from web.pages.lines import read_lines
from web.pages.order_outcome import RETURNED
from web.record_urls import record_url
from web.rendering import render_part
from web.views.documents import find_document


@rep_with("sales.add_invoice")
def credit(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Issue a credit note for quantities of an invoice's lines, with the reason."""
    invoice = find_document(request, Invoice, pk)
    if reason := no_credit_reason(invoice, request.user):
        return refuse(request, reason, record_url(invoice))
    try:
        offered = quantities_to_credit(invoice)
    except DomainError as error:
        if request.method != "POST":
            return refuse(request, str(error), record_url(invoice))
        offered = {}
    form = _form(request, invoice, offered)
    form.show(partial(preview_credit, invoice))
    if request.POST.get("step") == "preview":
        return render_part(request, "lines/credited.html", {"form": form})

    def issue(answers: dict[str, Any]) -> Invoice:
        return credit_invoice(
            invoice.pk,
            actor=request.user,
            reason=answers["reason"],
            quantities=form.quantities(),
            bill_again=answers.get("bill_again", True),
        )

    return run_form_action(
        request,
        invoice,
        form,
        issue,
        heading=gettext("Credit %(invoice)s") % {"invoice": invoice},
        label=gettext("Issue credit note"),
        done=gettext("%(record)s is issued."),
        template="lines/quantities_form.html",
        summary=gettext("Crediting all of an invoice gives back exactly what it asked for."),
        icon="receipt-refund",
    )


def _form(
    request: RepRequest, invoice: Invoice, offered: Mapping[uuid.UUID, Decimal]
) -> CreditForm:
    lines = read_lines(invoice)
    only_returned = RETURNED in request.GET
    return CreditForm(
        request.POST or None,
        initial={"bill_again": not only_returned},
        lines=lines,
        left=left_to_credit(invoice, lines),
        offered=offered,
        proposed=returns_to_credit(lines, offered) if only_returned else offered,
        of_an_order=invoice.bills_order,
    )
