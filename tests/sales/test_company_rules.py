"""A company's rounding and discount method: taken over by each new document, and kept by it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from fulfilment.services.shipments import record_shipment
from sales.models import Company, Invoice, Order, PaymentTerms, Quote
from sales.pricing.errors import DiscountAboveLimit, InvalidDiscount
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.change_orders import Changes, change_order
from sales.services.credit_notes import credit_invoice
from sales.services.documents.drafts import draft_invoice, draft_order, draft_quote
from sales.services.documents.lines import add_line, change_line
from sales.services.integrity.verification import verify
from sales.services.invoices import issue_invoice
from sales.services.opportunities import quote_from_opportunity, take_lines
from sales.services.opportunity_lines import add_opportunity_line
from sales.services.orders import submit_order
from sales.services.payments import record_payment
from sales.services.quotes import accept_quote, activate_quote, revise_quote
from tests.factories import CompanyFactory, Market, OpportunityFactory
from tests.sales.order_steps import billed
from tests.sales.order_sums import agreed_with, sums_of

Rounding, Method = Company.Rounding, Company.DiscountMethod
EIGHTH = "0.125"


def choose(company: Company, **rules: str) -> None:
    """Let a company round or discount in another way from now on."""
    for name, value in rules.items():
        setattr(company, name, value)
    company.save()


def found() -> list[str]:
    return [str(each) for differences in verify().values() for each in differences]


class TestHalfToEven:
    @pytest.fixture(autouse=True)
    def _evenly(self, market: Market) -> None:
        choose(market.company, rounding=Rounding.HALF_EVEN)

    @pytest.mark.parametrize("start", [draft_quote, draft_order, draft_invoice])
    def test_every_new_document_takes_it_over_and_keeps_it(
        self, market: Market, start: Any
    ) -> None:
        draft = start(actor=market.rep, account=market.account, name="Cups")
        choose(market.company, rounding=Rounding.HALF_UP)
        later = start(actor=market.rep, account=market.account, name="Cups")

        lines = [
            add_line(each, actor=market.rep, product=market.product(EIGHTH))
            for each in (draft, later)
        ]

        assert [line.net for line in lines] == [Decimal("0.12"), Decimal("0.13")]
        assert found() == []

    def test_a_document_takes_over_that_of_its_own_company(self, market: Market) -> None:
        other = CompanyFactory.create()
        fields: dict[str, Any] = {"account": market.account, "name": "Cups"}
        assert draft_quote(actor=market.rep, **fields, company=other).rounding == "half_up"
        assert draft_quote(actor=market.rep, **fields).rounding == "half_even"

    def test_it_goes_along_from_the_quote_to_the_last_credit_note(self, market: Market) -> None:
        quote = draft_quote(actor=market.rep, account=market.account, name="Cups")
        product = market.product(EIGHTH, decimals=2)
        add_line(quote, actor=market.rep, product=product, quantity=Decimal(5))
        activate_quote(quote.pk, actor=market.rep)
        choose(market.company, rounding=Rounding.HALF_UP)
        revised = revise_quote(quote.pk, actor=market.rep)
        activate_quote(revised.pk, actor=market.rep)
        order = submit_order(accept_quote(revised.pk, actor=market.rep).pk, actor=market.rep)
        line = order.lines.get()
        record_shipment(order.pk, actor=market.rep, lines={line.pk: Decimal(5)})

        half = billed(order, market, what="lines", quantities={line.pk: Decimal("2.5")})
        note = credit_invoice(half.pk, actor=market.rep, reason="Broken")
        whole = billed(order, market, what="all")

        assert (line.net, line.tax) == (Decimal("0.62"), Decimal("0.12"))  # 0.625 and 0.124
        assert {each.rounding for each in (revised, order, half, note, whole)} == {"half_even"}
        assert [each.lines.get().net for each in (half, note, whole)] == [
            Decimal("0.31"),
            Decimal("0.31"),
            Decimal("0.62"),
        ]
        assert sums_of(order.invoices.all()) == agreed_with(order)
        assert found() == []

    def test_parts_down_payments_and_deductions_follow_it(self, market: Market) -> None:
        order = draft_order(actor=market.rep, account=market.account, name="Cups")
        product = market.product("0.50", decimals=2)
        line = add_line(order, actor=market.rep, product=product, quantity=Decimal("0.5"))
        submit_order(order.pk, actor=market.rep)  # net 0.25, tax 0.05

        ahead = invoice_down_payment(order.pk, actor=market.rep, rate=Decimal("0.15"))
        issue_invoice(ahead.pk, actor=market.rep)
        part = billed(order, market, what="lines", quantities={line.pk: Decimal("0.25")})

        assert ahead.total == Decimal("0.04")  # 0.045
        [goods, deducted] = part.lines.order_by("position")
        assert goods.net == Decimal("0.12")  # 0.125
        assert -deducted.net == Decimal("0.01")  # 0.03 × 0.12 / 0.25 = 0.0144
        billed(order, market, what="all")
        assert sums_of(order.invoices.all()) == agreed_with(order)
        assert found() == []

    @pytest.mark.parametrize(
        ("rate", "line", "freight", "offered", "kept"),
        [
            ("0.02", ("1", "120.00"), "5.25", "2.50", "0"),  # 2.505, and nothing
            ("0.00125", ("2", "100.00"), "0", "0.25", "0.12"),  # 0.25, and 0.125
        ],
    )
    def test_a_discount_for_paying_early_follows_it(
        self,
        market: Market,
        rate: str,
        line: tuple[str, str],
        freight: str,
        offered: str,
        kept: str,
    ) -> None:
        terms = market.payment_terms
        terms.early_payment_rate, terms.early_payment_days = Decimal(rate), 10
        terms.save()
        rep, account = market.rep, market.account
        order = draft_order(actor=rep, account=account, name="Cups", freight=Decimal(freight))
        quantity, product = Decimal(line[0]), market.product(line[1])
        add_line(order, actor=rep, product=product, quantity=quantity, tax_rate=Decimal(0))
        submit_order(order.pk, actor=rep)

        invoice = billed(order, market, what="all")
        assert invoice.early_payment_discount == Decimal(offered)
        paid = {
            "amount": invoice.total - Decimal(offered),
            "received_on": market.company.today(),
        }
        record_payment(invoice.pk, actor=rep, **paid)
        one = {invoice.lines.get().pk: Decimal(1)}
        credit_invoice(invoice.pk, actor=rep, reason="Broken", quantities=one)

        invoice.refresh_from_db()
        assert invoice.discounted == Decimal(kept)
        assert found() == []

    def test_a_changed_order_keeps_it(self, market: Market) -> None:
        order = draft_order(actor=market.rep, account=market.account, name="Cups")
        line = add_line(order, actor=market.rep, product=market.product("1.00"))
        submit_order(order.pk, actor=market.rep)
        choose(market.company, rounding=Rounding.HALF_UP)

        changes = Changes(lines={line.pk: {"unit_price": Decimal("1.125")}})
        change_order(order.pk, changes, actor=market.rep)

        line.refresh_from_db()
        assert (line.net, line.tax) == (Decimal("1.12"), Decimal("0.22"))
        assert found() == []

    def test_lines_of_opportunities_follow_it(self, market: Market) -> None:
        opportunity = OpportunityFactory.create(account=market.account, owner=market.rep)
        product = market.product(EIGHTH)
        evenly = add_opportunity_line(opportunity.pk, actor=market.rep, product=product)
        choose(market.company, rounding=Rounding.HALF_UP)
        up = add_opportunity_line(opportunity.pk, actor=market.rep, product=product)

        assert (evenly.net, evenly.rounding) == (Decimal("0.12"), "half_even")
        assert (up.net, up.rounding) == (Decimal("0.13"), "half_up")


class TestDiscountOfEachUnit:
    @pytest.fixture(autouse=True)
    def _each(self, market: Market) -> None:
        choose(market.company, discount_method=Method.PER_UNIT)

    @pytest.fixture
    def order(self, market: Market) -> Order:
        """Twelve of 10.00, with 0.25 off each."""
        order = draft_order(actor=market.rep, account=market.account, name="Cups")
        add_line(
            order,
            actor=market.rep,
            product=market.product("10.00"),
            quantity=Decimal(12),
            discount_amount=Decimal("0.25"),
        )
        return Order.objects.get(pk=order.pk)

    def test_what_is_typed_counts_for_each(self, market: Market, order: Order) -> None:
        line = order.lines.get()
        assert (line.base, line.discount, line.net) == (120, 3, 117)
        assert order.total == Decimal("140.40")

        more = change_line(line, actor=market.rep, quantity=Decimal(20))
        assert (more.discount_amount, more.discount, more.net) == (Decimal("0.25"), 5, 195)
        by_rate = change_line(line, actor=market.rep, discount_rate=Decimal("0.1"))
        assert (by_rate.discount_amount, by_rate.net) == (None, 180)
        assert found() == []

    def test_a_draft_keeps_what_held_when_it_was_started(
        self, market: Market, order: Order
    ) -> None:
        choose(market.company, discount_method=Method.WHOLE_LINE)
        whole = draft_quote(actor=market.rep, account=market.account, name="Cups")
        product = market.product("10.00")
        typed: dict[str, Any] = {
            "product": product,
            "quantity": Decimal(12),
            "discount_amount": Decimal("0.25"),
        }

        lines = [add_line(each, actor=market.rep, **typed) for each in (order, whole)]

        assert [line.net for line in lines] == [Decimal("117.00"), Decimal("119.75")]
        assert found() == []

    def test_it_may_have_five_decimals_and_the_line_is_rounded(
        self, market: Market, order: Order
    ) -> None:
        line = change_line(order.lines.get(), actor=market.rep, discount_amount=Decimal("0.00125"))
        assert line.discount == Decimal("0.02")  # 0.015

    @pytest.mark.parametrize(
        ("typed", "error"),
        [
            ("10.01", InvalidDiscount),
            ("-0.01", InvalidDiscount),
            ("0.000001", InvalidDiscount),
            ("NaN", InvalidDiscount),
            ("1E+9999999", InvalidDiscount),
            ("1E-9999999", InvalidDiscount),
        ],
    )
    def test_refuses_what_is_no_discount_of_a_unit(
        self, market: Market, order: Order, typed: str, error: type[Exception]
    ) -> None:
        with pytest.raises(error) as refusal:
            change_line(order.lines.get(), actor=market.rep, discount_amount=Decimal(typed))
        assert getattr(refusal.value, "field", "") == "discount"
        assert order.lines.get().discount == 3

    def test_limits_count_it_for_each(self, market: Market, order: Order) -> None:
        market.rep.discount_limit_rate = Decimal("0.1")
        market.rep.save()
        line = change_line(order.lines.get(), actor=market.rep, discount_amount=Decimal(1))
        assert line.net == 108

        with pytest.raises(DiscountAboveLimit, match=r"10\.01%"):
            change_line(line, actor=market.rep, discount_amount=Decimal("1.001"))

    def test_parts_and_credits_come_to_the_order(self, market: Market, order: Order) -> None:
        submit_order(order.pk, actor=market.rep)
        line = order.lines.get()

        five = billed(order, market, what="lines", quantities={line.pk: Decimal(5)})
        note = credit_invoice(
            five.pk,
            actor=market.rep,
            reason="Broken",
            quantities={five.lines.get().pk: Decimal(2)},
        )
        rest = billed(order, market, what="all")

        assert [each.lines.get().discount for each in (five, note, rest)] == [
            Decimal("1.25"),
            Decimal("0.50"),
            Decimal("2.25"),
        ]
        assert sums_of(order.invoices.all()) == agreed_with(order)
        assert found() == []

    def test_a_change_order_counts_it_for_the_new_quantity(
        self, market: Market, order: Order
    ) -> None:
        submit_order(order.pk, actor=market.rep)
        pk = order.lines.get().pk

        changes = Changes(lines={pk: {"quantity": Decimal(20)}})
        change_order(order.pk, changes, actor=market.rep)
        dearer = Changes(lines={pk: {"discount_amount": Decimal("0.50125")}})
        change = change_order(order.pk, dearer, actor=market.rep)

        line = order.lines.get()
        assert (line.discount, line.net) == (Decimal("10.03"), Decimal("189.97"))  # 10.025
        assert [(each["field"], each["before"], each["after"]) for each in change.difference] == [
            ("total", "234", "227.96"),
            ("discount_amount", "0.25", "0.50125"),
        ]
        assert found() == []


class TestOpportunities:
    @pytest.mark.parametrize(
        ("then", "now", "typed", "in_the_quote"),
        [
            (Method.PER_UNIT, Method.PER_UNIT, "0.25", "0.25"),
            (Method.PER_UNIT, Method.WHOLE_LINE, "0.25", "0.75"),
            (Method.WHOLE_LINE, Method.PER_UNIT, "0.75", "0.25"),
            (Method.WHOLE_LINE, Method.PER_UNIT, "10.00", "3.33333"),
        ],
    )
    def test_a_typed_discount_keeps_its_worth(
        self, market: Market, then: str, now: str, typed: str, in_the_quote: str
    ) -> None:
        choose(market.company, discount_method=then)
        opportunity = OpportunityFactory.create(account=market.account, owner=market.rep)
        wanted = add_opportunity_line(
            opportunity.pk,
            actor=market.rep,
            product=market.product("10.00"),
            quantity=Decimal(3),
            discount_amount=Decimal(typed),
        )
        choose(market.company, discount_method=now)

        quote = quote_from_opportunity(opportunity.pk, actor=market.rep)

        line = quote.lines.get()
        assert line.discount_amount == Decimal(in_the_quote)
        assert (line.discount, line.net) == (wanted.discount, wanted.net)
        assert (quote.discount_method, wanted.discount_method) == (now, then)

    def test_refuses_a_discount_that_no_amount_of_each_unit_makes(self, market: Market) -> None:
        opportunity = OpportunityFactory.create(account=market.account, owner=market.rep)
        add_opportunity_line(
            opportunity.pk,
            actor=market.rep,
            product=market.product("1.00", name="Cups"),
            quantity=Decimal(3000),
            discount_amount=Decimal("10.00"),
        )
        choose(market.company, discount_method=Method.PER_UNIT)
        draft = draft_quote(actor=market.rep, account=market.account, name="Cups")

        with pytest.raises(InvalidDiscount, match=r"makes €10\.00 of 3,000 units of Cups"):
            take_lines(draft, opportunity, actor=market.rep)

        assert not Quote.objects.get(pk=draft.pk).lines.exists()


def test_invoices_by_terms_keep_the_rules_of_their_order(market: Market) -> None:
    choose(market.company, rounding=Rounding.HALF_EVEN, discount_method=Method.PER_UNIT)
    market.payment_terms.invoice_when = PaymentTerms.InvoiceWhen.PLACED
    market.payment_terms.save()
    order = draft_order(actor=market.rep, account=market.account, name="Cups")
    add_line(order, actor=market.rep, product=market.product(EIGHTH))
    choose(market.company, rounding=Rounding.HALF_UP, discount_method=Method.WHOLE_LINE)

    submit_order(order.pk, actor=market.rep)

    invoice = Invoice.objects.get()
    assert (invoice.rounding, invoice.discount_method) == ("half_even", "per_unit")
    assert (invoice.detail, found()) == (Decimal("0.12"), [])
