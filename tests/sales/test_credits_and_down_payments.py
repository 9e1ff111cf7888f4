from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from common.errors import MissingField
from sales.models import Invoice, Order
from sales.pricing.errors import AmountExceedsOpen, QuantityExceedsOpen
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.billing.order_invoices import invoice_order
from sales.services.billing.order_progress import Progress, record_progress
from sales.services.credit_notes import credit_invoice
from sales.services.documents.drafts import change_head, draft_order
from sales.services.documents.lines import add_line
from sales.services.errors import NothingToCredit
from sales.services.invoices import issue_invoice, record_payment
from sales.services.orders import submit_order
from tests.factories import Market


def placed(
    market: Market, *, quantity: str = "3", price: str = "33.33", freight: str = "0"
) -> Order:
    order = draft_order(
        actor=market.rep, account=market.account, name="Bar refit", freight=Decimal(freight)
    )
    add_line(order, actor=market.rep, product=market.product(price), quantity=Decimal(quantity))
    change_head(order, actor=market.rep, discount_rate=Decimal("0.07"))
    return submit_order(order.pk, actor=market.rep)


def billed(order: Order, market: Market, **how: object) -> Invoice:
    draft = invoice_order(order.pk, actor=market.rep, **how)  # type: ignore[arg-type]
    return issue_invoice(draft.pk, actor=market.rep)


def test_crediting_all_of_an_invoice_gives_back_exactly_what_it_asked(market: Market) -> None:
    order = placed(market, freight="9.90")
    invoice = billed(order, market, what="all")
    line = invoice.lines.get()

    first = credit_invoice(
        invoice.pk, actor=market.rep, reason="Broken", quantities={line.pk: Decimal(1)}
    )
    rest = credit_invoice(invoice.pk, actor=market.rep, reason="All of it")

    invoice.refresh_from_db()
    order.refresh_from_db()
    assert first.number is not None
    assert first.number.startswith("CN-")
    assert first.total + rest.total == invoice.total == order.total
    assert (invoice.credited, invoice.status) == (invoice.total, "cancelled")
    assert order.billing_status == Order.Billing.CREDITED
    with pytest.raises(NothingToCredit):
        credit_invoice(invoice.pk, actor=market.rep, reason="Again")


def test_what_is_credited_may_be_billed_again_or_not(market: Market) -> None:
    order = placed(market)
    invoice = billed(order, market, what="all")
    line = invoice.lines.get()
    credit_invoice(
        invoice.pk,
        actor=market.rep,
        reason="Wrong price",
        quantities={line.pk: Decimal(1)},
    )
    credit_invoice(
        invoice.pk,
        actor=market.rep,
        reason="Goodwill",
        quantities={line.pk: Decimal(1)},
        bill_again=False,
    )
    order_line = order.lines.get()
    assert (order_line.credited_quantity, order_line.closed_quantity) == (2, 1)
    assert order_line.open_to_bill == 1
    again = billed(order, market, what="all")
    assert again.lines.get().quantity == 1


def test_refuses_to_credit_more_than_was_billed_or_without_a_reason(market: Market) -> None:
    order = placed(market)
    invoice = billed(order, market, what="all")
    line = invoice.lines.get()
    with pytest.raises(QuantityExceedsOpen, match="4 asked for, 3 left to credit"):
        credit_invoice(
            invoice.pk, actor=market.rep, reason="Broken", quantities={line.pk: Decimal(4)}
        )
    with pytest.raises(MissingField):
        credit_invoice(invoice.pk, actor=market.rep, reason="")
    assert not Invoice.objects.filter(kind="credit_note").exists()


def test_a_paid_invoice_credited_owes_money_back(market: Market) -> None:
    order = placed(market)
    invoice = billed(order, market, what="all")
    record_payment(
        invoice.pk, actor=market.rep, amount=invoice.total, received_on=dt.date(2026, 11, 22)
    )
    credit_invoice(invoice.pk, actor=market.rep, reason="Returned")
    invoice.refresh_from_db()
    assert invoice.outstanding == -invoice.total


@pytest.mark.parametrize("rates", [["0.3", "0.3"], ["0.3333", "0.3333", "0.3333"], ["0.01"]])
def test_percentages_and_the_rest_sum_to_the_order(market: Market, rates: list[str]) -> None:
    order = placed(market, freight="5.00")
    invoices = [billed(order, market, what="percentage", rate=Decimal(rate)) for rate in rates]
    invoices.append(billed(order, market, what="all"))
    assert sum(invoice.total for invoice in invoices) == order.total
    assert sum(invoice.tax for invoice in invoices) == order.tax


def test_a_down_payment_is_taken_off_the_invoices_that_follow(market: Market) -> None:
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


def test_a_down_payment_cannot_exceed_the_order(market: Market) -> None:
    order = placed(market)
    with pytest.raises(AmountExceedsOpen):
        invoice_down_payment(order.pk, actor=market.rep, amount=Decimal("1000.00"))
    with pytest.raises(MissingField):
        invoice_down_payment(order.pk, actor=market.rep)
    assert not order.invoices.exists()


def test_terms_with_a_deposit_ask_for_it_when_the_order_is_placed(market: Market) -> None:
    market.payment_terms.deposit_rate = Decimal("0.5")
    market.payment_terms.save()
    order = placed(market)
    deposit = order.invoices.get()
    assert (deposit.what, deposit.status) == ("down_payment", "issued")
    assert deposit.total == Decimal("55.80")  # half of 111.59, half up
