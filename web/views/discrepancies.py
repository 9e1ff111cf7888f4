"""Views of discrepancies, with their decision."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from fulfilment.models import Discrepancy
from fulfilment.services.discrepancies import resolve_discrepancy
from web.actions import run_form_action
from web.forms.discrepancies import DecisionForm
from web.http import RepRequest, missing_right, rep_with
from web.pages.discrepancies import conflicts_url, discrepancy_page
from web.rendering import render_page


def find(request: RepRequest, pk: uuid.UUID) -> Discrepancy:
    """Find a discrepancy of a document that the person may see."""
    visible = Discrepancy.objects.visible_to(request.user).select_related(
        "connection", "report__connection"
    )
    return get_object_or_404(visible, pk=pk)


@require_safe
@rep_with("fulfilment.view_discrepancy")
def detail(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Show both values of a discrepancy."""
    page = discrepancy_page(find(request, pk), request.user)
    return render_page(request, "discrepancies/detail.html", page)


@rep_with("fulfilment.view_discrepancy")
def decide(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask what was decided about a discrepancy, and why; a field is decided with its order."""
    found = find(request, pk)
    if found.compared is not None:
        return redirect(conflicts_url(found))
    if not request.user.has_perm("fulfilment.change_discrepancy"):
        raise missing_right("fulfilment.change_discrepancy")

    def use_case(data: dict[str, str]) -> Discrepancy:
        resolve_discrepancy(found, actor=request.user, reason=data["reason"])
        return found

    return run_form_action(
        request,
        found,
        DecisionForm(request.POST or None),
        use_case,
        heading=gettext("Decide: %(discrepancy)s") % {"discrepancy": found},
        label=gettext("Record decision"),
        done=gettext("The decision is recorded."),
        summary=gettext("Our document stays as it is: correct it where it is wrong."),
    )
