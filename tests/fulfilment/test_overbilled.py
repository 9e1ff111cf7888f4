"""Billed goods that a report takes back: a person learns of it, until it agrees again."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fulfilment.models import Discrepancy, InboundMessage
from sales.models import Invoice, Order, PaymentTerms
from sales.services.credit_notes import credit_invoice
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, shipment_event, submitted_order
from tests.fulfilment.invoice_reports import corrected
from tests.fulfilment.messages import open_values, receive_from

PER_SHIPMENT = PaymentTerms.InvoiceWhen.PER_SHIPMENT


def ordered(market: Market, when: PaymentTerms.InvoiceWhen = PER_SHIPMENT) -> Order:
    """An order of ten that is billed as it is shipped."""
    market.payment_terms.invoice_when = when
    market.payment_terms.save()
    return submitted_order(market, "10")


def billed(order: Order) -> list[int]:
    """The quantities of each invoice of an order."""
    lines = order.invoices.order_by("id").values_list("lines__quantity", flat=True)
    return [int(quantity) for quantity in lines]


def test_a_correction_below_what_is_billed_is_named(market: Market, warehouse: FarEnd) -> None:
    order = ordered(market)
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "7"))
    invoice = order.invoices.get()
    correction = corrected(shipment_event(order, "WH-1", "shipped", "6"))

    assert receive_from(warehouse, correction) == "applied"

    line = order.lines.get()
    assert open_values("difference", "field") == [("billed", "-1", str(line.pk), "7", "6")]
    found = Discrepancy.objects.get()
    rule = (
        f"{line.description}: 6 shipped since WH-1 was taken back, but 1 more billed. {invoice} "
        "stays as it is issued: make a credit note for it, unless the goods are shipped after all."
    )
    report = InboundMessage.objects.get(message_id=correction["id"])
    assert (found.record_id, found.report, found.display_rule) == (order.pk, report, rule)
    assert report.display_detail == rule


def test_nothing_is_named_where_the_correction_comes_first(
    market: Market, warehouse: FarEnd
) -> None:
    order = ordered(market)
    report = shipment_event(order, "WH-1", "shipped", "7")
    receive_from(warehouse, corrected(shipment_event(order, "WH-1", "shipped", "6")))

    assert receive_from(warehouse, report) == "stale"

    assert (billed(order), open_values()) == ([6], [])


def test_it_closes_once_the_goods_are_shipped_after_all(market: Market, warehouse: FarEnd) -> None:
    order = ordered(market)
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "7"))
    receive_from(warehouse, corrected(shipment_event(order, "WH-1", "shipped", "5")))
    assert open_values() == [("billed", "7", "5")]

    receive_from(warehouse, shipment_event(order, "WH-2", "shipped", "1"))
    assert open_values() == [("billed", "7", "6")]
    receive_from(warehouse, shipment_event(order, "WH-2", "shipped", "3"))

    assert (billed(order), open_values()) == ([7, 1], [])


def test_it_closes_once_a_credit_note_is_issued(market: Market, warehouse: FarEnd) -> None:
    order = ordered(market)
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "7"))
    receive_from(warehouse, corrected(shipment_event(order, "WH-1", "shipped", "6")))
    invoice = order.invoices.get()
    one = {invoice.lines.get().pk: Decimal(1)}

    credit_invoice(invoice.pk, actor=market.rep, reason="Not sent", quantities=one)

    assert open_values() == []


def test_a_shipment_that_fails_after_it_was_billed_is_named_too(
    market: Market, warehouse: FarEnd
) -> None:
    order = ordered(market, PaymentTerms.InvoiceWhen.FULFILLED)
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "10"))
    assert billed(order) == [10]

    receive_from(warehouse, shipment_event(order, "WH-1", "failed", "10"))
    assert open_values() == [("billed", "10", "0"), ("failed", "–", "failed")]
    receive_from(warehouse, shipment_event(order, "WH-1", "delivered", "10"))

    assert (billed(order), open_values()) == ([10], [])


@pytest.mark.parametrize("when", [PaymentTerms.InvoiceWhen.PLACED])
def test_what_is_billed_ahead_is_not_named(
    market: Market, warehouse: FarEnd, when: PaymentTerms.InvoiceWhen
) -> None:
    order = ordered(market, when)
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "7"))

    receive_from(warehouse, corrected(shipment_event(order, "WH-1", "shipped", "6")))

    assert (Invoice.objects.count(), open_values()) == (1, [])
