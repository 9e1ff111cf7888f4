"""Command `verify`: names each derived figure that differs from its source."""

from __future__ import annotations

from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from fulfilment.services.shipments import record_shipment
from sales.models import Invoice, Order, PromotionCode, Quote
from sales.services.billing.order_invoices import invoice_order
from sales.services.documents.drafts import draft_quote
from sales.services.documents.lines import add_line
from sales.services.integrity.verification import verify
from sales.services.invoices import issue_invoice
from sales.services.orders import submit_order
from sales.services.payments import record_payment
from sales.services.quotes import accept_quote, activate_quote
from tests.database_assertions import tamper
from tests.factories import Market


@pytest.fixture
def year(market: Market) -> int:
    return market.company.today().year


@pytest.fixture
def traded(market: Market) -> Order:
    """One quote still open, one order partly shipped, billed and paid."""
    quotes = [
        draft_quote(actor=market.rep, account=market.account, name="Bar refit") for _ in range(2)
    ]
    for quote in quotes:
        add_line(quote, actor=market.rep, product=market.product("19.99"), quantity=Decimal(3))
        activate_quote(quote.pk, actor=market.rep)
    order = accept_quote(quotes[0].pk, actor=market.rep)
    order = submit_order(order.pk, actor=market.rep)
    record_shipment(order.pk, actor=market.rep, lines={order.lines.get().pk: Decimal(2)})
    invoice = issue_invoice(invoice_order(order.pk, actor=market.rep).pk, actor=market.rep)
    today = market.company.today()
    record_payment(invoice.pk, actor=market.rep, amount=Decimal(10), received_on=today)
    return order


def printed() -> list[str]:
    return [str(difference) for found in verify().values() for difference in found]


def test_finds_nothing_where_all_is_true(traded: Order) -> None:
    assert printed() == []
    out = StringIO()
    call_command("verify", stdout=out)
    assert out.getvalue().startswith("No differences; ")
    assert "over 2 quotes, 1 orders, 1 invoices" in out.getvalue()


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            "UPDATE sales_order SET detail = detail + 1, total = total + 1",
            [
                "O-{year}-00001: detail is 60.97000, should be 59.97000.",
                "O-{year}-00001: total is 72.96000, should be 71.96000.",
            ],
        ),
        (
            "UPDATE sales_orderline SET shipped_quantity = 1",
            ["O-{year}-00001, line 1: shipped quantity is 1.00000, should be 2.00000."],
        ),
        (
            "UPDATE sales_orderline SET invoiced_quantity = 1",
            ["O-{year}-00001, line 1: invoiced quantity is 1.00000, should be 2.00000."],
        ),
        (
            "UPDATE sales_order SET fulfilment_status = 'shipped'",
            ["O-{year}-00001: fulfilment status is shipped, should be partly_shipped."],
        ),
        (
            "UPDATE sales_order SET billing_status = 'invoiced', status = 'completed'",
            [
                "O-{year}-00001: billing status is invoiced, should be partly.",
                "O-{year}-00001: status is completed, should be submitted.",
            ],
        ),
        (
            "UPDATE sales_invoice SET paid = 12",
            ["INV-{year}-00001: paid is 12.00000, should be 10.00000."],
        ),
        (
            "UPDATE sales_payment SET kind = 'from_credit'",
            ["INV-{year}-00001: customer credit is missing, should be -10.00000."],
        ),
        (
            "UPDATE sales_invoice SET status = 'paid'",
            ["INV-{year}-00001: status is paid, should be partly_paid."],
        ),
        (
            "UPDATE sales_numberseries SET last = 3 WHERE kind = 'Q'",
            ["Q-{year}-00003: number is missing, should be on a document."],
        ),
        (
            "UPDATE sales_numberseries SET last = 1 WHERE kind = 'Q'",
            ["Q-{year}-2: number is on a document, should be given out by its series."],
        ),
        (
            "DELETE FROM sales_salesevent WHERE type = 'invoice.paid'",
            ["INV-{year}-00001: events is 2, should be 3."],
        ),
        (
            "UPDATE sales_invoice SET currency = 'USD'",
            ["INV-{year}-00001: currency is USD, should be EUR."],
        ),
    ],
)
def test_names_each_mismatch(traded: Order, year: int, statement: str, expected: list[str]) -> None:
    tamper(statement)
    assert printed() == [line.format(year=year) for line in expected]


def test_names_an_offer_that_was_tampered_with(traded: Order, year: int) -> None:
    tamper("UPDATE sales_quoteline SET description = 'Grinder'")
    assert [line.partition(" is ")[0] for line in printed()] == [f"Q-{year}-00002 r1: content"]
    assert Quote.objects.filter(status="active").count() == 1


def test_names_cents_that_an_order_never_agreed_to(
    traded: Order, market: Market, year: int
) -> None:
    line = traded.lines.get()
    record_shipment(traded.pk, actor=market.rep, lines={line.pk: Decimal(1)})
    last = issue_invoice(invoice_order(traded.pk, actor=market.rep).pk, actor=market.rep)
    assert printed() == []

    tamper(
        "UPDATE sales_invoiceline SET net = net + 1, gross = gross + 1 WHERE invoice_id = "
        f"'{last.pk}'; UPDATE sales_invoice SET detail = detail + 1, total = total + 1 "
        f"WHERE id = '{last.pk}'"
    )

    assert printed() == [f"O-{year}-00001, line 1: billed net is 60.97000, should be 59.97000."]


def test_names_a_promotion_code_that_was_counted_wrongly(market: Market) -> None:
    PromotionCode.objects.create(code="SPRING", name="S", discount_rate=Decimal("0.1"), uses=1)
    assert printed() == ["Promotion code SPRING: uses is 1, should be 0."]


def test_prints_each_mismatch_and_fails(traded: Order, year: int) -> None:
    tamper("UPDATE sales_invoice SET paid = 12")
    out = StringIO()
    with pytest.raises(CommandError, match=r"1 differences; \d+ checks") as failure:
        call_command("verify", stdout=out)
    assert failure.value.returncode == 1
    assert out.getvalue() == (
        f"INV-{year}-00001: paid is 12.00000, should be 10.00000. "
        "[invoices are settled by payments and credits]\n"
    )
    assert Invoice.objects.get().total == Decimal("47.97")
