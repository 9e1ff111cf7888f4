"""Draft invoices: a deleted one leaves its order as it is without."""

from __future__ import annotations

from decimal import Decimal

from fulfilment.services.returns import record_return
from fulfilment.services.shipments import record_shipment
from sales.models import Order, SalesEvent
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.draft_invoices import delete_draft_invoice
from sales.services.integrity.verification import verify
from sales.services.order_invoices import invoice_order
from sales.services.orders import cancel_order
from tests.factories import Market
from tests.sales.order_steps import submitted


def shipped(market: Market) -> Order:
    """Ship both units of an order."""
    order = submitted(market, "2")
    record_shipment(order.pk, actor=market.rep, lines={order.lines.get().pk: Decimal(2)})
    return order


def take_back(order: Order, market: Market) -> Order:
    """Record that both units came back, for good."""
    record_return(order.pk, actor=market.rep, lines={order.lines.get().pk: Decimal(2)})
    order.refresh_from_db()
    return order


def test_an_order_is_complete_once_its_last_draft_is_deleted(market: Market) -> None:
    order = shipped(market)
    draft = invoice_order(order.pk, actor=market.rep)
    order = take_back(order, market)
    assert (order.status, order.billing_status) == ("submitted", "to_invoice")

    delete_draft_invoice(draft.pk, actor=market.rep)

    order.refresh_from_db()
    assert (order.status, order.billing_status) == ("completed", "nothing")
    assert verified() == {}
    last = SalesEvent.objects.filter(subject_id=order.pk).latest("id")
    assert (last.type, last.subject_version) == ("order.progressed", order.version)


def test_an_order_is_complete_once_its_draft_down_payment_is_deleted(market: Market) -> None:
    order = shipped(market)
    draft = invoice_down_payment(order.pk, actor=market.rep, rate=Decimal(1))
    assert take_back(order, market).status == "submitted"

    delete_draft_invoice(draft.pk, actor=market.rep)

    order.refresh_from_db()
    assert (order.status, order.billing_status) == ("completed", "nothing")
    assert verified() == {}


def test_a_draft_that_goes_with_its_order_leaves_it_cancelled(market: Market) -> None:
    order = submitted(market, "2")
    draft = invoice_down_payment(order.pk, actor=market.rep, rate=Decimal(1))

    cancel_order(order.pk, actor=market.rep, reason="Changed plans")

    order.refresh_from_db()
    assert (order.status, order.fulfilment_status) == ("cancelled", "not_started")
    assert order.billing_status == "nothing"
    assert not order.invoices.exists()
    assert SalesEvent.objects.filter(subject_id=draft.pk).latest("id").type == (
        "invoice.draft_deleted"
    )
    assert SalesEvent.objects.filter(subject_id=order.pk).latest("id").type == "order.cancelled"
    assert verified() == {}


def verified() -> dict[str, list[str]]:
    """What the integrity checks find."""
    return {name: [str(each) for each in found] for name, found in verify().items() if found}
