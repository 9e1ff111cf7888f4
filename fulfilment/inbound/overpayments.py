"""Overpayments: what an ERP reported beyond what was open, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.db.models import Sum

from common.sentences import Amount
from common.sentences import sentence as _
from fulfilment.cloudevents import plain
from fulfilment.connectors.base import Record
from fulfilment.inbound.documents import reports_of
from fulfilment.inbound.payment_reports import ZERO, add_up
from fulfilment.inbound.report_rules import PAID, amount_of
from fulfilment.inbound.schemas import IncomingMessage
from fulfilment.models import Connection, Discrepancy
from fulfilment.services.discrepancies import NewDiscrepancy, settle_discrepancies, signed
from fulfilment.sync.reports import Report, in_order
from sales.models import Invoice, Payment

Kind = Discrepancy.Kind


def settle_overpayment(
    connection: Connection, record: Record, invoice: Invoice, message: IncomingMessage
) -> list[NewDiscrepancy]:
    """Name what a connection's payments of an invoice came to beyond what was open, for a person.

    The money is recorded and the surplus is customer credit already: a person may refund it, or
    find that it was meant for something else. One statement if there is none.
    """
    surplus = _moved_to_credit(connection, invoice)
    open_now = Discrepancy.objects.filter(
        connection=connection, record_id=record.id, kind=Kind.OVERPAID
    )
    found = []
    if surplus > 0:
        reports = reports_of(connection, record, message, PAID, any_part=True)
        found = [_overpaid(connection, record, invoice, _counted(invoice, reports), surplus)]
    settle_discrepancies(open_now, found)
    return found


def _moved_to_credit(connection: Connection, invoice: Invoice) -> Decimal:
    """Return how much of the connection's payments became customer credit."""
    moved: Decimal = invoice.payments.filter(
        kind=Payment.Kind.TO_CREDIT, source=connection.code
    ).aggregate(sum=Sum("amount", default=ZERO))["sum"]
    return -moved


def _counted(invoice: Invoice, reports: Iterable[Report]) -> list[Report]:
    """Return the report that counts of each payment, in order."""
    by_reference: dict[str, list[Report]] = {}
    for report in reports:
        name = report.data["payment_ref"].strip().casefold()
        by_reference.setdefault(name, []).append(report)
    added = (add_up(invoice, same).counted for same in by_reference.values())
    return in_order(counted for counted in added if counted is not None)


def _overpaid(
    connection: Connection,
    record: Record,
    invoice: Invoice,
    payments: list[Report],
    surplus: Decimal,
) -> NewDiscrepancy:
    """Name the report with which more was paid than was open."""
    reported = sum((amount_of(payment) for payment in payments), ZERO)
    last, sum_so_far = "", ZERO
    for payment in payments:
        sum_so_far += amount_of(payment)
        if sum_so_far > reported - surplus:
            last = payment.id
            break
    return NewDiscrepancy(
        connection.pk,
        Kind.OVERPAID,
        record,
        ours=plain(reported - surplus),
        theirs=plain(reported),
        difference=signed(surplus),
        about=invoice.number or "",
        rule=_(
            "%(connection)s reported %(reported)s for %(invoice)s, %(open)s was open: "
            "%(credit)s became customer credit.",
            connection=connection,
            invoice=invoice,
            reported=Amount(reported, invoice.currency),
            open=Amount(reported - surplus, invoice.currency),
            credit=Amount(surplus, invoice.currency),
        ),
        report=last,
    )
