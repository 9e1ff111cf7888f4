"""Overpayments: what was paid beyond what was open waits for a decision."""

from __future__ import annotations

from fulfilment.models import Discrepancy, InboundMessage
from fulfilment.services.discrepancies import resolve_discrepancy
from sales.models import Invoice
from tests.factories import Market
from tests.fulfilment.conftest import (
    FarEnd,
)
from tests.fulfilment.messages import open_values, paid, receive_from


def test_names_what_was_paid_beyond_what_was_open_until_a_person_decides(
    invoice: Invoice, market: Market, erp: FarEnd
) -> None:
    receive_from(erp, paid(invoice, "SI-1", "100.00"))
    assert open_values() == []
    second = paid(invoice, "SI-1", "50.00")
    second["data"]["payment_ref"] = "PAY-2"

    assert receive_from(erp, second) == "applied"

    invoice.refresh_from_db()
    assert (invoice.paid, invoice.moved_to_credit, invoice.status) == (150, 30, "paid")
    assert open_values() == [("overpaid", "120", "150")]
    found = Discrepancy.objects.get()
    assert found.difference == "+30"
    assert found.report == InboundMessage.objects.get(message_id=second["id"])
    assert found.display_rule == (
        f"ERP reported €150.00 for {invoice}, €120.00 was open: €30.00 became customer credit."
    )
    assert found.report.display_detail == found.display_rule
    third = paid(invoice, "SI-1", "20.00")
    third["data"]["payment_ref"] = "PAY-3"
    receive_from(erp, third)
    found = Discrepancy.objects.get()
    assert InboundMessage.objects.get(message_id=third["id"]).display_detail == found.display_rule
    assert found.display_rule == (
        f"ERP reported €170.00 for {invoice}, €120.00 was open: €50.00 became customer credit."
    )
    resolve_discrepancy(found, actor=market.rep, reason="Refunded")
    receive_from(erp, second)
    receive_from(erp, paid(invoice, "SI-1", "100.00"))
    assert open_values() == []
