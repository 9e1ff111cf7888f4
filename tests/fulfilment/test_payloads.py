"""Payloads of outgoing messages, value by value."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from api.schemas import InvoiceSchema, OrderSchema
from fulfilment.outbound.drain import drain
from fulfilment.payloads import invoice_payload, order_payload, quote_payload
from sales.models import Invoice, Order
from sales.services.documents.drafts import draft_order, draft_quote
from sales.services.documents.lines import add_line
from sales.services.orders import submit_order
from sales.services.quotes import accept_quote, activate_quote
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd
from tests.fulfilment.messages import money
from tests.sales.order_steps import billed, trade_in


def test_sends_a_cloudevent_with_the_whole_order(order: Order, warehouse: FarEnd) -> None:
    drain()

    [event] = warehouse.events
    data: dict[str, Any] = event.pop("data")
    assert event["source"] == f"/orders/{order.pk}"
    assert event["type"] == "throughline.order.submitted"
    assert event["subject"] == order.number
    assert event["sequence"] == f"{order.version:020d}"
    assert event["time"] == event["timestamp"]
    line = order.lines.get()
    assert line.product is not None
    assert data["order"]["prices_include_tax"] is False
    assert data["order"]["account"] == {"id": str(order.account_id), "name": order.account.name}
    assert data["order"]["ship_to"] == order.shipping_address
    assert data["order"]["lines"] == [
        {
            "id": str(line.pk),
            "position": line.position,
            "kind": "product",
            "sku": line.sku,
            "description": line.description,
            "category": line.product.category.code,
            "quantity": "10",
            "cancelled": "0",
            "unit": "pc",
            "unit_price": {"amount": "100.00", "currency": "EUR"},
            "price_quantity": "1",
            "discount": {"amount": "0.00", "currency": "EUR"},
            "charge": {"amount": "0.00", "currency": "EUR"},
            "included_tax": {"amount": "0.00", "currency": "EUR"},
            "net": {"amount": "1000.00", "currency": "EUR"},
            "header_discount": {"amount": "0.00", "currency": "EUR"},
            "tax_rate": "0.2",
            "tax": {"amount": "200.00", "currency": "EUR"},
            "gross": {"amount": "1200.00", "currency": "EUR"},
            "requested_on": None,
        }
    ]
    assert data["order"]["totals"]["total"] == {"amount": "1200.00", "currency": "EUR"}


def test_tells_an_invoice_with_its_order_instalments_and_billed_lines(invoice: Invoice) -> None:
    order, line = invoice.order, invoice.lines.get()
    assert order is not None
    assert invoice.issued_on is not None
    assert line.product is not None
    due_on = (invoice.issued_on + dt.timedelta(days=30)).isoformat()

    assert invoice_payload(invoice) == {
        "invoice": {
            "id": str(invoice.pk),
            "number": invoice.number,
            "name": "Bar refit",
            "version": invoice.version,
            "currency": "EUR",
            "prices_include_tax": False,
            "account": {"id": str(invoice.account_id), "name": invoice.account.name},
            "kind": "invoice",
            "status": "issued",
            "order": {"id": str(order.pk), "number": order.number},
            "credits": None,
            "customer_reference": "",
            "bill_to": invoice.billing_address,
            "issued_on": invoice.issued_on.isoformat(),
            "due_on": due_on,
            "instalments": [{"due_on": due_on, "amount": money("120.00")}],
            "lines": [
                {
                    "id": str(line.pk),
                    "order_line": str(order.lines.get().pk),
                    "position": 1,
                    "kind": "product",
                    "sku": line.sku,
                    "description": "Espresso machine",
                    "category": line.product.category.code,
                    "quantity": "1",
                    "unit": "pc",
                    "unit_price": money("100.00"),
                    "price_quantity": "1",
                    "discount": money("0.00"),
                    "charge": money("0.00"),
                    "included_tax": money("0.00"),
                    "net": money("100.00"),
                    "header_discount": money("0.00"),
                    "tax_rate": "0.2",
                    "tax": money("20.00"),
                    "gross": money("120.00"),
                }
            ],
            "totals": {
                "detail": money("100.00"),
                "discount": money("0.00"),
                "pre_freight": money("100.00"),
                "freight": money("0.00"),
                "tax": money("20.00"),
                "total": money("120.00"),
            },
            "early_payment": None,
            "paid": money("0.00"),
            "discounted": money("0.00"),
            "written_off": money("0.00"),
            "refunded": money("0.00"),
            "moved_to_credit": money("0.00"),
            "custom": {},
        }
    }


def test_leaves_out_of_a_quote_what_the_customer_did_not_take(market: Market) -> None:
    day = market.company.today()
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit", valid_until=day)
    add_line(quote, actor=market.rep, description="Machines", kind="section")
    taken = add_line(quote, actor=market.rep, product=market.product("0.335"), quantity=Decimal(2))
    add_line(quote, actor=market.rep, product=market.product("50.00"), is_optional=True)

    sent = quote_payload(activate_quote(quote.pk, actor=market.rep))["quote"]

    assert (sent["revision"], sent["status"], sent["valid_until"]) == (1, "active", day.isoformat())
    assert [(each["kind"], each["description"]) for each in sent["lines"]] == [
        ("section", "Machines"),
        ("product", "Espresso machine"),
    ]
    assert sent["lines"][1]["id"] == str(taken.pk)
    assert sent["lines"][1]["unit_price"] == money("0.335")  # with all decimals that it has
    assert sent["lines"][1]["price_quantity"] == "1"
    assert (sent["lines"][1]["net"], sent["totals"]["total"]) == (money("0.67"), money("0.80"))


def test_tells_a_trade_in_as_a_line_below_zero(market: Market) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, product=market.product("100.00"), quantity=Decimal(10))
    trade_in(order, market, "150.00", quantity=Decimal(2))
    order = submit_order(order.pk, actor=market.rep)
    goods, deduction = order.lines.order_by("position")
    invoice = billed(order, market, what="lines", quantities={goods.pk: Decimal(4)})

    [_, ordered] = order_payload(order)["order"]["lines"]
    [_, taken] = invoice_payload(invoice)["invoice"]["lines"]

    assert ordered == {
        "id": str(deduction.pk),
        "position": 2,
        "kind": "deduction",
        "sku": "",
        "description": "Old machine taken back",
        "category": "",
        "quantity": "2",
        "cancelled": "0",
        "unit": "",
        "unit_price": money("-150.00"),
        "price_quantity": "1",
        "discount": money("0.00"),
        "charge": money("0.00"),
        "included_tax": money("0.00"),
        "net": money("-300.00"),
        "header_discount": money("0.00"),
        "tax_rate": "0.2",
        "tax": money("-60.00"),
        "gross": money("-360.00"),
        "requested_on": None,
    }
    assert {**taken, "id": None} == {
        "id": None,
        "order_line": str(deduction.pk),
        "position": 2,
        "kind": "deduction",
        "sku": "",
        "description": "Old machine taken back",
        "category": "",
        "quantity": "1",
        "unit": "",
        "unit_price": money("-120.00"),
        "price_quantity": "1",
        "discount": money("0.00"),
        "charge": money("0.00"),
        "included_tax": money("0.00"),
        "net": money("-120.00"),
        "header_discount": money("0.00"),
        "tax_rate": "0.2",
        "tax": money("-24.00"),
        "gross": money("-144.00"),
    }
    assert OrderSchema(data=order_payload(order)["order"]).is_valid(raise_exception=True)
    assert InvoiceSchema(data=invoice_payload(invoice)["invoice"]).is_valid(raise_exception=True)


def test_tells_how_many_units_a_price_is_for(market: Market) -> None:
    quote = draft_quote(actor=market.rep, account=market.account, name="Workshop")
    screws = market.product("3.99", price_quantity="100")
    add_line(quote, actor=market.rep, product=screws, quantity=Decimal(250))
    activate_quote(quote.pk, actor=market.rep)
    order = submit_order(accept_quote(quote.pk, actor=market.rep).pk, actor=market.rep)

    for payload in (quote_payload(quote)["quote"], order_payload(order)["order"]):
        [line] = payload["lines"]
        assert (line["unit_price"], line["price_quantity"]) == (money("3.99"), "100")
        assert (line["quantity"], line["net"]) == ("250", money("9.98"))
