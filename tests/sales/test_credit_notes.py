"""Credit notes: an invoice is credited in full or in part, to the cent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from common.errors import MissingField
from fulfilment.services.returns import record_return
from fulfilment.services.shipments import record_shipment
from sales.models import Invoice, Order
from sales.pricing.errors import (
    AmountExceedsOpen,
    InvalidAmount,
    QuantityExceedsOpen,
    QuantityNotAllowed,
)
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.credit_notes import credit_invoice
from sales.services.errors import NothingToCredit
from sales.services.integrity.verification import verify
from sales.services.invoices import issue_invoice
from sales.services.payments import record_payment
from tests.factories import Market
from tests.sales.order_steps import billed, placed, ship, submitted
from tests.sales.written import written


@pytest.fixture
def order(market: Market) -> Order:
    return submitted(market, "2", price="100.00")


def test_crediting_all_of_an_invoice_gives_back_exactly_what_it_asked(market: Market) -> None:
    order = placed(market, freight="9.90")
    invoice = billed(order, market, what="all")
    line = invoice.lines.get()

    first = credit_invoice(
        invoice.pk, actor=market.rep, reason="Broken", quantities={line.pk: Decimal(1)}
    )
    rest = credit_invoice(invoice.pk, actor=market.rep, reason="All of it")

    invoice.refresh_from_db()
    order.refresh_from_db()
    assert first.number is not None
    assert first.number.startswith("CN-")
    assert first.total + rest.total == invoice.total == order.total
    assert (invoice.credited, invoice.status) == (invoice.total, "cancelled")
    assert order.billing_status == Order.Billing.CREDITED
    with pytest.raises(NothingToCredit, match="already: there is nothing left to credit"):
        credit_invoice(invoice.pk, actor=market.rep, reason="Again")


def test_what_is_credited_may_be_billed_again_or_not(market: Market) -> None:
    order = placed(market)
    invoice = billed(order, market, what="all")
    line = invoice.lines.get()
    credit_invoice(
        invoice.pk,
        actor=market.rep,
        reason="Wrong price",
        quantities={line.pk: Decimal(1)},
    )
    credit_invoice(
        invoice.pk,
        actor=market.rep,
        reason="Goodwill",
        quantities={line.pk: Decimal(1)},
        bill_again=False,
    )
    order_line = order.lines.get()
    assert (order_line.credited_quantity, order_line.closed_quantity) == (2, 1)
    assert order_line.open_to_bill == 1
    again = billed(order, market, what="all")
    assert again.lines.get().quantity == 1


def test_refuses_to_credit_more_than_was_billed_or_without_a_reason(market: Market) -> None:
    order = placed(market)
    invoice = billed(order, market, what="all")
    line = invoice.lines.get()
    with pytest.raises(QuantityExceedsOpen, match="4 cannot be credited, only 3 are left"):
        credit_invoice(
            invoice.pk, actor=market.rep, reason="Broken", quantities={line.pk: Decimal(4)}
        )
    with pytest.raises(MissingField):
        credit_invoice(invoice.pk, actor=market.rep, reason="")
    assert not Invoice.objects.filter(kind="credit_note").exists()


def test_says_that_nothing_of_a_line_is_left(market: Market) -> None:
    invoice = billed(submitted(market, "2", "3", price="100.00"), market, what="all")
    line = invoice.lines.order_by("position")[0]
    all_of_it = {line.pk: Decimal(2)}
    credit_invoice(invoice.pk, actor=market.rep, reason="Broken", quantities=all_of_it)

    with pytest.raises(QuantityExceedsOpen) as refusal:
        credit_invoice(invoice.pk, actor=market.rep, reason="Broken", quantities=all_of_it)

    assert str(refusal.value) == (
        "Espresso machine: 2 cannot be credited, only 0 are left: enter that at most."
    )


def test_a_paid_invoice_credited_owes_money_back(market: Market) -> None:
    order = placed(market)
    invoice = billed(order, market, what="all")
    today = market.company.today()
    record_payment(invoice.pk, actor=market.rep, amount=invoice.total, received_on=today)
    credit_invoice(invoice.pk, actor=market.rep, reason="Returned")
    invoice.refresh_from_db()
    assert invoice.outstanding == -invoice.total


def test_a_credit_takes_the_deduction_along(
    advance: Invoice, final: Invoice, market: Market
) -> None:
    issue_invoice(advance.pk, actor=market.rep)
    final = issue_invoice(final.pk, actor=market.rep)
    goods, deduction = final.lines.order_by("position")
    for line, quantity, error in (
        (goods, 2, AmountExceedsOpen),
        (deduction, 1, InvalidAmount),
    ):
        with pytest.raises(error, match="credit a deducted down payment"):
            credit_invoice(
                final.pk,
                actor=market.rep,
                reason="Broken",
                quantities={line.pk: Decimal(quantity)},
            )
    final.refresh_from_db()
    assert (final.credited, final.status) == (Decimal(0), "issued")


@pytest.mark.parametrize("bill_again", [True, False])
def test_refuses_to_credit_a_part_of_a_whole_unit(market: Market, bill_again: bool) -> None:
    order = ship(submitted(market, "3", price="100.00"), market, "2")
    invoice = billed(order, market, what="all")
    line, before = invoice.lines.get(), written(invoice)

    with pytest.raises(
        QuantityNotAllowed,
        match=r"Espresso machine: This product is sold in whole units: enter 0 or 1 instead",
    ) as refusal:
        credit_invoice(
            invoice.pk,
            actor=market.rep,
            reason="Goodwill",
            quantities={line.pk: Decimal("0.5")},
            bill_again=bill_again,
        )

    assert refusal.value.line == str(line.pk)
    assert written(invoice) == before
    order_line = order.lines.get()
    assert (order_line.credited_quantity, order_line.open_to_ship) == (Decimal(0), Decimal(1))


def test_a_percentage_credited_for_good_closes_whole_units_for_shipping(market: Market) -> None:
    order = submitted(market, "3", price="10.00")
    halves = [billed(order, market, what="percentage", rate=Decimal("0.5")) for _ in range(2)]

    def credit_for_good(half: Invoice) -> tuple[Any, ...]:
        credit_invoice(half.pk, actor=market.rep, reason="Goodwill", bill_again=False)
        line = order.lines.get()
        return line.closed_quantity, line.closed_unshipped_quantity, line.open_to_ship

    assert credit_for_good(halves[0]) == (Decimal("1.5"), Decimal(1), Decimal(2))
    assert credit_for_good(halves[1]) == (Decimal(3), Decimal(3), Decimal(0))
    order.refresh_from_db()
    assert (order.status, [half.total for half in halves]) == ("completed", [18, 18])


def test_what_is_left_of_a_percentage_credited_for_good_is_shipped_and_billed_in_full(
    market: Market,
) -> None:
    order = submitted(market, "3", price="10.00")
    half = billed(order, market, what="percentage", rate=Decimal("0.5"))
    note = credit_invoice(half.pk, actor=market.rep, reason="Goodwill", bill_again=False)

    ship(order, market, "2")
    rest = billed(order, market, what="all")

    order.refresh_from_db()
    assert (order.status, half.total, note.total, rest.total) == ("completed", 18, 18, 18)


def test_what_is_credited_for_good_after_another_unit_came_back_unbilled_stays_credited(
    market: Market,
) -> None:
    order = submitted(market, "10", price="10.00")
    line = order.lines.get()
    record_shipment(order.pk, actor=market.rep, lines={line.pk: Decimal(10)})
    record_return(order.pk, actor=market.rep, lines={line.pk: Decimal(2)})
    invoice = billed(order, market, what="all")

    credit_invoice(
        invoice.pk,
        actor=market.rep,
        reason="Goodwill",
        quantities={invoice.lines.get().pk: Decimal(1)},
        bill_again=False,
    )

    order.refresh_from_db()
    assert (invoice.total, order.status, order.billing_status) == (96, "completed", "invoiced")
    assert order.lines.get().units.open_to_bill == 0
    assert not any(verify().values())


def test_crediting_all_gives_back_what_was_deducted_for_freight(market: Market) -> None:
    order = placed(market, quantity="10", freight="12.00")
    ahead = invoice_down_payment(order.pk, actor=market.rep, rate=Decimal("0.5"))
    issue_invoice(ahead.pk, actor=market.rep)
    invoice = billed(order, market, what="all")
    assert invoice.lines.filter(kind="freight", net=-6).exists()

    note = credit_invoice(invoice.pk, actor=market.rep, reason="Broken")

    assert (note.total, note.freight) == (invoice.total, 12)
