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
from fulfilment.services.shipments import record_shipment
from sales.models import Invoice, Order
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.billing.order_invoices import invoice_order
from sales.services.invoices import issue_invoice
from tests.factories import Market, UserFactory
from tests.sales.order_steps import submitted
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
    assert f"This changes nothing on {order}" in again.text
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
