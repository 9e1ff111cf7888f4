"""Orders: submit, hold, release, cancel."""

from __future__ import annotations

from decimal import Decimal

import pytest

from common.errors import IllegalTransition, MissingField
from sales.models import Order, Product, SalesEvent
from sales.services.documents.drafts import change_head, draft_order
from sales.services.documents.lines import add_line
from sales.services.errors import (
    AlreadyInvoiced,
    AlreadyShipped,
    NotDraft,
    NotOnHold,
    OnHold,
)
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.orders import cancel_order, hold_order, release_order, submit_order
from tests.factories import Market
from tests.sales.order_steps import ship, submitted


def events_of(order: Order) -> list[str]:
    events = SalesEvent.objects.filter(subject_id=order.pk).order_by("subject_version")
    return list(events.values_list("type", flat=True))


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


def test_puts_an_order_on_hold_and_releases_it(market: Market) -> None:
    order = submitted(market, "1")

    held = hold_order(order.pk, actor=market.rep, reason=" Credit check ")
    assert (held.is_on_hold, held.hold_reason) == (True, "Credit check")

    released = release_order(order.pk, actor=market.rep)
    assert (released.is_on_hold, released.hold_reason) == (False, "")
    assert events_of(order)[-2:] == ["order.held", "order.released"]


def test_refuses_to_hold_without_a_reason_twice_or_as_a_draft(market: Market) -> None:
    order = submitted(market, "1")
    draft = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    with pytest.raises(MissingField):
        hold_order(order.pk, actor=market.rep, reason=" ")
    with pytest.raises(IllegalTransition):
        hold_order(draft.pk, actor=market.rep, reason="Credit check")

    hold_order(order.pk, actor=market.rep, reason="Credit check")
    with pytest.raises(OnHold):
        hold_order(order.pk, actor=market.rep, reason="Again")

    order.refresh_from_db()
    assert order.hold_reason == "Credit check"
    assert events_of(order).count("order.held") == 1


def test_refuses_to_release_what_is_not_on_hold(market: Market) -> None:
    order = submitted(market, "1")

    with pytest.raises(NotOnHold):
        release_order(order.pk, actor=market.rep)

    assert "order.released" not in events_of(order)


def test_cancels_an_order_with_all_its_units(market: Market) -> None:
    order = submitted(market, "2", "3")

    cancelled = cancel_order(order.pk, actor=market.rep, reason=" Changed their mind ")

    assert (cancelled.status, cancelled.cancelled_reason) == ("cancelled", "Changed their mind")
    assert [line.wanted_quantity for line in order.lines.all()] == [0, 0]
    assert events_of(order)[-1] == "order.cancelled"


def test_refuses_to_cancel_without_a_reason(market: Market) -> None:
    order = submitted(market, "1")

    with pytest.raises(MissingField):
        cancel_order(order.pk, actor=market.rep, reason=" ")

    order.refresh_from_db()
    assert order.status == Order.Status.SUBMITTED


def test_refuses_to_cancel_what_is_only_invoiced(market: Market) -> None:
    order = submitted(market, "2")
    issue_invoice(invoice_order(order.pk, actor=market.rep, what="all").pk, actor=market.rep)
    with pytest.raises(AlreadyInvoiced, match="is invoiced: credit its invoices instead"):
        cancel_order(order.pk, actor=market.rep, reason="Changed their mind")
    order.refresh_from_db()
    assert order.status == Order.Status.SUBMITTED


@pytest.mark.parametrize(
    ("shipped", "way_on"),
    [("1", "in part: close the rest"), ("2", "shipped: record what comes back as a return")],
)
def test_refuses_to_cancel_what_is_shipped(market: Market, shipped: str, way_on: str) -> None:
    order = ship(submitted(market, "2"), market, shipped)
    with pytest.raises(AlreadyShipped, match=way_on):
        cancel_order(order.pk, actor=market.rep, reason="Changed their mind")
    order.refresh_from_db()
    assert order.status == Order.Status.SUBMITTED


NOWHERE = {"street": "", "postal_code": "", "city": "", "country": "FR"}
BAR = {"street": "3 rue des Halles", "postal_code": "37000", "city": "Tours", "country": "FR"}


def test_goods_need_an_address_to_go_to(market: Market) -> None:
    order = draft_order(
        actor=market.rep,
        account=market.account,
        name="Bar refit",
        shipping_address=NOWHERE,
        billing_address={},
    )
    add_line(order, actor=market.rep, product=market.product())

    with pytest.raises(MissingField, match="type one under “Edit head”") as refusal:
        submit_order(order.pk, actor=market.rep)
    assert refusal.value.field == "shipping_address"
    assert Order.objects.get().number is None

    change_head(order, actor=market.rep, shipping_address=BAR)
    assert submit_order(order.pk, actor=market.rep).shipping_address == BAR


def test_goods_go_where_the_bill_goes_without_one(market: Market) -> None:
    order = draft_order(
        actor=market.rep, account=market.account, name="Bar refit", shipping_address=NOWHERE
    )
    add_line(order, actor=market.rep, product=market.product())

    submit_order(order.pk, actor=market.rep)

    order.refresh_from_db()
    assert order.shipping_address == market.account.address("billing")


def test_services_need_no_address(market: Market) -> None:
    order = draft_order(
        actor=market.rep,
        account=market.account,
        name="Training",
        shipping_address={},
        billing_address={},
    )
    add_line(order, actor=market.rep, product=market.product(kind=Product.Kind.SERVICE))

    assert submit_order(order.pk, actor=market.rep).shipping_address == {}
