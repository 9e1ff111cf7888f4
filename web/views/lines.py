"""The line grid of drafts: every change answers with the new figures and nothing else."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.db.models import F
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import reswap, trigger_client_event

from common.errors import DomainError
from common.formatting import format_price
from sales.models import AnyDocument, PriceListItem, Product, kind_of
from sales.services.documents.lines import add_line, change_line, remove_line
from sales.services.products import find_product, search_products
from web.actions import add_refusal, run_form_action
from web.forms.lines import LineForm, WordsForm, WriteInForm
from web.htmx import go_to, is_partial
from web.http import RepRequest, rep_required, rep_with
from web.pages.documents import document_context, drifts_of, line_row, read_lines
from web.record_urls import record_url
from web.views import invoices, orders, quotes

Find = Callable[[RepRequest, uuid.UUID], AnyDocument]
FIND: dict[str, Find] = {
    "quotes": quotes.find,
    "orders": orders.find,
    "invoices": invoices.find,
}
SHOW: dict[str, Callable[..., HttpResponse]] = {
    "quotes": quotes.show,
    "orders": orders.show,
    "invoices": invoices.show,
}
OPTIONS = 8
OPTIONS_OF_A_LINE: dict[str, dict[str, bool]] = {
    "fixed": {"is_optional": False, "is_taken": True},
    "open": {"is_optional": True, "is_taken": False},
    "taken": {"is_optional": True, "is_taken": True},
}


def find(request: RepRequest, kind: str, pk: uuid.UUID) -> AnyDocument:
    """Find the document whose lines are edited; the right to change it is asked for."""
    document = FIND[kind](request, pk)
    if not request.user.has_perm(kind_of(document).change_permission):
        raise Http404
    return document


@require_POST
@rep_required
def change(request: RepRequest, kind: str, pk: uuid.UUID, line: uuid.UUID) -> HttpResponse:
    """Save one row; a refused one keeps what was typed and says what is wrong."""
    document = find(request, kind, pk)
    stored: Any = get_object_or_404(document.lines.all(), pk=line)
    form = LineForm(request.POST)
    if form.is_valid():
        try:
            change_line(stored, actor=request.user, **form.changes())
        except DomainError as error:
            add_refusal(form, error)
    if form.errors:
        return _refused(request, kind, document, stored, form)
    if not is_partial(request):
        return go_to(request, f"{record_url(document)}#lines")
    document = find(request, kind, pk)
    return _part(request, "line-saved", document, stored.pk)


def _refused(
    request: RepRequest, kind: str, document: AnyDocument, stored: Any, form: LineForm
) -> HttpResponse:
    typed = {name: request.POST.get(name, "") for name in form.fields}
    row = line_row(document.currency, stored, 0, typed=typed, errors=dict(form.errors))
    if not is_partial(request):
        return SHOW[kind](request, document, problem=" ".join(row_problems(row.errors)))
    context = {"row": row, "problems": row_problems(row.errors)}
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "sales/lines.html#line-refused", context, status=status)


def row_problems(errors: Any) -> list[str]:
    """Flatten a row's errors into sentences."""
    return [str(message) for messages in errors.values() for message in messages]


def _part(
    request: RepRequest, part: str, document: AnyDocument, line: uuid.UUID | None = None
) -> HttpResponse:
    context = document_context(document, read_lines(document), drifts_of(document))
    row = next((row for row in context["rows"] if row.line.pk == line), None)
    context |= {"row": row, "editable": True, "oob": True}
    return render(request, f"sales/lines.html#{part}", context)


