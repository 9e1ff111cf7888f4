"""Views of the line editor: each change returns only the fragments that changed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from django.views.decorators.http import require_safe
from django_htmx.http import reswap, retarget, trigger_client_event

from common.errors import DomainError
from sales.models import AnyDocument, AnyLine, DocumentLine, Product
from sales.services.documents.draft_fields import LineChanges
from sales.services.documents.drafts import check_draft
from sales.services.documents.lines import add_line, change_line, remove_line
from sales.services.products import find_product
from web.actions import action, run_form_action
from web.forms.base import add_refusal, status_of_forms
from web.forms.lines import (
    DeductionForm,
    DetailsForm,
    LineForm,
    ProductBox,
    ProductLineForm,
    TextLineForm,
    WriteInForm,
)
from web.htmx import go_to, is_partial, refuse
from web.http import RepRequest, rep_required, rep_with
from web.pages.line_parts import RefusedLine, lines_part, product_options
from web.record_urls import record_url
from web.refusals import OVERTAKEN
from web.rendering import render_part
from web.views.documents import find_by_url_word, find_to_change

TEMPLATE = "lines/parts.html"
OPTIONS_OF_A_LINE: Mapping[str, LineChanges] = {
    "fixed": {"is_optional": False, "is_taken": True},
    "open": {"is_optional": True, "is_taken": False},
    "taken": {"is_optional": True, "is_taken": True},
}


@action(find_by_url_word)
def change(request: RepRequest, kind: str, pk: uuid.UUID, line: uuid.UUID) -> HttpResponse:
    """Save one row; a refused one keeps what was typed beside the reason."""
    document = find_to_change(request, kind, pk)
    stored: Any = get_object_or_404(document.lines.all(), pk=line)
    form = LineForm(request.POST)
    if form.is_valid():
        try:
            change_line(stored, actor=request.user, **form.changes())
        except DomainError as error:
            add_refusal(form, error)
    if form.errors:
        return _refused(request, document, stored, form)
    return _saved(request, kind, pk, stored.pk)


def _saved(request: RepRequest, kind: str, pk: uuid.UUID, line: uuid.UUID) -> HttpResponse:
    """Answer a saved row with the figures of all; the parts of a bundle are drawn anew with it."""
    document = find_to_change(request, kind, pk)
    if not is_partial(request):
        return go_to(request, f"{record_url(document)}#lines")
    page = lines_part(document, line)
    if not page.has_parts:
        return render_part(request, f"{TEMPLATE}#line-saved", page)
    return reswap(retarget(render_part(request, f"{TEMPLATE}#grid", page), "#grid"), "outerHTML")


def _refused(
    request: RepRequest, document: AnyDocument, stored: Any, form: LineForm
) -> HttpResponse:
    if not is_partial(request):
        return refuse(request, " ".join(form.problems()), record_url(document))
    page = RefusedLine(str(stored.pk), form.problems())
    status = status_of_forms(form)
    answer = render_part(request, f"{TEMPLATE}#line-refused", page, status=status)
    answer["X-Refused-Cells"] = " ".join(form.refused_cells())
    return answer


def _changed(
    request: RepRequest, kind: str, pk: uuid.UUID, part: str, line: uuid.UUID | None = None
) -> HttpResponse:
    """Answer a change with the figures that followed from it."""
    document = find_to_change(request, kind, pk)
    if not is_partial(request):
        return go_to(request, f"{record_url(document)}#lines")
    return render_part(request, f"{TEMPLATE}#{part}", lines_part(document, line))


@action(find_by_url_word)
def add(request: RepRequest, kind: str, pk: uuid.UUID) -> HttpResponse:
    """Add a product, chosen from the list or typed as its SKU."""
    document = find_to_change(request, kind, pk)
    try:
        line = add_line(document, actor=request.user, product=_product(request))
    except (DomainError, forms.ValidationError) as error:
        return _keep(request, document, error)
    added = _changed(request, kind, pk, "line-added", line.pk)
    return trigger_client_event(
        added, "throughline:line-added", {"id": str(line.pk)}, after="settle"
    )


def _keep(
    request: RepRequest, document: AnyDocument, error: DomainError | forms.ValidationError
) -> HttpResponse:
    """Show why the change was refused: below the lines or, without scripts, on the next page."""
    problem = str(error) if isinstance(error, DomainError) else " ".join(error.messages)
    if not is_partial(request):
        return refuse(request, problem, record_url(document))
    is_overtaken = isinstance(error, OVERTAKEN)
    status = HTTPStatus.CONFLICT if is_overtaken else HTTPStatus.UNPROCESSABLE_ENTITY
    page = {"problem": problem}
    refusal = render_part(request, f"{TEMPLATE}#add-refused", page, status=status)
    return reswap(refusal, "none")


def _product(request: RepRequest) -> Product:
    """Find the product that was chosen from the list, or else typed."""
    box = ProductBox(request.POST)
    if not box.is_valid():
        raise forms.ValidationError(list(box.errors["q"]))
    typed = box.cleaned_data["q"]
    try:
        chosen = uuid.UUID(request.POST.get("product", ""))
    except ValueError:
        return find_product(typed)
    return Product.objects.active().filter(pk=chosen).first() or find_product(typed)


@require_safe
@rep_with("sales.view_product")
def options(request: RepRequest, kind: str, pk: uuid.UUID) -> HttpResponse:
    """Offer the products that match what is typed, with their price on the document's list."""
    document = find_to_change(request, kind, pk)
    page = product_options(document, request.GET.get("q", "").strip())
    return render_part(request, f"{TEMPLATE}#options", page)


