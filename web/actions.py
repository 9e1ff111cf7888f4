"""Actions of views: run a use case, then go to its result or show why it was refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect

from common.errors import DomainError
from web.display import Link
from web.forms.base import add_refusal, status_of_forms
from web.htmx import go_to, refuse, show_message
from web.http import P, PermittedView, RepRequest, missing_right
from web.pages.field_changes import FieldChange
from web.pages.forms import FormPage
from web.record_urls import page_above, record_url
from web.refusals import OVERTAKEN, refusal_text
from web.rendering import render_dialog

NAMES_A_RECORD = frozenset({"app", "model", "kind", "pk"})
"""What in a URL says which record an action is for; the rest names a line, a stage or a status."""

Subject = type[models.Model] | Callable[..., models.Model]
"""A model with ``visible_to``, or what finds the record that a URL names."""


def action(
    subject: Subject, permission: str = ""
) -> Callable[[PermittedView[P]], Callable[..., HttpResponse]]:
    """Let a POST act; a GET of the same URL leads to the record, and is 404 for strangers.

    Browsers ask for an action's URL with GET after sign-in, on reload and from their history.
    """

    def guard(view: PermittedView[P]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: RepRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.method not in {"GET", "HEAD", "POST"}:
                return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
            if not _is_signed_in(request):
                return redirect_to_login(page_above(request.path))
            if request.method != "POST":
                return redirect(record_url(_find(subject, request, kwargs)))
            if permission and not request.user.has_perm(permission):
                raise missing_right(permission)
            return view(request, *args, **kwargs)

        return guarded

    return guard


def _is_signed_in(request: HttpRequest) -> bool:
    return request.user.is_authenticated


def _find(subject: Subject, request: RepRequest, kwargs: Mapping[str, Any]) -> models.Model:
    named = {name: value for name, value in kwargs.items() if name in NAMES_A_RECORD}
    if not isinstance(subject, type):
        return subject(request, **named)
    model: Any = subject
    visible = model._default_manager.all().visible_to(request.user)
    record: models.Model = get_object_or_404(visible, **named)
    return record


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a use case came to where that differs: the record to go to, and what to say there."""

    record: models.Model
    message: str
    level: int = messages.SUCCESS


def _finish(request: HttpRequest, result: models.Model | Outcome, done: str) -> HttpResponse:
    if not isinstance(result, Outcome):
        result = Outcome(result, done % {"record": result})
    show_message(request, result.message, level=result.level)
    return go_to(request, record_url(result.record))


def run_action(
    request: HttpRequest,
    record: models.Model,
    use_case: Callable[[], models.Model | Outcome],
    *,
    done: str = "",
) -> HttpResponse:
    """Run a use case and go to the record it made or changed, named in ``done`` by ``%(record)s``.

    A refused one leads to the record's page with the reason.
    """
    try:
        result = use_case()
    except DomainError as error:
        return refuse(request, refusal_text(error), record_url(record))
    return _finish(request, result, done)


def lead_away(
    request: HttpRequest, record: models.Model, check: Callable[[], None] | None
) -> HttpResponse | None:
    """Lead to a record's page with the reason, where `check` refuses whatever would be typed."""
    if check is None or request.method == "POST":
        return None
    try:
        check()
    except DomainError as error:
        return refuse(request, refusal_text(error), record_url(record))
    return None


@dataclass(frozen=True, slots=True)
class Preview:
    """What an action would change, and the hash that says later that this was shown.

    It is worked out for a form that is shown at first, typed wrongly, or overtaken.
    """

    changes: Sequence[FieldChange] = ()
    seen: str = ""


def run_form_action(
    request: HttpRequest,
    record: models.Model,
    form: forms.Form,
    use_case: Callable[[dict[str, Any]], models.Model | Outcome],
    *,
    heading: str,
    label: str,
    done: str = "",
    template: str = "base/form.html",
    icon: str = "check",
    summary: str = "",
    changes: Sequence[FieldChange] = (),
    preview: Callable[[], Preview] | None = None,
    check: Callable[[], None] | None = None,
) -> HttpResponse:
    """Ask what a use case needs to know, then run it; refused, the form keeps what was typed."""
    if elsewhere := lead_away(request, record, check):
        return elsewhere
    if request.method == "POST" and form.is_valid():
        try:
            return _finish(request, use_case(form.cleaned_data), done)
        except DomainError as error:
            add_refusal(form, error)
            preview = preview if isinstance(error, OVERTAKEN) else None
    try:
        shown = preview() if preview else Preview(changes)
    except DomainError as error:
        return refuse(request, refusal_text(error), record_url(record))
    page = FormPage(
        heading=heading,
        form=form,
        back=Link(str(record), record_url(record)),
        save_label=label,
        icon=icon,
        summary=summary,
        changes=shown.changes,
        seen=shown.seen,
    )
    return render_dialog(request, template, "form-card", page, status=status_of_forms(form))
