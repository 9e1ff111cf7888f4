"""View of a record's audit trail."""

from __future__ import annotations

import datetime as dt
import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_aware
from django.views.decorators.http import require_safe

from web.http import RepRequest, missing_right
from web.pages.history import history_page
from web.rendering import render_page
from web.views.activities import visible_subject


@require_safe
@login_required
def changes(request: RepRequest, app: str, model: str, pk: uuid.UUID) -> HttpResponse:
    """Show what was changed on a record and its lines, when and by whom."""
    if not request.user.has_perm(permission := f"{app}.view_{model}"):
        raise missing_right(permission)
    record = visible_subject(request, app, model, pk)
    page = history_page(record, _moment(request.GET.get("before", "")))
    return render_page(request, "history/changes.html", page)


def _moment(text: str) -> dt.datetime | None:
    """Read where a page begins; what is no moment begins with the newest."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment is not None and is_aware(moment) else None
