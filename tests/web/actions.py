"""The URL of every action of the UI, on records that it can be tried on."""

from __future__ import annotations

from django.db import models
from django.urls import reverse

from crm.models import Activity
from fulfilment.models import Shipment
from tests.web.one_of_each import OneOfEach

Target = tuple[str, models.Model]


def action_urls(one: OneOfEach) -> dict[str, Target]:
    """Return the URL of every action by its name, and the record its GET leads to."""
    quote, order, invoice = one.draft_quote, one.draft_order, one.draft_invoice
    opportunity, handoff = one.open_opportunity, one.handoff
    line = quote.lines.all()[0].pk
    opportunity_line = opportunity.lines.all()[0].pk
    task = Activity.objects.filter(subject_id=one.lead.pk).latest("id")
    shipment = Shipment.objects.filter(order=one.order, direction="out").latest("id")
    targets: dict[str, tuple[list[object], models.Model]] = {
        "crm:lead-contact": ([one.open_lead.pk], one.open_lead),
        "crm:lead-reopen": ([one.open_lead.pk], one.open_lead),
        "crm:activity-new": (["crm", "lead", one.lead.pk], one.lead),
        "crm:activity-done": ([task.pk], one.lead),
        "sales:quote-activate": ([quote.pk], quote),
        "sales:quote-revise": ([one.active_quote.pk], one.active_quote),
        "sales:quote-cancel": ([quote.pk], quote),
        "sales:quote-take-lines": ([quote.pk], quote),
        "sales:order-submit": ([order.pk], order),
        "sales:order-release": ([one.order.pk], one.order),
        "sales:order-unlock-prices": ([order.pk], order),
        "sales:order-lock-prices": ([order.pk], order),
        "sales:invoice-issue": ([invoice.pk], invoice),
        "sales:invoice-delete": ([invoice.pk], invoice),
        "sales:invoice-apply-credit": ([one.invoice.pk], one.invoice),
        "sales:invoice-keep-as-credit": ([one.overpaid_invoice.pk], one.overpaid_invoice),
        "sales:opportunity-reopen": ([one.opportunity.pk], one.opportunity),
        "sales:opportunity-move": ([opportunity.pk, opportunity.stage_id], opportunity),
        "sales:opportunity-remove-line": (
            [opportunity.pk, opportunity_line],
            opportunity,
        ),
        "sales:opportunity-revenue": ([opportunity.pk], opportunity),
        "sales:line-add": (["quotes", quote.pk], quote),
        "sales:line-option": (["quotes", quote.pk, line], quote),
        "sales:line-change": (["orders", order.pk, order.lines.all()[0].pk], order),
        "sales:line-remove": (["invoices", invoice.pk, invoice.lines.all()[0].pk], invoice),
        "sales:promotion-add": (["quotes", quote.pk], quote),
        "sales:promotion-remove": (["orders", order.pk, "SPRING"], order),
        "fulfilment:handoff-replay": ([handoff.pk], handoff),
        "fulfilment:handoff-replay-like": ([handoff.pk], handoff),
        "fulfilment:inboundmessage-apply": ([one.message.pk], one.message),
        "fulfilment:connection-reconcile": ([one.connection.pk], one.connection),
        "fulfilment:order-compare": ([one.order.pk, "erp"], one.order),
        "fulfilment:shipment-move": ([shipment.pk, "delivered"], one.order),
    }
    return {name: (reverse(name, args=args), record) for name, (args, record) in targets.items()}
