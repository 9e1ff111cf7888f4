"""Every entry of money: its reference counts once, its day can be, its amount is one."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import time_machine

from common.errors import IllegalTransition
from sales.models import Invoice, SalesEvent
from sales.pricing.errors import InvalidAmount
from sales.services.documents.drafts import draft_invoice
from sales.services.errors import InvalidDay, ReferenceTaken
from sales.services.payments import record_payment
from tests.factories import Market
from tests.sales.payment_steps import (
    ERP,
    NOON,
    ONE_DAY,
    TODAY,
    UNTAXED_ON_THE_THIRD_OF_MAY,
    WAY_ON,
    bill,
    credit,
    pay,
    refund,
    refused_for,
    stands,
)

pytestmark = UNTAXED_ON_THE_THIRD_OF_MAY


class TestReferences:
    def test_the_same_reference_amount_and_day_count_once(self, invoice: Invoice) -> None:
        first, second = pay(invoice, "50.00", "R1"), pay(invoice, "50", "R1")

        assert (first.is_new, second.is_new) == (True, False)
        assert first.payment == second.payment
        assert stands(invoice) == ("partly_paid", 150, 0, 0)
        assert SalesEvent.objects.filter(type=SalesEvent.Type.INVOICE_PAID).count() == 1

    @pytest.mark.parametrize("typed", ["r1", " R1", "r1 "])
    def test_a_reference_is_the_same_in_another_case(self, invoice: Invoice, typed: str) -> None:
        first, second = pay(invoice, "50.00", "R1"), pay(invoice, "50", typed)

        assert (second.is_new, second.payment) == (False, first.payment)
        assert second.payment.reference == "R1"
        assert stands(invoice) == ("partly_paid", 150, 0, 0)
        with refused_for(
            ReferenceTaken,
            f"{typed} is recorded with €50.00 of 3 May 2026{WAY_ON}",
            field="reference",
        ):
            pay(invoice, "60.00", typed)

    def test_another_amount_is_refused_in_words(self, invoice: Invoice) -> None:
        pay(invoice, "50.00", "R1")

        sentence = f"R1 is recorded with €50.00 of 3 May 2026{WAY_ON}"
        with refused_for(ReferenceTaken, sentence, field="reference"):
            pay(invoice, "60.00", "R1")

    def test_another_day_is_refused_in_words(self, invoice: Invoice) -> None:
        pay(invoice, "50.00", "R1")

        sentence = f"R1 is recorded with €50.00 of 3 May 2026{WAY_ON}"
        with (
            time_machine.travel(NOON + ONE_DAY, tick=False),
            refused_for(ReferenceTaken, sentence, field="reference"),
        ):
            pay(invoice, "50.00", "R1")

    def test_a_repeat_is_known_when_nothing_is_open_any_more(self, invoice: Invoice) -> None:
        pay(invoice, "200.00", "R1")
        assert not pay(invoice, "200.00", "R1").is_new
        assert stands(invoice) == ("paid", 0, 0, 0)

    def test_one_transfer_may_pay_two_invoices(self, market: Market, invoice: Invoice) -> None:
        other = bill(market)
        assert [pay(each, "50.00", "R1").is_new for each in (invoice, other)] == [True, True]

    def test_payments_without_a_reference_are_all_new(self, invoice: Invoice) -> None:
        pay(invoice, "50.00")
        pay(invoice, "50.00")
        assert stands(invoice) == ("partly_paid", 100, 0, 0)

    def test_a_refund_may_have_the_reference_of_its_payment(self, invoice: Invoice) -> None:
        pay(invoice, "200.00", "R1")
        credit(invoice, "1")
        refund(invoice, "100.00", reference="R1")
        assert stands(invoice) == ("paid", 0, 0, 0)


class TestDays:
    @pytest.mark.parametrize(
        ("days", "sentence"),
        [
            (1, "4 May 2026 is in the future: enter today, 3 May 2026, or an earlier day."),
            (-1, "INV-2026-00001 was issued on 3 May 2026: enter that day or a later one."),
        ],
    )
    def test_money_comes_between_issue_and_today(
        self, invoice: Invoice, market: Market, days: int, sentence: str
    ) -> None:
        for actor, days_off in ((market.rep, days), (ERP, 2 * days)):
            named = sentence.replace("4 May", f"{3 + days_off} May")
            with refused_for(InvalidDay, named, field="received_on"):
                record_payment(
                    invoice.pk,
                    actor=actor,
                    amount=Decimal(50),
                    received_on=TODAY + days_off * ONE_DAY,
                    reference="R1",
                )

    @pytest.mark.parametrize("days", [-1, 1])
    def test_a_system_dates_by_its_own_calendar(self, invoice: Invoice, days: int) -> None:
        day = TODAY + days * ONE_DAY
        recorded = record_payment(
            invoice.pk, actor=ERP, amount=Decimal(50), received_on=day, reference="R1"
        )
        assert recorded.payment.received_on == day
        assert stands(invoice) == ("partly_paid", 150, 0, 0)

    def test_a_discount_is_not_earned_by_a_day_before_the_invoice(self, market: Market) -> None:
        market.payment_terms.early_payment_rate = Decimal("0.02")
        market.payment_terms.early_payment_days = 10
        market.payment_terms.save()
        invoice = bill(market)

        with (
            time_machine.travel(NOON + 30 * ONE_DAY, tick=False),
            refused_for(
                InvalidDay,
                "INV-2026-00001 was issued on 3 May 2026: enter that day or a later one.",
                field="received_on",
            ),
        ):
            record_payment(
                invoice.pk,
                actor=market.rep,
                amount=Decimal(196),
                received_on=TODAY - ONE_DAY,
            )

    @pytest.mark.parametrize(
        ("days", "sentence"),
        [
            (1, "4 May 2026 is in the future: enter today, 3 May 2026, or an earlier day."),
            (-1, "INV-2026-00001 was issued on 3 May 2026: enter that day or a later one."),
        ],
    )
    def test_a_refund_goes_out_between_issue_and_today(
        self, invoice: Invoice, days: int, sentence: str
    ) -> None:
        pay(invoice, "200.00")
        credit(invoice, "1")
        with refused_for(InvalidDay, sentence, field="refunded_on"):
            refund(invoice, "100.00", refunded_on=TODAY + days * ONE_DAY)

    def test_today_is_where_the_company_sits(self, market: Market) -> None:
        market.company.time_zone = "Pacific/Auckland"
        market.company.save()
        invoice = bill(market)  # issued on the 3rd there, when it is ten in the evening
        with time_machine.travel(NOON + dt.timedelta(hours=3), tick=False):
            recorded = record_payment(
                invoice.pk, actor=ERP, amount=Decimal(1), received_on=TODAY + ONE_DAY
            )
        assert recorded.payment.received_on == dt.date(2026, 5, 4)


class TestAmounts:
    @pytest.mark.parametrize(
        ("amount", "sentence"),
        [
            ("0", "Enter an amount above zero."),
            ("-5", "Enter an amount above zero."),
            ("0.001", "Amounts in EUR have at most 2 decimals."),
        ],
    )
    def test_an_amount_is_above_zero_and_made_of_coins(
        self, invoice: Invoice, amount: str, sentence: str
    ) -> None:
        with refused_for(InvalidAmount, sentence, field="amount"):
            pay(invoice, amount)

    def test_no_number_is_no_amount(self, invoice: Invoice) -> None:
        with pytest.raises(InvalidAmount):
            pay(invoice, "NaN")

    def test_only_issued_invoices_are_paid(self, market: Market, invoice: Invoice) -> None:
        draft = draft_invoice(actor=market.rep, account=market.account, name="Workshop")
        note = credit(invoice, "1")
        for document in (draft, note):
            sentence = (
                f"{document} cannot be paid, only issued invoices can: "
                "issue it if it is a draft, or choose another invoice."
            )
            with refused_for(IllegalTransition, sentence):
                pay(document, "1")

    def test_stays_partly_paid_until_the_last_part(self, invoice: Invoice) -> None:
        seen = []
        for amount in ("100", "60", "40"):
            pay(invoice, amount)
            seen.append((invoice.paid, invoice.status))
        assert seen == [(100, "partly_paid"), (160, "partly_paid"), (200, "paid")]
