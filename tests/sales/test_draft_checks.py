"""Room for drafts: no draft bills more than is open of its order when it is issued."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from fulfilment.services.returns import record_return
from fulfilment.services.shipments import record_shipment
from sales.models import BundleItem, Invoice, Order, Product
from sales.pricing.errors import QuantityExceedsOpen
from sales.services.change_orders import close_rest
from sales.services.credit_notes import credit_invoice
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.draft_invoices import delete_draft_invoice
from sales.services.integrity.verification import verify
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.orders import submit_order
from tests.concurrency import run_concurrently
from tests.factories import Market
from tests.sales.admin_pages import address, confirmed, pressed
from tests.sales.order_steps import billed
from tests.sales.payment_steps import refused_for

ANEW = "Delete the draft, and invoice the order anew."


@pytest.fixture
def order(market: Market) -> Order:
    """Ten mugs at 100.00, 1200.00 with tax."""
    return ordered(market, market.product("100.00", name="Mug"), 10)


def ordered(market: Market, product: Product, quantity: int) -> Order:
    draft = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(draft, actor=market.rep, product=product, quantity=Decimal(quantity))
    return submit_order(draft.pk, actor=market.rep)


def ship(order: Order, market: Market, quantity: int, name: str = "Mug") -> None:
    lines = {order.lines.get(description=name).pk: Decimal(quantity)}
    record_shipment(order.pk, actor=market.rep, lines=lines)


def take_back(
    order: Order, market: Market, quantity: int, name: str = "Mug", *, replace: bool = False
) -> None:
    lines = {order.lines.get(description=name).pk: Decimal(quantity)}
    record_return(order.pk, actor=market.rep, lines=lines, replace=replace)


def draft(order: Order, market: Market, quantity: int) -> Invoice:
    quantities = {order.lines.get(description="Mug").pk: Decimal(quantity)}
    return invoice_order(order.pk, actor=market.rep, what="lines", quantities=quantities)


def issue(draft: Invoice, market: Market) -> Invoice:
    return issue_invoice(draft.pk, actor=market.rep)


def found() -> list[str]:
    """Everything that the integrity checks name."""
    return [str(each) for differences in verify().values() for each in differences]


@pytest.mark.parametrize("how", [{"what": "all"}, {"what": "percentage", "rate": Decimal(1)}])
def test_a_draft_of_goods_that_came_back_is_not_issued(
    order: Order, market: Market, how: dict[str, object]
) -> None:
    ship(order, market, 10)
    whole = invoice_order(order.pk, actor=market.rep, **how)  # type: ignore[arg-type]  # as above
    take_back(order, market, 3)
    sentence = (
        "This draft bills more than is open by now: "
        f"Mug 10 for €1,200.00, of which 7 for €840.00 are open. {ANEW}"
    )

    with refused_for(QuantityExceedsOpen, sentence):
        issue(whole, market)

    whole.refresh_from_db()
    assert (whole.status, whole.number) == ("draft", None)
    assert found() == []

    delete_draft_invoice(whole.pk, actor=market.rep)
    anew = billed(order, market, what="all")
    order.refresh_from_db()
    assert (anew.total, order.status, found()) == (840, "completed", [])


def test_nothing_is_billed_of_a_draft_whose_goods_all_came_back(
    order: Order, market: Market
) -> None:
    ship(order, market, 10)
    issue(draft(order, market, 9), market)
    rest = draft(order, market, 1)
    take_back(order, market, 1)
    sentence = (
        "This draft bills more than is open by now: "
        "Mug 1 for €120.00, of which 0 for €0.00 are open. Delete it."
    )

    with refused_for(QuantityExceedsOpen, sentence):
        issue(rest, market)

    delete_draft_invoice(rest.pk, actor=market.rep)
    order.refresh_from_db()
    assert (order.status, order.billing_status, found()) == ("completed", "invoiced", [])


def test_of_two_drafts_the_one_that_fits_is_issued(order: Order, market: Market) -> None:
    ship(order, market, 10)
    first, second = draft(order, market, 5), draft(order, market, 5)
    take_back(order, market, 3)
    assert found() == []

    issue(first, market)

    with pytest.raises(QuantityExceedsOpen, match=r"Mug 5 for €600\.00, of which 2 for €240\.00"):
        issue(second, market)
    assert found() == []


@pytest.mark.parametrize("replace", [True, False])
def test_a_draft_is_issued_while_what_it_bills_is_open(
    order: Order, market: Market, replace: bool
) -> None:
    ship(order, market, 5)
    whole = draft(order, market, 10 if replace else 7)
    take_back(order, market, 3, replace=replace)

    assert issue(whole, market).total == (1200 if replace else 840)
    assert found() == []


def test_a_draft_made_after_goods_came_back_is_issued(order: Order, market: Market) -> None:
    ship(order, market, 6)
    issue(draft(order, market, 6), market)
    take_back(order, market, 3)
    ship(order, market, 4)

    assert issue(draft(order, market, 4), market).total == 480
    line = order.lines.get()
    assert line.units.billed_returned == 3
    assert found() == []


def test_goods_that_an_issued_invoice_bills_are_credited_as_before(
    order: Order, market: Market
) -> None:
    ship(order, market, 5)
    first = issue(draft(order, market, 5), market)
    rest = draft(order, market, 5)
    take_back(order, market, 3)

    issue(rest, market)

    quantities = {first.lines.get().pk: Decimal(3)}
    credit_invoice(
        first.pk, actor=market.rep, reason="Back", quantities=quantities, bill_again=False
    )
    ship(order, market, 5)
    order.refresh_from_db()
    assert (order.status, found()) == ("completed", [])


def test_closing_the_rest_deletes_a_draft_of_goods_that_came_back(
    order: Order, market: Market
) -> None:
    ship(order, market, 8)
    whole = draft(order, market, 10)
    take_back(order, market, 3)

    close_rest(order.pk, actor=market.rep, reason="They need no more")

    assert not Invoice.objects.filter(pk=whole.pk).exists()
    assert (billed(order, market, what="all").total, found()) == (600, [])


def test_a_draft_of_a_bundle_whose_part_came_back_is_not_issued(market: Market) -> None:
    bundle = market.product("100.00", kind=Product.Kind.BUNDLE, name="Set")
    part = market.product("30.00", name="Part")
    BundleItem.objects.create(bundle=bundle, product=part, unit=part.default_unit, quantity=2)
    order = ordered(market, bundle, 3)
    ship(order, market, 6, "Part")
    whole = invoice_order(order.pk, actor=market.rep, what="all")
    take_back(order, market, 1, "Part")

    with pytest.raises(QuantityExceedsOpen, match=r"now: Set 3 for €360\.00, of which 2 for €240"):
        issue(whole, market)

    delete_draft_invoice(whole.pk, actor=market.rep)
    assert (billed(order, market, what="all").total, found()) == (240, [])


def test_the_admin_issues_no_draft_of_goods_that_came_back(
    order: Order, market: Market, office: Client
) -> None:
    ship(order, market, 10)
    whole = draft(order, market, 10)
    take_back(order, market, 3)

    page = office.post(address(Invoice), pressed("issue", whole))
    answer = office.post(address(Invoice), confirmed(page), follow=True)

    [message] = answer.context["messages"]
    assert "Mug 10 for €1,200.00, of which 7 for €840.00 are open" in str(message)
    whole.refresh_from_db()
    assert whole.is_draft


@pytest.mark.django_db(transaction=True)
def test_goods_that_come_back_while_a_draft_is_issued_are_billed_by_it_or_keep_it_a_draft(
    transactional_db: None,
) -> None:
    market = Market()
    for _ in range(4):
        order = ordered(market, market.product("100.00", name="Mug"), 10)
        ship(order, market, 10)
        whole = draft(order, market, 10)

        back, _issued = run_concurrently(
            lambda order=order: take_back(order, market, 3),  # type: ignore[misc]  # bound now
            lambda whole=whole: issue(whole, market),  # type: ignore[misc]  # bound now
        )

        whole.refresh_from_db()
        units = order.lines.get().units
        assert back is None
        assert units.returned_unbilled == (3 if whole.is_draft else 0)
        assert units.billed_returned == (0 if whole.is_draft else 3)
