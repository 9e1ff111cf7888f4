"""Document flow: the documents of one sale, from its lead to the official invoice number."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import models
from django.utils.translation import gettext, ngettext

from common.formatting import format_day_of
from crm.models import Lead, Opportunity, User
from fulfilment.models import Shipment
from sales.models import Invoice, Order, Quote
from sales.models.document_kinds import INVOICE, ORDER, QUOTE
from web.display import FlowStep, State
from web.pages.document_kinds import STYLES
from web.pages.official_numbers import awaited_system
from web.record_urls import record_url

NEWEST_QUOTES = 20


@dataclass(slots=True)
class DocumentFlow:
    """The documents of one sale that exist so far."""

    lead: Lead | None = None
    opportunity: Opportunity | None = None
    quote: Quote | None = None
    order: Order | None = None
    shipment_count: int = 0
    invoice: Invoice | None = None
    """The record itself, or the newest invoice of the order."""
    invoice_ids: Sequence[uuid.UUID] = ()


def document_flow(
    record: models.Model,
    *,
    shipment_count: int | None = None,
    invoices: Sequence[Invoice] | None = None,
) -> DocumentFlow:
    """Find the documents before and after a record; five statements at most.

    Who has read an order's shipments and invoices, oldest first, passes them.
    """
    known: dict[str, Any] = {str(record._meta.model_name): record}
    flow = DocumentFlow(**known)
    if flow.lead is not None:
        leads_to = Opportunity.objects.filter(lead=flow.lead).select_related("stage")
        flow.opportunity = leads_to.first()
    if flow.invoice is not None:
        flow.order = flow.invoice.order
    _find_quote_and_order(flow)
    _find_what_came_before(flow)
    _find_shipments_and_invoices(flow, shipment_count, invoices)
    return flow


def _find_quote_and_order(flow: DocumentFlow) -> None:
    """Prefer the won quote and its order; else the newest ones."""
    opportunity = flow.opportunity
    if opportunity is not None:
        found = opportunity.quotes.select_related("company", "order").order_by("-id")
        quotes = list(found[:NEWEST_QUOTES])
        won = next((quote for quote in quotes if quote.is_won), None)
        flow.quote = won or next(iter(quotes), None)
    if flow.quote is not None:
        flow.order = order_of(flow.quote)
    if flow.order is None and opportunity is not None:
        orders = opportunity.orders.not_cancelled()
        flow.order = orders.order_by("-id").first()


def order_of(quote: Quote) -> Order | None:
    """Return the order that a won quote became."""
    return getattr(quote, "order", None)


def _find_what_came_before(flow: DocumentFlow) -> None:
    known_by_quote = flow.quote is not None
    if flow.order is not None and flow.quote is None:
        flow.quote = flow.order.quote
    # What the record itself was read with comes first; the other is asked only where it has none.
    sources: tuple[Quote | Order | None, ...] = (flow.order, flow.quote)
    for source in reversed(sources) if known_by_quote else sources:
        if source is not None and flow.opportunity is None:
            flow.opportunity = source.opportunity
    if flow.opportunity is not None:
        flow.lead = flow.lead or flow.opportunity.lead


def _find_shipments_and_invoices(
    flow: DocumentFlow, shipment_count: int | None, invoices: Sequence[Invoice] | None
) -> None:
    if flow.order is None or flow.order.number is None:
        return
    if shipment_count is None:
        shipment_count = flow.order.shipments.filter(direction=Shipment.Direction.OUT).count()
    flow.shipment_count = shipment_count
    found = flow.order.invoices.order_by("id")
    if invoices is None and flow.invoice is None:
        invoices = list(found.select_related("company").prefetch_related("instalments"))
    if invoices is None:
        flow.invoice_ids = list(found.values_list("pk", flat=True))
        return
    flow.invoice_ids = [invoice.pk for invoice in invoices]
    flow.invoice = next(iter(invoices[-1:]), None)


def flow_steps(flow: DocumentFlow, record: models.Model, user: User) -> list[FlowStep]:
    """Describe each document of a flow; only records that the user may see are links."""
    steps = [
        _lead_step(flow.lead, record, user),
        _opportunity_step(flow.opportunity, record, user),
        _quote_step(flow.quote, record, user),
        _order_step(flow.order, record, user),
        _shipments_step(flow, user),
        _invoice_step(flow, record, user),
        *_official_step(flow.invoice),
    ]
    reached = max((i for i, step in enumerate(steps) if step.state != "missing"), default=-1)
    return steps[: reached + 1] + [_still_open(step) for step in steps[reached + 1 :]]


def _still_open(step: FlowStep) -> FlowStep:
    """Turn a document that was left out into one that may still come."""
    return replace(step, detail=gettext("Not yet"), state="open")


def may_see(user: User, record: models.Model) -> bool:
    """Return whether the user may open a record, without asking the database again."""
    owner = getattr(record, "owner_id", None)
    team = getattr(record, "team_id", None)
    return user.sees_everything or owner == user.pk or team in user.visible_team_ids


def _link(record: models.Model, user: User) -> str:
    return record_url(record) if may_see(user, record) else ""


def _missing(label: str, icon: str) -> FlowStep:
    return FlowStep(label, "–", "missing", icon)


def _lead_step(lead: Lead | None, here: models.Model, user: User) -> FlowStep:
    label, icon = gettext("Lead"), "user-plus"
    if lead is None:
        return _missing(label, icon)
    state: State = "current" if lead.is_open else "done"
    detail = f"{lead.get_source_display()}, {format_day_of(lead.created_at)}"
    return FlowStep(label, detail, state, icon, _link(lead, user), here=lead == here)


def _opportunity_step(opportunity: Opportunity | None, here: models.Model, user: User) -> FlowStep:
    label, icon = gettext("Opportunity"), "target-arrow"
    if opportunity is None:
        return _missing(label, icon)
    detail = str(opportunity.stage) if opportunity.is_open else opportunity.get_status_display()
    state: State = "current" if opportunity.is_open else "done"
    return FlowStep(label, detail, state, icon, _link(opportunity, user), here=opportunity == here)


def _quote_step(quote: Quote | None, here: models.Model, user: User) -> FlowStep:
    label, icon = QUOTE.label, STYLES[QUOTE].icon
    if quote is None:
        return _missing(label, icon)
    settled = quote.status not in {Quote.Status.DRAFT, Quote.Status.ACTIVE}
    late = quote.is_expired()
    state: State = "done" if settled else "late" if late else "current"
    return FlowStep(label, str(quote), state, icon, _link(quote, user), here=quote == here)


def _order_step(order: Order | None, here: models.Model, user: User) -> FlowStep:
    label, icon = ORDER.label, STYLES[ORDER].icon
    if order is None:
        return _missing(label, icon)
    state: State = "done" if order.is_completed else "current"
    detail = f"{order} v{order.version}" if order.number else str(order)
    return FlowStep(label, detail, state, icon, _link(order, user), here=order == here)


def _shipments_step(flow: DocumentFlow, user: User) -> FlowStep:
    label, icon = gettext("Shipments"), "truck-delivery"
    if flow.order is None or not flow.shipment_count:
        return _missing(label, icon)
    state: State = "done" if flow.order.is_shipped else "current"
    count = flow.shipment_count
    counted = ngettext("%(count)d shipment", "%(count)d shipments", count) % {"count": count}
    detail = f"{counted}, {flow.order.get_fulfilment_status_display().lower()}"
    link = _link(flow.order, user)
    return FlowStep(label, detail, state, icon, f"{link}#shipments" if link else "")


def _invoice_step(flow: DocumentFlow, here: models.Model, user: User) -> FlowStep:
    label, icon, invoice = INVOICE.label, STYLES[INVOICE].icon, flow.invoice
    if invoice is None:
        return _missing(label, icon)
    late = invoice.is_overdue()
    state: State = "late" if late else "current" if invoice.is_draft else "done"
    count = len(flow.invoice_ids)
    detail = str(invoice)
    if count > 1:
        position = list(flow.invoice_ids).index(invoice.pk) + 1
        detail = gettext("%(invoice)s, %(position)d of %(count)d") % {
            "invoice": invoice,
            "position": position,
            "count": count,
        }
    return FlowStep(label, detail, state, icon, _link(invoice, user), here=invoice == here)


def _official_step(invoice: Invoice | None) -> list[FlowStep]:
    """Describe the official number; nothing where an issued invoice is given none."""
    label, icon = gettext("Official number"), "building-bank"
    if invoice is None or invoice.is_draft:
        return [_missing(label, icon)]
    if invoice.official_number:
        return [FlowStep(label, invoice.official_number, "done", icon)]
    system = awaited_system(invoice)
    if system is None:
        return []
    return [
        FlowStep(label, gettext("Waiting for %(system)s") % {"system": system}, "current", icon)
    ]
