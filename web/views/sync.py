"""Views of two-way sync: comparing an order with another system now."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404

from fulfilment.models import Connection
from fulfilment.reconciliation.comparing import compare_now
from fulfilment.reconciliation.finding_status import REPAIRED, FindingStatus
from sales.models import Order
from web.actions import Outcome, action, run_action
from web.http import RepRequest


@action(Order, "sales.change_order")
def compare(request: RepRequest, pk: uuid.UUID, code: str) -> HttpResponse:
    """Read an order in another system, and show the result at once."""
    order = get_object_or_404(Order.objects.visible_to(request.user), pk=pk)
    connection = get_object_or_404(Connection, code=code)
    return run_action(request, order, lambda: _compare(connection, order))


def _compare(connection: Connection, order: Order) -> Outcome:
    compared = compare_now(connection, order)
    return Outcome(order, compared.text, _level(compared.status))


def _level(status: FindingStatus) -> int:
    if status in {FindingStatus.AGREES, *REPAIRED}:
        return messages.SUCCESS
    return messages.INFO if status is FindingStatus.IN_FLIGHT else messages.WARNING
