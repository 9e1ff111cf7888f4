from __future__ import annotations

from decimal import Decimal

import pgtrigger

from fulfilment.services.returns import record_return
from fulfilment.services.shipments import record_shipment
from sales.models import Order
from sales.services.billing.order_invoices import invoice_order
from sales.services.change_orders import Changes, change_order
from sales.services.documents.drafts import draft_quote
from sales.services.documents.lines import add_line
from sales.services.invoices import issue_invoice
from sales.services.orders import cancel_order
from sales.services.quotes import activate_quote
from tests.database_assertions import migrate, rows, sql
from tests.factories import Market
from tests.sales.order_steps import placed


def test_derives_the_statuses_of_earlier_orders(market: Market) -> None:
    cancelled = placed(market)
    cancel_order(cancelled.pk, actor=market.rep, reason="Changed plans")
    returned = placed(market, quantity="10")
    line = returned.lines.get()
    record_shipment(returned.pk, actor=market.rep, lines={line.pk: Decimal(10)})
    invoice = invoice_order(
        returned.pk, actor=market.rep, what="lines", quantities={line.pk: Decimal(9)}
    )
    issue_invoice(invoice.pk, actor=market.rep)
    record_return(returned.pk, actor=market.rep, lines={line.pk: Decimal(1)})
    with pgtrigger.ignore():
        sql("UPDATE sales_order SET billing_status = 'to_invoice' WHERE status = 'cancelled'")
        sql(
            "UPDATE sales_order SET status = 'submitted', closed_at = NULL, "
            "billing_status = 'partly', fulfilment_status = 'shipped' WHERE status = 'completed'"
        )
    migrate("sales", "0008_order_ledger")

    migrate("sales", "0009_derive_statuses")

    cancelled.refresh_from_db()
    returned.refresh_from_db()
    assert cancelled.billing_status == Order.Billing.NOTHING
    assert (returned.status, returned.billing_status) == ("completed", "invoiced")
    assert returned.fulfilment_status == Order.Fulfilment.PARTLY_RETURNED
    assert returned.closed_at is not None


def test_forgets_costs_that_were_frozen_in_another_currency(db: None) -> None:
    market = Market(currency="JPY")
    foreign = market.product("10000", standard_cost=Decimal(50), cost_currency="EUR")
    own = market.product("10000", standard_cost=Decimal(8000), cost_currency="JPY")
    quotes = []
    for _ in range(2):
        quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
        for product in (foreign, own):
            add_line(quote, actor=market.rep, product=product)
        quotes.append(quote)
    issued, draft = quotes
    activate_quote(issued.pk, actor=market.rep)
    with pgtrigger.ignore():
        sql("UPDATE sales_quoteline SET unit_cost = 50 WHERE unit_cost IS NULL")
    migrate("sales", "0012_verified_figures")

    migrate("sales", "0013_approval_content")

    for quote in (issued, draft):
        costs = quote.lines.order_by("position").values_list("unit_cost", flat=True)
        assert list(costs) == [None, 8000]


def test_gives_earlier_events_and_change_orders_a_history(market: Market) -> None:
    order = placed(market)
    wish = {order.lines.get().pk: {"quantity": Decimal(4)}}
    change_order(order.pk, Changes(lines=wish), actor=market.rep, reason="One more")
    migrate("sales", "0011_customer_credit")

    migrate("sales", "0012_verified_figures")

    events = (
        "SELECT id, type, subject_id, data::text, actor_name, occurred_at FROM sales_salesevent"
    )
    changes = "SELECT id, order_id, version, difference::text, changed_at FROM sales_orderchange"
    for stored in (events, changes):
        assert rows(f"{stored}history WHERE pgh_label = 'insert'") == rows(stored) != set()
