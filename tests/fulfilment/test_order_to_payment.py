"""From a submitted order to a paid invoice, through both external systems and back."""

from __future__ import annotations

from decimal import Decimal

from fulfilment.models import Discrepancy, ExternalRef, Handoff, Shipment
from fulfilment.outbound.drain import drain
from sales.models import Invoice, PaymentTerms
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, event, send, shipment_event, submitted_order
from tests.fulfilment.messages import money, paid, posted


def test_sends_ships_in_parts_bills_and_settles_an_order(
    db: None, warehouse: FarEnd, erp: FarEnd
) -> None:
    market = Market(invoice_when=PaymentTerms.InvoiceWhen.PER_SHIPMENT)
    order = submitted_order(market, "10", price="19.99")

    drain()
    assert [sent["type"] for sent in warehouse.events] == ["throughline.order.submitted"]
    assert ExternalRef.objects.get(record_id=order.pk).external_id == "REF-000001"

    send(event("warehouse.order.status", {"order": order.number, "status": "accepted"}))
    answer = send(shipment_event(order, "WH-1", "shipped", "4"))
    assert answer.json()["result"] == "applied"
    order.refresh_from_db()
    assert (order.fulfilment_status, order.billing_status) == ("partly_shipped", "partly")
    assert order.processing_status == "part shipped"

    drain()
    first = Invoice.objects.get()
    assert [sent["data"]["invoice"]["number"] for sent in erp.events] == [first.number]
    # 4 of 10 at 19.99 are 79.96, and 20 % tax on that is 15.99
    assert erp.events[0]["data"]["invoice"]["totals"]["total"] == money("95.95")

    send(posted(first, "SI-1"), code="erp")
    send(paid(first, "SI-1"), code="erp")
    first.refresh_from_db()
    assert (first.status, first.official_number, first.official_status) == ("paid", "SI-1", "paid")
    assert (first.official_tax, first.official_total) == (first.tax, first.total)
    assert first.official_ref == "REF-000001"
    assert not Discrepancy.objects.exists()

    send(shipment_event(order, "WH-2", "delivered", "6"))
    send(shipment_event(order, "WH-1", "delivered", "4"))
    drain()
    order.refresh_from_db()
    assert (order.status, order.fulfilment_status) == ("completed", "delivered")
    assert sum(invoice.total for invoice in Invoice.objects.all()) == order.total
    assert {s.reference: s.status for s in Shipment.objects.all()} == {
        "WH-1": "delivered",
        "WH-2": "delivered",
    }
    assert not Handoff.objects.filter(state__in=Handoff.WAITING).exists()


def test_stores_the_erp_tax_beside_ours_and_opens_discrepancies(
    market: Market, erp: FarEnd
) -> None:
    market.payment_terms.invoice_when = PaymentTerms.InvoiceWhen.PLACED
    market.payment_terms.save()
    submitted_order(market, "1")
    invoice = Invoice.objects.get()

    answer = send(posted(invoice, "SI-1", tax="20.01", total="120.01"), code="erp")

    assert answer.json()["result"] == "applied"
    invoice.refresh_from_db()
    assert (invoice.tax, invoice.official_tax) == (Decimal(20), Decimal("20.01"))
    found = {d.kind: (d.ours, d.theirs, d.difference) for d in Discrepancy.objects.all()}
    assert found == {
        "invoice_tax": ("20", "20.01", "+0.01"),
        "invoice_total": ("120", "120.01", "+0.01"),
    }


def test_settles_an_invoice_with_its_early_payment_discount(
    market: Market, warehouse: FarEnd, erp: FarEnd
) -> None:
    terms = market.payment_terms
    terms.invoice_when = PaymentTerms.InvoiceWhen.PLACED
    terms.early_payment_rate, terms.early_payment_days = Decimal("0.02"), 10
    terms.save()
    submitted_order(market, "1")
    invoice = Invoice.objects.get()
    send(posted(invoice, "SI-1"), code="erp")

    send(paid(invoice, "SI-1", amount="117.60"), code="erp")

    invoice.refresh_from_db()
    assert (invoice.status, invoice.paid, invoice.discounted) == (
        "paid", Decimal("117.60"), Decimal("2.40"),
    )  # fmt: skip
    assert not Discrepancy.objects.exists()
    drain()
    issued, settled = [sent["data"]["invoice"] for sent in erp.events]
    assert issued["early_payment"]["discount"] == money("2.40")
    assert (settled["paid"], settled["discounted"]) == (money("117.60"), money("2.40"))
