"""Views of actions on handoffs: replay, skip, settle."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from fulfilment.models import Handoff
from fulfilment.outbound.handoff_actions import (
    replay_all,
    replay_handoff,
    settle_handoff,
    skip_handoff,
    stuck_like,
)
from web.actions import action, run_action, run_form_action
from web.forms.handoffs import SetAsideForm, SettleForm
from web.htmx import go_to, show_message
from web.http import RepRequest, rep_with
from web.views.handoffs import find


@action(Handoff, "fulfilment.replay_handoff")
def replay(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Send a handoff again, with the same id and body."""
    return run_action(
        request,
        find(request, pk),
        lambda: replay_handoff(pk, actor=request.user),
        done=gettext("The handoff is sent again."),
    )


@action(Handoff, "fulfilment.replay_handoff")
def replay_like(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Send all again that wait for a person for the same cause."""
    handoff = find(request, pk)
    alike = stuck_like(handoff)
    allowed = alike.filter(pk__in=Handoff.objects.visible_to(request.user).values("pk"))
    count = replay_all(allowed, actor=request.user)
    done = ngettext("%(count)d handoff is sent again.", "%(count)d handoffs are sent again.", count)
    show_message(request, done % {"count": count})
    return go_to(request, reverse("fulfilment:handoff-list"))


@rep_with("fulfilment.replay_handoff")
def skip(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask why, and leave a handoff unsent for good."""
    return run_form_action(
        request,
        find(request, pk),
        SetAsideForm(request.POST or None),
        lambda data: skip_handoff(pk, actor=request.user, reason=data["reason"]),
        heading=gettext("Skip this handoff"),
        label=gettext("Skip handoff"),
        done=gettext("The handoff is skipped; those behind it continue."),
    )


@rep_with("fulfilment.replay_handoff")
def settle(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask how the external system was informed, and count a handoff as delivered."""
    return run_form_action(
        request,
        find(request, pk),
        SettleForm(request.POST or None),
        lambda data: settle_handoff(pk, actor=request.user, **data),
        heading=gettext("Handled outside"),
        label=gettext("Mark as handled"),
        done=gettext("The handoff counts as delivered; those behind it continue."),
    )
