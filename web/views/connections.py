"""Views of connections: the page, comparing all orders, and the first load."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from fulfilment.models import Connection, ReconcileRun
from fulfilment.reconciliation.runs import start_run
from web.actions import Outcome, action, run_action, run_form_action
from web.forms.connections import FirstLoadForm
from web.http import RepRequest, rep_with
from web.pages.connections import connection_page
from web.rendering import render_page

Purpose = ReconcileRun.Purpose


def find(request: HttpRequest, pk: uuid.UUID) -> Connection:
    """Find a connection, for those who may see what was compared with it."""
    user = request.user
    if not user.has_perm("fulfilment.view_reconcilerun"):
        raise Http404
    connections = Connection.objects.select_related("health", "default_owner", "default_category")
    return get_object_or_404(connections, pk=pk)


@require_safe
@rep_with("fulfilment.view_reconcilerun")
def detail(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Show what is set up, how many orders agree, why the others do not, and the last runs."""
    page = connection_page(find(request, pk), request.user)
    return render_page(request, "connections/detail.html", page)


@action(find, "fulfilment.add_reconcilerun")
def reconcile(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Start comparing all orders that changed there."""
    connection = find(request, pk)
    done = gettext("Both systems are compared now: reload this page to see how far that is.")
    return run_action(
        request,
        connection,
        lambda: Outcome(start_run(connection, Purpose.ON_DEMAND).connection, done),
    )


@rep_with("fulfilment.add_reconcilerun")
def load(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask whether ours are sent, and start the first load."""
    connection = find(request, pk)
    return run_form_action(
        request,
        connection,
        FirstLoadForm(request.POST or None),
        lambda data: start_run(connection, Purpose.FIRST_LOAD, **data).connection,
        heading=gettext("First load of %(connection)s") % {"connection": connection},
        label=gettext("Load their orders"),
        done=gettext("Their orders are loaded: reload this page to see how far that is."),
        icon="download",
    )
