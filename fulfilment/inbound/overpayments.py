"""Overpayments: what an ERP reported beyond what was open, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.db.models import Sum

from common.sentences import Amount
from common.sentences import sentence as _
from fulfilment.cloudevents import plain
from fulfilment.connectors.base import Record
from fulfilment.inbound.documents import reports_of
from fulfilment.inbound.payment_reports import ZERO, add_up
from fulfilment.inbound.report_rules import PAID, REVERSED
from fulfilment.inbound.schemas import IncomingMessage
from fulfilment.models import Connection, Discrepancy
from fulfilment.services.discrepancies import NewDiscrepancy, settle_discrepancies, signed
from fulfilment.sync.reports import Report
from sales.models import Invoice, Payment

Kind = Discrepancy.Kind


def settle_overpayment(
    connection: Connection, record: Record, invoice: Invoice, message: IncomingMessage
) -> list[NewDiscrepancy]:
    """Name what a connection's payments of an invoice came to beyond what was open, for a person.

    The money is recorded and the surplus is customer credit already: a person may refund it, or
    find that it was meant for something else. One statement if there is none.
    """
    surplus = -_sum(connection, invoice, Payment.Kind.TO_CREDIT)
    open_now = Discrepancy.objects.filter(
        connection=connection, record_id=record.id, kind=Kind.OVERPAID
    )
    found = []
    if surplus > 0:
        reports = reports_of(connection, record, message, PAID, REVERSED, any_part=True)
        found = [_overpaid(connection, record, invoice, reports, surplus)]
    settle_discrepancies(open_now, found)
    return found


def _sum(connection: Connection, invoice: Invoice, *kinds: Payment.Kind) -> Decimal:
    """Add up what a connection caused of an invoice's entries."""
    entries = invoice.payments.filter(kind__in=kinds, source=connection.code)
    added: Decimal = entries.aggregate(sum=Sum("amount", default=ZERO))["sum"]
    return added


def _overpaid(
    connection: Connection,
    record: Record,
    invoice: Invoice,
    reports: Iterable[Report],
    surplus: Decimal,
) -> NewDiscrepancy:
    kept = _sum(connection, invoice, Payment.Kind.PAYMENT, Payment.Kind.CORRECTION)
    return NewDiscrepancy(
        connection.pk,
        Kind.OVERPAID,
        record,
        ours=plain(kept - surplus),
        theirs=plain(kept),
        difference=signed(surplus),
        about=invoice.number or "",
        rule=_(
            "%(connection)s reported %(reported)s for %(invoice)s, %(open)s was open: "
            "%(credit)s became customer credit.",
            connection=connection,
            invoice=invoice,
            reported=Amount(kept, invoice.currency),
            open=Amount(kept - surplus, invoice.currency),
            credit=Amount(surplus, invoice.currency),
        ),
        report=_with_which(_counted(invoice, reports), kept - surplus),
    )


def _with_which(payments: Sequence[tuple[Report, Decimal]], was_open: Decimal) -> str:
    """Return the id of the report with which, by their sequence, more was paid than was open."""
    came = ZERO
    for report, left in payments:
        came += left
        if came > was_open:
            return report.id
    return payments[-1][0].id if payments else ""


def _counted(invoice: Invoice, reports: Iterable[Report]) -> list[tuple[Report, Decimal]]:
    """Return the report that counts of each payment, in order, and what is left of it."""
    by_reference: dict[str, list[Report]] = {}
    for report in reports:
        name = report.data["payment_ref"].strip().casefold()
        by_reference.setdefault(name, []).append(report)
    added = (add_up(invoice, same) for same in by_reference.values())
    counted = [(each.counted, each.left) for each in added if each.counted is not None]
    return sorted(counted, key=lambda pair: (pair[0].sequence, pair[0].id))
