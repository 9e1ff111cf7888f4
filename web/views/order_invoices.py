"""View of invoicing an order: goods, chosen quantities, a percentage or a down payment."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext

from sales.models import Invoice, Order
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.billing.ledgers import read_ledger
from sales.services.order_invoices import invoice_order, open_quantities, refuse_not_billable
from web.actions import run_form_action
from web.forms.order_invoices import InvoiceOrderForm
from web.htmx import refuse
from web.http import RepRequest, rep_with
from web.pages.duties import bill_elsewhere_reason
from web.pages.lines import read_lines
from web.record_urls import record_url
from web.views.documents import find_document


@rep_with("sales.add_invoice")
def invoice(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Draft an invoice for what was shipped, what is open, chosen quantities, or a part of all."""
    order = find_document(request, Order, pk)
    if reason := bill_elsewhere_reason(order.company, request.user):
        return refuse(request, reason, record_url(order))
    lines = read_lines(order)
    shipped = open_quantities(lines)
    form = InvoiceOrderForm(
        request.POST or None,
        lines=lines,
        shipped=shipped,
        ledger=read_ledger(order, lines),
    )

    def draft(answers: dict[str, Any]) -> Invoice:
        what, rate = answers["what"], answers["rate"] or None
        if what in Invoice.AHEAD:
            given = {name: answers[name] for name in ("amount", "description")}
            return invoice_down_payment(order.pk, actor=request.user, what=what, rate=rate, **given)
        chosen = form.quantities() if what == Invoice.What.LINES else None
        rate = rate if what == Invoice.What.PERCENTAGE else None
        return invoice_order(order.pk, actor=request.user, what=what, quantities=chosen, rate=rate)

    return run_form_action(
        request,
        order,
        form,
        draft,
        check=lambda: refuse_not_billable(order, request.user),
        heading=gettext("Create an invoice for %(order)s") % {"order": order},
        label=gettext("Create draft invoice"),
        done=gettext("A draft invoice. Check it, then issue it."),
        template="orders/invoice.html",
        summary=gettext(
            "The amounts are the order's own: partial invoices add up to it to the cent."
        ),
        icon="receipt",
    )
