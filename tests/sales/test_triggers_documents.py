"""Document triggers: the database refuses writes that break a rule."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError
from django.db.models import F

from common.identifiers import uuid7
from sales.models import (
    Company,
    DocumentLine,
    Invoice,
    InvoiceLine,
    OpportunityLine,
    Order,
    OrderChange,
    OrderLine,
    Payment,
    Quote,
    QuoteLine,
    SalesEvent,
)
from sales.services.documents.drafts import draft_invoice, draft_order, draft_quote
from sales.services.documents.lines import add_line
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.payments import record_payment
from sales.services.quotes import activate_quote
from tests.database_assertions import accepted, refused, sql
from tests.factories import Market
from tests.sales.order_steps import submitted, trade_in


@pytest.fixture
def draft(market: Market) -> Quote:
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    add_line(quote, actor=market.rep, product=market.product("19.99"), quantity=Decimal(3))
    add_line(quote, actor=market.rep, product=market.product("5.00"))
    quote.refresh_from_db()
    return quote


@pytest.fixture
def quote(draft: Quote, market: Market) -> Quote:
    return activate_quote(draft.pk, actor=market.rep)


@pytest.fixture
def order(market: Market) -> Order:
    return submitted(market, "3")


@pytest.fixture
def invoice(order: Order, market: Market) -> Invoice:
    return issue_invoice(invoice_order(order.pk, actor=market.rep, what="all").pk, actor=market.rep)


class TestStatusMoves:
    def test_a_quote_is_not_won_before_it_is_sent(self, draft: Quote) -> None:
        with refused("sales_quote", "moves_legally"):
            Quote.objects.filter(pk=draft.pk).update(status="won", number="Q-1", revision=1)
        with refused("sales_quote", "moves_legally"):
            sql("UPDATE sales_quote SET status = 'lost' WHERE id = %s", draft.pk)

    def test_a_submitted_order_is_never_a_draft_again(self, order: Order) -> None:
        with refused("sales_order", "moves_legally"):
            Order.objects.filter(pk=order.pk).update(status="draft")
        with refused("sales_order", "moves_legally"):
            sql("UPDATE sales_order SET status = 'draft' WHERE id = %s", order.pk)

    def test_an_issued_invoice_is_never_a_draft_again(self, invoice: Invoice) -> None:
        with refused("sales_invoice", "moves_legally"):
            Invoice.objects.filter(pk=invoice.pk).update(status="draft")
        with refused("sales_invoice", "moves_legally"):
            sql("UPDATE sales_invoice SET status = 'draft' WHERE id = %s", invoice.pk)


class TestIssuedDocuments:
    @pytest.mark.parametrize("change", ["name = 'Else'", "valid_until = now()", "number = 'Q-1'"])
    def test_an_active_quote_stays_as_it_was_sent(self, quote: Quote, change: str) -> None:
        with refused("sales_quote", "keeps_issued"):
            sql(f"UPDATE sales_quote SET {change} WHERE id = %s", quote.pk)

    def test_no_figure_of_an_active_quote_changes(self, quote: Quote) -> None:
        with refused("sales_quote", "keeps_issued"):
            Quote.objects.filter(pk=quote.pk).update(detail=F("detail") + 1, total=F("total") + 1)
        quote.refresh_from_db()
        assert quote.total == Decimal("77.96")

    def test_an_order_keeps_what_was_agreed(self, order: Order) -> None:
        with refused("sales_order", "keeps_issued"):
            Order.objects.filter(pk=order.pk).update(requested_on=dt.date(2027, 1, 1))
        with refused("sales_order", "keeps_issued"):
            sql("UPDATE sales_order SET number = 'O-1' WHERE id = %s", order.pk)

    def test_an_invoice_keeps_its_figures_and_dates(self, invoice: Invoice) -> None:
        with refused("sales_invoice", "keeps_issued"):
            Invoice.objects.filter(pk=invoice.pk).update(due_on=dt.date(2099, 1, 1))
        with refused("sales_invoice", "keeps_issued"):
            sql(
                "UPDATE sales_invoice SET tax = tax + 1, total = total + 1 WHERE id = %s",
                invoice.pk,
            )

    def test_statuses_of_issued_documents_may_change(self, order: Order, invoice: Invoice) -> None:
        with accepted():
            Order.objects.filter(pk=order.pk).update(notes="Ring first", processing_status="Picked")
            Invoice.objects.filter(pk=invoice.pk).update(official_number="SI-1", notes="Sent twice")

    def test_issued_documents_are_never_deleted(
        self, quote: Quote, order: Order, invoice: Invoice
    ) -> None:
        for record in (quote, order, invoice):
            table = record._meta.db_table
            with refused(table, "never_deleted"):
                sql(f"DELETE FROM {table} WHERE id = %s", record.pk)
        with refused("sales_quoteline", "issued_lines_kept_delete"):
            quote.delete()
        assert Quote.objects.count() == Order.objects.count() == Invoice.objects.count() == 1


class TestIssuedLines:
    def test_lines_of_an_active_quote_stay(self, quote: Quote) -> None:
        with refused("sales_quoteline", "issued_lines_kept_update"):
            QuoteLine.objects.filter(quote=quote).update(description="Something else")
        with refused("sales_quoteline", "issued_lines_kept_delete"):
            QuoteLine.objects.filter(quote=quote).delete()
        with refused("sales_quoteline", "issued_lines_kept_insert"):
            QuoteLine.objects.create(quote=quote, kind="note", description="By the way")
        assert quote.lines.count() == 2

    def test_lines_of_a_submitted_order_stay(self, order: Order) -> None:
        with refused("sales_orderline", "issued_lines_kept_update"):
            sql("UPDATE sales_orderline SET quantity = 4 WHERE order_id = %s", order.pk)
        with refused("sales_orderline", "issued_lines_kept_insert"):
            OrderLine.objects.create(order=order, kind="note", description="By the way")
        with refused("sales_orderline", "issued_lines_kept_delete"):
            sql("DELETE FROM sales_orderline WHERE order_id = %s", order.pk)

    def test_shipped_and_billed_quantities_may_change(self, order: Order) -> None:
        with accepted():
            OrderLine.objects.filter(order=order).update(shipped_quantity=2, delivered_quantity=1)

    def test_lines_of_an_issued_invoice_stay(self, invoice: Invoice) -> None:
        with refused("sales_invoiceline", "issued_lines_kept_update"):
            InvoiceLine.objects.filter(invoice=invoice).update(sku="")
        with refused("sales_invoiceline", "issued_lines_kept_delete"):
            sql("DELETE FROM sales_invoiceline WHERE invoice_id = %s", invoice.pk)

    def test_a_line_stays_on_its_document(self, draft: Quote, market: Market) -> None:
        other = draft_quote(actor=market.rep, account=market.account, name="Terrace")
        with refused("sales_quoteline", "keeps_its_document"):
            QuoteLine.objects.filter(quote=draft).update(quote=other)


class TestChangeOrders:
    def test_an_agreed_line_changes_only_while_a_change_order_is_open(self, order: Order) -> None:
        with refused("sales_orderchange", "change_order_applied"):
            open_change(order)
            sql("UPDATE sales_orderline SET description = 'X' WHERE order_id = %s", order.pk)

    def test_a_change_order_for_a_version_long_past_opens_nothing(self, order: Order) -> None:
        with accepted():
            open_change(order, version=order.version)
        with refused("sales_orderline", "issued_lines_kept_update"):
            sql("UPDATE sales_orderline SET description = 'X' WHERE order_id = %s", order.pk)
        with refused("sales_order", "keeps_issued"):
            sql("UPDATE sales_order SET name = 'X' WHERE id = %s", order.pk)

    def test_a_change_order_is_written_once_it_is_made(self, order: Order) -> None:
        open_change(order, version=order.version)
        with refused("sales_orderchange", "append_only"):
            OrderChange.objects.update(difference=[{"field": "name"}])
        with refused("sales_orderchange", "append_only"):
            OrderChange.objects.all().delete()
        with refused("sales_orderchange", "append_only"):
            sql("UPDATE sales_orderchange SET reason = 'Another' ")

    def test_only_the_difference_of_an_open_change_order_may_still_change(
        self, order: Order
    ) -> None:
        with refused("sales_orderchange", "change_order_applied"):
            open_change(order)
            OrderChange.objects.update(difference=[{"field": "name"}])
            with refused("sales_orderchange", "append_only"):
                OrderChange.objects.update(reason="Another")


def open_change(order: Order, *, version: int | None = None) -> None:
    OrderChange.objects.create(
        order=order,
        version=version or order.version + 1,
        difference=[],
        changed_by_name="Nobody",
    )


class TestSums:
    def test_a_head_is_the_sum_of_its_lines(self, draft: Quote) -> None:
        with refused("sales_quote", "adds_up"):
            Quote.objects.filter(pk=draft.pk).update(detail=F("detail") + 1, total=F("total") + 1)
        with refused("sales_quote", "adds_up"):
            sql("UPDATE sales_quote SET tax = tax + 1, total = total + 1 WHERE id = %s", draft.pk)
        with refused("sales_quote", "adds_up"):
            sql("UPDATE sales_quote SET discount = 1, total = total - 1 WHERE id = %s", draft.pk)

    @pytest.mark.parametrize("raised", ["base = base + 1, net = net + 1", "tax = tax + 1"])
    def test_a_line_does_not_change_alone(self, draft: Quote, raised: str) -> None:
        with refused("sales_quote", "adds_up"):
            sql(
                f"UPDATE sales_quoteline SET {raised}, gross = gross + 1 "
                "WHERE quote_id = %s AND position = 1",
                draft.pk,
            )

    @pytest.mark.parametrize("model", [QuoteLine, OrderLine, InvoiceLine, OpportunityLine])
    @pytest.mark.parametrize("figures", [{"base": 10}, {"discount": 1}, {"net": 10, "gross": 10}])
    def test_the_net_of_a_line_is_its_base_less_its_discount(
        self, db: None, model: type[DocumentLine], figures: dict[str, int]
    ) -> None:
        owner = str(model._meta.verbose_name).removesuffix(" line")
        with pytest.raises(IntegrityError, match="_net_adds_up"), accepted():
            model._default_manager.create(
                kind="write_in", description="Moving", **{f"{owner}_id": uuid7()}, **figures
            )

    @pytest.mark.parametrize("model", [QuoteLine, OrderLine, InvoiceLine, OpportunityLine])
    @pytest.mark.parametrize("units", ["0", "-100", "1000000.00001", "NaN", "0.000001"])
    def test_the_price_of_a_line_is_for_some_units(
        self, db: None, model: type[DocumentLine], units: str
    ) -> None:
        owner = str(model._meta.verbose_name).removesuffix(" line")
        line = model._default_manager.model(
            kind="write_in", description="Moving", **{f"{owner}_id": uuid7()}
        )
        with pytest.raises(IntegrityError, match="_price_quantity"), accepted():
            line.save()
            table = model._meta.db_table
            sql(f"UPDATE {table} SET price_quantity = %s WHERE id = %s", units, line.pk)

    @pytest.mark.parametrize("units", ["0", "-100", "1000000.00001", "NaN", "0.000001"])
    def test_the_price_of_a_list_is_for_some_units(self, market: Market, units: str) -> None:
        product = market.product("3.99")
        with pytest.raises(IntegrityError, match="price_list_item_price_quantity"), accepted():
            sql(
                "UPDATE sales_pricelistitem SET price_quantity = %s WHERE product_id = %s",
                *(units, product.pk),
            )

    def test_a_line_does_not_come_or_go_alone(self, draft: Quote) -> None:
        with refused("sales_quote", "adds_up"):
            QuoteLine.objects.filter(quote=draft, position=2).delete()
        with refused("sales_quote", "adds_up"):
            QuoteLine.objects.create(
                quote=draft, kind="write_in", description="Moving", base=10, net=10, gross=10
            )

    def test_lines_may_swap_what_they_cost(self, draft: Quote) -> None:
        with accepted():
            sql(
                "UPDATE sales_quoteline SET base = base + 3 - 2 * position, "
                "net = net + 3 - 2 * position, gross = gross + 3 - 2 * position "
                "WHERE quote_id = %s",
                draft.pk,
            )

    def test_a_sum_is_checked_again_after_each_statement(self, draft: Quote) -> None:
        swap = (
            "UPDATE sales_quoteline SET base = base + %s, net = net + %s, gross = gross + %s "
            "WHERE quote_id = %s AND position = 1"
        )
        with refused("sales_quote", "adds_up"):
            sql("UPDATE sales_quoteline SET net = net WHERE quote_id = %s", draft.pk)
            sql(swap, 1, 1, 1, draft.pk)
            sql(swap, -1, -1, -1, draft.pk)
            sql("SET CONSTRAINTS ALL IMMEDIATE")
            sql(swap, 1, 1, 1, draft.pk)

    def test_orders_and_invoices_add_up_too(self, market: Market, order: Order) -> None:
        waiting = draft_order(actor=market.rep, account=market.account, name="Terrace")
        bill = invoice_order(order.pk, actor=market.rep, what="all")
        for record in (waiting, bill):
            table = record._meta.db_table
            with refused(table, "adds_up"):
                sql(
                    f"UPDATE {table} SET detail = detail + 1, total = total + 1 WHERE id = %s",
                    record.pk,
                )

    @pytest.mark.parametrize(
        ("changes", "head"),
        [
            ("base = -9, net = -9, gross = tax - 9", "detail = 91, tax = 20, total = 111"),
            ("tax = -1, gross = net - 1", "tax = 19, total = 119"),
            ("kind = 'freight', base = -9, net = -9, tax = 0, tax_rate = NULL, gross = -9",
             "detail = 91, freight = 8, tax = 20, total = 119"),
        ],
    )  # fmt: skip
    def test_an_invoice_is_negative_at_no_rate(
        self, market: Market, changes: str, head: str
    ) -> None:
        invoice = draft_invoice(actor=market.rep, account=market.account, name="Repair")
        add_line(invoice, actor=market.rep, product=market.product("100.00"))
        trade_in(invoice, market, "0.00", tax_rate=Decimal("0.05"))
        with refused("sales_invoice", "never_negative"):
            sql(f"UPDATE sales_invoiceline SET {changes} WHERE position = 2")
            sql(f"UPDATE sales_invoice SET {head}")
            sql("UPDATE sales_invoice SET status = 'issued', number = 'INV-1', issued_on = now()")

    def test_paid_is_what_the_payments_come_to(self, invoice: Invoice) -> None:
        with refused("sales_invoice", "payments_add_up"):
            Invoice.objects.filter(pk=invoice.pk).update(paid=1, status="partly_paid")
        with refused("sales_invoice", "payments_add_up"):
            Payment.objects.create(invoice=invoice, amount=1, received_on=invoice.company.today())
        assert not Payment.objects.exists()

    def test_a_payment_is_written_once(self, invoice: Invoice, market: Market) -> None:
        today = market.company.today()
        record_payment(invoice.pk, actor=market.rep, amount=Decimal(5), received_on=today)
        with refused("sales_payment", "append_only"):
            Payment.objects.update(amount=6)
        with refused("sales_payment", "append_only"):
            sql("DELETE FROM sales_payment")


class TestVersionsAndEvents:
    def test_a_version_has_its_event(self, order: Order) -> None:
        with refused("sales_order", "event_per_version"):
            Order.objects.filter(pk=order.pk).update(version=F("version") + 1)

    def test_a_new_document_has_its_event(self, draft: Quote) -> None:
        draft.pk = uuid7()
        draft.version = 1
        with refused("sales_quote", "event_per_version"):
            draft.save(force_insert=True)
            Quote.objects.filter(pk=draft.pk).update(
                detail=0, discount=0, tax=0, total=F("freight")
            )

    @pytest.mark.parametrize("step", [2, -1])
    def test_a_version_goes_up_one_by_one(self, order: Order, step: int) -> None:
        with refused("sales_order", "versions_in_step"):
            sql("UPDATE sales_order SET version = version + %s WHERE id = %s", step, order.pk)

    def test_events_are_append_only(self, order: Order) -> None:
        with refused("sales_salesevent", "append_only"):
            SalesEvent.objects.filter(subject_id=order.pk).update(actor_name="Somebody else")
        with refused("sales_salesevent", "append_only"):
            sql("DELETE FROM sales_salesevent WHERE subject_id = %s", order.pk)


class TestCurrencies:
    def test_a_document_with_lines_keeps_its_currency(self, draft: Quote) -> None:
        with refused("sales_quote", "one_currency"):
            Quote.objects.filter(pk=draft.pk).update(currency="JPY")

    def test_an_empty_draft_may_change_its_currency(self, market: Market) -> None:
        empty = draft_quote(actor=market.rep, account=market.account, name="Terrace")
        with accepted():
            Quote.objects.filter(pk=empty.pk).update(currency="JPY")

    def test_an_invoice_is_in_its_orders_currency(self, market: Market, order: Order) -> None:
        bill = invoice_order(order.pk, actor=market.rep, what="all")
        with refused("sales_invoice", "currency_of_order"):
            Invoice.objects.filter(pk=bill.pk).update(currency="JPY")

    def test_an_order_is_in_its_quotes_currency(self, market: Market, quote: Quote) -> None:
        empty = draft_order(actor=market.rep, account=market.account, name="X", currency="EUR")
        with refused("sales_order", "currency_of_quote"):
            Order.objects.filter(pk=empty.pk).update(currency="USD", quote=quote)


def test_a_prefix_that_numbers_carry_stays(order: Order) -> None:
    with refused("sales_company", "keeps_prefix"):
        Company.objects.filter(pk=order.company_id).update(number_prefix="XX-")