@require_POST
@rep_required
def add(request: RepRequest, kind: str, pk: uuid.UUID) -> HttpResponse:
    """Add a product, chosen from the list or typed as its SKU."""
    document = find(request, kind, pk)
    try:
        product = _product(request)
        line = add_line(document, actor=request.user, product=product)
    except DomainError as error:
        if not is_partial(request):
            return SHOW[kind](request, document, problem=str(error))
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        context = {"problem": str(error)}
        refusal = render(request, "sales/lines.html#add-refused", context, status=status)
        return reswap(refusal, "none")
    if not is_partial(request):
        return go_to(request, f"{record_url(document)}#lines")
    added = _part(request, "line-added", find(request, kind, pk), line.pk)
    return trigger_client_event(
        added, "throughline:line-added", {"id": str(line.pk)}, after="settle"
    )


def _product(request: RepRequest) -> Product:
    chosen = request.POST.get("product", "")
    if chosen:
        return get_object_or_404(Product, pk=chosen)
    return find_product(request.POST.get("q", ""))


@require_safe
@rep_with("sales.view_product")
def options(request: RepRequest, kind: str, pk: uuid.UUID) -> HttpResponse:
    """Offer the products that match what is typed, with their price on the document's list."""
    document = find(request, kind, pk)
    text = request.GET.get("q", "").strip()
    found = list(search_products(text).select_related("default_unit")[:OPTIONS])
    prices = {
        item.product_id: format_price(item.amount, document.currency)
        for item in PriceListItem.objects.filter(
            price_list=document.price_list_id,
            product__in=found,
            unit=F("product__default_unit"),
            method=PriceListItem.Method.AMOUNT,
        )
    }
    context = {
        "options": [(product, prices.get(product.pk, "")) for product in found],
        "text": text,
        "kind": kind,
        "record": document,
    }
    return render(request, "sales/lines.html#options", context)


@require_POST
@rep_required
def remove(request: RepRequest, kind: str, pk: uuid.UUID, line: uuid.UUID) -> HttpResponse:
    """Take a line off the draft; one already gone stays gone."""
    document = find(request, kind, pk)
    stored = document.lines.filter(pk=line).first()
    try:
        if stored is not None:
            remove_line(stored, actor=request.user)
    except DomainError as error:
        return SHOW[kind](request, document, problem=str(error))
    if not is_partial(request):
        return go_to(request, f"{record_url(document)}#lines")
    return _part(request, "grid", find(request, kind, pk))


@rep_required
def write_in(request: RepRequest, kind: str, pk: uuid.UUID) -> HttpResponse:
    """Add something that is not in the catalogue."""
    document = find(request, kind, pk)

    def add_write_in(answers: dict[str, Any]) -> AnyDocument:
        add_line(document, actor=request.user, **answers)
        return document

    return run_form_action(
        request,
        document,
        WriteInForm(request.POST or None),
        add_write_in,
        heading=gettext("Add a write-in line"),
        label=gettext("Add line"),
        done=gettext("Line added."),
    )


@rep_required
def words(request: RepRequest, kind: str, pk: uuid.UUID) -> HttpResponse:
    """Add a heading or a note between the lines."""
    document = find(request, kind, pk)

    def add_words(answers: dict[str, Any]) -> AnyDocument:
        add_line(document, actor=request.user, **answers)
        return document

    return run_form_action(
        request,
        document,
        WordsForm(request.POST or None),
        add_words,
        heading=gettext("Add a heading or a note"),
        label=gettext("Add"),
        done=gettext("Added."),
    )


@require_POST
@rep_required
def option(request: RepRequest, kind: str, pk: uuid.UUID, line: uuid.UUID) -> HttpResponse:
    """Make a line part of the offer, or one the customer may take, taken or not yet."""
    document = find(request, kind, pk)
    stored: Any = get_object_or_404(document.lines.all(), pk=line)
    try:
        fields = OPTIONS_OF_A_LINE[request.POST.get("option", "")]
        change_line(stored, actor=request.user, **fields)
    except KeyError as error:
        raise Http404 from error
    except DomainError as error:
        return SHOW[kind](request, document, problem=str(error))
    if not is_partial(request):
        return go_to(request, f"{record_url(document)}#lines")
    return _part(request, "grid", find(request, kind, pk))
