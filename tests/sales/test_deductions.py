"""Trade-ins and rebates: typed, priced, kept by the database, and copied."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError

from common.errors import DomainError, MissingField
from sales.models import (
    Order,
    PromotionCode,
    Quote,
    TaxRate,
)
from sales.pricing.errors import (
    InvalidAmount,
    NegativeTotal,
    NoTaxRate,
    NotForThisLine,
)
from sales.services.documents.drafts import change_head, draft_invoice, draft_order, draft_quote
from sales.services.documents.lines import add_line, change_line
from sales.services.invoices import issue_invoice
from sales.services.orders import cancel_order, submit_order
from sales.services.promotions import apply_promotion
from sales.services.quotes import accept_quote, activate_quote, revise_quote
from tests.database_assertions import found_in_documents, refused, sql
from tests.factories import Market, ProductCategoryFactory, TaxCategoryFactory
from tests.sales.deduction_steps import DEDUCTION, TWENTY, drafted, figures, lines, ordered
from tests.sales.order_steps import billed, trade_in
from tests.sales.order_sums import agreed_with, sums_of


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
            ({"discount_rate": Decimal("0.1")}, NotForThisLine, "discount"),
            ({"discount_amount": Decimal(1)}, NotForThisLine, "discount"),
            ({"is_optional": True}, NotForThisLine, "is_optional"),
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
        assert sums_of([invoice]) == agreed_with(order) == {TWENTY: figures("700", "140")}
        assert found_in_documents() == []
