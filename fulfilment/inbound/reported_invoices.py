"""Invoices that messages are about: locked, with all that each connection has said of their money.

What is read here is read once for a message, whatever follows from it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from common.errors import DomainError
from fulfilment.connectors.base import Record
from fulfilment.inbound.documents import find_record, reports_on
from fulfilment.inbound.report_rules import CREDITED, PAID, POSTED, REVERSED
from fulfilment.inbound.schemas import IncomingMessage
from fulfilment.models import Connection
from fulfilment.sync.reports import Report
from sales.models import Invoice, Payment
from sales.services.documents.locks import lock_invoice

OF_MONEY = (POSTED, PAID, REVERSED)
"""The types that say something about the number or the money of an invoice."""


@dataclass
class ReportedInvoice:
    """An invoice that is locked, the message that is about it, and its sender."""

    connection: Connection
    record: Record
    invoice: Invoice
    message: IncomingMessage

    @cached_property
    def reports(self) -> Mapping[uuid.UUID, Sequence[Report]]:
        """What each connection said of it, this message included."""
        types = (*OF_MONEY, CREDITED)
        return reports_on(self.connection, self.record, self.message, *types, any_part=True)

    def reports_of(self, connection: Connection, *types: str) -> list[Report]:
        """Return what a connection said, of these types."""
        return [report for report in self.reports.get(connection.pk, ()) if report.type in types]

    @cached_property
    def connections(self) -> list[Connection]:
        """The sender and all others that spoke of number or money, in the order of their setup."""
        senders = [self.connection]
        spoke = {
            key
            for key, reports in self.reports.items()
            if any(_is_of_money(each) for each in reports)
        }
        if others := spoke - {self.connection.pk}:
            senders += Connection.objects.filter(pk__in=others)
        return sorted(senders, key=lambda each: each.pk)

    @contextmanager
    def trying(self) -> Iterator[None]:
        """Read the invoice again after a refusal, which rolled back what it has in memory."""
        try:
            yield
        except DomainError:
            self.invoice.refresh_from_db()
            raise

    def read_payments(self) -> list[tuple[Payment, Decimal]]:
        """Read its payments as they are recorded now, each with what stays of it."""
        payments = self.invoice.payments.filter(kind=Payment.Kind.PAYMENT)
        stays = F("amount") + Coalesce(Sum("corrections__amount"), Decimal(0))
        return [(each, each.stays) for each in payments.annotate(stays=stays)]


def _is_of_money(report: Report) -> bool:
    return report.type in OF_MONEY


def lock_reported(connection: Connection, message: IncomingMessage) -> ReportedInvoice:
    """Lock the invoice that a message is about."""
    record = find_record(connection, message)
    invoice, _ = lock_invoice(record.id)
    return ReportedInvoice(connection, record, invoice, message)
