"""Home: what a rep does today."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.contenttypes.models import ContentType
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from common.formatting import format_due, format_money
from crm.models import Activity, Lead, User
from fulfilment.models import Handoff
from sales.models import Invoice, Quote
from sales.services.approval_requests import quotes_to_approve
from web.chips.documents import invoice_chip
from web.chips.handoffs import TROUBLE, handoff_chip
from web.display import Chip
from web.http import RepRequest
from web.record_urls import record_url
from web.views.leads import follow_up_chip

SOON = dt.timedelta(days=7)
SHOWN = 8


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to look at today."""

    title: str
    words: str
    url: str
    chip: Chip | None
    amount: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """Things of one kind, the most pressing first."""

    title: str
    icon: str
    items: list[Item]
    nothing: str
    more_url: str
    tone: str

    @property
    def has_more(self) -> bool:
        """Tell whether there is more than fits."""
        return len(self.items) > SHOWN

    @property
    def shown(self) -> list[Item]:
        """Return what fits."""
        return self.items[:SHOWN]


@require_safe
@login_required
def home(request: RepRequest) -> HttpResponse:
    """Show follow-ups, expiring quotes, sync trouble and overdue invoices; quiet ones last."""
    today = timezone.localdate()
    panels = [
        *approvals(request.user),
        follow_ups(request.user, today),
        expiring_quotes(request.user),
        sync_trouble(request.user),
        overdue_invoices(request.user),
    ]
    context: dict[str, Any] = {
        "greeting": greeting(request.user),
        "today": today,
        "panels": sorted(panels, key=lambda panel: not panel.items),
    }
    return render(request, "fulfilment/home.html", context)


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
        .filter(status__in=[Lead.Status.NEW, Lead.Status.CONTACTED])
        .order_by("follow_up_on")[: SHOWN + 1]
    )
    dated = [(task.due_on, _task(task, today)) for task in tasks]
    dated += [(lead.follow_up_on, _lead(lead)) for lead in leads]
    dated.sort(key=lambda pair: pair[0] or today)
    return Panel(
        gettext("Follow up today"),
        "calendar-event",
        [item for _, item in dated],
        gettext("Nothing to follow up. Enjoy the quiet, or find new leads."),
        "/leads/?status=new",
        "warn",
    )


def _task(task: Activity, today: dt.date) -> Item:
    model = ContentType.objects.get_for_id(task.subject_type_id).model_class()
    due = task.due_on or today
    chip = Chip(format_due(due, today), "bad" if due < today else "warn", "checkbox")
    address = record_url(model(pk=task.subject_id)) if model else "/"
    return Item(task.text[:80], gettext("Task"), f"{address}#activity", chip)


def _lead(lead: Lead) -> Item:
    words = " · ".join(filter(None, [lead.full_name, lead.company_name]))
    return Item(lead.topic, words, record_url(lead), follow_up_chip(lead))


def approvals(user: User) -> list[Panel]:
    """List the quotes that wait for this person's yes; only for those who may give one."""
    if not user.has_perm("sales.approve_quote"):
        return []
    quotes = quotes_to_approve(user).select_related("account", "owner")[: SHOWN + 1]
    items = [
        Item(
            f"{quote} · {quote.name}",
            f"{quote.account} · {quote.owner}",
            f"{record_url(quote)}#approval",
            Chip(gettext("Waits for approval"), "warn", "hourglass"),
            format_money(quote.total, quote.currency),
        )
        for quote in quotes
    ]
    panel = Panel(
        gettext("Quotes waiting for your approval"),
        "rosette",
        items,
        gettext("No quote waits for a yes."),
        "/quotes/?status=draft",
        "warn",
    )
    return [panel]


def expiring_quotes(user: User) -> Panel:
    """List active quotes that stand for seven days at most."""
    quotes = (
        Quote.objects.visible_to(user)
        .expiring(within=SOON)
        .select_related("account", "company")
        .order_by("valid_until")[: SHOWN + 1]
    )
    items = [
        Item(
            str(quote),
            f"{quote.account} · {quote.name}",
            record_url(quote),
            Chip(format_due(quote.valid_until, quote.company.today()), "warn", "clock")
            if quote.valid_until
            else None,
            format_money(quote.total, quote.currency),
        )
        for quote in quotes
    ]
    return Panel(
        gettext("Quotes expiring within 7 days"),
        "file-time",
        items,
        gettext("No active quote expires this week."),
        "/quotes/?status=active",
        "warn",
    )


def sync_trouble(user: User) -> Panel:
    """List documents another system has not taken."""
    handoffs = (
        Handoff.objects.visible_to(user)
        .filter(state__in=TROUBLE)
        .select_related("event", "lane__connection")
        .order_by("-id")[: SHOWN + 1]
    )
    items = [_trouble(handoff) for handoff in handoffs]
    return Panel(
        gettext("Sync trouble"),
        "cloud-exclamation",
        items,
        gettext("Every system has heard of everything."),
        "/handoffs/?state=needs_attention",
        "bad",
    )


def _trouble(handoff: Handoff) -> Item:
    event = handoff.event
    title = f"{event.subject_number} → {handoff.lane.connection}"
    words = handoff.cause or event.get_type_display()
    return Item(title, words, record_url(handoff), handoff_chip(handoff))


def overdue_invoices(user: User) -> Panel:
    """List invoices whose money has not come."""
    invoices = (
        Invoice.objects.visible_to(user)
        .overdue()
        .select_related("account", "company")
        .prefetch_related("instalments")[: SHOWN + 1]
    )
    items = [_late(invoice) for invoice in invoices]
    return Panel(
        gettext("Overdue invoices"),
        "receipt-off",
        items,
        gettext("Everybody has paid in time."),
        "/invoices/?status=overdue",
        "bad",
    )


def _late(invoice: Invoice) -> Item:
    today = invoice.company.today()
    since = invoice.next_due_on or today
    return Item(
        str(invoice),
        f"{invoice.account} · {format_due(since, today)}",
        record_url(invoice),
        invoice_chip(invoice),
        format_money(invoice.overdue_amount(today), invoice.currency),
    )
