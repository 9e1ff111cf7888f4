"""Home page: tasks, approvals, expiring quotes, orders in conflict, sync trouble, invoices."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from django.db.models import Case, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from common.formatting import format_day, format_day_of, format_due, format_money
from crm.models import Activity, Lead, User
from fulfilment.models import Discrepancy, Handoff, InboundMessage
from fulfilment.services.order_sync.sync_statuses import SyncStatus, orders_for_a_person
from sales.models import Invoice, Order, Quote
from sales.services.approvals import quotes_to_approve
from web.chips.customers import follow_up_chip
from web.chips.documents import invoice_chip
from web.chips.handoffs import TROUBLE, discrepancy_chip, handoff_chip, message_chip
from web.chips.sync import status_chip
from web.display import Chip, joined
from web.filters.documents import InvoiceFilter, OrderFilter
from web.pages.cards import CardRow
from web.pages.discrepancies import compared
from web.record_urls import record_url

SHOWN = 8


@dataclass(frozen=True, slots=True)
class Panel:
    """Things of one kind to look at today, the most pressing first."""

    title: str
    icon: str
    rows: Sequence[CardRow]
    """So many as fit, and one more where there are more."""
    empty: str
    all_url: str
    tone: str

    @property
    def has_more(self) -> bool:
        """Return whether there is more than fits."""
        return len(self.rows) > SHOWN

    @property
    def shown(self) -> Sequence[CardRow]:
        """Return what fits."""
        return self.rows[:SHOWN]


@dataclass(frozen=True, slots=True)
class HomePage:
    """What a person should look at today."""

    greeting: str
    today: str
    panels: Sequence[Panel]


def home_page(user: User) -> HomePage:
    """Read what waits for this person, and what went wrong; quiet panels last."""
    today = timezone.localdate()
    panels = [
        *approvals(user),
        follow_ups(user, today),
        expiring_quotes(user),
        *orders_that_differ(user),
        sync_trouble(user),
        overdue_invoices(user),
    ]
    return HomePage(
        greeting=greeting(user),
        today=format_day(today),
        panels=sorted(panels, key=lambda panel: not panel.rows),
    )


def greeting(user: User) -> str:
    """Greet by the time of the reader's day."""
    hour = timezone.localtime().hour
    name = user.first_name or str(user)
    if hour < 12:
        return gettext("Good morning, %(name)s") % {"name": name}
    if hour < 18:
        return gettext("Good afternoon, %(name)s") % {"name": name}
    return gettext("Good evening, %(name)s") % {"name": name}


def follow_ups(user: User, today: dt.date) -> Panel:
    """List the person's open tasks and leads whose day has come, the latest first."""
    tasks = (
        Activity.objects.filter(author=user, done_at=None, due_on__lte=today)
        .order_by("due_on")
        .select_related("subject_type")[: SHOWN + 1]
    )
    leads = (
        Lead.objects.visible_to(user)
        .filter(owner=user, follow_up_on__lte=today)
        .filter(status__in=Lead.OPEN)
        .order_by("follow_up_on")[: SHOWN + 1]
    )
    dated = [(task.due_on or today, _task_row(task, today)) for task in tasks]
    dated += [(lead.follow_up_on or today, _lead_row(lead)) for lead in leads]
    return Panel(
        title=gettext("Follow up today"),
        icon="calendar-event",
        rows=[row for _, row in sorted(dated, key=itemgetter(0))],
        empty=gettext("Nothing to follow up today."),
        all_url=f"{reverse('crm:lead-list')}?status={Lead.Status.NEW}",
        tone="warn",
    )


def _task_row(task: Activity, today: dt.date) -> CardRow:
    model, due = task.subject_type.model_class(), task.due_on or today
    subject_url = record_url(model(pk=task.subject_id)) if model else reverse("home")
    return CardRow(
        title=task.display_text[:80],
        url=f"{subject_url}#activity",
        detail=gettext("Task"),
        chip=Chip(format_due(due, today), "bad" if due < today else "warn", "checkbox"),
    )


def _lead_row(lead: Lead) -> CardRow:
    return CardRow(
        title=lead.topic,
        url=record_url(lead),
        detail=joined(lead.full_name, lead.company_name),
        chip=follow_up_chip(lead),
    )


def approvals(user: User) -> list[Panel]:
    """List the quotes that wait for this person's approval; only for those who may approve."""
    if not user.has_perm("sales.approve_quote"):
        return []
    quotes = quotes_to_approve(user).select_related("account", "owner")[: SHOWN + 1]
    return [
        Panel(
            title=gettext("Quotes waiting for your approval"),
            icon="rosette",
            rows=[_approval_row(quote) for quote in quotes],
            empty=gettext("No quote waits for approval."),
            all_url=f"{reverse('sales:quote-list')}?status={Quote.Status.DRAFT}",
            tone="warn",
        )
    ]


def _approval_row(quote: Quote) -> CardRow:
    return CardRow(
        title=joined(quote, quote.name),
        url=f"{record_url(quote)}#approval",
        detail=joined(quote.account, quote.owner),
        chip=Chip(gettext("Waits for approval"), "warn", "hourglass"),
        amount=format_money(quote.total, quote.currency),
    )


