"""Views of handoffs: list and page."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.db import models
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from common.formatting import format_ago
from common.keyset import Group
from fulfilment.models import Handoff
from fulfilment.monitoring.waiting import wait_of
from web.chips.handoffs import handoff_chip
from web.display import Column
from web.filters.handoffs import HandoffFilter
from web.http import RepRequest, rep_with
from web.pages.handoff_list import HandoffListPage, handoff_list_page
from web.pages.handoffs import RELATED, handoff_page
from web.pages.lists import Empty
from web.pages.open_reports import ALL
from web.rendering import render_page
from web.screens import ListScreen


class HandoffList(ListScreen[Handoff]):
    """List of handoffs, with alerts and causes above it."""

    heading = _("Handoffs")
    template_name = "handoffs/list.html"
    columns = (
        Column(_("What")),
        Column(_("Document")),
        Column(_("To")),
        Column(_("State"), needs_no_label=True),
        Column(_("Their reference"), wide_only=True),
        Column(_("Cause, and what it waits for"), wide_only=True),
        Column(_("Since"), "end"),
    )
    filter_class = HandoffFilter
    grouped_by = "state"
    empty = Empty(
        "arrows-exchange",
        _("No handoffs yet"),
        _("Submitted orders and issued invoices are handed to the connected systems."),
    )

    def records(self) -> models.QuerySet[Handoff]:
        """Return the handoffs the reader may see."""
        return Handoff.objects.visible_to(self.person).with_wait()

    def build(self, **fields: Any) -> HandoffListPage:
        """Show alerts, and the causes of handoffs that need attention, above the list."""
        return handoff_list_page(
            fields,
            self.person,
            connection=self.request.GET.get("connection", ""),
            shows_all=self.request.GET.get("reports") == ALL,
        )

    def cells(self, record: Handoff) -> Sequence[object]:
        """Return event, document, connection, state, reference, cause, wait and age."""
        wait = str(wait_of(record) or "")
        return (
            record.event.get_type_display(),
            record.event.subject_number or "–",
            record.lane.connection,
            handoff_chip(record),
            record.reference,
            " ".join(filter(None, (record.display_cause, wait))),
            format_ago(record.created_at),
        )

    def total(self, group: Group) -> str:
        """Write the count of a state instead of money."""
        return f"{Handoff.State(group.key).label} {group.count}"


def find(request: RepRequest, pk: uuid.UUID) -> Handoff:
    """Find a handoff the person may see."""
    visible = Handoff.objects.visible_to(request.user).with_wait().select_related(*RELATED)
    return get_object_or_404(visible, pk=pk)


@require_safe
@rep_with("fulfilment.view_handoff")
def detail(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Show the body sent, every attempt and its answer."""
    page = handoff_page(find(request, pk), request.user)
    return render_page(request, "handoffs/detail.html", page)
