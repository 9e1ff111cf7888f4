"""Requests of signed-out people: pages lead to the sign-in, parts of pages say so in words."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from sales.models import Order
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from tests.factories import Market
from web.record_urls import record_url

WORDS = "You were signed out, and this was not saved."


@pytest.fixture
def order(market: Market) -> Order:
    drafted = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(drafted, actor=market.rep, product=market.product("100.00"))
    return drafted


def urls(order: Order) -> dict[str, str]:
    line = order.lines.get().pk
    return {
        "post": reverse("sales:line-change", args=["orders", order.pk, line]),
        "get": reverse("sales:line-options", args=["orders", order.pk]),
    }


@pytest.mark.parametrize("method", ["post", "get"])
def test_a_part_of_a_page_is_401_with_a_link_to_the_sign_in(
    client: Client, order: Order, method: str
) -> None:
    opened = record_url(order)
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{opened}"}

    answer = getattr(client, method)(urls(order)[method], {"quantity": "7"}, headers=headers)

    page = answer.content.decode()
    assert answer.status_code == 401
    assert WORDS in page
    assert f'href="/accounts/login/?next={opened.replace("/", "%2F")}"' in page
    assert "<form" not in page
    assert order.lines.get().quantity == 1


def test_a_current_url_elsewhere_is_not_led_to(client: Client, order: Order) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "https://evil.example/x"}

    answer = client.get(urls(order)["get"], headers=headers)

    assert 'href="/accounts/login/?next=%2F"' in answer.content.decode()


def test_pages_lead_to_the_sign_in(client: Client, order: Order) -> None:
    answer = client.get(record_url(order))

    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_characters_that_turn_the_direction_are_left_out_of_what_is_typed(
    rep: Client, order: Order
) -> None:
    line = order.lines.get()
    typed = {"description": "gnp.\u202eexe\u2066 مقهى", "quantity": "1", "unit_price": "100"}

    rep.post(urls(order)["post"], typed, headers={"HX-Request": "true"})

    line.refresh_from_db()
    assert line.description == "gnp.exe مقهى"


def test_they_are_left_out_of_what_is_searched(rep: Client, order: Order) -> None:
    page = rep.get(reverse("sales:order-list"), {"q": "Bar\u202a refit"})

    assert page.wsgi_request.GET["q"] == "Bar refit"


def test_a_form_without_any_cookie_says_how_to_go_on(order: Order) -> None:
    browser = Client(enforce_csrf_checks=True)

    answer = browser.post(urls(order)["post"], {"quantity": "7"})

    page = answer.content.decode()
    assert answer.status_code == 403
    assert "Go back, reload the page, sign in if it asks you to, and send it again." in page
    assert 'href="/"' in page
    assert order.lines.get().quantity == 1
