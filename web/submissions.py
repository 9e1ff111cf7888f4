"""Idempotency keys of forms: what a form asks for is done once, however often it is sent."""

from __future__ import annotations

import datetime as dt
import uuid

from django.contrib.messages import INFO
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext

from common.middleware import reads_its_body
from crm.models import User
from web.form_fields import IDEMPOTENCY_KEY
from web.htmx import go_to, is_partial, is_refusal, refuse, show_message, shown_messages
from web.http import RepRequest
from web.models import Submission
from web.record_urls import page_above

KEPT_FOR = dt.timedelta(days=7)
"""How long a form that was done answers with its first result: tabs stay open over a weekend."""

CLAIM = """
INSERT INTO web_submission (key, user_id, path, url, messages, created_at)
VALUES (%s, %s, %s, '', '[]', %s)
ON CONFLICT (key) DO NOTHING
"""


def has_key(request: HttpRequest) -> bool:
    """Return whether somebody who is signed in sends a form with a key.

    The body of a request to the API is left to its view.
    """
    return (
        request.method == "POST"
        and isinstance(request.user, User)
        and not reads_its_body(request)
        and request.POST.get(IDEMPOTENCY_KEY, "") != ""
    )


def claim(request: RepRequest) -> HttpResponse | None:
    """Claim the key for this request: None if it is the first, else the answer to it.

    A second request with the key waits here until the first has ended, and goes ahead in its place
    if that was refused.
    """
    try:
        key = uuid.UUID(request.POST[IDEMPOTENCY_KEY])
    except ValueError:
        return _refuse_key(request)
    values = (key, request.user.pk, request.path, timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, values)
        if cursor.rowcount:
            return None
    first = Submission.objects.get(pk=key)
    if (first.user_id, first.path) != (request.user.pk, request.path):
        return _refuse_key(request)
    return _repeat(request, first)


def is_result(request: HttpRequest, response: HttpResponse) -> bool:
    """Return whether an answer says that something was done.

    A page that is shown again, such as a preview, is none; a fragment for htmx is one.
    """
    if is_refusal(response):
        return False
    return result_url(response) != "" or is_partial(request)


def result_url(response: HttpResponse) -> str:
    """Return where an answer leads; empty when it is a page itself."""
    return response.headers.get("Location") or response.headers.get("HX-Redirect", "")


def keep_result(request: RepRequest, response: HttpResponse) -> None:
    """Keep where the first answer to a form led, and what it said; a repeat changes nothing."""
    first = Submission.objects.filter(pk=request.POST[IDEMPOTENCY_KEY], url="")
    first.update(
        url=result_url(response) or page_above(request.path),
        messages=shown_messages(request),
    )


def forget_old() -> int:
    """Delete what was kept long enough; return how many submissions that were."""
    count, _ = Submission.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()
    return count


def _repeat(request: RepRequest, first: Submission) -> HttpResponse:
    """Answer as the first time, and say so."""
    for level, text in first.messages:
        show_message(request, text, level=level)
    show_message(request, gettext("This was done already, and was not done again."), level=INFO)
    return go_to(request, first.url)


def _refuse_key(request: RepRequest) -> HttpResponse:
    reason = gettext("This form was made for another page or person. Open the page and try again.")
    return refuse(request, reason, page_above(request.path))
