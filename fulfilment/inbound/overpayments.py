"""Overpayments: what connections reported beyond what an invoice asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal

from django.db.models import Sum

from common.sentences import Amount
from common.sentences import sentence as _
from fulfilment.cloudevents import plain
from fulfilment.inbound.payment_reports import ZERO, add_up, by_reference
from fulfilment.inbound.report_rules import PAID, REVERSED, amount_of
from fulfilment.inbound.reported_invoices import ReportedInvoice
from fulfilment.models import Connection, Discrepancy
from fulfilment.services.discrepancies import NewDiscrepancy, signed
from fulfilment.sync.reports import Report
from sales.models import Invoice, Payment


def find_overpayments(about: ReportedInvoice) -> Iterator[NewDiscrepancy]:
    """Name what each connection's payments came to beyond what was open, for a person.

    The money is recorded and the surplus is customer credit already: a person may refund it, or
    find that it was meant for something else. Of several connections it is that of the last money,
    by its day. No statement if there is none.
    """
    if not about.invoice.moved_to_credit:
        return
    connections = {each.code: each for each in about.connections}
    surplus = _moved_to_credit(about.invoice, connections)
    last_first = sorted(
        ((paid.received_on, left, paid.source) for paid, left in about.read_payments()),
        reverse=True,
    )
    for connection in about.connections if surplus > 0 else ():
        kept = [left for _day, left, source in last_first if source == connection.code]
        beyond = _beyond(last_first, connections, surplus, connection.code)
        if beyond > 0:
            yield _overpaid(about, connection, sum(kept, ZERO), beyond)


def _moved_to_credit(invoice: Invoice, sources: Collection[str]) -> Decimal:
    """Return how much the reports of connections made customer credit."""
    moved = invoice.payments.filter(kind=Payment.Kind.TO_CREDIT, source__in=list(sources))
    added: Decimal = moved.aggregate(sum=Sum("amount", default=ZERO))["sum"]
    return -added


def _beyond(
    last_first: Sequence[tuple[object, Decimal, str]],
    sources: Collection[str],
    surplus: Decimal,
    code: str,
) -> Decimal:
    """Return how much of the surplus is money of one connection."""
    share = ZERO
    for _day, left, source in last_first:
        if source in sources:
            taken = min(left, surplus)
            surplus -= taken
            share += taken if source == code else ZERO
    return share


def _overpaid(
    about: ReportedInvoice, connection: Connection, kept: Decimal, surplus: Decimal
) -> NewDiscrepancy:
    invoice = about.invoice
    reports = about.reports_of(connection, PAID, REVERSED)
    return NewDiscrepancy(
        connection.pk,
        Discrepancy.Kind.OVERPAID,
        about.record,
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


def _counted(invoice: Invoice, reports: Sequence[Report]) -> list[tuple[Report, Decimal]]:
    """Return the report that counts of each payment, in order, and what is left of it."""
    added = (add_up(invoice, same) for same in by_reference(reports).values())
    counted = [
        (each.counted, each.remaining_of(amount_of(each.counted)).amount)
        for each in added
        if each.counted is not None
    ]
    return sorted(counted, key=lambda pair: (pair[0].sequence, pair[0].id))
