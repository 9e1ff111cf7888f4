"""Invoices and credit notes that another system has issued, as the order's ledger counts them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from common.errors import IllegalTransition
from sales.models import Invoice, Order
from sales.pricing.errors import (
    CurrencyMismatch,
    InvalidAmount,
    InvalidQuantity,
    QuantityExceedsOpen,
)
from sales.pricing.partial import Amounts
from sales.services.documents.drafts import draft_invoice
from sales.services.errors import (
    BilledElsewhere,
    DoesNotAddUp,
    NumberTaken,
    UnknownLine,
    WithoutOrder,
)
from sales.services.orders import cancel_order
from sales.services.posted_invoices import (
    PostedInvoice,
    PostedLine,
    record_posted_credit_note,
    record_posted_invoice,
)
from tests.factories import Market
from tests.sales.orders_from_elsewhere import SCM, bill, submitted, wrong
from tests.sales.written import written

DAY = dt.date(2026, 11, 20)


def posted(order: Order, net: str, tax: str, quantity: str = "1", **fields: Any) -> PostedInvoice:
    """Units of the first line of an order, at these figures."""
    line = order.lines.order_by("position")[0]
    figures = Amounts(Decimal(net), tax=Decimal(tax))
    lines = [PostedLine(line.pk, Decimal(quantity), Decimal("0.2"), figures)]
    given = {"number": "SI-1", "issued_on": DAY, "due_on": None, "currency": "EUR", "lines": lines}
    total = Decimal(net) + Decimal(tax)
    return PostedInvoice(**{**given, "freight": Decimal(0), "total": total, **fields})


def invoiced(order: Order, net: str, tax: str, quantity: str = "1", **fields: Any) -> Invoice:
    return record_posted_invoice(order.pk, posted(order, net, tax, quantity, **fields), actor=SCM)


def credited(invoice: Invoice, net: str, tax: str, quantity: str, **fields: Any) -> Invoice:
    assert invoice.order is not None
    note = posted(invoice.order, net, tax, quantity, number=fields.pop("number", "SC-1"))
    terms: dict[str, Any] = {"bill_again": False, "reason": "Broken"} | fields
    return record_posted_credit_note(invoice.pk, note, actor=SCM, **terms)


def test_keeps_its_number_its_day_and_its_cents(market: Market) -> None:
    order = submitted(market)

    invoice = invoiced(order, "29.99", "6.01")

    line = invoice.lines.get()
    assert (invoice.number, invoice.issued_on, invoice.due_on) == ("SI-1", DAY, DAY)
    assert (invoice.status, invoice.origin, invoice.what) == ("issued", "scm", "lines")
    assert (line.net, line.tax, line.base, invoice.total) == (
        *(Decimal("29.99"), Decimal("6.01")),
        *(Decimal("29.99"), Decimal("36.00")),
    )
    assert order.lines.order_by("position")[0].invoiced_quantity == 1
    assert wrong() == []


def test_is_taken_in_once(market: Market) -> None:
    order = submitted(market)
    first = invoiced(order, "29.99", "6.01")
    before = written(order)

    assert invoiced(order, "29.99", "6.01") == first

    assert written(order) == before


def test_bills_no_unit_twice(market: Market) -> None:
    order = submitted(market)
    bill(order, market, "2")
    before = written(order)

    with pytest.raises(
        QuantityExceedsOpen, match="Only 1 of this line are open: enter at most 1 instead of 2"
    ):
        invoiced(order, "60.00", "12.00", "2")

    assert written(order) == before
    assert Invoice.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"total": Decimal("36.01")}, DoesNotAddUp),
        ({"currency": "USD"}, CurrencyMismatch),
        ({"freight": Decimal(-1), "total": Decimal(35)}, InvalidAmount),
        ({"number": "INV-2026-00007"}, NumberTaken),
    ],
)
def test_refuses_what_cannot_be(
    market: Market, fields: dict[str, Any], refusal: type[Exception]
) -> None:
    order = submitted(market)
    before = written(order)

    with pytest.raises(refusal):
        invoiced(order, "30.00", "6.00", **fields)

    assert written(order) == before
    assert not Invoice.objects.exists()


def test_refuses_a_line_below_zero_and_one_of_another_order(market: Market) -> None:
    order = submitted(market)
    lines = [PostedLine(market.rep.pk, Decimal(1), Decimal(0), Amounts())]

    with pytest.raises(InvalidAmount, match="give amounts of zero or more"):
        invoiced(order, "-30.00", "-6.00")
    with pytest.raises(InvalidQuantity, match="give a quantity above zero"):
        invoiced(order, "30.00", "6.00", "0")
    with pytest.raises(UnknownLine):
        invoiced(order, "30.00", "6.00", lines=lines)

    assert not Invoice.objects.exists()


def test_refuses_a_cancelled_order_and_who_does_not_bill(market: Market) -> None:
    order = submitted(market)
    market.company.billed_by = "another"
    market.company.save()

    with pytest.raises(BilledElsewhere):
        invoiced(order, "30.00", "6.00")
    market.company.billed_by = ""
    market.company.save()
    cancel_order(order.pk, actor=SCM, reason="Entered twice")
    with pytest.raises(IllegalTransition, match="is cancelled here"):
        invoiced(order, "30.00", "6.00")


def test_a_number_is_one_document(market: Market) -> None:
    order = submitted(market)
    invoice = invoiced(order, "30.00", "6.00")

    with pytest.raises(NumberTaken, match="SI-1 is taken in already, as Invoice"):
        credited(invoice, "30.00", "6.00", "1", number="SI-1")


def test_refuses_to_credit_an_invoice_of_no_order(market: Market) -> None:
    order = submitted(market)
    free = draft_invoice(actor=market.rep, account=market.account, name="Workshop")
    note = posted(order, "30.00", "6.00", number="SC-1")

    with pytest.raises(
        WithoutOrder, match="SC-1 can only credit an invoice of an order"
    ) as refused:
        record_posted_credit_note(free.pk, note, actor=SCM, bill_again=False, reason="Broken")

    assert refused.value.code == "without_order"
    assert Invoice.objects.get() == free


def test_a_credit_may_take_other_cents_than_the_invoice_has(market: Market) -> None:
    order = submitted(market)
    invoice = invoiced(order, "29.99", "6.01")

    note = credited(invoice, "30.00", "6.01", "1")

    invoice.refresh_from_db()
    assert (note.credits, note.total, note.status) == (invoice, Decimal("36.01"), "issued")
    assert (invoice.status, invoice.credited) == ("cancelled", Decimal("36.01"))
    line = order.lines.order_by("position")[0]
    assert (line.credited_quantity, line.closed_quantity) == (1, 1)
    assert line.open_to_ship == 3
    assert wrong() == []


def test_no_unit_is_credited_twice(market: Market) -> None:
    order = submitted(market)
    invoice = invoiced(order, "60.00", "12.00", "2")
    credited(invoice, "30.00", "6.00", "1")

    with pytest.raises(QuantityExceedsOpen, match="2 cannot be credited, only 1"):
        credited(invoice, "60.00", "12.00", "2", number="SC-2")

    assert Invoice.objects.filter(kind="credit_note").count() == 1


def test_what_is_credited_to_be_billed_again_is_open(market: Market) -> None:
    order = submitted(market)
    invoice = invoiced(order, "90.00", "18.00", "3")

    credited(invoice, "30.00", "6.00", "1", bill_again=True)

    assert order.lines.order_by("position")[0].open_to_bill == 1
    assert invoiced(order, "30.00", "6.00", number="SI-2").total == Decimal(36)
    assert wrong() == []
