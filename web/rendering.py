"""Rendering of pages: all data is read before the template runs, which executes no SQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django_filters import FilterSet

from web.forms.base import read_choices
from web.htmx import is_partial
from web.pages.frame import build_frame
from web.pages.records import RecordPage

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from crm.models import User

    Page = DataclassInstance | Mapping[str, Any]


def render_page(
    request: HttpRequest, template: str, page: Page, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    """Render a page in its frame; the template finds each field of the page by its name."""
    view_name = request.resolver_match.view_name if request.resolver_match else ""
    frame = build_frame(cast("User", request.user), view_name)
    return _render(request, template, {**_contents(page), "frame": frame}, status)


def render_record(request: HttpRequest, template: str, page: RecordPage) -> HttpResponse:
    """Render the page of a record; one on which an action was refused answers 422."""
    status = HTTPStatus.UNPROCESSABLE_ENTITY if page.problem else HTTPStatus.OK
    return render_page(request, template, page, status=status)


def render_part(
    request: HttpRequest, template: str, page: Page, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    """Render a part of a page without the frame: ``orders/detail.html#totals``."""
    return _render(request, template, _contents(page), status)


def render_dialog(
    request: HttpRequest, template: str, part: str, page: Page, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    """Render a page, or only its part where htmx opens it over another page."""
    if is_partial(request):
        return render_part(request, f"{template}#{part}", page, status=status)
    return render_page(request, template, page, status=status)


def _render(
    request: HttpRequest, template: str, context: dict[str, Any], status: int
) -> HttpResponse:
    for form in _forms(context):
        read_choices(form)
    return render(request, template, context, status=status)


def _contents(page: Page) -> dict[str, Any]:
    if is_dataclass(page):
        return {field.name: getattr(page, field.name) for field in fields(page)}
    return dict(page)


def _forms(context: Mapping[str, Any]) -> Iterator[forms.BaseForm]:
    for value in context.values():
        if isinstance(value, forms.BaseForm):
            yield value
        elif isinstance(value, FilterSet):
            yield value.form
