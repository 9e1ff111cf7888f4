"""What an order's documents come to: each case was found wrong once, and stands for its kind."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Unpack

import pytest

from fulfilment.services.returns import record_return
from fulfilment.services.shipments import record_shipment
from sales.models import (
    DiscountBand,
    DiscountList,
    Invoice,
    Order,
    PaymentTerms,
    PromotionCode,
    TaxRate,
)
from sales.pricing.errors import InvalidAmount
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.billing.ledgers import read_ledger
from sales.services.change_orders import Changes, change_order, close_rest, preview_change
from sales.services.credit_notes import credit_invoice
from sales.services.documents.draft_fields import OrderFields
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.errors import BelowBilled, NothingToInvoice, QuantityBelowDone
from sales.services.integrity.verification import verify
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.orders import cancel_order, submit_order
from sales.services.promotions import apply_promotion
from tests.factories import Market, TaxCategoryFactory
from tests.sales.order_steps import billed
from tests.sales.order_sums import agreed_with, sums_of

HALF = Decimal("0.5")


def order_of(market: Market, *lines: tuple[str, str, str], **terms: Unpack[OrderFields]) -> Order:
    """Submit an order of lines of quantity, price and tax rate in percent."""
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit", **terms)
    for quantity, price, percent in lines:
        product = market.product(price, decimals=2)
        product.tax_category = TaxCategoryFactory.create()
        product.save()
        TaxRate.objects.create(
            category=product.tax_category, zone=market.zone, rate=Decimal(percent) / 100
        )
        add_line(order, actor=market.rep, product=product, quantity=Decimal(quantity))
    return submit_order(order.pk, actor=market.rep)


def ask_ahead(order: Order, market: Market, **how: Any) -> Invoice:
    """Issue a down payment."""
    draft = invoice_down_payment(order.pk, actor=market.rep, **how)
    return issue_invoice(draft.pk, actor=market.rep)


def ship_all(order: Order, market: Market) -> None:
    """Record a shipment of all that is open."""
    lines = {line.pk: line.open_to_ship for line in order.lines.all()}
    record_shipment(order.pk, actor=market.rep, lines=lines)


def change(order: Order, market: Market, place: int, **fields: object) -> None:
    """Change a line of an order."""
    line = order.lines.order_by("position")[place]
    change_order(order.pk, Changes(lines={line.pk: fields}), actor=market.rep, reason="Asked")
    order.refresh_from_db()


class TestDownPayments:
    def test_two_halves_ask_for_the_whole_and_the_last_invoice_for_nothing(
        self, market: Market
    ) -> None:
        order = order_of(market, ("1", "10815.62", "19"))
        assert order.total == Decimal("12870.59")

        halves = [ask_ahead(order, market, rate=HALF).total for _ in range(2)]
        last = billed(order, market, what="all")

        assert halves == [Decimal("6435.30"), Decimal("6435.29")]
        assert (last.total, last.tax, last.status) == (0, 0, Invoice.Status.PAID)
        assert not last.is_overdue()
        assert sums_of([last]) == {}
        assert sums_of(order.invoices.all()) == agreed_with(order)

    def test_freight_is_asked_for_ahead_and_credited_with_the_goods(self, market: Market) -> None:
        order = order_of(market, ("10", "100.00", "20"), freight=Decimal(50))

        half = ask_ahead(order, market, rate=HALF)
        invoice = billed(order, market, what="all")
        line = invoice.lines.get(order_line__isnull=False)
        note = credit_invoice(
            invoice.pk, actor=market.rep, reason="Broken", quantities={line.pk: Decimal(2)}
        )

        assert (half.total, invoice.total) == (Decimal(625), Decimal(625))
        assert (invoice.freight, note.freight) == (Decimal(50), Decimal(10))
        assert note.total == Decimal(250)

    def test_a_deduction_never_exceeds_what_the_invoice_bills(self, market: Market) -> None:
        order = order_of(market, ("10", "100.00", "20"))
        line = order.lines.get()
        billed(order, market, what="lines", quantities={line.pk: Decimal(4)})
        ask_ahead(order, market, rate=Decimal("0.6"), what="milestone")

        one = billed(order, market, what="lines", quantities={line.pk: Decimal(1)})
        rest = billed(order, market, what="all")

        assert (one.total, rest.total) == (0, 0)
        assert sums_of(order.invoices.all()) == agreed_with(order)

    @pytest.mark.parametrize(("price", "freight"), [("100.00", "50"), ("0.00", "0"), ("0.01", "0")])
    def test_a_deposit_by_the_terms_never_refuses_an_order(
        self, market: Market, price: str, freight: str
    ) -> None:
        market.payment_terms.deposit_rate = Decimal(1) if freight != "0" else Decimal("0.3")
        market.payment_terms.save()

        order = order_of(market, ("1", price, "20"), freight=Decimal(freight))

        deposits = [deposit.total for deposit in order.invoices.all()]
        assert deposits == ([Decimal(170)] if freight != "0" else [])

    def test_crediting_gives_back_what_no_invoice_deducted(self, market: Market) -> None:
        order = order_of(market, ("10", "100.00", "20"))
        line = order.lines.get()
        ahead = ask_ahead(order, market, rate=Decimal(1))
        billed(order, market, what="lines", quantities={line.pk: Decimal(4)})

        note = credit_invoice(ahead.pk, actor=market.rep, reason="Asked too much")

        assert note.total == Decimal(720)
        assert read_ledger(order).left_to_ask == Decimal(720)

    def test_the_invoices_of_an_order_are_never_negative_at_a_rate(self, market: Market) -> None:
        order = order_of(market, ("1", "100.00", "20"), ("1", "100.00", "7"))
        ask_ahead(order, market, amount=Decimal("113.50"))
        first, second = order.lines.order_by("position")

        invoices = [
            billed(order, market, what="lines", quantities={line.pk: Decimal(1)})
            for line in (first, second)
        ]

        assert [invoice.total for invoice in invoices] == [Decimal("60.00"), Decimal("53.50")]


class TestChangeOrders:
    def test_an_order_stays_above_what_was_asked_ahead_at_a_rate(self, market: Market) -> None:
        order = order_of(market, ("1", "100.00", "19"), ("1", "100.00", "7"))
        ahead = ask_ahead(order, market, rate=HALF)

        with pytest.raises(BelowBilled, match=f"credit {ahead} first") as refusal:
            change(order, market, 1, quantity=Decimal(0))

        assert refusal.value.invoices == [ahead]
        assert order.lines.order_by("position")[1].quantity == 1
        assert not order.changes.exists()

    def test_an_order_stays_above_what_was_asked_ahead_in_all(self, market: Market) -> None:
        order = order_of(market, ("10", "100.00", "19"))
        ask_ahead(order, market, amount=Decimal("952.00"))

        with pytest.raises(BelowBilled):
            change(order, market, 0, quantity=Decimal(5))

        change(order, market, 0, quantity=Decimal(8))
        assert billed(order, market, what="all").total == 0

    def test_a_line_can_be_added_whatever_is_billed(self, market: Market) -> None:
        order = order_of(
            market, ("3", "33.33", "19"), ("1", "0.05", "19"), discount_amount=Decimal("10.00")
        )
        billed(order, market, what="all")
        product = market.product("7.00")

        change_order(order.pk, Changes(additions=[{"product": product}]), actor=market.rep)
        billed(order, market, what="all")

        assert sums_of(order.invoices.all()) == agreed_with(order)

    @pytest.mark.parametrize(("freight", "kept"), [("0", "0"), ("50", "45"), ("0.01", "0.01")])
    def test_closing_the_rest_keeps_exactly_what_is_billed(
        self, market: Market, freight: str, kept: str
    ) -> None:
        order = order_of(market, ("10", "22.36", "19"), freight=Decimal(freight))
        line = order.lines.get()
        record_shipment(order.pk, actor=market.rep, lines={line.pk: Decimal(9)})
        nine = billed(order, market, what="shipped")

        close_rest(order.pk, actor=market.rep, reason="They need no more")

        order.refresh_from_db()
        line.refresh_from_db()
        assert (line.quantity, line.net, line.tax) == (9, Decimal("201.24"), Decimal("38.23"))
        assert (order.total, order.status) == (nine.total, Order.Status.COMPLETED)
        assert order.freight == nine.freight == Decimal(kept)
        assert sums_of([nine]) == agreed_with(order)

    def test_closing_one_line_leaves_the_freight_to_the_others(self, market: Market) -> None:
        order = order_of(market, ("10", "22.36", "19"), ("1", "22.36", "19"), freight=Decimal(50))
        line = order.lines.order_by("position")[0]
        billed(order, market, what="lines", quantities={line.pk: Decimal(5)})

        close_rest(order.pk, actor=market.rep, reason="They need no more", lines=[line.pk])

        order.refresh_from_db()
        assert order.freight == 50
        billed(order, market, what="all")
        assert sums_of(order.invoices.all()) == agreed_with(order)

    def test_closing_the_rest_keeps_what_was_billed_at_a_higher_price(self, market: Market) -> None:
        order = order_of(market, ("10", "10.00", "20"))
        line = order.lines.get()
        record_shipment(order.pk, actor=market.rep, lines={line.pk: Decimal(7)})
        billed(order, market, what="lines", quantities={line.pk: Decimal(5)})
        change(order, market, 0, unit_price=Decimal("5.20"))

        close_rest(order.pk, actor=market.rep, reason="They need no more")
        billed(order, market, what="all")

        line.refresh_from_db()
        assert (line.quantity, line.net, line.tax) == (7, Decimal("70.00"), Decimal("14.00"))
        assert sums_of(order.invoices.all()) == agreed_with(order)
        assert [str(each) for found in verify().values() for each in found] == []

    @pytest.mark.parametrize("freight", ["0", "50"])
    def test_an_order_is_reduced_to_what_is_billed(self, market: Market, freight: str) -> None:
        order = order_of(market, ("10", "22.36", "19"), freight=Decimal(freight))
        line = order.lines.get()
        nine = billed(order, market, what="lines", quantities={line.pk: Decimal(9)})

        change(order, market, 0, quantity=Decimal(9))

        assert order.total == nine.total
        with pytest.raises(QuantityBelowDone):
            change(order, market, 0, quantity=Decimal(8))


class TestReturns:
    def test_goods_that_are_not_replaced_are_not_billed(self, market: Market) -> None:
        order = order_of(market, ("100", "10.00", "20"))
        line = order.lines.get()
        ship_all(order, market)
        billed(order, market, what="lines", quantities={line.pk: Decimal(90)})

        record_return(order.pk, actor=market.rep, lines={line.pk: Decimal(10)})

        order.refresh_from_db()
        assert (order.status, order.billing_status) == ("completed", "invoiced")
        assert order.fulfilment_status == Order.Fulfilment.PARTLY_RETURNED
        with pytest.raises(NothingToInvoice):
            invoice_order(order.pk, actor=market.rep, what="all")

    def test_goods_that_are_replaced_are_shipped_again(self, market: Market) -> None:
        order = order_of(market, ("100", "10.00", "20"))
        line = order.lines.get()
        ship_all(order, market)

        record_return(order.pk, actor=market.rep, lines={line.pk: Decimal(10)}, replace=True)
        order.refresh_from_db()
        line.refresh_from_db()
        assert (line.open_to_ship, line.open_to_bill) == (Decimal(10), Decimal(100))
        assert order.fulfilment_status == Order.Fulfilment.PARTLY_SHIPPED

        record_shipment(order.pk, actor=market.rep, lines={line.pk: Decimal(10)})
        billed(order, market, what="all")
        order.refresh_from_db()
        assert order.status == Order.Status.COMPLETED
        assert order.invoices.get().total == order.total

    def test_what_is_credited_for_good_is_not_shipped_any_more(self, market: Market) -> None:
        order = order_of(market, ("10", "10.00", "20"))
        line = order.lines.get()
        invoice = billed(order, market, what="all")

        credit_invoice(
            invoice.pk,
            actor=market.rep,
            reason="Out of stock",
            quantities={invoice.lines.get().pk: Decimal(3)},
            bill_again=False,
        )
        record_shipment(order.pk, actor=market.rep, lines={line.pk: Decimal(7)})

        order.refresh_from_db()
        line.refresh_from_db()
        assert line.open_to_ship == line.open_to_bill == 0
        assert order.status == Order.Status.COMPLETED


class TestCancelling:
    def test_names_the_down_payment_to_credit_first(self, market: Market) -> None:
        order = order_of(market, ("1", "100.00", "20"))
        ahead = ask_ahead(order, market, rate=HALF)

        with pytest.raises(BelowBilled, match=f"{ahead} asks for a down payment"):
            cancel_order(order.pk, actor=market.rep, reason="Changed plans")

        credit_invoice(ahead.pk, actor=market.rep, reason="Changed plans")
        cancelled = cancel_order(order.pk, actor=market.rep, reason="Changed plans")
        assert (cancelled.status, cancelled.billing_status) == ("cancelled", "nothing")

    def test_takes_a_draft_down_payment_along(self, market: Market) -> None:
        order = order_of(market, ("1", "100.00", "20"))
        invoice_down_payment(order.pk, actor=market.rep, rate=HALF)

        cancel_order(order.pk, actor=market.rep, reason="Changed plans")

        assert not order.invoices.exists()


def test_refuses_a_credit_note_that_is_negative_at_a_rate(market: Market) -> None:
    order = order_of(market, ("1", "100.00", "20"), ("1", "100.00", "7"))
    ask_ahead(order, market, rate=HALF)
    invoice = billed(order, market, what="all")
    deduction = invoice.lines.get(kind="down_payment", tax_rate=Decimal("0.07"))
    goods = invoice.lines.get(kind="product", tax_rate=Decimal("0.2"))

    with pytest.raises(InvalidAmount):
        credit_invoice(
            invoice.pk,
            actor=market.rep,
            reason="Broken",
            quantities={deduction.pk: Decimal(1), goods.pk: Decimal(1)},
        )

    assert not invoice.credit_notes.exists()


def test_parts_and_credits_show_the_promotion_in_proportion(market: Market) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, product=market.product("10.00"), quantity=Decimal(3))
    PromotionCode.objects.create(
        code="TEN", name="Ten off", kind="amount", discount_amount=Decimal("10.00"), currency="EUR"
    )
    apply_promotion(order, "TEN", actor=market.rep)
    submit_order(order.pk, actor=market.rep)
    line = order.lines.get()

    parts = [
        billed(order, market, what="lines", quantities={line.pk: Decimal(1)}).lines.get()
        for _ in range(3)
    ]
    note = credit_invoice(parts[0].invoice_id, actor=market.rep, reason="Broken")

    shown = [part.promotion_discount for part in parts]
    assert shown == [Decimal("3.33"), Decimal("3.34"), Decimal("3.33")]
    assert note.lines.get().promotion_discount == Decimal("3.33")


def test_a_typed_price_is_final_and_a_new_quantity_has_its_own_discount(market: Market) -> None:
    order = order_of(market, ("10", "20.00", "20"))
    line = order.lines.get()
    item = line.price_list_item
    assert item is not None
    item.discount_list = DiscountList.objects.create(name="Volume")
    item.save()
    for first, last, rate in (("10", "49", "0.05"), ("50", None, "0.10")):
        DiscountBand.objects.create(
            discount_list=item.discount_list,
            quantity_from=Decimal(first),
            quantity_to=Decimal(last) if last else None,
            discount_rate=Decimal(rate),
        )

    seen = preview_change(
        order.pk, Changes(lines={line.pk: {"quantity": Decimal(50)}}), actor=market.rep
    )
    assert [(each["field"], each["after"]) for each in seen] == [
        ("total", "1080"),
        ("quantity", "50"),
        ("volume_discount", "2"),
    ]
    change(order, market, 0, quantity=Decimal(50), unit_price=Decimal("17.50"))
    line.refresh_from_db()
    assert (line.volume_discount, order.total) == (0, Decimal("1050.00"))


@pytest.mark.parametrize("when", [PaymentTerms.InvoiceWhen.FULFILLED])
def test_terms_bill_what_is_kept(market: Market, when: str) -> None:
    market.payment_terms.invoice_when = when
    market.payment_terms.save()
    order = order_of(market, ("10", "10.00", "20"))
    line = order.lines.get()
    record_shipment(order.pk, actor=market.rep, lines={line.pk: Decimal(6)})
    record_return(order.pk, actor=market.rep, lines={line.pk: Decimal(1)})

    record_shipment(order.pk, actor=market.rep, lines={line.pk: Decimal(4)})

    assert order.invoices.get().total == Decimal("108.00")
