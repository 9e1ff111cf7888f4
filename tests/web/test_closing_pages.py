"""Closing the rest of an order in the browser: only what the dialog showed."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from common.formatting import format_money
from sales.models import Order
from sales.services.change_orders import Changes, change_order
from sales.services.order_invoices import invoice_order
from sales.services.orders import cancel_order
from tests.factories import Market
from tests.sales.order_steps import billed, drafted, ship, submitted
from tests.web.refusals import reason_shown

HTMX = [{}, {"HX-Request": "true"}]


@pytest.fixture
def order(market: Market) -> Order:
    """Three at 100.00, of which one is shipped and billed."""
    order = submitted(market, "3", price="100")
    ship(order, market, "1")
    billed(order, market, what="shipped")
    return order


def raise_to_50(order: Order, market: Market) -> None:
    lines = {order.lines.get().pk: {"quantity": Decimal(50)}}
    change_order(order.pk, Changes(lines=lines), actor=market.rep)


def rename(order: Order, market: Market) -> None:
    change_order(order.pk, Changes(head={"name": "Bar refit, second floor"}), actor=market.rep)


def draft_the_rest(order: Order, market: Market) -> None:
    invoice_order(order.pk, actor=market.rep, what="all")


def url(order: Order) -> str:
    return reverse("sales:order-close", args=[order.pk])


def shown(page: Any) -> list[tuple[str, str]]:
    """Read the figures before and after of a dialog."""
    return [(each.before, each.after) for each in page.context["changes"]]


@pytest.mark.parametrize("headers", HTMX)
@pytest.mark.parametrize(
    ("meanwhile", "now"),
    [
        (raise_to_50, [("50", "1"), (format_money(Decimal(6000), "EUR"), "€120.00")]),
        (rename, [("3", "1"), ("€360.00", "€120.00")]),
        (draft_the_rest, [("€240.00", "deleted"), ("3", "1"), ("€360.00", "€120.00")]),
    ],
)
def test_refuses_to_close_more_than_was_shown_and_shows_what_it_is_now(
    rep: Client,
    order: Order,
    market: Market,
    headers: dict[str, str],
    meanwhile: Callable[[Order, Market], None],
    now: list[tuple[str, str]],
) -> None:
    dialog = rep.get(url(order), headers=headers)
    assert shown(dialog) == [("3", "1"), ("€360.00", "€120.00")]
    seen = dialog.context["seen"]
    assert f'name="seen" value="{seen}"' in dialog.text
    meanwhile(order, market)
    before = Order.objects.get()

    answer = rep.post(url(order), {"reason": "No more", "seen": seen}, headers=headers)

    assert answer.status_code == 409
    assert (
        f"{order} was changed since you opened it: look at what closing the rest comes to now."
        in answer.text
    )
    assert 'value="No more"' in answer.text
    assert ("<html" in answer.text) is not bool(headers)
    assert shown(answer) == now
    assert (Order.objects.get().version, Order.objects.get().total) == (
        before.version,
        before.total,
    )

    seen = answer.context["seen"]
    again = rep.post(url(order), {"reason": "No more", "seen": seen}, headers=headers)

    assert again.status_code == (200 if headers else 302)
    assert (Order.objects.get().total, order.lines.get().quantity) == (120, 1)


@pytest.mark.parametrize("headers", HTMX)
def test_a_second_press_says_that_nothing_is_left_to_close(
    rep: Client, order: Order, headers: dict[str, str]
) -> None:
    typed = {"reason": "No more", "seen": rep.get(url(order)).context["seen"]}
    rep.post(url(order), typed, headers=headers)

    again = rep.post(url(order), typed, headers=headers)

    assert again.status_code == 422
    assert f"Nothing is left to close on {order}" in again.text
    assert order.changes.count() == 1


def test_answers_about_closing_where_the_order_is_a_draft_or_cancelled(
    rep: Client, market: Market
) -> None:
    draft, cancelled = drafted(market, "1"), submitted(market, "1")
    cancel_order(cancelled.pk, actor=market.rep, reason="Changed plans")

    of_draft = reason_shown(rep, rep.get(url(draft)), draft)
    of_cancelled = reason_shown(rep, rep.get(url(cancelled)), cancelled)

    assert of_draft == (
        f"{draft} is draft: the rest of a submitted order is closed. Cancel the draft instead."
    )
    assert of_cancelled == f"{cancelled} is cancelled: nothing of it is left to close."
