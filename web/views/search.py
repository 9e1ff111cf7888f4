"""View of the search over all records the person may see."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from web.http import RepRequest
from web.pages.search import search_page, url_of_number
from web.rendering import render_page


@require_safe
@login_required
def search(request: RepRequest) -> HttpResponse:
    """Show what matches; a number that matches one document exactly leads straight there."""
    text = request.GET.get("q", "").strip()
    if text and (url := url_of_number(text, request.user)):
        return HttpResponseRedirect(url)
    return render_page(request, "search/search.html", search_page(text, request.user))
