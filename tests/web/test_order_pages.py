"""Ending an order in the browser: cancelled, its rest closed, and what to credit first."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from common.formatting import format_money
from crm import roles
from fulfilment.services.returns import record_return
from fulfilment.services.shipments import record_shipment
from sales.models import Invoice, Order
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.orders import submit_order
from tests.factories import Market, UserFactory
from tests.sales.order_steps import drafted, submitted, trade_in
from web.record_urls import record_url


@pytest.fixture
def order(market: Market) -> Order:
    return submitted(market, "10", price="22.36")


@pytest.fixture
def ahead(order: Order, market: Market) -> Invoice:
    """An issued down payment of 80 %."""
    draft = invoice_down_payment(order.pk, actor=market.rep, rate=Decimal("0.8"))
    return issue_invoice(draft.pk, actor=market.rep)


def url(order: Order, name: str) -> str:
    return reverse(f"sales:order-{name}", args=[order.pk])


def link_to_credit(invoice: Invoice) -> str:
    address = reverse("sales:invoice-credit", args=[invoice.pk])
    return f'<a href="{address}">Credit {invoice}</a>'


def ship_and_bill(order: Order, market: Market, quantity: int) -> Invoice:
    line = order.lines.get()
    record_shipment(order.pk, actor=market.rep, lines={line.pk: Decimal(quantity)})
    draft = invoice_order(order.pk, actor=market.rep, what="shipped")
    return issue_invoice(draft.pk, actor=market.rep)


def test_closes_the_rest_at_what_is_billed(rep: Client, order: Order, market: Market) -> None:
    nine = ship_and_bill(order, market, 9)
    assert url(order, "close") in rep.get(record_url(order)).text
    assert "What is neither shipped nor billed is cancelled." in rep.get(url(order, "close")).text

    answer = rep.post(url(order, "close"), {"reason": "They need no more"})

    order.refresh_from_db()
    page = rep.get(answer["Location"]).text
    assert f"The rest of {order} is closed" in page
    assert "They need no more" in page
    assert (order.status, order.total) == (Order.Status.COMPLETED, nine.total)
    assert order.lines.get().quantity == 9


def test_shows_what_closing_the_rest_would_change(
    rep: Client, order: Order, market: Market
) -> None:
    nine = ship_and_bill(order, market, 9)
    version = Order.objects.get(pk=order.pk).version

    page = rep.get(url(order, "close")).text

    figures = re.findall(r'data-label="(?:Before|After)">(.*?)</td>', page)
    totals = [format_money(each.total, "EUR") for each in (order, nine)]
    assert [strip_tags(each) for each in figures] == ["10", "9", *totals]
    order.refresh_from_db()
    assert (order.version, order.total, order.changes.count()) == (version, order.total, 0)


def test_says_at_once_that_nothing_is_left_to_close(
    rep: Client, order: Order, market: Market
) -> None:
    ship_and_bill(order, market, 10)
    before = order.changes.count()

    answer = rep.get(url(order, "close"), follow=True)

    assert answer.redirect_chain == [(record_url(order), 303)]
    assert str(order) in answer.text
    assert order.changes.count() == before


def test_closing_again_changes_nothing_and_says_so(
    rep: Client, order: Order, market: Market
) -> None:
    ship_and_bill(order, market, 9)
    rep.post(url(order, "close"), {"reason": "They need no more"})

    again = rep.post(url(order, "close"), {"reason": "They need no more"})

    assert again.status_code == 422
    assert (
        f"Nothing is left to close on {order}: it is shipped, billed or closed already."
        in again.text
    )
    assert order.changes.count() == 1


def test_asks_for_a_reason(rep: Client, order: Order, market: Market) -> None:
    ship_and_bill(order, market, 9)

    page = rep.post(url(order, "close"), {"reason": ""})

    assert page.status_code == 422
    assert not order.changes.exists()


def test_offers_to_cancel_until_something_is_shipped_or_billed(
    rep: Client, order: Order, market: Market
) -> None:
    before = rep.get(record_url(order)).text
    assert url(order, "cancel") in before
    assert url(order, "close") not in before

    ship_and_bill(order, market, 1)

    after = rep.get(record_url(order)).text
    assert url(order, "cancel") not in after
    assert url(order, "close") in after


def test_says_in_the_words_of_the_refusal_why_it_neither_closes_nor_invoices(
    rep: Client, order: Order, market: Market
) -> None:
    record_shipment(order.pk, actor=market.rep, lines={order.lines.get().pk: Decimal(10)})
    invoice_order(order.pk, actor=market.rep)

    actions = rep.get(record_url(order)).context["actions"].all

    reasons = {str(action.label): str(action.reason) for action in actions}
    closed = f"Nothing is left to close on {order}: it is shipped, billed or closed already."
    invoiced = (
        f"All of {order} is invoiced already, or on a draft: "
        "issue the draft, or delete it to invoice in another way."
    )
    assert (reasons["Close the rest"], reasons["Create invoice"]) == (closed, invoiced)


def test_a_refused_cancellation_links_to_the_down_payment_to_credit(
    rep: Client, order: Order, ahead: Invoice
) -> None:
    page = rep.post(url(order, "cancel"), {"reason": "Changed plans"})

    order.refresh_from_db()
    assert page.status_code == 422
    assert link_to_credit(ahead) in page.text
    assert order.status == Order.Status.SUBMITTED


def test_an_untouched_order_is_not_closed_and_the_reason_links_to_cancel_it(
    rep: Client, order: Order
) -> None:
    page = rep.post(url(order, "close"), {"reason": "They need no more"})

    assert page.status_code == 422
    sentence = "Nothing of this order is shipped or billed: cancel it instead."
    assert f'{sentence} <a href="{url(order, "cancel")}">Cancel {order}</a>' in page.text
    assert not order.changes.exists()


def test_a_refused_change_order_links_to_the_down_payment_to_credit(
    rep: Client, order: Order, ahead: Invoice
) -> None:
    line = order.lines.get()
    typed = {
        "version": str(order.version),
        "head-name": order.name,
        "head-street": "14 quai de la Fosse",
        "head-postal_code": "44000",
        "head-city": "Nantes",
        "head-country": "FR",
        f"{line.pk}-description": line.description,
        f"{line.pk}-quantity": "5",
        f"{line.pk}-unit_price": "22.36",
        f"{line.pk}-discount": "",
        "step": "preview",
    }

    page = rep.post(url(order, "change"), typed)

    assert page.status_code == 422
    assert link_to_credit(ahead) in page.text
    assert not order.changes.exists()


def test_a_cancelled_order_has_nothing_to_invoice(rep: Client, order: Order) -> None:
    assert "To invoice" in rep.get(record_url(order)).text

    rep.post(url(order, "cancel"), {"reason": "Changed plans"})

    assert "To invoice" not in rep.get(record_url(order)).text


def test_other_teams_cannot_close_an_order(client: Client, order: Order) -> None:
    client.force_login(UserFactory.create(role=roles.SALES_REP))

    assert client.post(url(order, "close"), {"reason": "Mine"}).status_code == 404


def test_says_that_a_trade_in_is_left_and_offers_to_close_it(rep: Client, market: Market) -> None:
    order = drafted(market, "10", price="100.00")
    trade_in(order, market, "300.00")
    order = submit_order(order.pk, actor=market.rep)
    goods, _ = order.lines.order_by("position")
    record_shipment(order.pk, actor=market.rep, lines={goods.pk: Decimal(10)})
    five = {goods.pk: Decimal(5)}
    issue_invoice(invoice_order(order.pk, actor=market.rep, what="lines", quantities=five).pk,
                  actor=market.rep)  # fmt: skip
    assert "not taken off yet" not in rep.get(record_url(order)).text

    record_return(order.pk, actor=market.rep, lines=five)

    page = rep.get(record_url(order)).text
    assert "Old machine taken back: €150.00 are not taken off yet, and nothing is left" in page
    assert url(order, "close") in page
    rep.post(url(order, "close"), {"reason": "They keep five"})
    order.refresh_from_db()
    page = rep.get(record_url(order)).text
    assert order.status == Order.Status.COMPLETED
    assert "not taken off yet" not in page
    assert url(order, "close") not in page


def test_nothing_is_asked_of_a_trade_in_when_the_order_is_invoiced(
    rep: Client, market: Market
) -> None:
    order = drafted(market, "10", price="100.00")
    trade_in(order, market, "300.00")
    order = submit_order(order.pk, actor=market.rep)

    form = rep.get(url(order, "invoice")).context["form"]

    assert [row.line.kind for row in form.rows()] == ["product"]


def return_for_good(order: Order, market: Market, quantity: int) -> None:
    """Ship all ten, and take some back that are not replaced."""
    line = order.lines.get()
    shipment = record_shipment(order.pk, actor=market.rep, lines={line.pk: Decimal(10)})
    lines = {line.pk: Decimal(quantity)}
    record_return(order.pk, actor=market.rep, lines=lines, returns=shipment, replace=False)


@pytest.mark.parametrize(("returned", "surplus"), [(4, "€53.67"), (10, "€214.66")])
def test_what_no_invoice_can_deduct_any_more_is_said_and_its_credit_is_the_next_step(
    rep: Client, order: Order, ahead: Invoice, market: Market, returned: int, surplus: str
) -> None:
    return_for_good(order, market, returned)
    if returned < 10:
        draft = invoice_order(order.pk, actor=market.rep, what="all")
        issue_invoice(draft.pk, actor=market.rep)
    notice = (
        f"{surplus} was asked for ahead and cannot be deducted from an invoice any more: "
        f"credit {ahead}."
    )

    page = rep.get(record_url(order))
    credit = page.context["actions"].primary

    assert page.context["notices"] == [notice]
    assert (credit.label, credit.url) == (
        f"Credit {ahead}",
        reverse("sales:invoice-credit", args=[ahead.pk]),
    )
    assert rep.get(credit.url).status_code == 200
    down_payment = rep.get(record_url(ahead))
    assert notice in down_payment.text
    assert down_payment.context["actions"].primary.url == credit.url


@pytest.mark.parametrize("is_draft", [True, False])
def test_closing_leads_to_what_was_asked_ahead_of_what_is_closed(
    rep: Client, order: Order, market: Market, is_draft: bool
) -> None:
    ship_and_bill(order, market, 1)
    ahead = invoice_down_payment(order.pk, actor=market.rep, amount=Decimal("100.00"))
    way_on, address = "delete the draft that asks for it.", record_url(ahead)
    if not is_draft:
        ahead = issue_invoice(ahead.pk, actor=market.rep)
        way_on = f"credit {ahead}."
        address = reverse("sales:invoice-credit", args=[ahead.pk])

    answer = rep.post(url(order, "close"), {"reason": "They need no more"})

    page = rep.get(answer["Location"])
    notice = "€100.00 was asked for ahead and cannot be deducted from an invoice any more: "
    assert page.context["notices"] == [notice + way_on]
    assert page.context["actions"].primary.url == address
    assert f"The rest of {order} is closed" in page.text


@pytest.mark.parametrize("name", ["cancel", "close"])
def test_names_the_drafts_that_go_with_an_order(
    rep: Client, order: Order, market: Market, name: str
) -> None:
    if name == "close":
        ship_and_bill(order, market, 4)
    invoice_order(order.pk, actor=market.rep, what="percentage", rate=Decimal("0.5"))
    page = rep.get(record_url(order))
    assert url(order, name) in [each.url for each in page.context["actions"].all if each.allowed]

    asked = rep.get(url(order, name))
    rep.post(url(order, name), {"reason": "They need no more"})

    changes = asked.context["changes"]
    assert (changes[0].before, changes[0].after) == ("€134.16", "deleted")
    assert not order.invoices.filter(status="draft").exists()
    order.refresh_from_db()
    assert order.status == {"cancel": "cancelled", "close": "completed"}[name]


def test_issuing_the_draft_of_the_rest_is_the_next_step(
    rep: Client, order: Order, market: Market
) -> None:
    line = order.lines.get()
    record_shipment(order.pk, actor=market.rep, lines={line.pk: Decimal(10)})
    draft = invoice_order(order.pk, actor=market.rep, what="all")

    primary = rep.get(record_url(order)).context["actions"].primary

    assert (primary.label, primary.url) == ("Open the draft", record_url(draft))


def test_a_draft_that_asks_for_more_than_is_left_to_bill_is_to_be_deleted(
    rep: Client, order: Order, market: Market
) -> None:
    draft = invoice_down_payment(order.pk, actor=market.rep, rate=Decimal("0.8"))
    return_for_good(order, market, 10)
    notice = (
        "€214.66 was asked for ahead and cannot be deducted from an invoice any more: "
        "delete the draft that asks for it."
    )

    page = rep.get(record_url(order))

    assert page.context["notices"] == [notice]
    assert page.context["actions"].primary.url == record_url(draft)


@pytest.mark.usefixtures("ahead")
@pytest.mark.parametrize("returned", [4, 10])
def test_says_that_nothing_is_left_to_ship_whatever_came_back(
    rep: Client, order: Order, market: Market, returned: int
) -> None:
    return_for_good(order, market, returned)

    page = rep.get(record_url(order))

    ship = next(each for each in page.context["actions"].all if each.label == "Record shipment")
    assert ship.reason == f"Everything of {order} is shipped: change the order to ship more."
    refused = rep.get(reverse("fulfilment:shipment-new", args=[order.pk]))
    assert refused.status_code in {302, 303}


def test_the_rest_is_shipped_though_all_that_left_came_back(
    rep: Client, order: Order, market: Market
) -> None:
    line = order.lines.get()
    shipment = record_shipment(order.pk, actor=market.rep, lines={line.pk: Decimal(4)})
    lines = {line.pk: Decimal(4)}
    record_return(order.pk, actor=market.rep, lines=lines, returns=shipment, replace=False)

    assert rep.get(reverse("fulfilment:shipment-new", args=[order.pk])).status_code == 200
