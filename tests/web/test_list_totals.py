"""Totals under lists: computed only while every record of the list is counted."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from common import keyset
from crm import roles
from demo.registration import register_connection
from tests.factories import Market, UserFactory
from tests.sales.admin_pages import sell
from web import screens

REFUSAL = "Totals are not shown beyond 1 records. Filter the list to see them."
LISTS = ["/opportunities/", "/quotes/", "/orders/", "/invoices/", "/handoffs/"]
TOTALS_OF = {
    "/opportunities/": 'SELECT "currency", count(*), coalesce(sum("expected_revenue"), 0)',
    "/quotes/": 'SELECT "currency", count(*), coalesce(sum("total"), 0)',
    "/orders/": 'SELECT "currency", count(*), coalesce(sum("total"), 0)',
    "/invoices/": 'SELECT "currency", count(*), coalesce(sum("signed_total"), 0)',
    "/handoffs/": 'SELECT "state", count(*), 0',
}


@pytest.fixture
def client(db: None) -> Client:
    """Back office before two of everything."""
    register_connection(
        "erp",
        name="ERP",
        url="http://127.0.0.1:1/hooks",
        event_types=["order.submitted"],
        secret_out="whsec_b3V0Z29pbmctc2VjcmV0LW9mLXRoZS10ZXN0cw==",
        secret_in="whsec_b3V0Z29pbmctc2VjcmV0LW9mLXRoZS10ZXN0cw==",
    )
    market = Market()
    sell(market, 1)
    sell(market, 2)
    client = Client()
    client.force_login(UserFactory.create(role=roles.BACK_OFFICE))
    return client


def limit_to(count: int, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(keyset, "COUNT_LIMIT", count)
    patch.setattr(screens, "COUNT_LIMIT", count)


@pytest.mark.parametrize("address", LISTS)
def test_are_not_shown_beyond_the_limit_and_read_no_record_more(
    client: Client, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    limit_to(1, monkeypatch)

    with CaptureQueriesContext(connection) as captured:
        page = client.get(address)

    [totals] = [q["sql"] for q in captured if TOTALS_OF[address] in q["sql"]]
    assert "LIMIT 2) AS counted" in totals
    assert page.context["sums"] == []
    assert page.context["counted"] == "more than 1 records"
    assert REFUSAL in page.content.decode()


@pytest.mark.parametrize("address", LISTS)
def test_are_computed_up_to_the_limit(
    client: Client, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    limit_to(2, monkeypatch)

    with CaptureQueriesContext(connection) as captured:
        page = client.get(address)

    assert len([q["sql"] for q in captured if TOTALS_OF[address] in q["sql"]]) == 1
    assert page.context["counted"] == "2 records"
    assert page.context["sums"] != []
    assert "Totals are not shown" not in page.content.decode()


@pytest.mark.parametrize("address", ["/leads/", "/accounts/", "/contacts/", "/products/"])
def test_are_not_missed_in_a_list_that_has_none(
    client: Client, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    limit_to(1, monkeypatch)

    page = client.get(address)

    assert page.context["counted"] == "more than 1 records"
    assert "Totals are not shown" not in page.content.decode()
