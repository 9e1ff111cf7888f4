"""Trade-ins and rebates: taken off invoices, and credited."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fulfilment.services.shipments import record_shipment
from sales.models import (
    PaymentTerms,
    TaxRate,
)
from sales.pricing.errors import (
    AmountExceedsOpen,
    InvalidAmount,
)
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.change_orders import close_rest
from sales.services.credit_notes import credit_invoice
from sales.services.documents.drafts import draft_invoice
from sales.services.documents.lines import add_line
from sales.services.draft_invoices import delete_draft_invoice
from sales.services.errors import NothingToInvoice, UnknownLine
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.orders import submit_order
from tests.database_assertions import found_in_documents
from tests.factories import Market, TaxCategoryFactory
from tests.sales.deduction_steps import (
    DEDUCTION,
    bill,
    drafted,
    figures,
    lines,
    ordered,
    ship_all,
    taken_off,
)
from tests.sales.order_steps import billed, trade_in
from tests.sales.order_sums import differing_sums


class TestBilling:
    def test_is_taken_off_in_proportion_and_in_full_with_the_last_invoice(
        self, market: Market
    ) -> None:
        order = ordered(market, "300.00")
        ship_all(order, market)

        invoices = [bill(order, market, quantity) for quantity in ("4", "1", "5")]

        assert [taken_off(invoice) for invoice in invoices] == [
            [figures("1", "-120", "-120", "-24")],
            [figures("1", "-30", "-30", "-6")],
            [figures("1", "-150", "-150", "-30")],
        ]
        assert [invoice.total for invoice in invoices] == [336, 84, 420]
        order.refresh_from_db()
        assert (order.status, order.billing_status) == ("completed", "invoiced")
        assert differing_sums() == []
        assert found_in_documents() == []

    def test_is_billed_as_it_was_ordered_where_all_of_it_is(self, market: Market) -> None:
        order = drafted(market)
        trade_in(order, market, "150.00", quantity=Decimal(2))
        order = submit_order(order.pk, actor=market.rep)

        invoice = billed(order, market, what="all")

        assert taken_off(invoice) == [figures("2", "-150", "-300", "-60")]
        assert invoice.total == order.total == Decimal("840.00")

    def test_prices_that_include_tax(self, market: Market) -> None:
        order = ordered(market, "120.00", price="120.00", prices_include_tax=True)

        half = bill(order, market, "5")

        assert order.total == Decimal("1080.00")
        assert taken_off(half) == [figures("1", "-60", "-50", "-10")]
        assert half.total == Decimal("540.00")
        assert found_in_documents() == []

    def test_a_part_of_one_priced_by_the_hundred_is_a_single_amount(self, market: Market) -> None:
        order = drafted(market)
        trade_in(order, market, "50.00", quantity=Decimal(200), price_quantity=Decimal(100))
        order = submit_order(order.pk, actor=market.rep)

        half = bill(order, market, "5")
        close_rest(order.pk, actor=market.rep, reason="They need no more")

        for line in (half.lines.get(kind=DEDUCTION), lines(order)[1]):
            terms = (line.quantity, line.unit_price, line.price_quantity, line.net)
            assert terms == figures("1", "-50", "1", "-50")
        assert found_in_documents() == []

    def test_an_order_that_the_trade_in_pays_for_is_billed_at_nothing(self, market: Market) -> None:
        order = ordered(market, "1000.00")

        invoices = [bill(order, market, quantity) for quantity in ("3", "7")]

        assert [(each.total, each.status) for each in invoices] == [(0, "paid"), (0, "paid")]

    @pytest.mark.parametrize(
        ("rate", "off", "total"), [("0.3", "-90", "252"), ("1", "-300", "840")]
    )
    def test_a_percentage_takes_the_same_part_of_it(
        self, market: Market, rate: str, off: str, total: str
    ) -> None:
        order = ordered(market, "300.00")

        invoice = billed(order, market, what="percentage", rate=Decimal(rate))

        assert [line[2] for line in taken_off(invoice)] == [Decimal(off)]
        assert invoice.total == Decimal(total)

    def test_is_never_chosen_or_billed_alone(self, market: Market) -> None:
        order = ordered(market, "300.00")
        _, deduction = lines(order)

        with pytest.raises(UnknownLine):
            invoice_order(
                order.pk, actor=market.rep, what="lines", quantities={deduction.pk: Decimal(1)}
            )
        billed(order, market, what="all")
        with pytest.raises(NothingToInvoice):
            invoice_order(order.pk, actor=market.rep, what="all")

    def test_a_deleted_draft_gives_it_back(self, market: Market) -> None:
        order = ordered(market, "300.00")
        for _ in range(2):
            draft = invoice_order(order.pk, actor=market.rep, what="all")
            assert taken_off(draft) == [figures("1", "-300", "-300", "-60")]
            delete_draft_invoice(draft.pk, actor=market.rep)
        assert lines(order)[0].drafted_quantity == 0

    def test_two_rates_and_freight(self, market: Market) -> None:
        reduced = TaxCategoryFactory.create()
        TaxRate.objects.create(category=reduced, zone=market.zone, rate=Decimal("0.055"))
        order = drafted(market, freight=Decimal(50))
        beans = market.product("10.00")
        beans.tax_category = reduced
        beans.save()
        add_line(order, actor=market.rep, product=beans, quantity=Decimal(100))
        trade_in(order, market, "600.00", tax_category=reduced, description="Old grinder")
        order = submit_order(order.pk, actor=market.rep)
        machines, coffee, _ = order.lines.order_by("position")

        first = billed(order, market, what="lines", quantities={machines.pk: Decimal(10)})
        second = billed(order, market, what="lines", quantities={coffee.pk: Decimal(100)})

        assert (taken_off(first), first.freight) == ([], Decimal(25))
        assert taken_off(second) == [figures("1", "-600", "-600", "-33")]
        assert second.total == Decimal("447.00")  # 400 + 22 + 25
        assert first.total + second.total == order.total

    def test_a_down_payment_asks_for_what_the_trade_in_leaves(self, market: Market) -> None:
        order = ordered(market, "400.00")
        ahead = invoice_down_payment(order.pk, actor=market.rep, rate=Decimal("0.5"))
        issue_invoice(ahead.pk, actor=market.rep)
        with pytest.raises(AmountExceedsOpen):
            invoice_down_payment(order.pk, actor=market.rep, amount=Decimal("360.01"))

        totals = [bill(order, market, quantity).total for quantity in ("5", "5")]

        assert (ahead.total, totals) == (360, [180, 180])
        ship_all(order, market)
        order.refresh_from_db()
        assert order.status == "completed"
        assert found_in_documents() == []

    def test_terms_that_bill_each_shipment_take_it_off(self, market: Market) -> None:
        market.payment_terms.invoice_when = PaymentTerms.InvoiceWhen.PER_SHIPMENT
        market.payment_terms.save()
        order = ordered(market, "300.00")
        for quantity in ("4", "6"):
            shipped = {lines(order)[0].pk: Decimal(quantity)}
            record_shipment(order.pk, actor=market.rep, lines=shipped)

        assert [each.total for each in order.invoices.order_by("id")] == [336, 504]

    def test_is_not_shipped(self, market: Market) -> None:
        order = ordered(market, "300.00")
        _, deduction = lines(order)

        with pytest.raises(UnknownLine):
            record_shipment(order.pk, actor=market.rep, lines={deduction.pk: Decimal(1)})

        ship_all(order, market)
        order.refresh_from_db()
        assert order.fulfilment_status == "shipped"


class TestCredits:
    def test_a_credit_gives_it_back_and_the_next_invoice_takes_it_off_again(
        self, market: Market
    ) -> None:
        order = ordered(market, "300.00", freight=Decimal(50))
        invoice = billed(order, market, what="all")

        note = credit_invoice(invoice.pk, actor=market.rep, reason="Wrong address")
        again = billed(order, market, what="all")

        assert note.total == again.total == invoice.total == Decimal("890.00")
        assert taken_off(note) == taken_off(again) == [figures("1", "-300", "-300", "-60")]
        assert found_in_documents() == []

    def test_the_freight_credited_goes_by_what_was_sold(self, market: Market) -> None:
        order = ordered(market, "500.00", freight=Decimal(50))
        invoice = billed(order, market, what="all")
        goods = invoice.lines.get(kind="product")

        note = credit_invoice(
            invoice.pk, actor=market.rep, reason="Broken", quantities={goods.pk: Decimal(2)}
        )

        assert (note.freight, note.total) == (10, 250)

    def test_what_is_credited_for_good_stays_off(self, market: Market) -> None:
        order = ordered(market, "300.00")
        invoice = bill(order, market, "4")

        credit_invoice(invoice.pk, actor=market.rep, reason="Goodwill", bill_again=False)
        rest = billed(order, market, what="all")

        assert (invoice.total, rest.total) == (336, 504)
        assert [line[2] for line in taken_off(rest)] == [-180]
        ship_all(order, market)
        order.refresh_from_db()
        assert order.status == "completed"
        assert differing_sums() == []
        assert found_in_documents() == []

    def test_neither_alone_is_credited_where_the_rest_would_be_negative(
        self, market: Market
    ) -> None:
        order = ordered(market, "300.00")
        invoice = billed(order, market, what="all")
        goods, deduction = invoice.lines.order_by("position")

        for line, quantity, error in (
            (goods, "8", AmountExceedsOpen),
            (deduction, "1", InvalidAmount),
        ):
            with pytest.raises(error, match="trade-in or rebate together with the lines"):
                credit_invoice(
                    invoice.pk,
                    actor=market.rep,
                    reason="Broken",
                    quantities={line.pk: Decimal(quantity)},
                )
        invoice.refresh_from_db()
        assert (invoice.credited, invoice.credit_notes.count()) == (0, 0)

        both = {goods.pk: Decimal(8), deduction.pk: Decimal("0.5")}
        note = credit_invoice(invoice.pk, actor=market.rep, reason="Broken", quantities=both)

        assert note.total == Decimal("780.00")
        assert [line[2] for line in taken_off(billed(order, market, what="all"))] == [-150]

    def test_an_invoice_without_an_order_is_credited_line_by_line(self, market: Market) -> None:
        draft = draft_invoice(actor=market.rep, account=market.account, name="Repair")
        goods = add_line(
            draft, actor=market.rep, product=market.product("100.00"), quantity=Decimal(2)
        )
        deduction = trade_in(draft, market, "50.00", quantity=Decimal(2))
        invoice = issue_invoice(draft.pk, actor=market.rep)

        half = {goods.pk: Decimal(1), deduction.pk: Decimal(1)}
        notes = [
            credit_invoice(invoice.pk, actor=market.rep, reason="Late", quantities=half)
            for _ in range(2)
        ]

        assert (invoice.total, [note.total for note in notes]) == (120, [60, 60])
        assert found_in_documents() == []
