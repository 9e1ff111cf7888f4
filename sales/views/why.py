"""Why a figure is what it is: every step to it."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from common.addresses import address_of
from common.display import Link
from common.htmx import is_partial
from crm.http import RepRequest, rep_required
from sales.pages import read_lines
from sales.reasons import chapters
from sales.views.lines import FIND


@require_safe
@rep_required
def why(request: RepRequest, kind: str, pk: uuid.UUID, figure: str = "") -> HttpResponse:
    """Show the steps behind one figure, or behind all of them."""
    document = FIND[kind](request, pk)
    if not request.user.has_perm(f"sales.view_{document._meta.model_name}"):
        raise Http404
    told = chapters(document, read_lines(document), figure)
    if not told:
        raise Http404
    context = {
        "heading": gettext("Why these figures"),
        "record": document,
        "chapters": told,
        "figure": figure,
        "back": Link(str(document), address_of(document)),
    }
    part = "#why" if is_partial(request) else ""
    return render(request, f"sales/why.html{part}", context)
