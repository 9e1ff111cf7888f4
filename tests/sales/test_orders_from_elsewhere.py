"""Orders made in another system: their number, who bills them, and what a snapshot changes."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from common.errors import NotEditable, TooLong
from sales.models import BundleItem, PaymentTerms
from sales.services.change_orders import Changes, change_order
from sales.services.documents.draft_fields import NewLineFields
from sales.services.documents.lines import add_line, add_lines
from sales.services.errors import AlreadyBilled, NumberTaken
from sales.services.order_progress import Progress, record_progress
from sales.services.orders import submit_order
from tests.factories import CompanyFactory, Market, PaymentTermsFactory
from tests.sales.orders_from_elsewhere import SCM, bill, drafted, submitted, wrong
from tests.sales.written import written

DAY = dt.date(2026, 12, 24)


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
    with pytest.raises(TooLong, match="at most 30 characters"):
        submit_order(order.pk, actor=SCM, number="S" * 31)


def test_refuses_another_number_for_an_order_of_ours(market: Market) -> None:
    order = drafted(market, origin="")
    with pytest.raises(NotEditable, match="Only the system that an order comes from"):
        submit_order(order.pk, actor=market.rep, number="SO-000123")


def bills(market: Market, connection: str) -> None:
    """Have the system of a connection bill what the market's company sells; or us, if none."""
    market.company.billed_by = connection
    market.company.save()


@pytest.mark.parametrize(
    "terms", [{"invoice_when": "placed"}, {"invoice_when": "fulfilled", "deposit_rate": "0.3"}]
)
def test_bills_nothing_where_the_other_system_does(market: Market, terms: dict[str, str]) -> None:
    theirs, ours = (
        drafted(market, payment_terms=PaymentTermsFactory.create(**terms)) for _ in range(2)
    )

    bills(market, "scm")
    submit_order(theirs.pk, actor=SCM, number="SO-1")
    bills(market, "")
    submit_order(ours.pk, actor=SCM, number="SO-2")

    assert (theirs.invoices.count(), ours.invoices.count()) == (0, 1)


def test_bills_no_shipment_where_the_other_system_does(market: Market) -> None:
    terms = PaymentTermsFactory.create(invoice_when=PaymentTerms.InvoiceWhen.PER_SHIPMENT)
    order = submitted(market, payment_terms=terms)
    first, second = order.lines.order_by("position")

    bills(market, "scm")
    record_progress(order, {first.pk: Progress(Decimal(1))}, actor=SCM)
    billed = order.invoices.count()
    bills(market, "")
    record_progress(order, {second.pk: Progress(Decimal(1))}, actor=SCM)

    assert (billed, order.invoices.count()) == (0, 1)


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
    add: NewLineFields = {"discount_amount": Decimal(5), "charge_amount": Decimal(2)}
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


def test_refuses_another_tax_rate_for_what_is_billed(market: Market) -> None:
    order = submitted(market)
    bill(order, market, "1")
    line, before = order.lines.order_by("position")[0], written(order)

    with pytest.raises(AlreadyBilled, match="billed in part at 20%") as refused:
        change_order(order.pk, Changes(lines={line.pk: {"tax_rate": Decimal("0.1")}}), actor=SCM)

    assert (refused.value.line, refused.value.field) == (str(line.pk), "tax_rate")
    assert written(order) == before
