"""View of the home page."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from web.http import RepRequest
from web.pages.home import home_page
from web.rendering import render_page


@require_safe
@login_required
def home(request: RepRequest) -> HttpResponse:
    """Show follow-ups, expiring quotes, sync trouble and overdue invoices; quiet ones last."""
    return render_page(request, "home/home.html", home_page(request.user))
