"""From a quote to a paid invoice, through the services alone."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from common.errors import IllegalTransition, MissingField, StaleVersion
from crm.actors import System
from sales.models import Invoice, Order, Quote, SalesEvent
from sales.pricing.errors import (
    AmountExceedsOpen,
    NoTaxRate,
    ProductNotInPriceList,
    QuantityExceedsOpen,
    QuantityNotAllowed,
)
from sales.services.billing.order_invoices import delete_draft_invoice, invoice_order
from sales.services.billing.order_progress import Progress, record_progress
from sales.services.documents.drafts import change_head, draft_invoice, draft_order, draft_quote
from sales.services.documents.lines import add_line, change_line, remove_line
from sales.services.errors import (
    AlreadyShipped,
    NoLines,
    NotDraft,
    NothingToInvoice,
    QuoteExpired,
)
from sales.services.invoices import issue_invoice, record_official_invoice, record_payment
from sales.services.orders import cancel_order, hold_order, release_order, submit_order
from sales.services.quotes import accept_quote, activate_quote, lose_quote, revise_quote
from tests.factories import Market

ERP = System("ERP", connection="erp")


def submitted(market: Market, *quantities: str, price: str = "19.99") -> Order:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    for quantity in quantities:
        add_line(order, actor=market.rep, product=market.product(price), quantity=Decimal(quantity))
    return submit_order(order.pk, actor=market.rep)


def ship(order: Order, market: Market, *shipped: str) -> Order:
    lines = order.lines.order_by("position")
    progress = {
        line.pk: Progress(Decimal(quantity)) for line, quantity in zip(lines, shipped, strict=True)
    }
    record_progress(order, progress, actor=market.rep)
    order.refresh_from_db()
    return order


def test_a_quote_becomes_a_paid_invoice_at_exactly_the_agreed_figures(market: Market) -> None:
    quote = draft_quote(
        actor=market.rep, account=market.account, name="Bar refit", discount_rate=Decimal("0.025")
    )
    add_line(quote, actor=market.rep, product=market.product("19.99"), quantity=Decimal(3))
    add_line(
        quote,
        actor=market.rep,
        product=market.product("0.335"),
        quantity=Decimal(7),
        discount_amount=Decimal("0.10"),
    )
    quote = activate_quote(quote.pk, actor=market.rep)
    year = market.company.today().year
    assert quote.number == f"Q-{year}-00001"
    assert quote.revision == 1
    # 3 x 19.99 = 59.97; 7 x 0.335 = 2.345 -> 2.35 - 0.10 = 2.25; 62.22 less 2.5 % = 1.56
    assert (quote.detail, quote.discount, quote.tax, quote.total) == (
        Decimal("62.22"),
        Decimal("1.56"),
        Decimal("12.13"),
        Decimal("72.79"),
    )

    order = accept_quote(quote.pk, actor=market.rep, name="Émile Garnier")
    order = submit_order(order.pk, actor=market.rep)
    assert order.number == f"O-{year}-00001"
    assert (order.total, order.quote) == (Decimal("72.79"), quote)

    ship(order, market, "2", "7")
    assert order.fulfilment_status == Order.Fulfilment.PARTLY_SHIPPED
    first = issue_invoice(invoice_order(order.pk, actor=market.rep).pk, actor=market.rep)
    ship(order, market, "3", "7")
    second = issue_invoice(invoice_order(order.pk, actor=market.rep).pk, actor=market.rep)
    order.refresh_from_db()
    assert first.number == f"INV-{year}-00001"
    assert first.total + second.total == order.total
    assert first.tax + second.tax == order.tax
    assert (order.status, order.billing_status) == ("completed", "invoiced")

    record_official_invoice(
        first.pk,
        actor=ERP,
        official_number="SI-77",
        status="posted",
        total=first.total,
        tax=first.tax,
    )
    record_payment(
        first.pk, actor=ERP, amount=first.total, received_on=dt.date(2026, 11, 22), reference="P-1"
    )
    first.refresh_from_db()
    assert (first.status, first.official_number) == (Invoice.Status.PAID, "SI-77")


def test_accepting_twice_gives_the_same_order(market: Market) -> None:
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    add_line(quote, actor=market.rep, product=market.product())
    activate_quote(quote.pk, actor=market.rep)

    first = accept_quote(quote.pk, actor=market.rep)
    again = accept_quote(quote.pk, actor=market.rep)

    assert first == again
    assert Order.objects.count() == 1


def test_refuses_to_accept_an_expired_quote(market: Market) -> None:
    today = market.company.today()
    quote = draft_quote(
        actor=market.rep, account=market.account, name="Bar refit", valid_until=today
    )
    add_line(quote, actor=market.rep, product=market.product())
    activate_quote(quote.pk, actor=market.rep)
    later = timezone.now() + dt.timedelta(days=3)
    with (
        time_machine.travel(later),
        pytest.raises(QuoteExpired, match="revise it to offer it again"),
    ):
        accept_quote(quote.pk, actor=market.rep)

    assert not Order.objects.exists()
    assert not SalesEvent.objects.filter(type=SalesEvent.Type.QUOTE_ACCEPTED).exists()


def test_a_revision_keeps_the_number_and_supersedes(market: Market) -> None:
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    add_line(quote, actor=market.rep, product=market.product(), quantity=Decimal(2))
    quote = activate_quote(quote.pk, actor=market.rep)

    draft = revise_quote(quote.pk, actor=market.rep)
    assert (draft.number, draft.status, draft.total) == (None, "draft", quote.total)
    second = activate_quote(draft.pk, actor=market.rep)

    quote.refresh_from_db()
    assert (second.number, second.revision) == (quote.number, 2)
    assert quote.status == Quote.Status.SUPERSEDED
    with pytest.raises(IllegalTransition, match="Superseded"):
        accept_quote(quote.pk, actor=market.rep)


def test_refuses_to_issue_what_has_no_price_or_no_tax_rate(market: Market) -> None:
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    line = add_line(quote, actor=market.rep, product=market.product(None))
    with pytest.raises(ProductNotInPriceList, match="Line 1, Espresso machine: not on price list"):
        activate_quote(quote.pk, actor=market.rep)
    change_line(line, actor=market.rep, unit_price=Decimal(5))
    change_head(quote, actor=market.rep, tax_zone=None)
    with pytest.raises(NoTaxRate, match="Line 1"):
        activate_quote(quote.pk, actor=market.rep)
    remove_line(line, actor=market.rep)
    with pytest.raises(NoLines):
        activate_quote(quote.pk, actor=market.rep)
    quote.refresh_from_db()
    assert (quote.status, quote.number) == ("draft", None)


def test_refuses_a_change_made_on_an_older_version(market: Market) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    change_head(order, actor=market.rep, expected_version=1, name="Bar refit, Nantes")
    with pytest.raises(StaleVersion):
        change_head(order, actor=market.rep, expected_version=1, name="Something else")
    order.refresh_from_db()
    assert (order.name, order.version) == ("Bar refit, Nantes", 2)


def test_refuses_a_fraction_of_what_is_sold_whole(market: Market) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    with pytest.raises(QuantityNotAllowed):
        add_line(order, actor=market.rep, product=market.product(), quantity=Decimal("1.5"))
    assert not order.lines.exists()


def test_an_order_needs_a_price_list(market: Market) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(
        order,
        actor=market.rep,
        description="Moving",
        product_category=market.category,
        tax_category=market.tax_category,
        unit_price=Decimal(80),
    )
    Order.objects.filter(pk=order.pk).update(price_list=None)
    with pytest.raises(MissingField, match="price list"):
        submit_order(order.pk, actor=market.rep)


def test_a_submitted_order_is_not_edited(market: Market) -> None:
    order = submitted(market, "1")
    with pytest.raises(NotDraft):
        change_head(order, actor=market.rep, name="Else")
    with pytest.raises(NotDraft):
        add_line(order, actor=market.rep, product=market.product())
    assert order.lines.count() == 1


def test_hold_and_release(market: Market) -> None:
    order = submitted(market, "1")
    with pytest.raises(MissingField):
        hold_order(order.pk, actor=market.rep, reason=" ")
    assert hold_order(order.pk, actor=market.rep, reason="Credit check").is_on_hold
    assert not release_order(order.pk, actor=market.rep).is_on_hold


def test_refuses_to_ship_more_than_was_ordered(market: Market) -> None:
    order = submitted(market, "2")
    with pytest.raises(QuantityExceedsOpen, match="3 shipped in all, but only 2 are ordered"):
        ship(order, market, "3")
    order.refresh_from_db()
    assert order.fulfilment_status == Order.Fulfilment.NOT_STARTED


def test_refuses_to_cancel_what_has_left(market: Market) -> None:
    order = ship(submitted(market, "2"), market, "1")
    with pytest.raises(AlreadyShipped):
        cancel_order(order.pk, actor=market.rep, reason="Changed their mind")
    order.refresh_from_db()
    assert order.status == Order.Status.SUBMITTED


def test_nothing_is_billed_twice_and_a_deleted_draft_frees_its_quantities(market: Market) -> None:
    order = ship(submitted(market, "2"), market, "2")
    draft = invoice_order(order.pk, actor=market.rep)
    with pytest.raises(NothingToInvoice):
        invoice_order(order.pk, actor=market.rep)
    delete_draft_invoice(draft.pk, actor=market.rep)
    again = issue_invoice(invoice_order(order.pk, actor=market.rep).pk, actor=market.rep)
    assert again.number is not None
    assert again.number.endswith("-00001")


def test_terms_invoice_each_shipment_by_itself(db: None) -> None:
    market = Market(invoice_when="per_shipment")
    order = submitted(market, "3", price="21.66667")
    for shipped in ("1", "2", "3"):
        ship(order, market, shipped)
    totals = [invoice.total for invoice in order.invoices.order_by("number")]
    assert totals == [Decimal("26.00"), Decimal("26.00"), Decimal("26.00")]
    assert sum(totals) == order.total
    assert order.billing_status == Order.Billing.INVOICED


def test_a_payment_counts_once_and_never_too_much(market: Market) -> None:
    order = ship(submitted(market, "1"), market, "1")
    invoice = issue_invoice(invoice_order(order.pk, actor=market.rep).pk, actor=market.rep)
    day = dt.date(2026, 11, 22)
    for _ in range(2):
        record_payment(invoice.pk, actor=ERP, amount=Decimal(10), received_on=day, reference="P-1")
    invoice.refresh_from_db()
    assert (invoice.paid, invoice.status) == (Decimal(10), "partly_paid")
    with pytest.raises(AmountExceedsOpen):
        record_payment(invoice.pk, actor=ERP, amount=Decimal(1000), received_on=day)


def test_a_free_invoice_needs_no_order(market: Market) -> None:
    invoice = draft_invoice(actor=market.rep, account=market.account, name="Workshop")
    add_line(invoice, actor=market.rep, product=market.product("120.00"))
    issued = issue_invoice(invoice.pk, actor=market.rep)
    assert (issued.total, issued.order) == (Decimal("144.00"), None)


def test_lost_quotes_say_why(market: Market) -> None:
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    add_line(quote, actor=market.rep, product=market.product())
    activate_quote(quote.pk, actor=market.rep)
    lost = lose_quote(quote.pk, actor=market.rep, reason="price")
    assert (lost.status, lost.closed_reason) == ("lost", "price")
