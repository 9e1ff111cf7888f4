"""From a submitted order to a paid invoice, through both other systems and back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fulfilment.models import Discrepancy, ExternalRef, Handoff, Shipment
from fulfilment.outbound.drain import drain
from sales.models import Invoice, PaymentTerms
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, event, send, shipment_event, submitted_order


def money(amount: str, currency: str = "EUR") -> dict[str, str]:
    return {"amount": amount, "currency": currency}


def test_an_order_leaves_ships_in_parts_is_billed_and_comes_back_paid(
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


def test_a_difference_in_tax_is_stored_beside_ours_and_put_before_a_person(
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


def test_money_that_the_books_took_in_time_settles_the_invoice_with_its_discount(
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
    [told] = [sent["data"]["invoice"] for sent in erp.events]
    assert told["early_payment"]["discount"] == money("2.40")


def posted(invoice: Invoice, number: str, **amounts: str) -> dict[str, Any]:
    data = {
        "invoice": invoice.number,
        "official_number": number,
        "status": "posted",
        "issued_on": invoice.company.today().isoformat(),
        "tax": money(amounts.get("tax", f"{invoice.tax:.2f}"), invoice.currency),
        "total": money(amounts.get("total", f"{invoice.total:.2f}"), invoice.currency),
    }
    return event("erp.invoice.posted", data)


def paid(invoice: Invoice, number: str, amount: str = "") -> dict[str, Any]:
    data = {
        "invoice": invoice.number,
        "official_number": number,
        "status": "paid",
        "payment_ref": f"PAY-{invoice.number}",
        "amount": money(amount or f"{invoice.total:.2f}", invoice.currency),
        "paid_on": invoice.company.today().isoformat(),
    }
    return event("erp.invoice.paid", data)
