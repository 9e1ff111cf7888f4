"""Excess of an order: more is reported as shipped or returned of a line than fits."""

from __future__ import annotations

from collections.abc import Callable

from fulfilment.cloudevents import plain
from fulfilment.connectors.base import Record
from fulfilment.models import Connection, Discrepancy
from fulfilment.services.discrepancies import NewDiscrepancy, settle_discrepancies, signed
from fulfilment.services.order_quantities import Excess, excess_of
from sales.models import Order

Kind = Discrepancy.Kind


def settle_excess(
    order: Order, connection: Connection, record: Record, last_about: Callable[[Excess], str]
) -> list[NewDiscrepancy]:
    """Open a discrepancy for each line of which more moved than fits, and close the others.

    ``last_about`` returns the id of the report that says so. What is delivered above the order
    within the tolerance of the connection is not asked about.
    """
    found = [
        _discrepancy(connection, record, each, last_about(each))
        for each in excess_of(order)
        if each.is_return or each.reported > connection.most_delivered(each.fits)
    ]
    of_lines = Discrepancy.objects.filter(
        record_id=record.id, kind=Kind.QUANTITY, part="", compared__isnull=True
    )
    settle_discrepancies(of_lines, found)
    return found


def _discrepancy(
    connection: Connection, record: Record, excess: Excess, report: str
) -> NewDiscrepancy:
    return NewDiscrepancy(
        connection.pk,
        Kind.QUANTITY,
        record,
        ours=plain(excess.fits),
        theirs=plain(excess.reported),
        field=str(excess.line.pk),
        difference=signed(excess.reported - excess.fits),
        about=excess.line.description,
        rule=excess.reason,
        report=report,
    )
