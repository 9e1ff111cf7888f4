"""View of an order in conflict with another system: all its fields in one dialog."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext, ngettext

from common.errors import DomainError, SeveralErrors
from fulfilment.models import Connection, Discrepancy
from fulfilment.services.discrepancies import already_resolved
from fulfilment.services.order_sync.conflicts import (
    Preview,
    decide_conflicts,
    preview_decisions,
    read_conflicts,
)
from fulfilment.sync.conflicts import Choice
from sales.models import Order
from web.forms.base import add_refusal, status_of_forms
from web.forms.conflicts import ConflictForms
from web.htmx import go_to, is_partial, refuse, show_message
from web.http import RepRequest, rep_with
from web.pages.conflicts import conflicts_page, decided_meanwhile
from web.record_urls import record_url
from web.rendering import render_dialog, render_part

TEMPLATE = "orders/conflicts.html"
TOTALS, ALL_OURS, ALL_THEIRS = "totals", "all-ours", "all-theirs"
ALL = {ALL_OURS: Choice.OURS, ALL_THEIRS: Choice.THEIRS}


@rep_with("sales.change_order")
def decide(request: RepRequest, pk: uuid.UUID, code: str) -> HttpResponse:
    """Ask which values of an order count in both systems, and decide all that are chosen."""
    order = get_object_or_404(Order.objects.visible_to(request.user), pk=pk)
    connection = get_object_or_404(Connection, code=code)
    conflicts = read_conflicts(order, connection)
    meanwhile = decided_meanwhile(order, connection, request.POST)
    if not conflicts and not meanwhile:
        reason = gettext("No field of %(order)s is in conflict with %(connection)s any more.")
        message = reason % {"order": order, "connection": connection}
        return refuse(request, message, record_url(order))
    step = request.POST.get("step", "")
    decides = request.method == "POST" and step not in {TOTALS, *ALL}
    forms = ConflictForms(
        request.POST.dict() or None, conflicts=conflicts, decides=decides, everywhere=ALL.get(step)
    )
    overtaken = [found for found, field in meanwhile if field.chosen]
    if decides and (answer := _decide(request, order, connection, forms, overtaken)):
        return answer
    page = conflicts_page(
        order,
        connection,
        forms,
        decided=[field for _found, field in meanwhile],
        preview=_preview(request, order, connection, forms),
    )
    status = status_of_forms(*forms)
    if step == TOTALS and is_partial(request):
        return render_part(request, f"{TEMPLATE}#totals", page, status=status)
    return render_dialog(request, TEMPLATE, "form-card", page, status=status)


def _decide(
    request: RepRequest,
    order: Order,
    connection: Connection,
    forms: ConflictForms,
    overtaken: list[Discrepancy],
) -> HttpResponse | None:
    """Decide what was chosen; None where the form is to be shown again, with the reasons."""
    is_valid = forms.is_valid()
    for found in overtaken:
        add_refusal(forms.reason, already_resolved(found))
    if not is_valid or overtaken:
        return None
    chosen = forms.chosen()
    if not chosen:
        forms.reason.add_error(None, gettext("Choose a value of at least one field."))
        return None
    reason = forms.reason.cleaned_data["reason"]
    try:
        decided = decide_conflicts(order.pk, connection, chosen, actor=request.user, reason=reason)
    except DomainError as error:
        _place(forms, error)
        return None
    show_message(request, _done(decided))
    return go_to(request, record_url(order))


def _done(decided: list[Discrepancy]) -> str:
    if len(decided) == 1:
        return f"{decided[0].display_about}: {decided[0].decision}"
    text = ngettext("%(count)d field is decided.", "%(count)d fields are decided.", len(decided))
    return text % {"count": len(decided)}


def _preview(
    request: RepRequest, order: Order, connection: Connection, forms: ConflictForms
) -> Preview | None:
    """Read what the choices would come to; None where they are refused."""
    if any(form.errors for form in forms.rows) or forms.reason.non_field_errors():
        return None
    if not (chosen := forms.chosen()):
        return Preview(order.total, order.total, ())
    try:
        return preview_decisions(order.pk, connection, chosen, actor=request.user)
    except DomainError as error:
        _place(forms, error)
        return None


def _place(forms: ConflictForms, error: DomainError) -> None:
    """Put every reason beside the field that it is about."""
    for reason in error.errors if isinstance(error, SeveralErrors) else (error,):
        add_refusal(forms.about(reason.field, reason.line), reason)
