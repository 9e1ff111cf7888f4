"""The URL of every page of the UI, on records that have everything the page shows."""

from __future__ import annotations

from django.db import models
from django.urls import reverse

from fulfilment.models import Shipment
from tests.web.one_of_each import OneOfEach
from web.record_urls import record_url

LISTS = (
    "crm:lead", "crm:opportunity", "crm:account", "crm:contact",
    "sales:quote", "sales:order", "sales:invoice", "sales:product",
    "fulfilment:handoff",
)  # fmt: skip
NEW = (
    "crm:lead", "crm:opportunity", "crm:account", "crm:contact",
    "sales:quote", "sales:order", "sales:invoice",
)  # fmt: skip


def every_page(one: OneOfEach) -> dict[str, str]:
    """List every page; the first word of its name is its kind, which limits its statements."""
    return {
        "home of a rep": "/",
        "home of an approver": "/",
        "search": "/search/?q=refit",
        **{f"list {name}": reverse(f"{name}-list") for name in LISTS},
        **{f"form new {name}": reverse(f"{name}-new") for name in NEW},
        **edit_forms(one),
        **documents(one),
        **records(one),
        **questions(one),
        **parts_of_pages(one),
        **{
            f"history of {record._meta.model_name}": reverse(
                "crm:record-history",
                args=[record._meta.app_label, record._meta.model_name, record.pk],
            )
            for record in (one.account, one.won_quote, one.order, one.invoice)
        },
    }


def documents(one: OneOfEach) -> dict[str, str]:
    """List the pages of documents, by the state that decides what they show."""
    to_decide = [one.draft_quote.pk]
    pages: dict[str, models.Model] = {
        "quote draft": one.draft_quote,
        "quote active": one.active_quote,
        "quote won": one.won_quote,
        "order draft": one.draft_order,
        "order submitted": one.order,
        "order with goods returned": one.returned_order,
        "invoice draft": one.draft_invoice,
        "invoice draft of an order": one.order_draft_invoice,
        "invoice issued": one.invoice,
        "invoice credit note": one.credit_note,
        "invoice overpaid": one.overpaid_invoice,
    }
    return {
        **{name: record_url(document) for name, document in pages.items()},
        "quote to approve": reverse("sales:quote-approve", args=to_decide),
        "quote to refuse": reverse("sales:quote-refuse", args=to_decide),
    }


def records(one: OneOfEach) -> dict[str, str]:
    """List the pages of all other records."""
    pages: dict[str, models.Model] = {
        "record lead": one.lead,
        "record open lead": one.open_lead,
        "record account": one.account,
        "record contact": one.contact,
        "record product": one.product,
        "record opportunity": one.opportunity,
        "record open opportunity": one.open_opportunity,
        "record handoff": one.handoff,
        "record connection": one.connection,
        "record supply connection": one.supply,
        "record message": one.message,
        "record discrepancy": one.discrepancy,
    }
    return {name: record_url(record) for name, record in pages.items()}


def edit_forms(one: OneOfEach) -> dict[str, str]:
    """List the forms that edit a record."""
    edited: dict[str, models.Model] = {
        "crm:lead": one.open_lead,
        "crm:opportunity": one.open_opportunity,
        "crm:account": one.account,
        "crm:contact": one.contact,
        "sales:quote": one.draft_quote,
        "sales:order": one.draft_order,
        "sales:invoice": one.draft_invoice,
    }
    return {
        f"form edit {name}": reverse(f"{name}-edit", args=[each.pk])
        for name, each in edited.items()
    }


def questions(one: OneOfEach) -> dict[str, str]:
    """List the pages that ask something before an action."""
    shipment = Shipment.objects.filter(order=one.order, direction="out").latest("id")
    asked_of: dict[str, models.Model] = {
        "crm:lead-qualify": one.open_lead,
        "crm:lead-disqualify": one.open_lead,
        "sales:opportunity-win": one.open_opportunity,
        "sales:opportunity-lose": one.open_opportunity,
        "sales:opportunity-add-line": one.open_opportunity,
        "sales:opportunity-deduct": one.open_opportunity,
        "sales:opportunity-quote": one.open_opportunity,
        "sales:opportunity-order": one.open_opportunity,
        "sales:quote-accept": one.active_quote,
        "sales:quote-lose": one.active_quote,
        "sales:quote-ask-approval": one.draft_quote,
        "sales:order-hold": one.order,
        "sales:order-cancel": one.draft_order,
        "sales:order-close": one.order,
        "sales:order-invoice": one.order,
        "sales:order-change": one.order,
        "sales:invoice-pay": one.invoice,
        "sales:invoice-credit": one.invoice,
        "sales:invoice-refund": one.overpaid_invoice,
        "sales:invoice-write-off": one.invoice,
        "sales:credit-refund": one.account,
        "fulfilment:connection-load": one.connection,
        "fulfilment:handoff-skip": one.handoff,
        "fulfilment:handoff-settle": one.handoff,
        "fulfilment:inboundmessage-set-aside": one.message,
        "fulfilment:discrepancy-decide": one.discrepancy,
        "fulfilment:shipment-new": one.order,
        "fulfilment:shipment-return": shipment,
        "fulfilment:shipment-parcel": shipment,
    }
    asked = {f"question {name}": reverse(name, args=[each.pk]) for name, each in asked_of.items()}
    [code] = one.message.unmapped
    kind, their_code = code.split(":")
    name, args = "fulfilment:inboundmessage-map", [one.message.pk, kind, their_code]
    asked[f"question {name}"] = reverse(name, args=args)
    name, args = "fulfilment:order-conflicts", [one.order.pk, one.connection.code]
    return {**asked, f"question {name}": reverse(name, args=args)}


def parts_of_pages(one: OneOfEach) -> dict[str, str]:
    """List what is asked about a document and its lines."""
    quote = ["quotes", one.draft_quote.pk]
    sku = one.product.sku[:3]
    return {
        "question line options": f"{reverse('sales:line-options', args=quote)}?q={sku}",
        "question write-in line": reverse("sales:line-write-in", args=quote),
        "question trade-in or rebate": reverse("sales:line-deduction", args=quote),
        "question line details": reverse(
            "sales:line-edit", args=[*quote, one.draft_quote.lines.all()[0].pk]
        ),
        "question heading or note": reverse("sales:line-text", args=quote),
        "price refresh": reverse("sales:price-refresh", args=quote),
        "question explanations of a quote": reverse("sales:explanations", args=quote),
        "question explanation of a total": reverse("sales:explanation", args=[*quote, "total"]),
        "question explanations of an invoice": reverse(
            "sales:explanations", args=["invoices", one.invoice.pk]
        ),
        "question product suggestions": f"{reverse('sales:product-suggestions')}?q={sku}",
    }
