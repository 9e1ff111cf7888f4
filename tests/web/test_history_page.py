"""The page that shows every change of a record, with who made it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crm import roles
from crm.history import acting
from sales.models import Order
from sales.services.documents.drafts import change_head, draft_order, draft_quote
from sales.services.documents.lines import add_line, change_line, remove_line
from tests.approvals import decide
from tests.factories import LeadFactory, Market, UserFactory
from web.pages.history import SHOWN, history_page


def address(order: Order) -> str:
    return f"/history/sales/order/{order.pk}/"


def drafted(market: Market) -> Order:
    """An order of two, drafted by its rep."""
    with acting(market.rep, url="/orders/new/"):
        order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
        line = add_line(order, actor=market.rep, product=market.product("10.00"))
        change_line(line, actor=market.rep, quantity=Decimal(2))
    return order


def test_shows_what_a_transaction_found_and_left(market: Market) -> None:
    order = drafted(market)

    [change] = history_page(order).changes

    own, line = change.rows
    assert change.actor == str(market.rep)
    assert change.source == "/orders/new/"
    assert (own.kind, own.name) == ("insert", "")
    values = {value.label: value.after for value in own.values}
    assert values["Account"] == str(market.account)
    assert values["Total"] == "€24.00"
    assert values["Status"] == "Draft"
    assert (line.kind, line.name.startswith("Order line 1")) == ("insert", True)
    assert {c.label: c.after for c in line.values}["Quantity"] == "2"


@pytest.mark.django_db(transaction=True)
def test_shows_each_change_with_the_values_before_and_after(client: Client) -> None:
    market = Market()
    order = drafted(market)
    change_head(order, actor=market.rep, name="Bar refit, upstairs")
    remove_line(order.lines.get(), actor=market.rep)

    latest, renamed = history_page(order).changes[:2]

    own, line = latest.rows
    assert [(c.label, c.before, c.after) for c in own.values][-1] == ("Total", "€24.00", "€0.00")
    assert (line.kind, line.values) == ("delete", [])
    [row] = renamed.rows
    assert [(c.label, c.before, c.after) for c in row.values] == [
        ("Name", "Bar refit", "Bar refit, upstairs")
    ]
    client.force_login(market.rep)
    page = client.get(address(order)).content.decode()
    assert "<del>Bar refit</del>" in page
    assert "<ins>Bar refit, upstairs</ins>" in page
    assert "removed" in page


def test_shows_a_decision_without_the_content_that_is_kept_with_it(market: Market) -> None:
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    add_line(quote, actor=market.rep, product=market.product("10.00"))
    decide(quote, actor=UserFactory.create(role=roles.SALES_MANAGER), comment="Fine")

    rows = [row for change in history_page(quote).changes for row in change.rows]
    [decision] = [row for row in rows if "approval" in row.name.lower()]

    assert [value.label for value in decision.values] == [
        "Quote", "Approved", "Comment", "Decided by", "Decided at",
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_shows_older_changes_a_page_further(client: Client) -> None:
    lead = LeadFactory.create()
    client.force_login(lead.owner)
    for number in range(SHOWN + 2):
        lead.topic = f"Topic {number}"
        lead.save()

    first = client.get(f"/history/crm/lead/{lead.pk}/")
    second = client.get(f"/history/crm/lead/{lead.pk}/{first.context['older_url']}")

    changes = second.context["changes"]
    assert [len(first.context["changes"]), len(changes)] == [SHOWN, 3]
    assert (second.context["older_url"], second.context["newest_url"]) == ("", "?")
    [value] = changes[0].rows[0].values
    assert (value.before, value.after) == ("Topic 0", "Topic 1")
    assert changes[-1].rows[0].kind == "insert"


def test_needs_the_same_statements_for_one_line_or_many(
    market: Market,
) -> None:
    order = drafted(market)
    with CaptureQueriesContext(connection) as for_one:
        history_page(order)
    for _ in range(10):
        add_line(order, actor=market.rep, product=market.product("10.00"))

    with CaptureQueriesContext(connection) as for_many:
        history_page(order)

    assert len(for_many) == len(for_one)


def test_a_stranger_finds_nothing_and_who_may_not_read_is_refused(
    market: Market, client: Client
) -> None:
    order = drafted(market)
    client.force_login(UserFactory.create())
    assert client.get(address(order)).status_code == 404
    client.force_login(UserFactory.create(role=roles.AUDITOR))
    assert client.get(address(order)).status_code == 200
    nobody = UserFactory.create()
    nobody.groups.clear()
    client.force_login(nobody)
    assert client.get(address(order)).status_code == 403
    assert client.get("/history/sales/order/nonsense/").status_code == 404
    assert client.get(f"/history/sales/nothing/{order.pk}/").status_code in {403, 404}


def test_needs_somebody_signed_in(market: Market, client: Client) -> None:
    answer = client.get(address(drafted(market)))
    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (
        302,
        "/accounts/login/",
    )


@pytest.mark.parametrize("before", ["yesterday", "2026-13-45T00:00:00Z", "2026-01-01"])
def test_begins_with_the_newest_where_no_moment_is_meant(
    market: Market, client: Client, before: str
) -> None:
    order = drafted(market)
    client.force_login(market.rep)
    answer = client.get(address(order), {"before": before})
    assert "Bar refit" in answer.content.decode()
