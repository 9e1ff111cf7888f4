"""Payload diff: what changed in a document since its message was committed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from fulfilment.models import Handoff, Payload
from fulfilment.outbound.drain import drain
from fulfilment.outbound.handoff_actions import sent_between
from fulfilment.outbound.payload_diff import preview_replay
from sales.models import Invoice, Order, PaymentTerms
from sales.services.orders import hold_order
from sales.services.payments import record_payment
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, submitted_order


def test_lists_the_values_that_changed_since_the_message(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    drain()
    window = sent_between(
        warehouse.connection,
        timezone.now() - dt.timedelta(hours=1),
        timezone.now() + dt.timedelta(seconds=1),
    )
    assert [each.changed for each in preview_replay(window)] == [[]]
    body = Payload.objects.get().body

    hold_order(order.pk, actor=market.rep, reason="Credit check")

    first = next(iter(preview_replay(window)))
    assert first.event == f"Order submitted {order.number}"
    assert [(each.path, each.then, each.now) for each in first.changed] == [
        ("order.version", "3", "4"),
        ("order.is_on_hold", "false", "true"),
    ]
    assert Payload.objects.order_by("id")[0].body == body
    assert len(warehouse.received) == 1


def test_takes_as_many_statements_for_many_handoffs_as_for_one(
    market: Market, warehouse: FarEnd
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            previews = list(preview_replay(Handoff.objects.order_by("id")))
        assert [bool(each.changed) for each in previews[::2]] == [True] * (len(previews) // 2)
        return len(captured)

    def submit_and_hold() -> None:
        hold_order(submitted_order(market, "4", "1").pk, actor=market.rep, reason="Credit check")

    submit_and_hold()
    for_one = statements()
    for _ in range(4):
        submit_and_hold()

    assert statements() == for_one


def test_compares_an_invoice_with_its_payments(market: Market, erp: FarEnd) -> None:
    market.payment_terms.invoice_when = PaymentTerms.InvoiceWhen.PLACED
    market.payment_terms.save()
    submitted_order(market, "1")
    invoice = Invoice.objects.get()

    record_payment(
        invoice.pk,
        actor=market.rep,
        amount=Decimal(20),
        received_on=invoice.company.today(),
    )

    issued, paid = preview_replay(Handoff.objects.order_by("id"))
    assert [(each.path, each.then, each.now) for each in issued.changed] == [
        ("invoice.version", "2", "3"),
        ("invoice.status", "issued", "partly_paid"),
        ("invoice.paid", "0.00 EUR", "20.00 EUR"),
    ]
    assert paid.changed == []
