"""A button pressed, or a question answered: the deed is done, or one reads why not."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django import forms
from django.db import models
from django.http import HttpRequest, HttpResponse

from common.errors import DomainError, SeveralErrors
from web.display import Link
from web.htmx import go_to, say
from web.record_urls import record_url
from web.rendering import render_dialog


def run_action(
    request: HttpRequest,
    record: models.Model,
    deed: Callable[[], models.Model],
    *,
    done: str,
    show: Callable[..., HttpResponse],
) -> HttpResponse:
    """Do a deed and go to the record it made or changed, named in ``done`` by ``%(record)s``.

    A refused deed shows the record's page again with the reason.
    """
    try:
        result = deed()
    except DomainError as error:
        return show(request, record, problem=str(error))
    say(request, done % {"record": result})
    return go_to(request, record_url(result))


def run_form_action(
    request: HttpRequest,
    record: models.Model,
    form: forms.Form,
    deed: Callable[[dict[str, Any]], models.Model],
    *,
    heading: str,
    label: str,
    done: str,
    template_name: str = "base/form.html",
    **more: Any,
) -> HttpResponse:
    """Ask what a deed needs to know, then do it; refused, the form keeps what was typed."""
    if request.method == "POST" and form.is_valid():
        try:
            result = deed(form.cleaned_data)
        except DomainError as error:
            add_refusal(form, error)
        else:
            say(request, done % {"record": result})
            return go_to(request, record_url(result))
    context = {
        "heading": heading,
        "save_label": label,
        "form": form,
        "record": record,
        "back": Link(str(record), record_url(record)),
        **more,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render_dialog(request, template_name, "form-card", context, status=status)


def add_refusal(form: forms.BaseForm, error: DomainError) -> None:
    """Put the reason of a refusal beside the field, or the line, it is about, if the form asks."""
    reasons = error.errors if isinstance(error, SeveralErrors) else (error,)
    for reason in reasons:
        about = (name for name in (reason.field, reason.line) if name in form.fields)
        form.add_error(next(about, None), str(reason))
