"""Down payments: invoiced ahead of the goods, and deducted from later invoices."""

from __future__ import annotations

from decimal import Decimal

import pytest

from common.errors import DomainError, MissingField
from common.formatting import decimals_rule
from sales.models import Invoice, Order
from sales.pricing.errors import AmountExceedsOpen, InvalidAmount
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.billing.order_invoices import delete_draft_invoice
from sales.services.billing.order_progress import Progress, record_progress
from sales.services.credit_notes import credit_invoice
from sales.services.errors import ConflictingFields, DownPaymentDeducted
from sales.services.invoices import issue_invoice
from tests.factories import Market
from tests.sales.order_steps import billed, placed, submitted
from tests.sales.payment_steps import refused_for


@pytest.fixture
def order(market: Market) -> Order:
    return submitted(market, "2", price="100.00")


def test_deducts_a_down_payment_from_the_invoices_that_follow(market: Market) -> None:
    order = placed(market, quantity="10", freight="12.00")
    ahead = invoice_down_payment(order.pk, actor=market.rep, rate=Decimal("0.3"))
    ahead = issue_invoice(ahead.pk, actor=market.rep)
    line = order.lines.get()
    totals = [ahead.total]
    for shipped in ("3", "7", "10"):
        record_progress(order, {line.pk: Progress(Decimal(shipped))}, actor=market.rep)
        totals.append(billed(order, market).total)
    order.refresh_from_db()
    assert ahead.total == Decimal("115.19")  # 30 % of 383.97, freight included
    assert sum(totals) == order.total
    assert order.status == Order.Status.COMPLETED


@pytest.mark.parametrize(
    ("asked", "refusal", "sentence"),
    [
        ({}, MissingField, "Give an amount or a percentage for the down payment."),
        (
            {"amount": "10", "rate": "0.1"},
            ConflictingFields,
            "Give an amount or a percentage for the down payment, not both.",
        ),
        (
            {"amount": "240.01"},
            AmountExceedsOpen,
            "Only €240.00 can still be asked for: give that amount at most.",
        ),
        ({"amount": "0.00"}, InvalidAmount, "Give an amount above zero."),
        ({"amount": "-0.01"}, InvalidAmount, "An amount cannot be negative."),
        ({"amount": "10.001"}, InvalidAmount, decimals_rule("EUR")),
        (
            {"amount": "NaN"},
            InvalidAmount,
            "Give a number of at most 15 digits before the decimal sign.",
        ),
    ],
)
def test_refuses_an_amount_that_the_order_does_not_allow(
    order: Order,
    market: Market,
    asked: dict[str, str],
    refusal: type[DomainError],
    sentence: str,
) -> None:
    figures = {name: Decimal(figure) for name, figure in asked.items()}
    with refused_for(refusal, sentence, field="amount"):
        invoice_down_payment(
            order.pk, actor=market.rep, amount=figures.get("amount"), rate=figures.get("rate")
        )
    assert not order.invoices.exists()


def test_refuses_a_down_payment_once_nothing_is_left_to_ask_for(
    order: Order, market: Market
) -> None:
    sentence = "Nothing is left to ask for: all of it is billed or asked for ahead."
    invoice_down_payment(order.pk, actor=market.rep, rate=Decimal(1))
    with refused_for(AmountExceedsOpen, sentence, field="amount"):
        invoice_down_payment(order.pk, actor=market.rep, amount=Decimal("0.01"))
    with refused_for(AmountExceedsOpen, sentence, field="amount"):
        invoice_down_payment(order.pk, actor=market.rep, rate=Decimal("0.1"))
    assert order.invoices.count() == 1


def test_invoices_the_deposit_of_the_terms_when_the_order_is_submitted(market: Market) -> None:
    market.payment_terms.deposit_rate = Decimal("0.5")
    market.payment_terms.save()
    order = placed(market)
    deposit = order.invoices.get()
    assert (deposit.what, deposit.status) == ("down_payment", "issued")
    assert deposit.total == Decimal("55.80")  # half of 111.59, half up


def test_does_not_delete_a_down_payment_that_is_deducted_already(
    advance: Invoice, final: Invoice, market: Market
) -> None:
    assert (advance.total, final.total) == (Decimal("72.00"), Decimal("168.00"))
    with pytest.raises(DownPaymentDeducted, match="is deducted on a later invoice already"):
        delete_draft_invoice(advance.pk, actor=market.rep)
    assert Invoice.objects.count() == 2

    delete_draft_invoice(final.pk, actor=market.rep)
    delete_draft_invoice(advance.pk, actor=market.rep)
    assert not Invoice.objects.exists()


def test_does_not_credit_a_down_payment_that_is_deducted_already(
    advance: Invoice, final: Invoice, market: Market
) -> None:
    advance = issue_invoice(advance.pk, actor=market.rep)
    final = issue_invoice(final.pk, actor=market.rep)
    with pytest.raises(DownPaymentDeducted, match="is deducted on a later invoice already"):
        credit_invoice(advance.pk, actor=market.rep, reason="Cancelled")
    assert not Invoice.objects.filter(kind="credit_note").exists()

    back = [
        credit_invoice(invoice.pk, actor=market.rep, reason="Cancelled").total
        for invoice in (final, advance)
    ]
    assert back == [Decimal("168.00"), Decimal("72.00")]


@pytest.mark.parametrize(
    ("first", "second", "left"), [("0.7", "0.4", "30%"), ("0.6667", "0.3334", "33.33%")]
)
def test_refuses_a_percentage_above_what_is_left(
    market: Market, first: str, second: str, left: str
) -> None:
    order = placed(market, quantity="1000", price="100.00")
    invoice_down_payment(order.pk, actor=market.rep, rate=Decimal(first))

    sentence = f"Only {left} can still be asked for: give that at most."
    with refused_for(AmountExceedsOpen, sentence, field="rate"):
        invoice_down_payment(order.pk, actor=market.rep, rate=Decimal(second))

    assert order.invoices.count() == 1
    rest = Decimal(left.removesuffix("%")) / 100
    invoice_down_payment(order.pk, actor=market.rep, rate=rest)
    asked = sum(order.invoices.values_list("total", flat=True))
    assert asked == order.total


def test_refuses_a_percentage_of_what_is_billed(market: Market) -> None:
    order = placed(market, quantity="10", price="100.00")
    billed(order, market, what="percentage", rate=Decimal("0.75"))

    sentence = "Only 25% can still be asked for: give that at most."
    with refused_for(AmountExceedsOpen, sentence, field="rate"):
        invoice_down_payment(order.pk, actor=market.rep, rate=Decimal("0.5"))

    last = invoice_down_payment(order.pk, actor=market.rep, rate=Decimal("0.25"))
    assert (last.total, last.share_rate) == (279, Decimal("0.25"))


def test_the_last_percentage_takes_the_cent_that_rounding_left(market: Market) -> None:
    order = placed(market, quantity="1", price="0.05")
    assert order.total == Decimal("0.06")
    invoice_down_payment(order.pk, actor=market.rep, amount=Decimal("0.04"))

    last = invoice_down_payment(order.pk, actor=market.rep, rate=Decimal("0.5"))

    assert last.total == Decimal("0.02")
