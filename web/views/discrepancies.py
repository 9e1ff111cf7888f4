"""Views of discrepancies, with their decision."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from fulfilment.models import Discrepancy
from fulfilment.services.conflicts import decide_conflict, read_conflict
from fulfilment.services.discrepancies import resolve_discrepancy
from web.actions import Outcome, run_form_action
from web.forms.discrepancies import ConflictForm, DecisionForm
from web.http import RepRequest, rep_with
from web.pages.discrepancies import discrepancy_page
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


@rep_with("fulfilment.change_discrepancy")
def decide(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask what was decided about a discrepancy, and why."""
    found = find(request, pk)
    if found.compared is not None:
        return _choose(request, found)

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


def _choose(request: RepRequest, found: Discrepancy) -> HttpResponse:
    """Ask which value of a field counts in both systems, and say what the other is sent."""
    now = read_conflict(found)
    form = ConflictForm(request.POST or None, now=now)

    def use_case(data: dict[str, str]) -> Outcome:
        choice, other = form.decision()
        decided = decide_conflict(
            found.pk,
            choice,
            actor=request.user,
            reason=data["reason"],
            other=other,
            seen=request.POST.get("seen", ""),
        )
        return Outcome(decided, decided.decision)

    return run_form_action(
        request,
        found,
        form,
        use_case,
        heading=gettext("Decide: %(discrepancy)s") % {"discrepancy": found},
        label=gettext("Record decision"),
        seen=now.seen,
        summary=gettext("The value counts in both systems: our order is changed by you if needed."),
    )
