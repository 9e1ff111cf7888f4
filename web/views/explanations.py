"""Why a figure is what it is: every step to it."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from sales.models import kind_of
from web.display import Link
from web.htmx import is_partial
from web.http import RepRequest, rep_required
from web.pages.documents import read_lines
from web.pages.explanations import chapters
from web.record_urls import record_url
from web.views.lines import FIND


@require_safe
@rep_required
def why(request: RepRequest, kind: str, pk: uuid.UUID, figure: str = "") -> HttpResponse:
    """Show the steps behind one figure, or behind all of them."""
    document = FIND[kind](request, pk)
    if not request.user.has_perm(kind_of(document).view_permission):
        raise Http404
    told = chapters(document, read_lines(document), figure)
    if not told:
        raise Http404
    context = {
        "heading": gettext("Why these figures"),
        "record": document,
        "chapters": told,
        "figure": figure,
        "back": Link(str(document), record_url(document)),
    }
    part = "#why" if is_partial(request) else ""
    return render(request, f"sales/why.html{part}", context)
