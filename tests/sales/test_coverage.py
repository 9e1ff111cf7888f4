"""Coverage of down payments: a refused change names no more than suffices to be taken back."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sales.models import Invoice, Order
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.change_orders import Changes, change_order
from sales.services.credit_notes import credit_invoice
from sales.services.errors import BelowBilled
from sales.services.invoices import issue_invoice
from tests.factories import Market
from tests.sales.order_steps import submitted


@pytest.fixture
def order(market: Market) -> Order:
    """Ten at 100.00, 1200.00 with tax."""
    return submitted(market, "10", price="100")


def ask(order: Order, market: Market, amount: int, *, issue: bool = True) -> Invoice:
    draft = invoice_down_payment(order.pk, actor=market.rep, amount=Decimal(amount))
    return issue_invoice(draft.pk, actor=market.rep) if issue else draft


def reduce_to(order: Order, market: Market, quantity: int) -> None:
    lines = {order.lines.get().pk: {"quantity": Decimal(quantity)}}
    change_order(order.pk, Changes(lines=lines), actor=market.rep)


def named(order: Order, market: Market, quantity: int) -> tuple[list[Invoice], list[Invoice]]:
    with pytest.raises(BelowBilled) as refusal:
        reduce_to(order, market, quantity)
    assert not order.changes.exists()
    return list(refusal.value.invoices), list(refusal.value.drafts)


def test_names_the_last_one_that_suffices_alone(order: Order, market: Market) -> None:
    _, large, _ = (ask(order, market, amount) for amount in (120, 600, 60))

    assert named(order, market, 5) == ([large], [])

    credit_invoice(large.pk, actor=market.rep, reason="Fewer")
    reduce_to(order, market, 5)
    assert order.lines.get().quantity == 5


def test_names_several_where_one_does_not_suffice(order: Order, market: Market) -> None:
    _, large, small = (ask(order, market, amount) for amount in (120, 600, 60))

    assert named(order, market, 1) == ([large, small], [])


def test_names_a_draft_before_what_is_issued(order: Order, market: Market) -> None:
    ask(order, market, 600)
    draft = ask(order, market, 300, issue=False)

    assert named(order, market, 6) == ([], [draft])
