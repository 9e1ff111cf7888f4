"""Views of prices on drafts: promotion codes, price refresh and price locks."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpResponse
from django.utils.translation import gettext

from common.errors import DomainError
from sales.models import AnyDocument, Order, Quote
from sales.services.documents.drafts import check_draft
from sales.services.price_refresh import (
    PriceDrift,
    PricePreview,
    lock_prices,
    preview_refresh,
    price_drift,
    refresh_prices,
    unlock_prices,
)
from sales.services.promotions import apply_promotion, remove_promotion
from web.actions import action, run_action
from web.forms.base import add_refusal, status_of_forms
from web.forms.prices import PromotionForm, RefreshForm
from web.htmx import go_to, refuse, show_message
from web.http import RepRequest, rep_required
from web.pages.price_refresh import price_refresh_page
from web.pages.records import refusal_of
from web.record_urls import record_url
from web.rendering import render_page
from web.views.documents import find_by_url_word, find_document, find_to_change, show_document


def _find_promoted(request: RepRequest, kind: str, pk: uuid.UUID) -> Quote | Order:
    document = find_to_change(request, kind, pk)
    if not isinstance(document, Quote | Order):
        raise Http404
    return document


@action(find_by_url_word)
def add_promotion(request: RepRequest, kind: str, pk: uuid.UUID) -> HttpResponse:
    """Apply a promotion code to the draft; a refused one is kept in the field."""
    document = _find_promoted(request, kind, pk)
    form = PromotionForm(request.POST)
    if form.is_valid():
        try:
            use = apply_promotion(document, form.cleaned_data["promotion"], actor=request.user)
        except DomainError as error:
            add_refusal(form, error)
        else:
            show_message(request, gettext("%(code)s is applied.") % {"code": use.code})
            return go_to(request, f"{record_url(document)}#promotions")
    problem = " ".join(str(error) for errors in form.errors.values() for error in errors)
    return show_document(request, document, problem=problem, promotion_form=form)


@action(find_by_url_word)
def drop_promotion(request: RepRequest, kind: str, pk: uuid.UUID, code: str) -> HttpResponse:
    """Remove a promotion code from the draft."""
    document = _find_promoted(request, kind, pk)

    def drop() -> AnyDocument:
        remove_promotion(document, code, actor=request.user)
        return document

    done = gettext("%(code)s is removed.") % {"code": code}
    return run_action(request, document, drop, done=done)


@rep_required
def refresh(request: RepRequest, kind: str, pk: uuid.UUID) -> HttpResponse:
    """Show the list's price of today beside each frozen price, and take what is ticked."""
    document = find_to_change(request, kind, pk)
    if reason := refusal_of(check_draft, document):
        return refuse(request, reason, record_url(document))
    drifted = [each for each in price_drift(document) if each.has_drifted]
    form = RefreshForm(request.POST or None, drifted=drifted, initial={"version": document.version})
    preview: PricePreview | None = None
    if drifted and (request.method != "POST" or form.is_valid()):
        try:
            if request.POST.get("step") == "refresh":
                return _take(request, document, form)
            preview = preview_refresh(document, line_ids=_chosen(form, drifted))
        except DomainError as error:
            if not form.is_bound:
                return refuse(request, str(error), record_url(document))
            add_refusal(form, error)
    page = price_refresh_page(document, form, preview)
    return render_page(request, "documents/price_refresh.html", page, status=status_of_forms(form))


def _chosen(form: RefreshForm, drifted: list[PriceDrift]) -> list[uuid.UUID]:
    if form.is_bound:
        chosen: list[uuid.UUID] = form.cleaned_data["lines"]
        return chosen
    return [each.line_id for each in drifted if not each.is_typed]


def _take(request: RepRequest, document: AnyDocument, form: RefreshForm) -> HttpResponse:
    refresh_prices(
        document,
        actor=request.user,
        line_ids=form.cleaned_data["lines"],
        expected_version=form.cleaned_data["version"],
    )
    show_message(request, gettext("The prices are today's list prices."))
    return go_to(request, f"{record_url(document)}#lines")


@action(Order, "sales.override_price")
def unlock(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Let a draft order's agreed prices be changed again."""
    order = _find_order(request, pk)
    return run_action(
        request,
        order,
        lambda: unlock_prices(order.pk, actor=request.user),
        done=gettext("The prices of %(record)s may be changed."),
    )


@action(Order, "sales.override_price")
def lock(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Keep a draft order's prices as they are, also when the list changes."""
    order = _find_order(request, pk)
    return run_action(
        request,
        order,
        lambda: lock_prices(order.pk, actor=request.user),
        done=gettext("The prices of %(record)s are kept as they are."),
    )


def _find_order(request: RepRequest, pk: uuid.UUID) -> Order:
    if not request.user.has_perm("sales.change_order"):
        raise Http404
    return find_document(request, Order, pk)
