"""Views of approvals of quotes: request, approve, refuse."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.utils.translation import gettext

from sales.models import Quote
from sales.services.approvals import decide_approval, request_approval
from web.actions import run_form_action
from web.forms.approvals import ApproveForm, AskApprovalForm, RefuseForm
from web.http import RepRequest, rep_with
from web.views.documents import find_document


@rep_with("sales.change_quote")
def ask_for_approval(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Request approval of the draft as it stands."""
    quote = find_document(request, Quote, pk)
    return run_form_action(
        request,
        quote,
        AskApprovalForm(request.POST or None),
        lambda answers: request_approval(quote.pk, actor=request.user, **answers),
        heading=gettext("Ask for approval of %(quote)s") % {"quote": quote},
        label=gettext("Ask for approval"),
        done=gettext("Approval requested. Those who may approve see the quote on their home page."),
    )


@rep_with("sales.approve_quote")
def approve(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Approve exactly this content."""
    quote = find_document(request, Quote, pk)
    return run_form_action(
        request,
        quote,
        ApproveForm(request.POST or None),
        lambda answers: (
            decide_approval(quote.pk, actor=request.user, approved=True, **answers).quote
        ),
        heading=gettext("Approve %(quote)s") % {"quote": quote},
        label=gettext("Approve"),
        done=gettext("Approved as it stands; any change needs a new approval."),
    )


@rep_with("sales.approve_quote")
def refuse(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Refuse exactly this content, with the reason."""
    quote = find_document(request, Quote, pk)
    return run_form_action(
        request,
        quote,
        RefuseForm(request.POST or None),
        lambda answers: (
            decide_approval(quote.pk, actor=request.user, approved=False, **answers).quote
        ),
        heading=gettext("Refuse %(quote)s") % {"quote": quote},
        label=gettext("Refuse"),
        done=gettext("Refused. The reason stands on the quote."),
    )
