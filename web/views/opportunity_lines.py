"""Views of an opportunity's lines, and of the quotes and orders drafted from it."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext

from crm.models import Opportunity
from sales.models import OpportunityLine, Quote
from sales.services.documents.drafts import default_company
from sales.services.opportunities import order_from_opportunity, quote_from_opportunity, take_lines
from sales.services.opportunity_lines import (
    add_opportunity_deduction,
    add_opportunity_line,
    remove_opportunity_line,
    take_revenue_from_lines,
)
from web.actions import action, run_action, run_form_action
from web.forms.opportunity_lines import (
    OpportunityDeductionForm,
    OpportunityLineForm,
    OrderFromOpportunityForm,
    QuoteFromOpportunityForm,
)
from web.http import RepRequest, rep_with
from web.views.documents import find_document, in_thirty_days
from web.views.opportunities import find


@rep_with("crm.change_opportunity")
def add(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Add a line to the opportunity."""
    opportunity = find(request, pk)

    form = OpportunityLineForm(request.POST or None, company=default_company())

    def add_line(_answers: dict[str, Any]) -> Opportunity:
        add_opportunity_line(opportunity.pk, actor=request.user, **form.changes())
        return opportunity

    return run_form_action(
        request,
        opportunity,
        form,
        add_line,
        heading=gettext("Add a product to %(opportunity)s") % {"opportunity": opportunity},
        label=gettext("Add line"),
        done=gettext("Line added."),
    )


@rep_with("crm.change_opportunity")
def deduct(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Add a trade-in or rebate to the opportunity."""
    opportunity = find(request, pk)
    form = OpportunityDeductionForm(request.POST or None)

    def add_deduction(_answers: dict[str, Any]) -> Opportunity:
        add_opportunity_deduction(opportunity.pk, actor=request.user, **form.changes())
        return opportunity

    return run_form_action(
        request,
        opportunity,
        form,
        add_deduction,
        heading=gettext("Add a trade-in or rebate to %(opportunity)s")
        % {"opportunity": opportunity},
        label=gettext("Add line"),
        done=gettext("Line added."),
    )


@action(Opportunity, "crm.change_opportunity")
def remove(request: RepRequest, pk: uuid.UUID, line: uuid.UUID) -> HttpResponse:
    """Remove a line from the opportunity."""
    opportunity = find(request, pk)
    stored = get_object_or_404(OpportunityLine, pk=line, opportunity=opportunity)

    def remove_line() -> Opportunity:
        remove_opportunity_line(stored.pk, actor=request.user)
        return opportunity

    return run_action(request, opportunity, remove_line, done=gettext("Line removed."))


@action(Opportunity, "crm.change_opportunity")
def revenue(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Compute the expected revenue from the lines, or let it be typed."""
    opportunity = find(request, pk)
    computed = request.POST.get("computed") == "yes"
    done = (
        gettext("The expected revenue follows the lines.")
        if computed
        else gettext("The expected revenue is typed again.")
    )
    return run_action(
        request,
        opportunity,
        lambda: take_revenue_from_lines(opportunity.pk, actor=request.user, computed=computed),
        done=done,
    )


@rep_with("sales.add_quote")
def quote(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Draft a quote of the opportunity's lines."""
    opportunity = find(request, pk)
    start = {"valid_until": in_thirty_days()}
    return run_form_action(
        request,
        opportunity,
        QuoteFromOpportunityForm(request.POST or None, initial=start),
        lambda answers: quote_from_opportunity(opportunity.pk, actor=request.user, **answers),
        heading=gettext("Quote for %(opportunity)s") % {"opportunity": opportunity},
        label=gettext("Create quote"),
        done=gettext(
            "A draft quote with the opportunity's lines: what was typed stays, "
            "other prices are today's."
        ),
    )


@rep_with("sales.add_order")
def order(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Draft an order of the opportunity's lines, without a quote."""
    opportunity = find(request, pk)
    return run_form_action(
        request,
        opportunity,
        OrderFromOpportunityForm(request.POST or None),
        lambda answers: order_from_opportunity(opportunity.pk, actor=request.user, **answers),
        heading=gettext("Order for %(opportunity)s") % {"opportunity": opportunity},
        label=gettext("Create order"),
        done=gettext(
            "A draft order with the opportunity's lines: what was typed stays, "
            "other prices are today's."
        ),
    )


@action(Quote, "sales.change_quote")
def take(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Add the opportunity's lines to a draft quote."""
    draft = find_document(request, Quote, pk)
    opportunity = find(request, draft.opportunity_id) if draft.opportunity_id else None

    def take_over() -> Any:
        if opportunity is not None:
            take_lines(draft, opportunity, actor=request.user)
        return draft

    return run_action(
        request,
        draft,
        take_over,
        done=gettext("The opportunity's lines are added to the quote."),
    )
