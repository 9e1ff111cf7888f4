"""Excess of an order: more is reported as shipped or returned of a line than fits."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection
from typing import NamedTuple

from django.db.models import Q

from fulfilment.cloudevents import plain
from fulfilment.connectors.base import Record
from fulfilment.models import Connection, Discrepancy
from fulfilment.services.discrepancies import NewDiscrepancy, signed, update_discrepancies
from fulfilment.services.order_quantities import Excess

Kind = Discrepancy.Kind


class ReportSource(NamedTuple):
    """The report that says that more moved than fits, and the connection that sent it."""

    connection: uuid.UUID
    report: str


OF_LINES = Q(kind=Kind.QUANTITY, part="", compared__isnull=True)
"""Which discrepancies say that more of a line moved than fits."""


def update_excess(
    excess: Collection[Excess],
    connection: Connection,
    record: Record,
    last_about: Callable[[Excess], ReportSource],
) -> list[tuple[Excess, NewDiscrepancy]]:
    """Open a discrepancy for each line of which more moved than fits, and close the others."""
    found = discrepancies_of(excess, connection, record, last_about)
    of_lines = Discrepancy.objects.filter(OF_LINES, record_id=record.id)
    update_discrepancies(of_lines, [discrepancy for _excess, discrepancy in found])
    return found


def discrepancies_of(
    excess: Collection[Excess],
    connection: Connection,
    record: Record,
    last_about: Callable[[Excess], ReportSource],
) -> list[tuple[Excess, NewDiscrepancy]]:
    """Make a discrepancy for each line of which more moved than fits.

    Each is of the connection that said so, whoever reports something now: ``last_about`` returns
    which report it is. What is delivered above the order within the tolerance of that connection
    is not asked about.
    """
    with_sources = [(each, last_about(each)) for each in excess]
    others = {source.connection for _excess, source in with_sources} - {connection.pk}
    by_key = {connection.pk: connection, **Connection.objects.in_bulk(list(others))}
    return [
        (each, _discrepancy(record, each, source))
        for each, source in with_sources
        if each.is_return or each.reported > by_key[source.connection].most_delivered(each.fits)
    ]


def _discrepancy(record: Record, excess: Excess, source: ReportSource) -> NewDiscrepancy:
    return NewDiscrepancy(
        source.connection,
        Kind.QUANTITY,
        record,
        ours=plain(excess.fits),
        theirs=plain(excess.reported),
        is_return=excess.is_return,
        field=str(excess.line.pk),
        difference=signed(excess.reported - excess.fits),
        about=excess.line.description,
        rule=excess.reason,
        report=source.report,
        report_waits=True,
    )
