"""Trade-ins and rebates: typed, priced, measured as a discount, taken off invoices, and closed."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError

from common.errors import DomainError, MissingField, NotEditable
from crm import roles
from crm.models import User
from fulfilment.services.returns import record_return
from fulfilment.services.shipments import record_shipment
from sales.models import (
    ApprovalRule,
    DocumentLine,
    Invoice,
    Order,
    OrderLine,
    PaymentTerms,
    PromotionCode,
    Quote,
    TaxRate,
)
from sales.pricing.errors import (
    AmountExceedsOpen,
    DiscountAboveLimit,
    InvalidAmount,
    InvalidDiscount,
    NegativeTotal,
    NoTaxRate,
)
from sales.services.approval_needs import QuoteFigures
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.change_orders import Changes, change_order, close_rest
from sales.services.credit_notes import credit_invoice
from sales.services.documents.drafts import change_head, draft_invoice, draft_order, draft_quote
from sales.services.documents.lines import add_line, change_line, remove_line
from sales.services.errors import AlreadyBilled, CreditFirst, NothingToInvoice, UnknownLine
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import delete_draft_invoice, invoice_order
from sales.services.orders import cancel_order, submit_order
from sales.services.prices.pricing_input import lines_of
from sales.services.promotions import apply_promotion
from sales.services.quotes import accept_quote, activate_quote, revise_quote
from tests.database_assertions import found_in_documents, refused, sql
from tests.factories import Market, ProductCategoryFactory, TaxCategoryFactory, UserFactory
from tests.sales.order_books import agreed_with, books_of, open_books
from tests.sales.order_steps import billed, trade_in

DEDUCTION = DocumentLine.Kind.DEDUCTION
TWENTY = Decimal("0.2")


def drafted(market: Market, quantity: str = "10", price: str = "100.00", **terms: Any) -> Order:
    """Draft an order of machines."""
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit", **terms)
    product = market.product(price, decimals=2)
    add_line(order, actor=market.rep, product=product, quantity=Decimal(quantity))
    return order


def ordered(market: Market, off: str, **terms: Any) -> Order:
    """Submit an order of ten machines for 100.00 each with a trade-in."""
    order = drafted(market, **terms)
    trade_in(order, market, off)
    return submit_order(order.pk, actor=market.rep)


def lines(order: Order) -> tuple[OrderLine, OrderLine]:
    """Read the machines and the trade-in of an order."""
    machines, deduction = order.lines.order_by("position")
    return machines, deduction


def bill(order: Order, market: Market, quantity: str) -> Invoice:
    """Issue an invoice of so many machines."""
    chosen = {lines(order)[0].pk: Decimal(quantity)}
    return billed(order, market, what="lines", quantities=chosen)


def ship_all(order: Order, market: Market) -> None:
    """Ship all machines."""
    machines = lines(order)[0]
    record_shipment(order.pk, actor=market.rep, lines={machines.pk: machines.open_to_ship})


def taken_off(invoice: Invoice) -> list[tuple[Decimal, Decimal, Decimal, Decimal]]:
    """Return quantity, price, net and tax of the lines that take something off."""
    return [
        (line.quantity, line.unit_price, line.net, line.tax)
        for line in invoice.lines.filter(kind=DEDUCTION).order_by("position")
    ]


def figures(*values: str) -> tuple[Decimal, ...]:
    """Write figures as decimals."""
    return tuple(map(Decimal, values))


class TestTyping:
    def test_is_typed_as_what_it_takes_off_and_stored_with_a_minus(
        self, market: Market, quote: Quote
    ) -> None:
        line = trade_in(quote, market, "150.00", quantity=Decimal(2))

        assert (line.unit_price, line.typed_price) == figures("-150", "150")
        assert (line.base, line.net, line.tax, line.gross) == figures("-300", "-300", "-60", "-360")
        quote.refresh_from_db()
        assert (quote.detail, quote.tax, quote.total) == figures("-300", "-60", "-360")

        changed = change_line(line, actor=market.rep, unit_price=Decimal(90), quantity=Decimal(1))

        assert (changed.unit_price, changed.net, changed.price_source) == (-90, -90, "typed")

    def test_is_taxed_as_its_product_category_says(self, market: Market, quote: Quote) -> None:
        category = ProductCategoryFactory.create(tax_category=market.tax_category)

        line = trade_in(quote, market, "10.00", tax_category=None, product_category=category)

        assert (line.tax_category, line.tax_rate) == (market.tax_category, TWENTY)

    @pytest.mark.parametrize(
        ("fields", "error", "field"),
        [
            ({"unit_price": Decimal(-5)}, InvalidAmount, "unit_price"),
            ({"discount_rate": Decimal("0.1")}, InvalidDiscount, "discount"),
            ({"discount_amount": Decimal(1)}, InvalidDiscount, "discount"),
            ({"is_optional": True}, NotEditable, "is_optional"),
            ({"tax_category": None}, MissingField, "tax_category"),
            ({"description": ""}, MissingField, "description"),
        ],
    )
    def test_refuses_what_adds_is_reduced_is_optional_or_is_not_taxed(
        self,
        market: Market,
        quote: Quote,
        fields: dict[str, Any],
        error: type[DomainError],
        field: str,
    ) -> None:
        with pytest.raises(error) as refusal:
            trade_in(quote, market, "5.00", **fields)

        assert refusal.value.field == field
        quote.refresh_from_db()
        assert (quote.lines.count(), quote.version) == (0, 1)

    @pytest.mark.parametrize("amount", ["-0.00001", "NaN", "sNaN", "Infinity", "1E+99"])
    def test_refuses_a_price_that_is_no_amount(
        self, market: Market, quote: Quote, amount: str
    ) -> None:
        line = trade_in(quote, market, "5.00")

        attempts: list[Callable[[], object]] = [
            lambda: trade_in(quote, market, amount),
            lambda: change_line(line, actor=market.rep, unit_price=Decimal(amount)),
        ]
        for attempt in attempts:
            with pytest.raises(InvalidAmount) as refusal:
                attempt()
            assert refusal.value.field == "unit_price"
        assert [each.net for each in quote.lines.all()] == [-5]

    @pytest.mark.parametrize("kind", ["product", "write_in"])
    def test_no_other_line_has_a_price_below_zero(
        self, market: Market, quote: Quote, kind: str
    ) -> None:
        write_in = {"description": "Moving", "product_category": market.category}
        sold = {"product": market.product()} if kind == "product" else write_in

        with pytest.raises(InvalidAmount, match="or add a trade-in or rebate"):
            add_line(quote, actor=market.rep, unit_price=Decimal("-0.01"), **sold)

        assert not quote.lines.exists()

    def test_waits_for_its_tax_rate(self, market: Market) -> None:
        order = drafted(market)
        trade_in(order, market, "10.00", tax_category=TaxCategoryFactory.create())

        with pytest.raises(NoTaxRate):
            submit_order(order.pk, actor=market.rep)


class TestDatabase:
    """The database refuses figures on the wrong side of zero, whoever writes them."""

    @pytest.mark.parametrize("kind", ["quote", "order", "invoice"])
    @pytest.mark.parametrize(
        "changes",
        [
            "unit_price = 5",
            "base = 5, net = 5, gross = 5 + tax",
            "tax = 5, gross = net + 5",
            "quantity = -1",
            "is_optional = true",
            "discount_rate = 0.1",
            "discount_amount = 1",
            "volume_discount = 1",
            "header_discount = 1",
            "promotion_discount = 1",
            "discount = -1, base = net - 1",
        ],
    )
    def test_a_deduction_takes_off_and_is_not_discounted(
        self, market: Market, kind: str, changes: str
    ) -> None:
        drafts: dict[str, Callable[..., Any]] = {
            "quote": draft_quote,
            "order": draft_order,
            "invoice": draft_invoice,
        }
        document = drafts[kind](actor=market.rep, account=market.account, name="Bar refit")
        trade_in(document, market, "100.00")
        with pytest.raises(IntegrityError, match="violates check constraint"):
            sql(f"UPDATE sales_{kind}line SET {changes}")  # noqa: S608  # our own words

    @pytest.mark.parametrize(
        "changes",
        [
            "unit_price = -5",
            "base = -5, net = -5, gross = -5 + tax",
            "tax = -5, gross = net - 5",
            "quantity = -1",
            "volume_discount = -1",
            "header_discount = -1",
            "promotion_discount = -1",
            "discount = -1, base = net - 1",
            "kind = 'section'",
            "kind = 'down_payment'",
        ],
    )
    def test_what_is_sold_is_never_below_zero(self, market: Market, changes: str) -> None:
        drafted(market, "1")
        with pytest.raises(IntegrityError, match="violates check constraint"):
            sql(f"UPDATE sales_orderline SET {changes}")  # noqa: S608  # our own words

    @pytest.mark.parametrize("column", ["shipped", "drafted", "invoiced"])
    def test_a_deduction_is_not_counted_in_units(self, market: Market, column: str) -> None:
        order = ordered(market, "100.00")
        with pytest.raises(IntegrityError, match="order_line_only_sold_is_counted"):
            lines(order)[1].order.lines.filter(kind=DEDUCTION).update(**{f"{column}_quantity": 1})

    def test_no_quote_and_no_order_is_negative_at_a_rate(self, market: Market) -> None:
        quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
        order = drafted(market)
        for document in (quote, order):
            trade_in(document, market, "1000.01")
        with refused("sales_quote", "never_negative"):
            Quote.objects.update(status="active", number="Q-1", revision=1)
        with refused("sales_order", "never_negative"):
            Order.objects.update(status="submitted", number="O-1")

    def test_a_negative_draft_may_be_cancelled(self, market: Market) -> None:
        order = drafted(market)
        trade_in(order, market, "1000.01")

        cancel_order(order.pk, actor=market.rep, reason="Changed plans")

        order.refresh_from_db()
        assert (order.status, order.total) == ("cancelled", Decimal("-0.01"))


class TestPricing:
    def test_the_discount_on_everything_is_given_on_what_is_sold(self, market: Market) -> None:
        order = drafted(market)
        trade_in(order, market, "300.00")

        change_head(order, actor=market.rep, discount_rate=Decimal("0.1"))

        machines, deduction = lines(order)
        assert (machines.header_discount, deduction.header_discount) == figures("100", "0")
        order.refresh_from_db()
        assert (order.detail, order.discount, order.tax, order.total) == figures(
            "700", "100", "120", "720"
        )

    def test_a_promotion_leaves_it_alone(self, market: Market) -> None:
        PromotionCode.objects.create(code="SPRING", name="Spring", discount_rate=Decimal("0.1"))
        order = drafted(market)
        trade_in(order, market, "300.00")

        use = apply_promotion(order, "SPRING", actor=market.rep)

        assert use.amount == Decimal("100.00")
        assert lines(order)[1].net == Decimal("-300.00")

    def test_an_order_is_not_submitted_below_zero_at_a_rate(self, market: Market) -> None:
        order = drafted(market)
        reduced = TaxCategoryFactory.create()
        TaxRate.objects.create(category=reduced, zone=market.zone, rate=Decimal("0.055"))
        trade_in(order, market, "40.00", tax_category=reduced, description="Old grinder")

        with pytest.raises(NegativeTotal) as refusal:
            submit_order(order.pk, actor=market.rep)

        assert str(refusal.value) == (
            "At 5.5% tax the document comes to −€40.00: reduce Old grinder, "
            "or sell more at that rate."
        )
        order.refresh_from_db()
        assert (order.status, order.number) == ("draft", None)

    def test_neither_a_quote_nor_an_invoice_is_issued_below_zero(self, market: Market) -> None:
        quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
        invoice = draft_invoice(actor=market.rep, account=market.account, name="Repair")
        for document in (quote, invoice):
            add_line(document, actor=market.rep, product=market.product("100.00"))
            trade_in(document, market, "100.01")

        with pytest.raises(NegativeTotal):
            activate_quote(quote.pk, actor=market.rep)
        with pytest.raises(NegativeTotal):
            issue_invoice(invoice.pk, actor=market.rep)

    def test_a_rebate_may_take_off_everything(self, market: Market) -> None:
        invoice = draft_invoice(actor=market.rep, account=market.account, name="Goodwill")
        add_line(invoice, actor=market.rep, product=market.product("100.00"))
        trade_in(invoice, market, "100.00", description="Goodwill")

        issued = issue_invoice(invoice.pk, actor=market.rep)

        assert (issued.total, issued.status) == (0, "paid")
        assert found_in_documents() == []


class TestLimits:
    """A trade-in or rebate is measured as a discount on everything."""

    @pytest.fixture
    def rep(self, market: Market) -> User:
        """A rep who may give 5 %."""
        market.rep.discount_limit_rate = Decimal("0.05")
        market.rep.save()
        UserFactory.create(role=roles.SALES_MANAGER, team=market.rep.team)
        return market.rep

    def test_a_rebate_is_no_way_round_the_limit(self, market: Market, rep: User) -> None:
        order = drafted(market)
        trade_in(order, market, "50.00")

        with pytest.raises(DiscountAboveLimit, match=r"comes to 5\.01%, above your limit of 5%"):
            trade_in(order, market, "0.01", description="Rebate")
        with pytest.raises(DiscountAboveLimit) as refusal:
            change_line(lines(order)[1], actor=rep, unit_price=Decimal(500))

        assert (refusal.value.field, refusal.value.line) == ("unit_price", str(lines(order)[1].pk))
        order.refresh_from_db()
        assert order.detail == 950

    def test_what_is_sold_cannot_be_taken_away_from_beside_it(
        self, market: Market, rep: User
    ) -> None:
        order = drafted(market)
        trade_in(order, market, "50.00")
        machines, _ = lines(order)

        for attempt in (
            lambda: change_line(machines, actor=rep, quantity=Decimal(9)),
            lambda: change_line(machines, actor=rep, discount_rate=Decimal("0.01")),
            lambda: change_head(order, actor=rep, discount_rate=Decimal("0.01")),
        ):
            with pytest.raises(DiscountAboveLimit):
                attempt()
        order.refresh_from_db()
        assert order.detail == 950

    def test_it_cannot_come_before_what_it_is_taken_off(self, market: Market, rep: User) -> None:
        order = draft_order(actor=rep, account=market.account, name="Bar refit")
        trade_in(order, market, "50.00")

        with pytest.raises(DiscountAboveLimit, match="comes to 50%"):
            add_line(order, actor=rep, product=market.product("100.00"))

    def test_what_a_manager_gave_stays(self, market: Market, rep: User) -> None:
        order = drafted(market)
        manager = User.objects.get(groups__name=roles.SALES_MANAGER)
        add_line(
            order,
            actor=manager,
            kind=DEDUCTION,
            description="Trade-in",
            unit_price=Decimal(300),
            tax_category=market.tax_category,
        )

        change_line(lines(order)[0], actor=rep, quantity=Decimal(11))
        remove_line(lines(order)[1], actor=rep)

        order.refresh_from_db()
        assert order.detail == 1100

    def test_a_change_order_is_measured_too(self, market: Market, rep: User) -> None:
        order = drafted(market)
        trade_in(order, market, "50.00")
        submit_order(order.pk, actor=rep)
        _, deduction = lines(order)

        for changes in (
            Changes(lines={deduction.pk: {"unit_price": Decimal(60)}}),
            Changes(additions=[addition(market, "1.00")]),
        ):
            with pytest.raises(DiscountAboveLimit):
                change_order(order.pk, changes, actor=rep, reason="Asked")
        order.refresh_from_db()
        assert (order.detail, order.changes.count()) == (950, 0)

    def test_a_quote_with_it_needs_approval(self, market: Market) -> None:
        ApprovalRule.objects.create(name="Ten", measure="discount_rate", threshold=Decimal("0.1"))
        quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
        product = market.product("100.00", standard_cost=Decimal(60))
        add_line(quote, actor=market.rep, product=product, quantity=Decimal(10))
        trade_in(quote, market, "200.00")
        measured = QuoteFigures(quote, lines_of(quote))

        assert measured.discount.rate == Decimal("0.2")
        assert (measured.margin.rate, measured.margin.unknown) == (Decimal("0.25"), 0)
        with pytest.raises(Exception, match="Ten \\(20%\\)"):
            activate_quote(quote.pk, actor=market.rep)


def addition(market: Market, price: str) -> dict[str, Any]:
    """A trade-in that a change order adds."""
    return {
        "kind": DEDUCTION,
        "description": "Another machine taken back",
        "unit_price": Decimal(price),
        "tax_category": market.tax_category,
    }


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
        assert open_books() == []
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
        assert open_books() == []
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


class TestChanges:
    def change(self, order: Order, market: Market, **changes: Any) -> None:
        change_order(order.pk, Changes(**changes), actor=market.rep, reason="Asked")
        order.refresh_from_db()

    def test_a_trade_in_is_raised_reduced_and_added(self, market: Market) -> None:
        order = ordered(market, "300.00")
        _, deduction = lines(order)

        self.change(order, market, lines={deduction.pk: {"unit_price": Decimal(400)}})
        assert order.total == Decimal("720.00")
        self.change(order, market, lines={deduction.pk: {"quantity": Decimal("0.5")}})
        assert order.total == Decimal("960.00")
        self.change(order, market, additions=[addition(market, "50.00")])
        assert order.total == Decimal("900.00")

        assert billed(order, market, what="all").total == Decimal("900.00")
        assert found_in_documents() == []

    def test_a_change_of_something_else_leaves_its_figures(self, market: Market) -> None:
        order = ordered(market, "33.33", prices_include_tax=True)
        bill(order, market, "3")
        machines, before = lines(order)

        self.change(order, market, lines={machines.pk: {"quantity": Decimal(11)}})

        _, after = lines(order)
        assert (after.net, after.tax) == (before.net, before.tax)
        billed(order, market, what="all")
        assert found_in_documents() == []

    def test_it_does_not_go_under_what_invoices_have_taken_off(self, market: Market) -> None:
        order = ordered(market, "300.00")
        bill(order, market, "4")
        _, deduction = lines(order)

        for fields in ({"unit_price": Decimal("119.99")}, {"quantity": Decimal("0.3")}):
            with pytest.raises(AlreadyBilled, match=r"has taken €120\.00 off invoices already"):
                self.change(order, market, lines={deduction.pk: fields})
        self.change(order, market, lines={deduction.pk: {"unit_price": Decimal(120)}})

        assert taken_off(billed(order, market, what="all")) == []
        ship_all(order, market)
        order.refresh_from_db()
        assert (order.status, order.total) == ("completed", Decimal("1056.00"))
        assert found_in_documents() == []

    def test_an_order_does_not_go_under_what_is_billed_at_a_rate(self, market: Market) -> None:
        order = ordered(market, "500.00")
        invoice = bill(order, market, "4")
        machines, deduction = lines(order)

        for changes in (
            {machines.pk: {"quantity": Decimal(6)}},
            {deduction.pk: {"unit_price": Decimal(801)}},
        ):
            with pytest.raises(CreditFirst, match=r"At 20% tax .* less than is billed") as refusal:
                self.change(order, market, lines=changes)
            assert refusal.value.invoices == [invoice]
        assert str(invoice) in str(refusal.value)
        with pytest.raises(NegativeTotal):
            self.change(order, market, lines={machines.pk: {"quantity": Decimal(4)}})
        order.refresh_from_db()
        assert (order.total, order.changes.count()) == (600, 0)

    def test_closing_the_rest_keeps_what_was_taken_off(self, market: Market) -> None:
        order = ordered(market, "300.00")
        invoice = bill(order, market, "4")
        record_shipment(order.pk, actor=market.rep, lines={lines(order)[0].pk: Decimal(4)})

        close_rest(order.pk, actor=market.rep, reason="They need no more")

        order.refresh_from_db()
        _, deduction = lines(order)
        assert (deduction.quantity, deduction.unit_price, deduction.net, deduction.tax) == figures(
            "1", "-120", "-120", "-24"
        )
        assert (order.total, order.status) == (invoice.total, "completed")
        assert found_in_documents() == []

    def test_closing_what_is_sold_closes_what_can_no_longer_be_taken_off(
        self, market: Market
    ) -> None:
        order = ordered(market, "300.00")
        bill(order, market, "4")
        machines, _ = lines(order)
        self.change(order, market, additions=[{"product": market.product("100.00")}])

        close_rest(order.pk, actor=market.rep, reason="Fewer", lines={machines.pk})

        _, deduction, extra = order.lines.order_by("position")
        assert (deduction.net, extra.net) == (-220, 100)  # 120 taken off, and 100 left to take off
        order.refresh_from_db()
        assert order.total == Decimal("336.00")
        assert found_in_documents() == []

    def test_closing_it_before_any_invoice_takes_it_off_leaves_nothing_of_it(
        self, market: Market
    ) -> None:
        order = ordered(market, "300.00")
        _, deduction = lines(order)

        close_rest(order.pk, actor=market.rep, reason="Not given", lines={deduction.pk})

        _, deduction = lines(order)
        assert (deduction.quantity, deduction.unit_price, deduction.net) == (0, -300, 0)
        assert billed(order, market, what="all").total == Decimal("1200.00")

    def test_goods_that_came_back_unbilled_leave_it_open(self, market: Market) -> None:
        order = ordered(market, "300.00")
        bill(order, market, "5")
        ship_all(order, market)
        machines, _ = lines(order)
        record_return(order.pk, actor=market.rep, lines={machines.pk: Decimal(5)})
        order.refresh_from_db()
        assert order.status == "submitted"
        assert found_in_documents() == []

        close_rest(order.pk, actor=market.rep, reason="They keep five")

        order.refresh_from_db()
        assert (order.status, lines(order)[1].net) == ("completed", -150)
        assert found_in_documents() == []


class TestCopies:
    def test_quote_revision_and_order_carry_it(self, market: Market) -> None:
        quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
        add_line(quote, actor=market.rep, product=market.product("100.00"), quantity=Decimal(10))
        trade_in(quote, market, "300.00")
        activate_quote(quote.pk, actor=market.rep)

        revised = revise_quote(quote.pk, actor=market.rep)
        activate_quote(revised.pk, actor=market.rep)
        order = accept_quote(revised.pk, actor=market.rep, name="É. Garnier")
        submit_order(order.pk, actor=market.rep)

        _, deduction = lines(order)
        assert (deduction.kind, deduction.unit_price, deduction.net) == (DEDUCTION, -300, -300)
        invoice = billed(order, market, what="all")
        assert books_of([invoice]) == agreed_with(order) == {TWENTY: figures("700", "140")}
        assert found_in_documents() == []
