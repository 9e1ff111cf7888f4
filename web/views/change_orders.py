"""View of change orders: the form, its preview, and the confirmation."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence

from django.http import HttpResponse, QueryDict
from django.utils.translation import gettext

from common.errors import DomainError, SeveralErrors, StaleVersion
from fulfilment.services.order_sync.kept_fields import kept_there
from sales.models import Order
from sales.services.billing.ledgers import taken_off
from sales.services.change_order_records import check_to_change
from sales.services.change_orders import change_order, preview_change
from sales.services.documents.locks import check_version
from sales.services.documents.tax_rates import tax_drift
from sales.services.order_differences import hash_changes
from web.form_fields import IDEMPOTENCY_KEY
from web.forms.base import add_refusal, status_of_forms
from web.forms.change_orders import ChangeOrderForms
from web.htmx import go_to, refuse, show_message
from web.http import RepRequest, rep_with
from web.pages.change_orders import change_order_page
from web.pages.field_changes import FieldChange, field_changes
from web.pages.lines import read_lines
from web.pages.records import refusal_of
from web.record_urls import record_url
from web.rendering import render_page
from web.views.documents import find_document

ABOUT_THE_PAGE = frozenset(
    {"csrfmiddlewaretoken", IDEMPOTENCY_KEY, "step", "previewed", "version", "reason"}
)
"""What is sent along and is no part of the change itself."""


@rep_with("sales.change_order")
def change(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Show the form, then the preview, and change the order once the preview was confirmed."""
    order = find_document(request, Order, pk)
    if reason := refusal_of(check_to_change, order):
        return refuse(request, reason, record_url(order))
    lines = read_lines(order)
    forms = ChangeOrderForms(
        request.POST or None,
        order=order,
        lines=lines,
        user=request.user,
        drifts=tax_drift(lines),
        taken=taken_off(order, lines),
        kept=kept_there(order),
    )
    if request.method != "POST" or not forms.is_valid():
        return _show(request, order, forms)
    try:
        check_version(order, _expected_version(request.POST))
        if request.POST.get("step") == "change" and _was_seen(request.POST):
            return _agree(request, order, forms)
    except DomainError as error:
        _place_refusal(forms, error)
        if not isinstance(error, StaleVersion):
            return _show(request, order, forms)
    return _preview(request, order, forms)


def _preview(request: RepRequest, order: Order, forms: ChangeOrderForms) -> HttpResponse:
    """Show what would change now, also where the order was changed since the last preview."""
    try:
        seen = preview_change(order.pk, forms.changes(), actor=request.user)
    except DomainError as error:
        _place_refusal(forms, error)
        return _show(request, order, forms)
    preview = field_changes(seen, order.currency)
    return _show(request, order, forms, preview, f"{_digest(request.POST)}-{hash_changes(seen)}")


def _agree(request: RepRequest, order: Order, forms: ChangeOrderForms) -> HttpResponse:
    change_order(
        order.pk,
        forms.changes(),
        actor=request.user,
        reason=forms.reason.cleaned_data["reason"],
        expected_version=_expected_version(request.POST) or order.version,
        seen=request.POST["previewed"].partition("-")[2],
    )
    show_message(
        request,
        gettext("%(order)s is changed; the external systems receive it.") % {"order": order},
    )
    return go_to(request, record_url(order))


def _place_refusal(forms: ChangeOrderForms, error: DomainError) -> None:
    """Put every reason beside the line it is about."""
    for reason in error.errors if isinstance(error, SeveralErrors) else (error,):
        add_refusal(forms.line(reason.line) or forms.reason, reason)


def _show(
    request: RepRequest,
    order: Order,
    forms: ChangeOrderForms,
    preview: Sequence[FieldChange] = (),
    previewed: str = "",
) -> HttpResponse:
    page = change_order_page(
        order,
        forms,
        preview=preview,
        previewed=previewed if preview else "",
    )
    status = status_of_forms(*forms)
    return render_page(request, "orders/change_order.html", page, status=status)


def _expected_version(posted: QueryDict) -> int | None:
    """Return the version that the person was shown; None if the page does not say it."""
    version = posted.get("version", "")
    return int(version) if version.isascii() and version.isdigit() else None


def _was_seen(posted: QueryDict) -> bool:
    """Whether exactly what is sent now was previewed before."""
    return posted.get("previewed", "").partition("-")[0] == _digest(posted)


def _digest(posted: QueryDict) -> str:
    typed = sorted((name, posted.getlist(name)) for name in posted if name not in ABOUT_THE_PAGE)
    return hashlib.sha256(repr(typed).encode()).hexdigest()
