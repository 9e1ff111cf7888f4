"""Pages that refuse a request: they say what is missing, and whom to ask."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from crm import roles
from tests.factories import Market, UserFactory

pytestmark = pytest.mark.django_db

HTML = {"Accept": "text/html"}


def test_names_the_right_and_the_roles_that_have_it(market: Market, client: Client) -> None:
    client.force_login(UserFactory.create(role=roles.AUDITOR))

    answer = client.get(reverse("sales:quote-new"))

    assert answer.status_code == 403
    assert (
        "This needs the right “Can add quote”, which none of your roles gives you. The roles with "
        "it are: Administrator, Back office, Sales manager, Sales rep. Ask your administrator for "
        "one of them."
    ) in answer.text


@pytest.mark.parametrize("kind", ["a.b/quote", "sales/none", "auth/permission"])
def test_says_no_more_of_a_right_that_no_role_has(
    market: Market, client: Client, kind: str
) -> None:
    client.force_login(market.rep)

    answer = client.get(f"/history/{kind}/{market.account.pk}/")

    assert answer.status_code == 403
    assert "Your roles do not let you do this or see this." in answer.text


def test_names_the_roles_that_open_the_administration(market: Market, client: Client) -> None:
    client.force_login(market.rep)

    answer = client.get("/admin/")

    answer = client.get(answer["Location"])
    assert answer.status_code == 403
    assert (
        "Only the roles Administrator, Back office open the administration, and whoever is marked "
        "as staff: ask your administrator for one of them."
    ) in answer.text


@pytest.mark.parametrize("path", ["/quotes/", "/admin/sales/order/", "/search/"])
def test_names_the_part_of_the_address_with_a_nul_character(
    market: Market, client: Client, path: str
) -> None:
    client.force_login(market.rep)

    answer = client.get(path, {"q": "a\0b"}, headers=HTML)

    assert answer.status_code == 400
    assert (
        "q in the address has a NUL character, which no text can have: leave it out."
    ) in answer.text
    assert "Go to the home page" in answer.text


def test_names_an_address_with_a_nul_character(market: Market, client: Client) -> None:
    client.force_login(market.rep)

    answer = client.get("/quotes/%00/", headers=HTML)

    assert answer.status_code == 400
    assert (
        "The address has a NUL character, which no text can have: leave it out, or go on from the "
        "home page."
    ) in answer.text
