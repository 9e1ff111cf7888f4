"""Rules of a single report about an invoice: currency, day and amount."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from fulfilment.inbound.report_rules import is_plausible, refusal_reason
from fulfilment.sync.reports import Report
from sales.models import Invoice


@pytest.mark.parametrize(("days", "fits"), [(0, True), (366, True), (367, False), (-367, False)])
def test_an_invoice_of_record_is_of_about_the_same_day(
    invoice: Invoice, days: int, fits: bool
) -> None:
    assert invoice.issued_on is not None

    assert is_plausible(invoice, invoice.issued_on + dt.timedelta(days=days)) is fits


def test_says_why_a_report_cannot_be(invoice: Invoice) -> None:
    euros, dollars = ({"amount": Decimal(1), "currency": code} for code in ("EUR", "USD"))
    day = dt.date(1969, 12, 31)

    early = Report(1, "m", {"issued_on": day, "tax": euros}, type="erp.invoice.posted")
    foreign = Report(1, "m", {"issued_on": day, "tax": dollars}, type="erp.invoice.posted")
    unpaid = Report(1, "m", {"paid_on": day, "amount": euros}, type="erp.invoice.paid")

    assert str(refusal_reason(invoice, early)).endswith("the days are more than a year apart.")
    rule = f"{invoice} is in EUR: report it in that, not in USD."
    assert str(refusal_reason(invoice, foreign)) == rule
    assert "enter that day or a later one" in str(refusal_reason(invoice, unpaid))
