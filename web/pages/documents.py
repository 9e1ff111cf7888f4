"""Base of the pages of quotes, orders and invoices."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db import models
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext

from common.formatting import format_day, format_quantity, format_rate
from crm.models import User
from sales.models import AnyDocument, SalesEvent, kind_of
from sales.services.documents.drafts import check_draft, check_figures
from sales.services.documents.tax_rates import TaxDrift
from web.display import Fact, Link, When, joined
from web.pages.cards import Card, CardRow
from web.pages.lines import Lines
from web.pages.records import RecordPage, refusal_of
from web.record_urls import record_url

SHOWN = 20
EVENTS = 100
"""So many events are read at most; the same event in a row is one row of the history."""

RELATED = (
    "account",
    "contact",
    "company",
    "owner",
    "price_list",
    "payment_terms",
    "tax_zone",
)
"""What every document's page reads along with the document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentPage(RecordPage):
    """The page of a quote, an order or an invoice."""

    record: AnyDocument
    lines: Lines
    history: Card
    notes: str
    notices: Sequence[str] = ()
    """What somebody should know before going on, and the way on."""
    todays: Sequence[str] = ()
    """What issuing a draft would change, as a rate is another one today."""


def may_edit(document: AnyDocument, user: User) -> bool:
    """Return whether the user may type into the document's lines now."""
    may_change = user.has_perm(kind_of(document).change_permission)
    return document.is_draft and not document.bills_order and may_change


def no_edit_reason(document: AnyDocument) -> str:
    """Return why the head of a document is not edited; empty where it is."""
    return refusal_of(check_draft, document) or refusal_of(check_figures, document)


def tax_notices(drifts: Iterable[TaxDrift], notice: str) -> list[str]:
    """Name the lines whose tax rate is another one today, one notice for each pair of rates.

    ``notice`` is a text with ``agreed``, ``today`` and ``lines``.
    """
    lines: defaultdict[tuple[Decimal, Decimal], list[str]] = defaultdict(list)
    for drift in drifts:
        lines[drift.agreed, drift.today].append(drift.description)
    return [
        notice
        % {
            "agreed": format_rate(agreed),
            "today": format_rate(today),
            "lines": ", ".join(names),
        }
        for (agreed, today), names in sorted(lines.items())
    ]


def subtitle(document: AnyDocument) -> SafeString:
    """Write whom the document is for, and what it is about."""
    account = Link(str(document.account), record_url(document.account))
    return joined(account, document.name)


def history_card(events: Sequence[SalesEvent]) -> Card:
    """Format a document's events, newest first; the same again in a row is one entry."""
    runs = [list(run) for _, run in groupby(events, key=lambda e: (e.type, e.actor_name))]
    rows = [_history_row(run[0], len(run)) for run in runs[:SHOWN]]
    return Card(title=gettext("History"), id="history", rows=rows)


def _history_row(event: SalesEvent, times: int) -> CardRow:
    return CardRow(
        title=event.get_type_display(),
        note=f"× {times}" if times > 1 else "",
        detail=f"{event.actor_name} · v{event.subject_version}",
        when=When.of(event.occurred_at),
    )


def read_events(document: AnyDocument) -> list[SalesEvent]:
    """Read the last events of a document, newest first; one statement."""
    return list(SalesEvent.objects.filter(subject_id=document.pk).order_by("-id")[:EVENTS])


def common_facts(document: AnyDocument) -> list[Fact]:
    """List the facts that the page of every document shows."""
    contact, account = document.contact, document.account
    facts = [
        Fact(gettext("Account"), Link(str(account), record_url(account), is_whole=True)),
        Fact(gettext("Contact"), Link(str(contact), record_url(contact)) if contact else ""),
        Fact(gettext("Customer's reference"), document.customer_reference),
        Fact(gettext("Price list"), document.price_list or ""),
        Fact(gettext("Payment terms"), document.payment_terms or ""),
        Fact(gettext("Tax zone"), document.tax_zone or ""),
        Fact(gettext("Exchange rate"), _exchange(document)),
        Fact(gettext("Rounding"), _rounding(document)),
        Fact(gettext("Discount of a line"), _discount_method(document)),
        Fact(gettext("Owner"), document.owner),
    ]
    return [fact for fact in facts if fact.value]


def own_facts(document: AnyDocument) -> list[Fact]:
    """List the columns that only this kind of document has, where they are filled in."""
    facts = [
        Fact(capfirst(each.verbose_name), _shown(document, each)) for each in document.own_fields()
    ]
    return [fact for fact in facts if fact.value]


def _shown(document: AnyDocument, column: models.Field[Any, Any]) -> object:
    value = getattr(document, column.name)
    if column.choices:
        return getattr(document, f"get_{column.name}_display")()
    return format_day(value) if isinstance(value, dt.date) else value


def _rounding(document: AnyDocument) -> str:
    """Name the rounding of a document; empty where it is the usual one."""
    if document.rounding == document.Rounding.HALF_UP:
        return ""
    return document.get_rounding_display()


def _discount_method(document: AnyDocument) -> str:
    """Say what a typed discount counts for; empty where that is the whole line."""
    return document.get_discount_method_display() if document.discounts_each_unit else ""


def _exchange(document: AnyDocument) -> str:
    base = document.company.base_currency
    if document.currency == base:
        return ""
    if document.exchange_rate_on is None:
        return gettext("not known yet")
    rate = format_quantity(document.exchange_rate)
    day = format_day(document.exchange_rate_on)
    return f"{rate} {document.currency} / {base} · {day}"
