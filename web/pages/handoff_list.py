"""Page of the list of handoffs, grouped by cause where they need attention."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db import models
from django.db.models import Count, Min
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from common.stored_sentences import written
from crm.models import User
from fulfilment.models import Handoff, InboundMessage
from fulfilment.monitoring.alerts import Alert, alerts_for
from fulfilment.monitoring.metrics import collect_metrics
from web.filters.handoffs import TO_SEND
from web.pages.cards import Card
from web.pages.connections import sync_counts_card
from web.pages.lists import ListPage
from web.pages.open_reports import ALL, open_reports_among
from web.pages.unmapped_codes import unmapped_codes_card

CAUSES = 8
"""So many causes are shown above the list."""


@dataclass(frozen=True, slots=True)
class AlertNotice:
    """An alert, with a link to what it counts."""

    text: str
    is_critical: bool
    url: str


def notices_of(alerts: Iterable[Alert]) -> list[AlertNotice]:
    """Link each alert to the handoffs of its connection that it counts, or to the reports."""
    return [
        AlertNotice(each.text, each.severity == "critical", _counted_by(each)) for each in alerts
    ]


def _counted_by(alert: Alert) -> str:
    """Return the address of what an alert counts: the rows of this list, or a card above it."""
    if alert.code in {"quarantined", "deferred", "discrepancies"}:
        query = urlencode({"connection": alert.connection, "reports": ALL})
        return f"{reverse('fulfilment:handoff-list')}?{query}#undecided"
    state = Handoff.State.NEEDS_ATTENTION if alert.code == "needs_attention" else TO_SEND
    query = urlencode({"connection": alert.connection, "state": state})
    return f"{reverse('fulfilment:handoff-list')}?{query}"


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause of handoffs of one connection that need attention, with one of them as an example."""

    text: str
    connection: str
    counted: str
    url: str
    replay_url: str
    """Where all of them are sent again; empty for who may not."""


def causes_among(handoffs: models.QuerySet[Handoff], user: User) -> list[Cause]:
    """Group the handoffs that need attention, the commonest cause first; one statement."""
    stuck = handoffs.filter(state=Handoff.State.NEEDS_ATTENTION).order_by()
    rows = (
        stuck.values_list("cause", "cause_parameters", "lane__connection__name")
        .annotate(count=Count("pk"), example=Min(Cast("pk", models.TextField())))
        .order_by("-count", "cause", "cause_parameters")
    )
    may_replay = user.has_perm("fulfilment.replay_handoff")
    return [
        _cause(written(template, parameters), *row, may_replay=may_replay)
        for template, parameters, *row in rows[:CAUSES]
    ]


def _cause(text: str, connection: str, count: int, example: str, *, may_replay: bool) -> Cause:
    counted = ngettext("%(count)d handoff", "%(count)d handoffs", count) % {"count": count}
    return Cause(
        text=text or gettext("Without a cause"),
        connection=connection,
        counted=counted,
        url=reverse("fulfilment:handoff-detail", args=[example]),
        replay_url=reverse("fulfilment:handoff-replay-like", args=[example]) if may_replay else "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoffListPage(ListPage):
    """One page of the list of handoffs."""

    alerts: Sequence[AlertNotice]
    causes: Sequence[Cause]
    unmapped: Card | None
    """Codes of other systems that messages wait for."""
    sync_counts: Card | None
    """How many orders agree with each system that edits them too."""
    undecided: Card | None
    """Reports that were not applied, and values that differ."""


def handoff_list_page(
    fields: Mapping[str, Any], user: User, *, connection: str, shows_all: bool
) -> HandoffListPage:
    """Put alerts, causes and what needs a person above the fields of the list.

    With the code of a connection only its reports are shown; the newest of them, or all.
    """
    measured = collect_metrics()
    return HandoffListPage(
        **fields,
        alerts=notices_of(alerts_for(measured)),
        causes=causes_among(Handoff.objects.visible_to(user), user),
        unmapped=unmapped_codes_card(InboundMessage.objects.visible_to(user).open(), user),
        sync_counts=sync_counts_card(measured, user),
        undecided=open_reports_among(user, connection, shows_all=shows_all),
    )
