"""Views of approvals of quotes: request, approve, refuse."""

from __future__ import annotations

import uuid

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext

from common.errors import DomainError
from sales.models import Quote
from sales.services.approvals import check_is_draft, decide_approval, request_approval
from web.actions import lead_away, run_form_action
from web.forms.approvals import ApproveForm, AskApprovalForm, RefuseForm
from web.forms.base import add_refusal, status_of_forms
from web.htmx import go_to, show_message
from web.http import RepRequest, rep_with
from web.pages.approvals import MAY_APPROVE, ApprovalPage, approval_page
from web.record_urls import record_url
from web.rendering import render_page
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
        check=lambda: check_is_draft(quote),
        heading=gettext("Ask for approval of %(quote)s") % {"quote": quote},
        label=gettext("Ask for approval"),
        done=gettext("Approval requested. Those who may approve see the quote on their home page."),
    )


@rep_with(MAY_APPROVE)
def approve(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Approve exactly the content that was shown."""
    form = ApproveForm(request.POST or None)
    done = gettext("Approved as it stands; any change needs a new approval.")
    if answer := _decide(request, pk, form, approved=True, done=done):
        return answer
    quote = find_document(request, Quote, pk)
    heading = gettext("Approve %(quote)s") % {"quote": quote}
    page = approval_page(quote, form, heading=heading, label=gettext("Approve"), icon="thumb-up")
    return _show(request, page)


@rep_with(MAY_APPROVE)
def refuse(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Refuse exactly the content that was shown, with the reason."""
    form = RefuseForm(request.POST or None)
    done = gettext("Refused. The reason stands on the quote.")
    if answer := _decide(request, pk, form, approved=False, done=done):
        return answer
    quote = find_document(request, Quote, pk)
    heading = gettext("Refuse %(quote)s") % {"quote": quote}
    page = approval_page(quote, form, heading=heading, label=gettext("Refuse"), icon="thumb-down")
    return _show(request, page)


def _decide(
    request: RepRequest, pk: uuid.UUID, form: forms.Form, *, approved: bool, done: str
) -> HttpResponse | None:
    """Decide on the content whose hash was posted; None where the page is to be shown (again)."""
    quote, seen = find_document(request, Quote, pk), request.POST.get("seen", "")
    if elsewhere := lead_away(request, quote, lambda: check_is_draft(quote)):
        return elsewhere
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        decide_approval(
            quote.pk, actor=request.user, approved=approved, seen=seen, **form.cleaned_data
        )
    except DomainError as error:
        add_refusal(form, error)
        return None
    show_message(request, done)
    return go_to(request, record_url(quote))


def _show(request: RepRequest, page: ApprovalPage) -> HttpResponse:
    """Show what is decided on as it stands now; refused, with the comment that was typed."""
    return render_page(request, "quotes/decision.html", page, status=status_of_forms(page.form))