def expiring_quotes(user: User) -> Panel:
    """List active quotes that expire soon."""
    quotes = (
        Quote.objects.visible_to(user)
        .expiring_soon()
        .select_related("account", "company")
        .order_by("valid_until")[: SHOWN + 1]
    )
    return Panel(
        title=gettext("Quotes expiring within %(days)d days") % {"days": Quote.SOON.days},
        icon="file-time",
        rows=[_expiring_row(quote) for quote in quotes],
        empty=gettext("No active quote expires this week."),
        all_url=f"{reverse('sales:quote-list')}?status={Quote.Status.ACTIVE}",
        tone="warn",
    )


def _expiring_row(quote: Quote) -> CardRow:
    today = quote.company.today()
    return CardRow(
        title=str(quote),
        url=record_url(quote),
        detail=joined(quote.account, quote.name),
        chip=Chip(format_due(quote.valid_until or today, today), "warn", "clock"),
        amount=format_money(quote.total, quote.currency),
    )


def orders_that_differ(user: User) -> list[Panel]:
    """List orders that differ, or miss there, until a person acts: one's own, then the oldest."""
    is_others = Case(When(owner=user, then=Value(0)), default=Value(1))
    orders = orders_for_a_person(Order.objects.visible_to(user)).select_related("account")
    rows = [
        _differing_row(order) for order in orders.order_by(is_others, "since", "pk")[: SHOWN + 1]
    ]
    if not rows:
        return []
    return [
        Panel(
            title=gettext("Orders that differ"),
            icon="scale",
            rows=rows,
            empty="",
            all_url=f"{reverse('sales:order-list')}?sync={OrderFilter.PERSON}",
            tone="warn",
        )
    ]


def _differing_row(order: Any) -> CardRow:
    since = gettext("since %(day)s") % {"day": format_day_of(order.since)}
    return CardRow(
        title=str(order),
        url=f"{record_url(order)}#sync",
        detail=joined(order.account, since),
        chip=status_chip(SyncStatus(order.sync_status), differing=order.differing or 0),
        amount=format_money(order.total, order.currency),
    )


def sync_trouble(user: User) -> Panel:
    """List what an external system has not received, and what one reported that needs a person."""
    handoffs = (
        Handoff.objects.visible_to(user)
        .filter(state__in=TROUBLE)
        .select_related("event", "lane__connection")
        .order_by("-id")
    )
    waiting = InboundMessage.objects.visible_to(user).waiting().select_related("connection")
    differing = Discrepancy.objects.visible_to(user).open().filter(compared__isnull=True)
    differing = differing.select_related("connection").order_by("-id")
    rows = [
        *(_handoff_row(each) for each in handoffs[: SHOWN + 1]),
        *(_message_row(each) for each in waiting.order_by("-id")[: SHOWN + 1]),
        *(_discrepancy_row(each) for each in differing[: SHOWN + 1]),
    ]
    return Panel(
        title=gettext("Sync trouble"),
        icon="cloud-exclamation",
        rows=rows[: SHOWN + 1],
        empty=gettext("All messages are received, and no report needs a person."),
        all_url=reverse("fulfilment:handoff-list"),
        tone="bad",
    )


def _message_row(message: InboundMessage) -> CardRow:
    return CardRow(
        title=f"{message.subject or message.type} ← {message.connection}",
        url=record_url(message),
        detail=message.display_detail,
        chip=message_chip(message),
    )


def _discrepancy_row(found: Discrepancy) -> CardRow:
    return CardRow(
        title=compared(found),
        url=record_url(found),
        detail=joined(found.record_number, found.display_rule),
        chip=discrepancy_chip(found),
    )


def _handoff_row(handoff: Handoff) -> CardRow:
    event = handoff.event
    return CardRow(
        title=f"{event.subject_number} → {handoff.lane.connection}",
        url=record_url(handoff),
        detail=handoff.display_cause or event.get_type_display(),
        chip=handoff_chip(handoff),
    )


def overdue_invoices(user: User) -> Panel:
    """List invoices whose money has not come."""
    invoices = (
        Invoice.objects.visible_to(user)
        .overdue()
        .select_related("account", "company")
        .prefetch_related("instalments")[: SHOWN + 1]
    )
    return Panel(
        title=gettext("Overdue invoices"),
        icon="receipt-off",
        rows=[_overdue_row(invoice) for invoice in invoices],
        empty=gettext("No invoice is overdue."),
        all_url=f"{reverse('sales:invoice-list')}?status={InvoiceFilter.OVERDUE}",
        tone="bad",
    )


def _overdue_row(invoice: Invoice) -> CardRow:
    today = invoice.company.today()
    since = invoice.next_due_on or today
    return CardRow(
        title=str(invoice),
        url=record_url(invoice),
        detail=joined(format_due(since, today), invoice.account),
        chip=invoice_chip(invoice),
        amount=format_money(invoice.overdue_amount(today), invoice.currency),
    )
