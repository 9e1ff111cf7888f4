"""Invoices of orders: nothing is billed twice, and parts sum to the order."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fulfilment.services.shipments import record_shipment
from sales.models import Order
from sales.pricing.errors import AmountExceedsOpen, InvalidQuantity
from sales.services.draft_invoices import delete_draft_invoice
from sales.services.errors import NothingToInvoice
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from tests.factories import Market
from tests.sales.order_steps import billed, placed, ship, submitted
from tests.sales.payment_steps import refused_for


def test_nothing_is_billed_twice_and_a_deleted_draft_frees_its_quantities(market: Market) -> None:
    order = ship(submitted(market, "2"), market, "2")
    draft = invoice_order(order.pk, actor=market.rep)
    with pytest.raises(NothingToInvoice) as of_drafted:
        invoice_order(order.pk, actor=market.rep)
    delete_draft_invoice(draft.pk, actor=market.rep)
    again = issue_invoice(invoice_order(order.pk, actor=market.rep).pk, actor=market.rep)
    with pytest.raises(NothingToInvoice) as of_issued:
        invoice_order(order.pk, actor=market.rep)
    assert str(of_drafted.value) == (
        f"All of {order} is invoiced already, or on a draft: "
        "issue the draft, or delete it to invoice in another way."
    )
    assert str(of_issued.value) == (
        f"All of {order} is invoiced already, or cancelled: "
        "order more with a change order, or credit an invoice to bill it again."
    )
    assert again.number is not None
    assert again.number.endswith("-00001")


def test_says_what_could_be_invoiced_instead_of_nothing(market: Market) -> None:
    order = submitted(market, "2")
    [line] = order.lines.all()

    with pytest.raises(NothingToInvoice, match=f"Nothing of {order} is shipped: ship it first, or"):
        invoice_order(order.pk, actor=market.rep)
    with pytest.raises(InvalidQuantity, match=r"^Give a quantity above zero\.$"):
        invoice_order(order.pk, actor=market.rep, what="lines", quantities={line.pk: Decimal(0)})

    record_shipment(order.pk, actor=market.rep, lines={line.pk: Decimal(1)})
    invoice_order(order.pk, actor=market.rep)
    with pytest.raises(NothingToInvoice, match=f"All that is shipped of {order} is invoiced alr"):
        invoice_order(order.pk, actor=market.rep)


def test_terms_invoice_each_shipment_by_itself(db: None) -> None:
    market = Market(invoice_when="per_shipment")
    order = submitted(market, "3", price="21.66667")
    for shipped in ("1", "2", "3"):
        ship(order, market, shipped)
    totals = [invoice.total for invoice in order.invoices.order_by("number")]
    assert totals == [Decimal("26.00"), Decimal("26.00"), Decimal("26.00")]
    assert sum(totals) == order.total
    assert order.billing_status == Order.Billing.INVOICED


@pytest.mark.parametrize("rates", [["0.3", "0.3"], ["0.3333", "0.3333", "0.3333"], ["0.01"]])
def test_percentages_and_the_rest_sum_to_the_order(market: Market, rates: list[str]) -> None:
    order = placed(market, freight="5.00")
    invoices = [billed(order, market, what="percentage", rate=Decimal(rate)) for rate in rates]
    invoices.append(billed(order, market, what="all"))
    assert sum(invoice.total for invoice in invoices) == order.total
    assert sum(invoice.tax for invoice in invoices) == order.tax


def test_refuses_a_percentage_above_what_is_left_to_bill(market: Market) -> None:
    order = submitted(market, "10", "4", price="100.00")
    billed(order, market, what="percentage", rate=Decimal("0.7"))

    sentence = "Only 30% can still be invoiced: give that at most."
    with refused_for(AmountExceedsOpen, sentence, field="rate"):
        invoice_order(order.pk, actor=market.rep, what="percentage", rate=Decimal("0.4"))

    assert order.invoices.count() == 1
    rest = billed(order, market, what="percentage", rate=Decimal("0.3"))
    assert rest.total == 504


def test_a_percentage_bills_what_is_left_of_a_line_that_is_billed_further(market: Market) -> None:
    order = submitted(market, "10", "4", price="100.00")
    first, second = order.lines.order_by("position")
    billed(order, market, what="lines", quantities={first.pk: Decimal(9)})

    half = billed(order, market, what="percentage", rate=Decimal("0.5"))

    quantities = dict(half.lines.values_list("order_line", "quantity"))
    assert quantities == {first.pk: 1, second.pk: 2}
