"""Invoices that are paid, and what tests of payments look at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum

from common.errors import DomainError
from crm.actors import System
from sales.models import CustomerCreditEntry, Invoice, Payment, SalesEvent
from sales.services.credit_notes import credit_invoice
from sales.services.documents.drafts import draft_invoice
from sales.services.documents.lines import add_line
from sales.services.integrity.verification import verify
from sales.services.invoices import issue_invoice
from sales.services.payments import Recorded, record_payment, refund_payment
from tests.database_assertions import accepted
from tests.factories import Market

ERP = System("ERP", connection="erp")
NOON = dt.datetime(2026, 5, 3, 10, tzinfo=dt.UTC)
TODAY = NOON.date()
WAY_ON = ": give another reference, or the same amount and day."
ONE_DAY = dt.timedelta(days=1)

UNTAXED_ON_THE_THIRD_OF_MAY = [
    pytest.mark.time_machine(NOON, tick=False),
    pytest.mark.market(tax_rate="0"),
]
"""Marks of tests that need no tax, so that figures are easy to follow, and a day that stands."""


def bill(market: Market, price: str = "100.00", quantity: str = "2", **head: Any) -> Invoice:
    """Issue an invoice of one line, without an order."""
    draft = draft_invoice(actor=market.rep, account=market.account, name="Machines", **head)
    product = market.product(price)
    add_line(draft, actor=market.rep, product=product, quantity=Decimal(quantity))
    return issue_invoice(draft.pk, actor=market.rep)


def pay(invoice: Invoice, amount: str, reference: str = "") -> Recorded:
    """Record a payment of today."""
    recorded = record_payment(
        invoice.pk,
        actor=invoice.owner,
        amount=Decimal(amount),
        received_on=invoice.company.today(),
        reference=reference,
    )
    invoice.refresh_from_db()
    return recorded


def refund(invoice: Invoice, amount: str, **answers: Any) -> Payment:
    """Record a refund of today."""
    given: dict[str, Any] = {
        "refunded_on": invoice.company.today(),
        "reason": "Broken",
        "reference": "OUT-1",
    }
    return refund_payment(
        invoice.pk, actor=invoice.owner, amount=Decimal(amount), **(given | answers)
    ).payment


def credit(invoice: Invoice, quantity: str) -> Invoice:
    """Credit so many of an invoice's one line; return the credit note."""
    quantities = {invoice.lines.get().pk: Decimal(quantity)}
    note = credit_invoice(invoice.pk, actor=invoice.owner, reason="Broken", quantities=quantities)
    invoice.refresh_from_db()
    return note


def entries(invoice: Invoice) -> list[tuple[object, ...]]:
    """The entries of an invoice, in the order in which they were made."""
    return list(invoice.payments.order_by("id").values_list("kind", "amount"))


def balance(invoice: Invoice) -> Decimal:
    """The credit of an invoice's customer."""
    return CustomerCreditEntry.objects.of(invoice.account_id, invoice.company_id, invoice.currency)


def stands(invoice: Invoice) -> tuple[object, ...]:
    """Status, what is open, what is to refund, and the customer's credit; all of it verified."""
    with accepted():
        assert [str(each) for found in verify().values() for each in found] == []
    invoice.refresh_from_db()
    return invoice.status, invoice.outstanding, invoice.to_refund, balance(invoice)


@contextmanager
def refused_for(
    error: type[DomainError], sentence: str, field: str | None = None
) -> Iterator[None]:
    """Assert that a use case is refused in these words, and that nothing is written."""
    before = _written()
    with pytest.raises(error) as refusal:
        yield
    assert str(refusal.value) == sentence
    assert refusal.value.field == field
    assert _written() == before


def _written() -> tuple[object, ...]:
    columns = ("status", "version", "paid", "refunded", "moved_to_credit", "written_off")
    return (
        Payment.objects.count(),
        CustomerCreditEntry.objects.aggregate(sum=Sum("amount"))["sum"],
        SalesEvent.objects.count(),
        list(Invoice.objects.order_by("id").values_list(*columns)),
    )
