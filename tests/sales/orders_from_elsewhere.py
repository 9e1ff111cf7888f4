"""Orders that another system made, for tests: drafted, submitted and billed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from crm.actors import System
from sales.models import Order
from sales.services.documents.draft_fields import NewLineFields
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_lines
from sales.services.integrity.verification import verify
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.orders import submit_order
from tests.factories import Market

SCM = System("SCM", connection="scm")


def drafted(market: Market, **head: Any) -> Order:
    given = {"origin": "scm", "name": "Bar refit", **head}
    order = draft_order(actor=SCM, account=market.account, **given)
    lines: list[NewLineFields] = [
        {"product": market.product(price), "quantity": Decimal(3)} for price in ("30", "10")
    ]
    add_lines(order, lines, actor=SCM)
    return order


def submitted(market: Market, **head: Any) -> Order:
    return submit_order(drafted(market, **head).pk, actor=SCM, number="SO-000123")


def bill(order: Order, market: Market, quantity: str) -> None:
    quantities = {line.pk: Decimal(quantity) for line in order.lines.all()}
    draft = invoice_order(order.pk, actor=market.rep, what="lines", quantities=quantities)
    issue_invoice(draft.pk, actor=market.rep)


def wrong() -> list[str]:
    return [str(each) for found in verify().values() for each in found]
