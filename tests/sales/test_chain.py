"""From a quote to a paid invoice, through the services alone."""

from __future__ import annotations

from decimal import Decimal

from crm.actors import System
from sales.models import Invoice, Order
from sales.services.documents.drafts import draft_quote
from sales.services.documents.lines import add_line
from sales.services.documents.locks import lock_invoice
from sales.services.invoices import OfficialFigures, issue_invoice, store_official
from sales.services.order_invoices import invoice_order
from sales.services.orders import submit_order
from sales.services.payments import record_payment
from sales.services.quotes import accept_quote, activate_quote
from tests.factories import Market
from tests.sales.order_steps import ship

ERP = System("ERP", connection="erp")


def test_a_quote_becomes_a_paid_invoice_at_exactly_the_agreed_figures(market: Market) -> None:
    quote = draft_quote(
        actor=market.rep, account=market.account, name="Bar refit", discount_rate=Decimal("0.025")
    )
    add_line(quote, actor=market.rep, product=market.product("19.99"), quantity=Decimal(3))
    add_line(
        quote,
        actor=market.rep,
        product=market.product("0.335"),
        quantity=Decimal(7),
        discount_amount=Decimal("0.10"),
    )
    quote = activate_quote(quote.pk, actor=market.rep)
    year = market.company.today().year
    assert quote.number == f"Q-{year}-00001"
    assert quote.revision == 1
    # 3 x 19.99 = 59.97; 7 x 0.335 = 2.345 -> 2.35 - 0.10 = 2.25; 62.22 less 2.5 % = 1.56
    assert (quote.detail, quote.discount, quote.tax, quote.total) == (
        Decimal("62.22"),
        Decimal("1.56"),
        Decimal("12.13"),
        Decimal("72.79"),
    )

    order = accept_quote(quote.pk, actor=market.rep, name="Émile Garnier")
    order = submit_order(order.pk, actor=market.rep)
    assert order.number == f"O-{year}-00001"
    assert (order.total, order.quote) == (Decimal("72.79"), quote)

    ship(order, market, "2", "7")
    assert order.fulfilment_status == Order.Fulfilment.PARTLY_SHIPPED
    first = issue_invoice(invoice_order(order.pk, actor=market.rep).pk, actor=market.rep)
    ship(order, market, "3", "7")
    second = issue_invoice(invoice_order(order.pk, actor=market.rep).pk, actor=market.rep)
    order.refresh_from_db()
    assert first.number == f"INV-{year}-00001"
    assert first.total + second.total == order.total
    assert first.tax + second.tax == order.tax
    assert (order.status, order.billing_status) == ("completed", "invoiced")

    figures = OfficialFigures(
        "SI-77", status="posted", tax=first.tax, total=first.total, source=ERP.connection
    )
    store_official(lock_invoice(first.pk)[0], figures, actor=ERP)
    record_payment(
        first.pk,
        actor=ERP,
        amount=first.total,
        received_on=market.company.today(),
        reference="P-1",
    )
    first.refresh_from_db()
    assert (first.status, first.official_number) == (Invoice.Status.PAID, "SI-77")
