"""Invoices that messages are about, and what was said of them so far."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pytest_httpserver import HTTPServer

from common.errors import DomainError
from fulfilment.inbound.report_rules import PAID, POSTED
from fulfilment.inbound.reported_invoices import lock_reported
from fulfilment.inbound.schemas import parse_message
from sales.models import Invoice
from tests.database_assertions import statements_of
from tests.fulfilment.conftest import INVOICE_EVENTS, FarEnd, connect
from tests.fulfilment.messages import paid, posted, receive_from, taken_back


@pytest.fixture
def part(httpserver: HTTPServer, erp: FarEnd) -> FarEnd:
    """A system that was set up after the ERP and reports on the same invoices."""
    return connect(httpserver, "part", INVOICE_EVENTS, reports_as=["erp"])


def test_reads_what_each_connection_said_once(part: FarEnd, erp: FarEnd, invoice: Invoice) -> None:
    receive_from(erp, posted(invoice, "SI-1"))
    receive_from(erp, paid(invoice, "SI-1", "50.00"))
    message = parse_message(paid(invoice, "P-1", "20.00"))

    about = lock_reported(part.connection, message)

    assert about.connections == [erp.connection, part.connection]
    types = {each.type for each in about.reports_of(erp.connection, POSTED, PAID)}
    assert types == {POSTED, PAID}
    assert [each.id for each in about.reports_of(part.connection, PAID)] == [message.id]
    assert statements_of(lambda: about.reports_of(erp.connection, PAID)) == 0


def test_reads_what_stays_of_each_payment(invoice: Invoice, erp: FarEnd) -> None:
    receive_from(erp, paid(invoice, "SI-1", "50.00"))
    receive_from(erp, taken_back(invoice, "20.00"))

    about = lock_reported(erp.connection, parse_message(posted(invoice, "SI-1")))

    [(payment, left)] = about.read_payments()
    assert [payment.amount, left] == [50, 30]


def test_reads_the_invoice_again_after_a_refusal(invoice: Invoice, erp: FarEnd) -> None:
    about = lock_reported(erp.connection, parse_message(posted(invoice, "SI-1")))

    def refuse() -> None:
        about.invoice.paid = Decimal(7)
        raise DomainError("Refused.")

    with pytest.raises(DomainError), about.trying():
        refuse()

    assert about.invoice.paid == 0
