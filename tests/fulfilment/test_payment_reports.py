"""Reports of one payment, added up by their sequence."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fulfilment.inbound.payment_reports import RemainingPayment, add_up
from fulfilment.sync.reports import Report
from sales.models import Invoice


def report(sequence: int, amount: str, invoice: Invoice, **attributes: Any) -> Report:
    """A report of one payment of an invoice."""
    data = {
        "payment_ref": "PAY-1",
        "amount": {"amount": Decimal(amount), "currency": attributes.pop("currency", "EUR")},
        "paid_on": invoice.company.today(),
    }
    return Report(sequence, f"m{sequence}", data, type="erp.invoice.paid", **attributes)


def test_counts_the_first_amount_and_names_the_last(invoice: Invoice) -> None:
    first, last = report(1, "50", invoice), report(2, "60", invoice)

    added = add_up(invoice, [last, first])

    assert (added.counted, added.uncounted) == (first, last)
    assert added.remaining_of(Decimal(50)) == RemainingPayment(Decimal(50), [], [])


def test_a_correction_that_cannot_be_replaces_nothing(invoice: Invoice) -> None:
    first = report(1, "50", invoice)
    foreign = report(2, "45", invoice, currency="USD", is_correction=True)

    added = add_up(invoice, [first, foreign])

    assert (added.counted, added.uncounted) == (first, foreign)
    assert str(added.refusal) == f"{invoice} is in EUR: report it in that, not in USD."
