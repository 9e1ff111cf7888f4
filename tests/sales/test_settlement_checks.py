"""`manage.py verify` names money that is not what its entries say."""

from __future__ import annotations

import pytest

from sales.services.credit_notes import credit_invoice
from sales.services.customer_credit import apply_credit
from sales.services.payments import write_off_invoice
from tests.database_assertions import found_in_documents, tamper
from tests.factories import Market
from tests.sales.payment_steps import bill, pay, refund


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            "UPDATE sales_invoice SET refunded = refunded + 1 WHERE refunded > 0",
            ["{invoice}: refunded is 6.00000, should be 5.00000."],
        ),
        (
            "UPDATE sales_invoice SET written_off = 0, status = 'issued' WHERE written_off > 0",
            [
                "{written_off}: status is issued, should be paid.",
                "{written_off}: written off is 0.00000, should be 70.00000.",
            ],
        ),
        (
            "UPDATE sales_invoice SET moved_to_credit = 31 WHERE moved_to_credit > 0",
            ["{invoice}: moved to credit is 31.00000, should be 30.00000."],
        ),
        (
            "UPDATE sales_customercreditentry SET amount = 31 WHERE kind = 'moved'",
            ["{invoice}: customer credit is 31.00000, should be 30.00000."],
        ),
        (
            "UPDATE sales_customercreditentry SET currency = 'USD' WHERE kind = 'moved'",
            [
                "{invoice}: currency of its credit is USD, should be EUR.",
                "{account}: customer credit in EUR is -30.00000, should be 0 at least.",
            ],
        ),
        (
            "DELETE FROM sales_customercreditentry WHERE kind = 'applied'",
            ["{written_off}: customer credit is missing, should be -30.00000."],
        ),
    ],
)
def test_names_money_that_is_not_what_its_entries_say(
    market: Market, statement: str, expected: list[str]
) -> None:
    invoice, written_off = (bill(market, "83.33", "1") for _ in range(2))
    pay(invoice, "130.00")
    credit_invoice(invoice.pk, actor=market.rep, reason="Broken")
    refund(invoice, "5.00")
    apply_credit(written_off.pk, actor=market.rep)
    write_off_invoice(written_off.pk, actor=market.rep, reason="Insolvent")
    assert found_in_documents() == []

    tamper(statement)

    names = {"invoice": invoice, "written_off": written_off, "account": market.account}
    assert sorted(found_in_documents()) == sorted(line.format(**names) for line in expected)
