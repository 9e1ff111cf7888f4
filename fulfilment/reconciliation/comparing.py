"""Comparing one order now: it is read there, and brought to the same if that is possible."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from fulfilment.models import Connection, ExternalRef
from fulfilment.reconciliation.finding_status import FindingStatus, repair
from fulfilment.reconciliation.reads import CannotRead, check_readable, read_order
from fulfilment.services.order_sync.sync_states import ORDER
from sales.models import Order

RESULTS: Mapping[FindingStatus, object] = {
    FindingStatus.AGREES: _("%(connection)s holds %(order)s as it is here."),
    FindingStatus.TAKEN_IN: _("%(connection)s changed %(order)s since: that is taken in now."),
    FindingStatus.SENT_AGAIN: _(
        "%(connection)s did not hold %(order)s as it is here: it is sent again."
    ),
    FindingStatus.IN_FLIGHT: _(
        "A message about %(order)s is on its way to %(connection)s: "
        "compare again once it has arrived."
    ),
    FindingStatus.DIFFERS: _(
        "%(connection)s holds %(order)s otherwise, or sent what cannot be taken in: "
        "decide what is listed below."
    ),
    FindingStatus.MISSING_HERE: _(
        "What %(connection)s holds of %(order)s cannot be taken in: see its message below."
    ),
    FindingStatus.MISSING_THERE: _(
        "%(connection)s does not have %(order)s any more: decide what is listed below."
    ),
}
"""What a person reads, by how the order stands."""


@dataclass(frozen=True, slots=True)
class Compared:
    """How an order stands now, and what a person reads."""

    status: FindingStatus
    text: str


def compare_now(connection: Connection, order: Order) -> Compared:
    """Read an order there and bring both sides to the same; waits for the other system.

    Raises CannotRead if that cannot be read, or does not answer.
    """
    check_readable(connection)
    refs = ExternalRef.objects.filter(connection=connection, record_type=ORDER, record_id=order.pk)
    names = {"connection": connection, "order": order}
    their_id = refs.values_list("external_id", flat=True).first()
    if their_id is None:
        raise CannotRead(
            gettext("%(connection)s has not said yet under which id it has %(order)s.") % names
        )
    read = read_order(connection, their_id)
    if read.error is not None:
        raise CannotRead(read.problem)
    status = repair(connection, read, order.pk)
    return Compared(status, str(RESULTS[status]) % names)
