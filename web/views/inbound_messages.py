"""Views of messages from external systems, with their actions."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_safe

from fulfilment.inbound.intake import MessageResult
from fulfilment.inbound.message_actions import apply_again, map_waiting_code, set_aside
from fulfilment.models import InboundMessage, Mapping
from fulfilment.services.mappings import unmapped_code
from web.actions import Outcome, action, run_action, run_form_action
from web.forms.handoffs import SetAsideForm
from web.forms.mappings import MapCodeForm
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


@rep_with("fulfilment.change_inboundmessage")
def map_code(request: RepRequest, pk: uuid.UUID, kind: str, code: str) -> HttpResponse:
    """Ask what a code of theirs is here, and apply all messages that waited for it."""
    message = find(request, pk)
    if not message.waits_for_code(unmapped_code((kind, code))):
        raise Http404
    names = {"kind": Mapping.Kind(kind).label, "code": code, "connection": message.connection}

    def use_case(data: dict[str, Any]) -> Outcome:
        applied = map_waiting_code(message.connection, (kind, code), data["record"])
        message.refresh_from_db()
        return _mapped(message, applied)

    return run_form_action(
        request,
        message,
        MapCodeForm(request.POST or None, code=(kind, code)),
        use_case,
        heading=gettext("Map %(kind)s “%(code)s” of %(connection)s") % names,
        label=gettext("Map it"),
        summary=gettext("Everything that waits for this code is applied then."),
    )


def _mapped(message: InboundMessage, applied: Sequence[MessageResult]) -> Outcome:
    """Say how many messages were applied, and what became of this one."""
    done = sum(each.result not in InboundMessage.WAITING for each in applied)
    text = ngettext(
        "The code is mapped: %(count)d message is applied.",
        "The code is mapped: %(count)d messages are applied.",
        done,
    )
    sentence = text % {"count": done}
    if message.is_waiting:
        return Outcome(message, f"{sentence} {message.display_detail}", messages.WARNING)
    return Outcome(message, sentence)
