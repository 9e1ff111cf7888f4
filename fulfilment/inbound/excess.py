"""Excess of an order: more is reported as shipped or returned of a line than fits."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import NamedTuple

from fulfilment.cloudevents import plain
from fulfilment.connectors.base import Record
from fulfilment.models import Connection, Discrepancy
from fulfilment.services.discrepancies import NewDiscrepancy, settle_discrepancies, signed
from fulfilment.services.order_quantities import Excess, read_quantities
from sales.models import Order

Kind = Discrepancy.Kind


class Said(NamedTuple):
    """The report that says that more moved than fits, and the connection that sent it."""

    connection: uuid.UUID
    report: str


def settle_excess(
    order: Order, connection: Connection, record: Record, last_about: Callable[[Excess], Said]
) -> list[tuple[Excess, NewDiscrepancy]]:
    """Open a discrepancy for each line of which more moved than fits, and close the others.

    Each is of the connection that said so, whoever reports something now: ``last_about`` returns
    which report it is. What is delivered above the order within the tolerance of that connection
    is not asked about.
    """
    excess = [(each, last_about(each)) for each in read_quantities(order).excess]
    others = {said.connection for _excess, said in excess} - {connection.pk}
    by_key = {connection.pk: connection, **Connection.objects.in_bulk(list(others))}
    found = [
        (each, _discrepancy(record, each, said))
        for each, said in excess
        if each.is_return or each.reported > by_key[said.connection].most_delivered(each.fits)
    ]
    of_lines = Discrepancy.objects.filter(
        record_id=record.id, kind=Kind.QUANTITY, part="", compared__isnull=True
    )
    settle_discrepancies(of_lines, [discrepancy for _excess, discrepancy in found])
    return found


def _discrepancy(record: Record, excess: Excess, said: Said) -> NewDiscrepancy:
    return NewDiscrepancy(
        said.connection,
        Kind.QUANTITY,
        record,
        ours=plain(excess.fits),
        theirs=plain(excess.reported),
        field=str(excess.line.pk),
        difference=signed(excess.reported - excess.fits),
        about=excess.line.description,
        rule=excess.reason,
        report=said.report,
        report_waits=True,
    )
