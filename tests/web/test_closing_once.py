"""Closing the rest of an order at once: one request closes it, the others hear that it is done."""

from __future__ import annotations

import os
from functools import partial

import pytest
from django.test import Client
from django.urls import reverse

from sales.models import Order, SalesEvent
from tests.concurrency import run_concurrently
from tests.factories import Market
from tests.html_forms import forms_in
from tests.sales.order_steps import billed, ship, submitted

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = int(os.environ.get("AT_ONCE", "2"))


def form_in(page: str) -> dict[str, str]:
    """Return the inputs of the form that asks for the reason, its own key among them."""
    [fields] = [each.fields for each in forms_in(page) if "reason" in each.fields]
    return fields


def browser(market: Market) -> Client:
    client = Client()
    client.force_login(market.rep)
    return client


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_closes_once_of_dialogs_that_are_sent_at_the_same_moment(headers: dict[str, str]) -> None:
    market = Market()
    order = submitted(market, "3", price="100")
    ship(order, market, "1")
    billed(order, market, what="shipped")
    url = reverse("sales:order-close", args=[order.pk])
    browsers = [browser(market) for _ in range(AT_ONCE)]
    dialogs = [form_in(each.get(url, headers=headers).text) for each in browsers]
    events = SalesEvent.objects.count()

    answers = run_concurrently(
        *(
            partial(each.post, url, {**dialog, "reason": "No more"}, headers=headers)
            for each, dialog in zip(browsers, dialogs, strict=True)
        )
    )

    done = 200 if headers else 302
    assert sorted(answer.status_code for answer in answers) == [done, *[422] * (AT_ONCE - 1)]
    sentence = f"Nothing is left to close on {order}: it is shipped, billed or closed already."
    refused = [answer for answer in answers if answer.status_code == 422]
    assert [sentence in answer.text for answer in refused] == [True] * (AT_ONCE - 1)
    assert ["<html" in answer.text for answer in refused] == [not headers] * (AT_ONCE - 1)
    closed = Order.objects.get()
    [line] = closed.lines.all()
    assert (closed.total, line.quantity, line.cancelled_quantity) == (120, 1, 0)
    assert order.changes.count() == 1
    assert SalesEvent.objects.count() == events + 1
    assert SalesEvent.objects.latest("id").type == "order.changed"
