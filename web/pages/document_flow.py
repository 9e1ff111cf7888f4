"""The way of one sale, from its lead to the official invoice number, seen from any record on it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from django.db import models
from django.utils.translation import gettext, ngettext

from common.formatting import format_day_of
from crm.models import Lead, Opportunity, User
from fulfilment.models import Shipment
from sales.models import Invoice, Order, Quote
from web.display import State, TraceStep
from web.record_urls import record_url


@dataclass(slots=True)
class Way:
    """The records of one sale that are known so far."""

    lead: Lead | None = None
    opportunity: Opportunity | None = None
    quote: Quote | None = None
    order: Order | None = None
    shipments: list[Shipment] = field(default_factory=list)
    invoices: list[Invoice] = field(default_factory=list)


def way_of(record: models.Model) -> Way:
    """Walk up to the lead and down to the invoices; a few statements, however long the story."""
    way = Way()
    if isinstance(record, Lead):
        way.lead = record
        way.opportunity = Opportunity.objects.filter(lead=record).first()
    elif isinstance(record, Opportunity):
        way.opportunity = record
    elif isinstance(record, Quote):
        way.quote = record
    elif isinstance(record, Order):
        way.order = record
    elif isinstance(record, Invoice):
        way.order, way.invoices = record.order, [record]
    _go_down(way)
    _go_up(way)
    return way


def _go_down(way: Way) -> None:
    if way.opportunity is not None and way.order is None:
        way.quote = _newest_quote(way.opportunity)
    if way.quote is not None and way.order is None:
        way.order = Order.objects.filter(quote=way.quote).first()
    if way.order is None and way.opportunity is not None:
        orders = way.opportunity.orders.exclude(status=Order.Status.CANCELLED)
        way.order = orders.order_by("-id").first()
    if way.order is not None:
        way.shipments = list(way.order.shipments.filter(direction=Shipment.Direction.OUT))
        way.invoices = list(way.order.invoices.select_related("company").order_by("id"))


def _newest_quote(opportunity: Opportunity) -> Quote | None:
    """Prefer the won quote; else the newest one."""
    quotes = list(opportunity.quotes.select_related("company").order_by("-id")[:20])
    won = next((quote for quote in quotes if quote.status == Quote.Status.WON), None)
    return won or next(iter(quotes), None)


def _go_up(way: Way) -> None:
    if way.order is not None:
        way.quote = way.quote or way.order.quote
        way.opportunity = way.opportunity or way.order.opportunity
    if way.quote is not None:
        way.opportunity = way.opportunity or way.quote.opportunity
    if way.opportunity is not None:
        way.lead = way.lead or way.opportunity.lead


def trace_steps(record: models.Model, user: User) -> list[TraceStep]:
    """Draw the way as stations; only records the person may see are links."""
    way = way_of(record)
    invoice = record if isinstance(record, Invoice) else next(iter(way.invoices[-1:]), None)
    steps = [
        _lead_step(way.lead, record, user),
        _opportunity_step(way.opportunity, record, user),
        _quote_step(way.quote, record, user),
        _order_step(way.order, record, user),
        _shipments_step(way, user),
        _invoice_step(way, invoice, record, user),
        _official_step(invoice),
    ]
    reached = max((i for i, step in enumerate(steps) if step.state != "missing"), default=-1)
    return steps[: reached + 1] + [_ahead(step) for step in steps[reached + 1 :]]


def _ahead(step: TraceStep) -> TraceStep:
    """Turn a station that was left out into one that may still come."""
    return replace(step, detail=gettext("Not yet"), state="open")


def may_see(user: User, record: models.Model) -> bool:
    """Tell whether the person may open a record, without asking the database again."""
    owner = getattr(record, "owner_id", None)
    team = getattr(record, "team_id", None)
    return user.sees_everything or owner == user.pk or team in user.visible_team_ids


def _link(record: models.Model, user: User) -> str:
    return record_url(record) if may_see(user, record) else ""


def _absent(label: str, icon: str) -> TraceStep:
    return TraceStep(label, "–", "missing", icon)


def _lead_step(lead: Lead | None, here: models.Model, user: User) -> TraceStep:
    label, icon = gettext("Lead"), "user-plus"
    if lead is None:
        return _absent(label, icon)
    state: State = "current" if lead.is_open else "done"
    detail = f"{lead.get_source_display()}, {format_day_of(lead.created_at)}"
    return TraceStep(label, detail, state, icon, _link(lead, user), here=lead == here)


def _opportunity_step(opportunity: Opportunity | None, here: models.Model, user: User) -> TraceStep:
    label, icon = gettext("Opportunity"), "target-arrow"
    if opportunity is None:
        return _absent(label, icon)
    is_open = opportunity.status == Opportunity.Status.OPEN
    detail = str(opportunity.stage) if is_open else opportunity.get_status_display()
    state: State = "current" if is_open else "done"
    return TraceStep(label, detail, state, icon, _link(opportunity, user), here=opportunity == here)


def _quote_step(quote: Quote | None, here: models.Model, user: User) -> TraceStep:
    label, icon = gettext("Quote"), "file-text"
    if quote is None:
        return _absent(label, icon)
    settled = quote.status not in {Quote.Status.DRAFT, Quote.Status.ACTIVE}
    late = quote.is_expired()
    state: State = "done" if settled else "late" if late else "current"
    return TraceStep(label, str(quote), state, icon, _link(quote, user), here=quote == here)


def _order_step(order: Order | None, here: models.Model, user: User) -> TraceStep:
    label, icon = gettext("Order"), "clipboard-check"
    if order is None:
        return _absent(label, icon)
    state: State = "done" if order.status == Order.Status.COMPLETED else "current"
    detail = f"{order} v{order.version}" if order.number else str(order)
    return TraceStep(label, detail, state, icon, _link(order, user), here=order == here)


def _shipments_step(way: Way, user: User) -> TraceStep:
    label, icon = gettext("Shipments"), "truck-delivery"
    if way.order is None or not way.shipments:
        return _absent(label, icon)
    all_out = {Order.Fulfilment.SHIPPED, Order.Fulfilment.DELIVERED}
    state: State = "done" if way.order.fulfilment_status in all_out else "current"
    count = len(way.shipments)
    words = ngettext("%(count)d shipment", "%(count)d shipments", count) % {"count": count}
    detail = f"{words}, {way.order.get_fulfilment_status_display().lower()}"
    link = _link(way.order, user)
    return TraceStep(label, detail, state, icon, f"{link}#shipments" if link else "")


def _invoice_step(way: Way, invoice: Invoice | None, here: models.Model, user: User) -> TraceStep:
    label, icon = gettext("Invoice"), "receipt"
    if invoice is None:
        return _absent(label, icon)
    late = invoice.is_overdue()
    state: State = "late" if late else "current" if invoice.is_draft else "done"
    count = len(way.invoices)
    detail = str(invoice)
    if count > 1:
        position = [each.pk for each in way.invoices].index(invoice.pk) + 1
        detail = gettext("%(invoice)s, %(position)d of %(count)d") % {
            "invoice": invoice,
            "position": position,
            "count": count,
        }
    return TraceStep(label, detail, state, icon, _link(invoice, user), here=invoice == here)


def _official_step(invoice: Invoice | None) -> TraceStep:
    label, icon = gettext("Official number"), "building-bank"
    if invoice is None or invoice.is_draft:
        return _absent(label, icon)
    if not invoice.official_number:
        return TraceStep(label, gettext("Waiting for the ERP"), "current", icon)
    return TraceStep(label, invoice.official_number, "done", icon)