@action(find_by_url_word)
def remove(request: RepRequest, kind: str, pk: uuid.UUID, line: uuid.UUID) -> HttpResponse:
    """Remove a line from the draft; removing it again changes nothing."""
    document = find_to_change(request, kind, pk)
    stored = document.lines.filter(pk=line).first()
    try:
        if stored is not None:
            remove_line(stored, actor=request.user)
    except DomainError as error:
        return _keep(request, document, error)
    return _changed(request, kind, pk, "grid")


@rep_required
def write_in(request: RepRequest, kind: str, pk: uuid.UUID) -> HttpResponse:
    """Add a write-in line: a product that is not in the catalogue."""
    return _add_typed(request, kind, pk, WriteInForm, gettext("Add a write-in line"))


@rep_required
def deduction(request: RepRequest, kind: str, pk: uuid.UUID) -> HttpResponse:
    """Add a trade-in or rebate."""
    return _add_typed(request, kind, pk, DeductionForm, gettext("Add a trade-in or rebate"))


def _add_typed(
    request: RepRequest, kind: str, pk: uuid.UUID, form_class: type[WriteInForm], heading: str
) -> HttpResponse:
    """Add a line that is typed as a whole."""
    document = find_to_change(request, kind, pk)
    form = form_class(request.POST or None, document=document)

    def add_typed(_answers: dict[str, Any]) -> AnyDocument:
        add_line(document, actor=request.user, **form.columns())
        return document

    return run_form_action(
        request,
        document,
        form,
        add_typed,
        check=lambda: check_draft(document),
        heading=heading,
        label=gettext("Add line"),
        done=gettext("Line added."),
    )


@rep_required
def edit(request: RepRequest, kind: str, pk: uuid.UUID, line: uuid.UUID) -> HttpResponse:
    """Change what a line's row does not show, such as its tax."""
    document = find_to_change(request, kind, pk)
    found = document.lines.select_related("product_category").exclude(kind__in=DocumentLine.TEXTS)
    stored: Any = get_object_or_404(found, pk=line)
    form_class = _details_form(stored)
    form = form_class(request.POST or None, document=document, line=stored)

    def change_details(_answers: dict[str, Any]) -> AnyDocument:
        change_line(stored, actor=request.user, **form.differences())
        return document

    return run_form_action(
        request,
        document,
        form,
        change_details,
        check=lambda: check_draft(document),
        heading=stored.description,
        label=gettext("Save"),
        done=gettext("Line changed."),
    )


def _details_form(line: AnyLine) -> type[DetailsForm]:
    if line.product_id:
        return ProductLineForm
    return DeductionForm if line.is_deduction else WriteInForm


@rep_required
def text(request: RepRequest, kind: str, pk: uuid.UUID) -> HttpResponse:
    """Add a heading or a note between the lines."""
    document = find_to_change(request, kind, pk)

    def add_text(answers: dict[str, Any]) -> AnyDocument:
        add_line(document, actor=request.user, **answers)
        return document

    return run_form_action(
        request,
        document,
        TextLineForm(request.POST or None),
        add_text,
        check=lambda: check_draft(document),
        heading=gettext("Add a heading or a note"),
        label=gettext("Add"),
        done=gettext("Added."),
    )


@action(find_by_url_word)
def option(request: RepRequest, kind: str, pk: uuid.UUID, line: uuid.UUID) -> HttpResponse:
    """Make a line part of the offer, or one the customer may take, taken or not yet."""
    document = find_to_change(request, kind, pk)
    stored: Any = get_object_or_404(document.lines.all(), pk=line)
    try:
        fields = OPTIONS_OF_A_LINE[request.POST.get("option", "")]
        change_line(stored, actor=request.user, **fields)
    except KeyError as error:
        raise Http404 from error
    except DomainError as error:
        return _keep(request, document, error)
    return _changed(request, kind, pk, "grid")
