"""Settlement: what is too much becomes customer credit, and figures are their entries' sums."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from sales.models import Invoice, Payment
from sales.services.credit_notes import credit_invoice
from sales.services.documents.drafts import draft_invoice
from tests.database_assertions import refused, sql
from tests.factories import Market
from tests.sales.payment_steps import (
    ONE_DAY,
    TODAY,
    UNTAXED_ON_THE_THIRD_OF_MAY,
    bill,
    credit,
    entries,
    pay,
    stands,
)

pytestmark = UNTAXED_ON_THE_THIRD_OF_MAY


class TestOverpayment:
    @pytest.mark.parametrize(
        ("currency", "price", "paid", "over"),
        [
            ("JPY", "100", "250", "50"),
            ("EUR", "100.00", "200.01", "0.01"),
            ("KWD", "0.105", "0.211", "0.001"),
        ],
    )
    def test_what_is_too_much_becomes_customer_credit(
        self, db: None, currency: str, price: str, paid: str, over: str
    ) -> None:
        invoice = bill(Market(currency=currency, tax_rate="0"), price)

        recorded = pay(invoice, paid, "R1")

        assert recorded.overpaid == Decimal(over)
        assert stands(invoice) == ("paid", 0, 0, Decimal(over))
        assert entries(invoice) == [("payment", Decimal(paid)), ("to_credit", -Decimal(over))]

    def test_money_for_a_paid_invoice_is_all_credit(self, invoice: Invoice) -> None:
        pay(invoice, "200", "R1")
        assert pay(invoice, "30", "R2").overpaid == 30
        assert stands(invoice) == ("paid", 0, 0, 30)

    @pytest.mark.parametrize("is_credited_first", [True, False])
    def test_money_for_a_credited_invoice_is_to_refund_whichever_came_first(
        self, invoice: Invoice, is_credited_first: bool
    ) -> None:
        if is_credited_first:
            credit_invoice(invoice.pk, actor=invoice.owner, reason="Broken")
        pay(invoice, "230", "R1")
        if not is_credited_first:
            credit_invoice(invoice.pk, actor=invoice.owner, reason="Broken")
        assert stands(invoice) == ("paid", -200, 200, 30)

    def test_only_the_new_money_is_moved(self, invoice: Invoice) -> None:
        pay(invoice, "200", "R1")
        credit(invoice, "1")
        pay(invoice, "30", "R2")
        assert stands(invoice) == ("paid", -100, 100, 30)


class TestDatabase:
    def test_money_is_entered_only_for_issued_invoices_from_their_day_on(
        self, market: Market, invoice: Invoice
    ) -> None:
        draft = draft_invoice(actor=market.rep, account=market.account, name="Workshop")
        for document, day in ((invoice, TODAY - 2 * ONE_DAY), (draft, TODAY)):
            with refused("sales_payment", "fits_invoice"):
                Payment.objects.create(invoice=document, amount=1, received_on=day)

    @pytest.mark.parametrize("change", ["refunded = 1", "moved_to_credit = 1", "paid = paid + 1"])
    def test_every_figure_is_the_sum_of_its_entries(self, invoice: Invoice, change: str) -> None:
        pay(invoice, "200")
        credit(invoice, "1")
        with refused("sales_invoice", "payments_add_up"):
            sql(f"UPDATE sales_invoice SET {change} WHERE id = %s", invoice.pk)  # noqa: S608  # the changes above

    @pytest.mark.parametrize(
        ("change", "rule"),
        [
            ("refunded = -1", "invoice_settled_not_negative"),
            ("refunded = 101", "invoice_gives_back_what_is_too_much"),
            ("moved_to_credit = 101", "invoice_gives_back_what_is_too_much"),
            ("written_off = 1", "invoice_writes_off_what_is_open"),
        ],
    )
    def test_no_more_is_given_back_or_up_than_there_is(
        self, invoice: Invoice, change: str, rule: str
    ) -> None:
        pay(invoice, "200")
        credit(invoice, "1")
        with pytest.raises(IntegrityError, match=rule), transaction.atomic():
            sql(f"UPDATE sales_invoice SET {change} WHERE id = %s", invoice.pk)  # noqa: S608  # the changes above

    @pytest.mark.parametrize(
        ("kind", "amount", "rule"),
        [
            ("payment", -1, "payment_goes_one_way"),
            ("from_credit", -1, "payment_goes_one_way"),
            ("refund", 1, "payment_goes_one_way"),
            ("to_credit", 1, "payment_goes_one_way"),
            ("refund", -1, "payment_has_its_reason"),
            ("write_off", 1, "payment_has_its_reason"),
            ("early_payment", 0, "payment_not_zero"),
        ],
    )
    def test_every_entry_goes_its_way(
        self, invoice: Invoice, kind: str, amount: int, rule: str
    ) -> None:
        with pytest.raises(IntegrityError, match=rule), transaction.atomic():
            Payment.objects.create(invoice=invoice, kind=kind, amount=amount, received_on=TODAY)
