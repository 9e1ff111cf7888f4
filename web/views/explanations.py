"""View of explanations: how each figure of a document was computed, step by step."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from sales.models import kind_of
from web.http import RepRequest, rep_required
from web.pages.explanations import explanations_page
from web.rendering import render_dialog
from web.views.documents import find_by_url_word


@require_safe
@rep_required
def explain(request: RepRequest, kind: str, pk: uuid.UUID, figure: str = "") -> HttpResponse:
    """Show the steps behind one figure, or behind all of them."""
    document = find_by_url_word(request, kind, pk)
    if not request.user.has_perm(kind_of(document).view_permission):
        raise Http404
    page = explanations_page(document, figure)
    if not page.sections:
        raise Http404
    return render_dialog(request, "documents/explanations.html", "explanations", page)
