"""Explanations of parts: each figure of a partial invoice or credit note."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sales.models import Invoice, Order
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.credit_notes import credit_invoice
from sales.services.draft_invoices import delete_draft_invoice
from sales.services.explanations import explain
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.orders import submit_order
from sales.services.prices.pricing_input import lines_of
from tests.factories import Market
from tests.sales.order_steps import drafted, placed, trade_in


@pytest.fixture
def order(market: Market) -> Order:
    return placed(market)


def issued(order: Order, market: Market, quantity: int) -> Invoice:
    line = order.lines.get()
    draft = invoice_order(
        order.pk, actor=market.rep, what="lines", quantities={line.pk: Decimal(quantity)}
    )
    return issue_invoice(draft.pk, actor=market.rep)


def test_explains_every_cent_of_a_partial_invoice(market: Market, order: Order) -> None:
    first, rest = issued(order, market, 1), issued(order, market, 2)
    for invoice in (first, rest):
        [steps] = explain(invoice, lines_of(invoice)).lines.values()
        results = {step.label: step.result for step in steps}
        line = invoice.lines.get()
        assert results["net"] == line.net
        assert results["tax"] == line.tax
        assert results["header discount"] == line.header_discount
        assert steps[0].formula == (
            "taxable × (billed before + quantity) ÷ ordered − taxable billed before"
        )
    values = {step.label: step for step in steps}["tax"].values
    assert values["billed before"] == 1
    assert values["tax billed before"] == first.tax


def test_explains_a_credit_note_and_a_down_payment(market: Market, order: Order) -> None:
    invoice = issued(order, market, 2)
    line = invoice.lines.get()
    credit_invoice(invoice.pk, actor=market.rep, reason="x", quantities={line.pk: Decimal(1)})
    note = credit_invoice(invoice.pk, actor=market.rep, reason="x")
    [steps] = explain(note, lines_of(note)).lines.values()
    assert {step.label: step.result for step in steps}["net"] == note.lines.get().net
    assert steps[0].values["billed before"] == 1

    ahead = invoice_down_payment(order.pk, actor=market.rep, amount=Decimal("12.00"))
    totals = {step.label: step.result for step in explain(ahead, lines_of(ahead)).totals}
    assert [totals[name] for name in ("detail", "tax", "total")] == [
        Decimal(10),
        Decimal(2),
        Decimal(12),
    ]


def test_explains_what_a_trade_in_takes_off(market: Market) -> None:
    draft = drafted(market, "10", price="100.00")
    trade_in(draft, market, "300.00")
    order = submit_order(draft.pk, actor=market.rep)
    goods = order.lines.get(kind="product")
    for quantity in (4, 6):
        invoice = invoice_order(
            order.pk, actor=market.rep, what="lines", quantities={goods.pk: Decimal(quantity)}
        )

    explained = explain(invoice, lines_of(invoice))
    [net, tax, gross] = explained.lines[str(invoice.lines.get(kind="deduction").pk)]

    assert net.formula == "its part of what is left to take off"
    assert net.values == {"net agreed": -300, "net billed before": -120}
    assert str(net.remark).startswith("in proportion to what is sold here")
    assert [step.result for step in (net, tax, gross)] == [-180, -36, -216]
    whole = {step.label: step for step in explain(order, lines_of(order)).totals}
    assert whole["total"].result == Decimal("840.00")


def test_says_so_when_what_was_billed_before_has_changed(market: Market, order: Order) -> None:
    line = order.lines.get()
    first, second = (
        invoice_order(order.pk, actor=market.rep, what="lines", quantities={line.pk: Decimal(1)})
        for _ in range(2)
    )
    delete_draft_invoice(first.pk, actor=market.rep)

    [steps] = explain(second, lines_of(second)).lines.values()

    assert "has changed since" in str(steps[0].remark)
    assert steps[0].result == Decimal("30.99")  # 61.99 of two less 31.00 of one; alone 31.00
