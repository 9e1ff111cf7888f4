"""Steps of an order that several tests begin with."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sales.models import AnyDocument, AnyLine, DocumentLine, Invoice, Order
from sales.services.documents.drafts import change_head, draft_order
from sales.services.documents.lines import add_line
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.order_progress import Progress, record_progress
from sales.services.orders import submit_order
from tests.factories import Market


def drafted(market: Market, *quantities: str, price: str = "19.99") -> Order:
    """Draft an order of one line per quantity."""
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    for quantity in quantities:
        add_line(order, actor=market.rep, product=market.product(price), quantity=Decimal(quantity))
    return order


def submitted(market: Market, *quantities: str, price: str = "19.99") -> Order:
    """Submit an order of one line per quantity."""
    order = drafted(market, *quantities, price=price)
    return submit_order(order.pk, actor=market.rep)


def ship(order: Order, market: Market, *shipped: str) -> Order:
    """Record how much of each line is shipped in all."""
    lines = order.lines.order_by("position")
    progress = {
        line.pk: Progress(Decimal(quantity)) for line, quantity in zip(lines, shipped, strict=True)
    }
    record_progress(order, progress, actor=market.rep)
    order.refresh_from_db()
    return order


def placed(
    market: Market, *, quantity: str = "3", price: str = "33.33", freight: str = "0"
) -> Order:
    """Submit an order of one line with 7 % off everything."""
    order = draft_order(
        actor=market.rep, account=market.account, name="Bar refit", freight=Decimal(freight)
    )
    add_line(order, actor=market.rep, product=market.product(price), quantity=Decimal(quantity))
    change_head(order, actor=market.rep, discount_rate=Decimal("0.07"))
    return submit_order(order.pk, actor=market.rep)


def billed(order: Order, market: Market, **how: Any) -> Invoice:
    """Issue an invoice of an order."""
    draft = invoice_order(order.pk, actor=market.rep, **how)
    return issue_invoice(draft.pk, actor=market.rep)


def trade_in(document: AnyDocument, market: Market, price: str, **fields: Any) -> AnyLine:
    """Add a trade-in or rebate, taxed as the market's products are unless said otherwise."""
    typed: dict[str, Any] = {
        "tax_category": market.tax_category,
        "description": "Old machine taken back",
        "unit_price": Decimal(price),
    }
    kind = DocumentLine.Kind.DEDUCTION
    return add_line(document, actor=market.rep, kind=kind, **typed | fields)
