"""Views of actions on opportunities: move, win, lose, reopen."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.utils.translation import gettext

from crm.models import Opportunity
from sales.services.opportunities import (
    lose_opportunity,
    move_opportunity,
    reopen_opportunity,
    win_opportunity,
)
from web.actions import action, run_action, run_form_action
from web.forms.opportunities import LoseForm, WinForm
from web.http import RepRequest, rep_with
from web.views.opportunities import find


@action(Opportunity, "crm.change_opportunity")
def move(request: RepRequest, pk: uuid.UUID, stage: uuid.UUID) -> HttpResponse:
    """Put the opportunity into another stage."""
    opportunity = find(request, pk)
    return run_action(
        request,
        opportunity,
        lambda: move_opportunity(opportunity.pk, stage, actor=request.user),
        done=gettext("%(record)s moved."),
    )


@action(Opportunity, "crm.change_opportunity")
def reopen(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Reopen a closed opportunity."""
    opportunity = find(request, pk)
    return run_action(
        request,
        opportunity,
        lambda: reopen_opportunity(opportunity.pk, actor=request.user),
        done=gettext("%(record)s is open again."),
    )


@rep_with("crm.change_opportunity")
def win(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Close as won."""
    opportunity = find(request, pk)
    return run_form_action(
        request,
        opportunity,
        WinForm(request.POST or None),
        lambda answers: win_opportunity(opportunity.pk, actor=request.user, **answers),
        check=lambda: opportunity.refuse_move_to(Opportunity.Status.WON),
        heading=gettext("Close %(opportunity)s as won") % {"opportunity": opportunity},
        label=gettext("Close as won"),
        done=gettext("%(record)s is won."),
    )


@rep_with("crm.change_opportunity")
def lose(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Close as lost, with the reason."""
    opportunity = find(request, pk)
    return run_form_action(
        request,
        opportunity,
        LoseForm(request.POST or None),
        lambda answers: lose_opportunity(opportunity.pk, actor=request.user, **answers),
        check=lambda: opportunity.refuse_move_to(Opportunity.Status.LOST),
        heading=gettext("Close %(opportunity)s as lost") % {"opportunity": opportunity},
        label=gettext("Close as lost"),
        done=gettext("%(record)s is closed as lost."),
    )
