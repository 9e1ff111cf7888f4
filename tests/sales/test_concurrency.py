"""Concurrency: of equal actions at the same moment one succeeds."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from common.errors import DomainError, IllegalTransition
from sales.models import Invoice, NumberSeries, Order, Payment, PromotionCode, SalesEvent
from sales.pricing.errors import PromotionUsedUp
from sales.services.documents.drafts import draft_quote
from sales.services.documents.lines import add_line
from sales.services.errors import NothingToInvoice
from sales.services.integrity.verification import verify
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.orders import submit_order
from sales.services.payments import Recorded, record_payment
from sales.services.promotions import apply_promotion
from sales.services.quotes import accept_quote, activate_quote
from tests.concurrency import run_concurrently
from tests.factories import Market
from tests.sales.order_steps import drafted

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def market(transactional_db: None) -> Market:
    return Market()


def refusals(results: list[Any]) -> list[type[DomainError]]:
    return [type(result) for result in results if isinstance(result, DomainError)]


def invoiced(market: Market) -> Invoice:
    order = submit_order(drafted(market, "3").pk, actor=market.rep)
    return invoice_order(order.pk, actor=market.rep, what="all")


def nothing_differs() -> bool:
    return not any(verify().values())


def test_two_who_accept_a_quote_get_the_same_order(market: Market) -> None:
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    add_line(quote, actor=market.rep, product=market.product())
    activate_quote(quote.pk, actor=market.rep)

    orders = run_concurrently(*[lambda: accept_quote(quote.pk, actor=market.rep)] * 4)

    assert {order.pk for order in orders} == {Order.objects.get().pk}
    assert SalesEvent.objects.filter(type="quote.accepted").count() == 1
    assert nothing_differs()


def test_two_who_submit_an_order_make_one_binding_order(market: Market) -> None:
    order = drafted(market, "3")

    results = run_concurrently(*[lambda: submit_order(order.pk, actor=market.rep)] * 4)

    assert refusals(results) == [IllegalTransition] * 3
    assert NumberSeries.objects.get(kind="O").last == 1
    assert SalesEvent.objects.filter(type="order.submitted").count() == 1


def test_two_who_invoice_an_order_bill_it_once(market: Market) -> None:
    order = submit_order(drafted(market, "3").pk, actor=market.rep)

    results = run_concurrently(*[lambda: invoice_order(order.pk, actor=market.rep, what="all")] * 4)

    assert refusals(results) == [NothingToInvoice] * 3
    assert Invoice.objects.get().total == order.total


def test_two_who_issue_an_invoice_use_one_number(market: Market) -> None:
    invoice = invoiced(market)

    results = run_concurrently(*[lambda: issue_invoice(invoice.pk, actor=market.rep)] * 4)

    assert refusals(results) == [IllegalTransition] * 3
    assert NumberSeries.objects.get(kind="INV").last == 1
    assert nothing_differs()


def test_the_last_use_of_a_promotion_code_is_given_once(market: Market) -> None:
    code = PromotionCode.objects.create(
        code="SPRING", name="Spring", discount_rate=Decimal("0.1"), uses_allowed=1
    )
    orders = [drafted(market, "3") for _ in range(4)]
    for order in orders:
        apply_promotion(order, "SPRING", actor=market.rep)

    def submit(order: Order) -> Callable[[], Order]:
        return lambda: submit_order(order.pk, actor=market.rep)

    results = run_concurrently(*[submit(order) for order in orders])

    code.refresh_from_db()
    assert refusals(results) == [PromotionUsedUp] * 3
    assert (code.uses, Order.objects.filter(status="submitted").count()) == (1, 1)
    assert nothing_differs()


def test_a_payment_recorded_several_times_at_once_counts_once(market: Market) -> None:
    invoice = issue_invoice(invoiced(market).pk, actor=market.rep)

    def pay() -> Recorded:
        return record_payment(
            invoice.pk,
            actor=market.rep,
            amount=Decimal(10),
            received_on=market.company.today(),
            reference="P-1",
        )

    recorded = run_concurrently(*[pay] * 4)

    invoice.refresh_from_db()
    assert {each.payment.pk for each in recorded} == {Payment.objects.get().pk}
    assert sorted(each.is_new for each in recorded) == [False, False, False, True]
    assert (invoice.paid, invoice.status) == (Decimal(10), "partly_paid")
