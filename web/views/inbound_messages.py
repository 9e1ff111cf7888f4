"""Views of messages from external systems, with their actions."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from fulfilment.inbound.message_actions import apply_again, set_aside
from fulfilment.models import InboundMessage
from web.actions import Outcome, action, run_action, run_form_action
from web.forms.handoffs import SetAsideForm
from web.http import RepRequest, rep_with
from web.pages.inbound_messages import message_page
from web.rendering import render_page


def find(request: RepRequest, pk: uuid.UUID) -> InboundMessage:
    """Find a message about a document that the person may see."""
    visible = InboundMessage.objects.visible_to(request.user).select_related("connection")
    return get_object_or_404(visible, pk=pk)


@require_safe
@rep_with("fulfilment.view_inboundmessage")
def detail(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Show a message, what became of it, and why."""
    page = message_page(find(request, pk), request.user)
    return render_page(request, "messages/detail.html", page)


@action(InboundMessage, "fulfilment.change_inboundmessage")
def apply(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Apply a message again that was not applied."""

    def use_case() -> Outcome:
        applied = apply_again(pk)
        if applied.is_waiting:
            return Outcome(applied, applied.display_detail, messages.ERROR)
        return Outcome(applied, gettext("The message is applied."))

    return run_action(request, find(request, pk), use_case)


@rep_with("fulfilment.change_inboundmessage")
def leave(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask why, and leave a message unapplied for good."""
    return run_form_action(
        request,
        find(request, pk),
        SetAsideForm(request.POST or None),
        lambda data: set_aside(pk, actor=request.user, reason=data["reason"]),
        heading=gettext("Set this message aside"),
        label=gettext("Set aside"),
        done=gettext("The message is set aside."),
    )
