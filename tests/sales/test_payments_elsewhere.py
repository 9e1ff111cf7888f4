"""One payment recorded on several invoices of an account: it is taken, and can be found."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext

from sales.models import Invoice
from sales.services.billing.money_rules import elsewhere_remark, recorded_elsewhere
from tests.factories import Market
from tests.sales.payment_steps import UNTAXED_ON_THE_THIRD_OF_MAY, bill, pay

pytestmark = UNTAXED_ON_THE_THIRD_OF_MAY


def test_finds_the_invoices_with_the_same_reference_amount_and_day(
    market: Market, invoice: Invoice
) -> None:
    second, third, fourth = bill(market), bill(market), bill(market)
    pay(second, "50", "Q2")
    pay(third, "50", "Q2")
    pay(fourth, "60", "Q2")

    payment = pay(invoice, "50", "Q2").payment

    assert list(recorded_elsewhere(payment)) == [second, third]
    assert str(elsewhere_remark("Q2", recorded_elsewhere(payment))) == (
        "Reference Q2 of the same day is also recorded on INV-2026-00002, INV-2026-00003."
    )


def test_a_payment_without_a_reference_asks_the_database_nothing(
    market: Market, invoice: Invoice
) -> None:
    pay(bill(market), "50")
    payment = pay(invoice, "50").payment

    with CaptureQueriesContext(connection) as captured:
        assert elsewhere_remark("", recorded_elsewhere(payment)) == ""
    assert len(captured) == 0
