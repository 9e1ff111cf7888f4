"""Links: the menu *New* and every other link of a page lead where the reader may go."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from crm import roles
from crm.models import Account, Contact, Lead, Opportunity, User
from sales.models import Invoice, Order, Product, Quote
from tests.factories import (
    ContactFactory,
    LeadFactory,
    Market,
    OpportunityFactory,
    UserFactory,
)
from tests.sales.admin_pages import sell
from web.record_urls import record_url

KINDS = ["Lead", "Opportunity", "Account", "Contact", "Quote", "Order", "Invoice"]
LISTS = "leads opportunities accounts contacts quotes orders invoices products handoffs"
RECORDS = (Lead, Opportunity, Account, Contact, Quote, Order, Invoice)
MAY_ADD = {
    roles.SALES_REP: KINDS,
    roles.SALES_MANAGER: KINDS,
    roles.BACK_OFFICE: KINDS,
    roles.ADMINISTRATOR: KINDS,
    roles.AUDITOR: [],
}


@pytest.fixture
def market(db: None) -> Market:
    """One of everything to look at."""
    market = Market()
    sell(market, 1)
    LeadFactory.create(owner=market.rep)
    ContactFactory.create(account=market.account)
    OpportunityFactory.create(account=market.account)
    return market


def signed_in(market: Market, role: str) -> Client:
    """Sign in as a colleague who may see what there is."""
    client = Client()
    client.force_login(UserFactory.create(role=role, team=market.rep.team))
    return client


def menu(html: str) -> list[str]:
    """Return the entries of the menu *New*, in order; without a menu there are none."""
    found = re.search(r"<details [^>]*data-new-menu>(.*?)</details>", html, re.DOTALL)
    if found is None:
        return []
    entries = re.findall(r"<a [^>]*>.*?</svg>(.*?)</a>", found[1], re.DOTALL)
    return [entry.strip() for entry in entries]


@pytest.mark.parametrize("role", roles.ROLES)
def test_of_the_menu_new_are_what_a_role_may_add(market: Market, role: str) -> None:
    html = signed_in(market, role).get("/").content.decode()

    assert menu(html) == MAY_ADD[role]
    assert ("data-new-menu" in html) == bool(MAY_ADD[role])


def test_of_the_menu_new_are_single_rights(market: Market) -> None:
    clerk: User = UserFactory.create(role=roles.AUDITOR)
    clerk.groups.set([Group.objects.create(name="Intake")])
    clerk.user_permissions.set(
        Permission.objects.filter(codename__in=["add_lead", "view_lead", "add_contact"])
    )
    client = Client()
    client.force_login(clerk)

    assert menu(client.get("/leads/").content.decode()) == ["Lead", "Contact"]


def links(html: str) -> set[str]:
    """Return where a page's links lead, inside Throughline."""
    found = re.findall(r'<a\s[^>]*?href="(/[^"#]*)', html, re.DOTALL)
    return {href.replace("&amp;", "&") for href in found}


def refused_links(client: Client, pages: list[str]) -> dict[str, list[str]]:
    """Return the links of each page that answer 403 or 404, each link tried once."""
    tried: dict[str, int] = {}
    refused = {}
    for page in pages:
        answer = client.get(page)
        assert answer.status_code == 200, page
        for link in links(answer.content.decode()) - tried.keys():
            tried[link] = client.get(link).status_code
        bad = [link for link in links(answer.content.decode()) if tried[link] in {403, 404}]
        if bad:
            refused[page] = sorted(bad)
    return refused


@pytest.mark.parametrize("role", roles.ROLES)
def test_of_lists_and_records_lead_to_pages_that_open(market: Market, role: str) -> None:
    client = signed_in(market, role)
    records: list[Any] = [model.objects.visible_to(market.rep)[0] for model in RECORDS]
    records.append(Product.objects.all()[0])
    pages = ["/", *(f"/{name}/" for name in LISTS.split()), *map(record_url, records)]

    assert refused_links(client, pages) == {}


@pytest.mark.parametrize(
    ("role", "offered"),
    [(roles.SALES_REP, ["New opportunity", "New contact"]), (roles.AUDITOR, [])],
)
def test_of_an_account_offer_what_one_may_add(
    market: Market, role: str, offered: list[str]
) -> None:
    page = signed_in(market, role).get(record_url(market.account))

    buttons = ["New opportunity", "New contact"]
    assert [each for each in buttons if each in page.content.decode()] == offered
