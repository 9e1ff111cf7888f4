"""Orders made in another system: their number, who bills them, and what a snapshot changes."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from common.errors import IllegalTransition, NotAllowed, NotEditable
from crm.actors import System
from sales.models import BundleItem, Order, PaymentTerms, SalesEvent
from sales.pricing.errors import InvalidAmount, InvalidDiscount
from sales.services.change_orders import Changes, change_order
from sales.services.confirmed_dates import confirm_dates
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line, add_lines
from sales.services.errors import AlreadyBilled, NumberTaken, UnknownLine
from sales.services.integrity.verification import verify
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.order_progress import Progress, record_progress
from sales.services.orders import submit_order
from tests.factories import CompanyFactory, Market, PaymentTermsFactory
from tests.sales.written import written

SCM = System("SCM", connection="scm")
DAY = dt.date(2026, 12, 24)


def drafted(market: Market, **head: Any) -> Order:
    given = {"origin": "scm", "name": "Bar refit", **head}
    order = draft_order(actor=SCM, account=market.account, **given)
    lines = [{"product": market.product(price), "quantity": Decimal(3)} for price in ("30", "10")]
    add_lines(order, lines, actor=SCM)
    return order


def submitted(market: Market, **head: Any) -> Order:
    return submit_order(drafted(market, **head).pk, actor=SCM, number="SO-000123")


def bill(order: Order, market: Market, quantity: str) -> None:
    quantities = {line.pk: Decimal(quantity) for line in order.lines.all()}
    draft = invoice_order(order.pk, actor=market.rep, what="lines", quantities=quantities)
    issue_invoice(draft.pk, actor=market.rep)


def wrong() -> list[str]:
    return [str(each) for found in verify().values() for each in found]


# Submitting


def test_keeps_the_number_of_the_other_system_and_uses_none_of_ours(market: Market) -> None:
    theirs = submitted(market)
    ours = submit_order(drafted(market, origin="").pk, actor=market.rep)

    assert theirs.number == "SO-000123"
    assert str(ours.number).endswith("-00001")
    assert wrong() == []


@pytest.mark.parametrize("number", ["O-2026-00001", "q-2025-7", "NL-INV-2026-00001", "SO-1"])
def test_refuses_a_number_that_is_taken_or_in_the_form_of_ours(market: Market, number: str) -> None:
    CompanyFactory.create(number_prefix="NL-")
    submit_order(drafted(market).pk, actor=SCM, number="SO-1")
    order = drafted(market)
    before = written(order)

    with pytest.raises(NumberTaken, match=number) as refused:
        submit_order(order.pk, actor=SCM, number=number)

    assert refused.value.field == "number"
    assert written(order) == before


def test_refuses_a_number_that_is_too_long(market: Market) -> None:
    order = drafted(market)
    with pytest.raises(NotEditable, match="at most 30 characters"):
        submit_order(order.pk, actor=SCM, number="S" * 31)


def test_refuses_another_number_for_an_order_of_ours(market: Market) -> None:
    order = drafted(market, origin="")
    with pytest.raises(NotAllowed, match="Only the system that an order comes from"):
        submit_order(order.pk, actor=market.rep, number="SO-000123")


@pytest.mark.parametrize(
    "terms", [{"invoice_when": "placed"}, {"invoice_when": "fulfilled", "deposit_rate": "0.3"}]
)
def test_bills_nothing_where_the_other_system_does(market: Market, terms: dict[str, str]) -> None:
    theirs, ours = (
        drafted(market, payment_terms=PaymentTermsFactory.create(**terms)) for _ in range(2)
    )

    submit_order(theirs.pk, actor=SCM, number="SO-1", bills_by_terms=False)
    submit_order(ours.pk, actor=SCM, number="SO-2")

    assert (theirs.invoices.count(), ours.invoices.count()) == (0, 1)


def test_bills_no_shipment_where_the_other_system_does(market: Market) -> None:
    terms = PaymentTermsFactory.create(invoice_when=PaymentTerms.InvoiceWhen.PER_SHIPMENT)
    order = submitted(market, payment_terms=terms)
    first, second = order.lines.order_by("position")

    record_progress(order, {first.pk: Progress(Decimal(1))}, actor=SCM, bills_by_terms=False)
    billed = order.invoices.count()
    record_progress(order, {second.pk: Progress(Decimal(1))}, actor=SCM)

    assert (billed, order.invoices.count()) == (0, 1)


# Change orders


def test_takes_all_that_a_snapshot_changes_in_one_version(market: Market) -> None:
    order = submitted(market)
    first, second = order.lines.order_by("position")
    terms = PaymentTermsFactory.create(name="60 days")
    address = {"street": "2 rue des Halles", "city": "Lyon", "country": "FR"}
    changes = Changes(
        head={
            "freight": Decimal("4.90"),
            "discount_amount": Decimal(10),
            "payment_terms": terms,
            "billing_address": address,
        },
        lines={
            first.pk: {
                "unit_price": Decimal(3000),
                "price_quantity": Decimal(100),
                "charge_amount": Decimal("1.50"),
                "tax_rate": Decimal("0.1"),
            },
            second.pk: {"quantity": Decimal(0)},
        },
        additions=[
            {
                "description": "Packing",
                "product_category": market.category,
                "unit_price": Decimal(8),
                "price_source": "external",
                "tax_rate": Decimal(0),
            }
        ],
    )
    version = order.version

    change = change_order(order.pk, changes, actor=SCM, reason="Changed in SCM")

    order.refresh_from_db()
    assert order.version == change.version == version + 1
    assert (order.payment_terms, order.billing_address) == (terms, address)
    assert (order.detail, order.discount, order.freight, order.tax, order.total) == tuple(
        map(Decimal, ("99.50", "10.00", "4.90", "8.23", "102.63"))
    )
    assert [
        (line.quantity, line.price_quantity, line.charge, line.net, line.header_discount, line.tax)
        for line in order.lines.order_by("position")
    ] == [
        tuple(map(Decimal, row))
        for row in (
            ("3", "100", "1.50", "91.50", "9.20", "8.23"),
            ("0", "1", "0", "0", "0", "0"),
            ("1", "1", "0", "8", "0.80", "0"),
        )
    ]
    heads = [each for each in change.difference if each["line"] is None]
    assert {each["field"]: each["after"] for each in heads} == {
        "billing_address": address,
        "discount_amount": "10",
        "payment_terms": "60 days",
        "freight": "4.9",
        "total": "102.63",
    }
    assert wrong() == []


def test_a_cancelled_line_loses_discount_and_charge(market: Market) -> None:
    order = drafted(market)
    add = {"discount_amount": Decimal(5), "charge_amount": Decimal(2)}
    add_lines(order, [{"product": market.product("7.00"), **add}], actor=SCM)
    submit_order(order.pk, actor=SCM, number="SO-1")
    line = order.lines.get(position=3)

    change_order(order.pk, Changes(lines={line.pk: {"quantity": Decimal(0)}}), actor=SCM)

    line.refresh_from_db()
    assert (line.discount_amount, line.discount_rate) == (None, None)
    assert (line.charge_amount, line.charge, line.net, line.gross) == (0, 0, 0, 0)
    assert wrong() == []


def test_a_chosen_part_of_a_cancelled_bundle_loses_its_discount_too(market: Market) -> None:
    order, bundle = drafted(market), market.product("100.00", kind="bundle")
    choice = market.product("10.00")
    BundleItem.objects.create(
        bundle=bundle, product=choice, unit=choice.default_unit, is_required=False
    )
    line = add_line(order, actor=SCM, product=bundle)
    part = order.lines.get(bundle_line=line)
    order.lines.filter(pk=part.pk).update(is_taken=True, discount_amount=Decimal(5))
    submit_order(order.pk, actor=SCM, number="SO-1")

    change_order(order.pk, Changes(lines={line.pk: {"quantity": Decimal(0)}}), actor=SCM)

    part.refresh_from_db()
    assert (part.quantity, part.discount_amount, part.net) == (0, None, 0)


@pytest.mark.parametrize("freight", ["4.99", "20"])
def test_refuses_freight_that_cannot_be_billed_any_more(market: Market, freight: str) -> None:
    order = submitted(market, freight=Decimal(15))
    bill(order, market, "1" if freight == "4.99" else "3")
    order.refresh_from_db()
    before = written(order)

    with pytest.raises(AlreadyBilled, match="of freight are billed") as refused:
        change_order(order.pk, Changes(head={"freight": Decimal(freight)}), actor=SCM)

    assert refused.value.field == "freight"
    assert written(order) == before


@pytest.mark.parametrize(
    ("head", "error"),
    [
        ({"freight": Decimal(-1)}, InvalidAmount),
        ({"freight": Decimal("0.001")}, InvalidAmount),
        ({"discount_amount": Decimal(-1)}, InvalidDiscount),
        ({"discount_amount": Decimal(121)}, InvalidDiscount),
        ({"currency": "USD"}, NotEditable),
    ],
)
def test_refuses_amounts_of_the_head_that_do_not_fit(
    market: Market, head: dict[str, Any], error: type[Exception]
) -> None:
    order = submitted(market)
    before = written(order)

    with pytest.raises(error):
        change_order(order.pk, Changes(head=head), actor=SCM)

    assert written(order) == before


def test_refuses_another_tax_rate_for_what_is_billed(market: Market) -> None:
    order = submitted(market)
    bill(order, market, "1")
    line, before = order.lines.order_by("position")[0], written(order)

    with pytest.raises(AlreadyBilled, match="billed in part at 20%") as refused:
        change_order(order.pk, Changes(lines={line.pk: {"tax_rate": Decimal("0.1")}}), actor=SCM)

    assert (refused.value.line, refused.value.field) == (str(line.pk), "tax_rate")
    assert written(order) == before


# Confirmed dates


def test_confirms_dates_without_a_change_order_and_shows_them(
    client: Client, market: Market
) -> None:
    order = submitted(market)
    line, version = order.lines.order_by("position")[0], order.version
    client.force_login(market.rep)
    before = client.get(f"/orders/{order.pk}/").content.decode()

    confirm_dates(order.pk, {order.pk: DAY, line.pk: DAY}, actor=SCM)
    again = confirm_dates(order.pk, {line.pk: DAY}, actor=SCM)

    line.refresh_from_db()
    assert (line.confirmed_on, again.confirmed_on) == (DAY, DAY)
    assert (again.version, order.changes.count()) == (version + 1, 0)
    assert SalesEvent.objects.filter(subject_id=order.pk).latest("id").type == "order.progressed"
    after = client.get(f"/orders/{order.pk}/").content.decode()
    assert ["Confirmed delivery" in page for page in (before, after)] == [False, True]
    assert [page.count("confirmed for") for page in (before, after)] == [0, 1]


def test_takes_a_confirmed_date_away(market: Market) -> None:
    order = submitted(market)
    confirm_dates(order.pk, {order.pk: DAY}, actor=SCM)

    assert confirm_dates(order.pk, {order.pk: None}, actor=SCM).confirmed_on is None


def test_confirms_no_dates_of_drafts_or_of_lines_that_are_not_there(market: Market) -> None:
    draft, order = drafted(market), submitted(market)
    strange = draft.lines.first()
    assert strange is not None

    with pytest.raises(IllegalTransition, match="dates of submitted orders are confirmed"):
        confirm_dates(draft.pk, {draft.pk: DAY}, actor=SCM)
    with pytest.raises(UnknownLine):
        confirm_dates(order.pk, {strange.pk: DAY, order.pk: DAY}, actor=SCM)

    order.refresh_from_db()
    assert order.confirmed_on is None
