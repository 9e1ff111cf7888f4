"""Event feed: every event once, and none before one of an open transaction."""

from __future__ import annotations

import threading
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.test import Client

from sales.models import Order, SalesEvent
from sales.services.orders import hold_order, release_order
from tests.database_assertions import refused
from tests.factories import Market, UserFactory
from tests.fulfilment.conftest import submitted_order
from tests.fulfilment.processes import eventually

FEED = "/api/v1/events"


@pytest.fixture
def reader(market: Market, client: Client) -> Client:
    """The market's rep, signed in."""
    client.force_login(market.rep)
    return client


def read(reader: Client, **query: Any) -> dict[str, Any]:
    answer = reader.get(FEED, query)
    assert answer.status_code == 200, answer.content
    page: dict[str, Any] = answer.json()
    return page


def read_when_settled(reader: Client, count: int, **query: Any) -> dict[str, Any]:
    """Read once so many events are visible: any open transaction on the server delays the feed."""
    eventually(lambda: len(read(reader, **query)["results"]) >= count, f"{count} events")
    return read(reader, **query)


def versions(page: dict[str, Any]) -> list[tuple[str, int]]:
    return [(each["type"], int(each["sequence"])) for each in page["results"]]


@pytest.mark.django_db(transaction=True)
class TestWithSeveralTransactions:
    """Events of several committed and open transactions."""

    def test_returns_each_event_once_page_by_page(self, client: Client) -> None:
        market = Market()
        client.force_login(market.rep)
        order = submitted_order(market)
        hold_order(order.pk, actor=market.rep, reason="Credit check")
        release_order(order.pk, actor=market.rep)
        everything = versions(read_when_settled(client, SalesEvent.objects.count()))
        assert everything[-3:] == [
            ("throughline.order.submitted", everything[-3][1]),
            ("throughline.order.held", everything[-3][1] + 1),
            ("throughline.order.released", everything[-3][1] + 2),
        ]

        pages: list[tuple[str, int]] = []
        after: dict[str, str] = {}
        while page := read(client, limit=2, **after):
            if not page["results"]:
                break
            pages += versions(page)
            after = {"after": page["next"]}

        assert pages == everything
        assert read(client, **after) == {"results": [], "next": after["after"]}
        hold_order(order.pk, actor=market.rep, reason="Again")
        held = read_when_settled(client, 1, **after)
        assert versions(held) == [("throughline.order.held", everything[-1][1] + 1)]

    def test_returns_nothing_after_an_open_transaction_began(self, client: Client) -> None:
        market = Market()
        client.force_login(market.rep)
        slow, quick = submitted_order(market), submitted_order(market)
        before = read_when_settled(client, SalesEvent.objects.count())
        after = {"after": before["next"]}
        wrote, may_commit = threading.Event(), threading.Event()

        def hold_slowly() -> None:
            try:
                with transaction.atomic():
                    hold_order(slow.pk, actor=market.rep, reason="Slow")
                    wrote.set()
                    may_commit.wait(10)
            finally:
                connections.close_all()

        writer = threading.Thread(target=hold_slowly)
        writer.start()
        assert wrote.wait(10)
        hold_order(quick.pk, actor=market.rep, reason="Quick")

        meanwhile = read(client, **after)
        may_commit.set()
        writer.join()
        then = read_when_settled(client, 2, **after)

        assert meanwhile["results"] == []
        assert [each["subject"] for each in then["results"]] == [slow.number, quick.number]

    def test_continues_after_a_restore(self, client: Client) -> None:
        market = Market()
        client.force_login(market.rep)
        order = submitted_order(market)
        with connection.cursor() as cursor:  # as if the old cluster had a higher transaction id
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("UPDATE sales_salesevent SET xid = xid + 1000000000")
            cursor.execute("SET session_replication_role = DEFAULT")
        assert read(client)["results"] == []

        out = StringIO()
        call_command("after_restore", stdout=out)
        before = read(client)
        hold_order(order.pk, actor=market.rep, reason="Credit check")

        assert out.getvalue() == f"{len(before['results'])} events settled.\n"
        assert before["results"][-1]["type"] == "throughline.order.submitted"
        [held] = read_when_settled(client, 1, after=before["next"])["results"]
        assert held["type"] == "throughline.order.held"
        with refused("sales_salesevent", "append_only"):
            SalesEvent.objects.update(xid=1)


def settled(order: Order) -> None:
    """Let the test's own transaction count as committed."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE sales_salesevent SET xid = 0")
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def test_hides_events_from_other_teams_and_anonymous_users(market: Market, reader: Client) -> None:
    settled(submitted_order(market))
    seen = read(reader)["next"]
    assert seen

    reader.force_login(UserFactory.create())
    assert read(reader) == {"results": [], "next": ""}
    hidden = reader.get(FEED, {"after": seen})
    assert (hidden.status_code, hidden.json()["code"]) == (400, "invalid")
    reader.logout()
    assert reader.get(FEED).status_code == 401


@pytest.mark.parametrize(
    "query",
    [
        {"after": "evt_nonsense"},
        {"after": "evt_00000000000000000000000000000000"},
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "many"},
        {"limit": "1_0"},
        {"afer": "evt_1"},
    ],
)
def test_refuses_unknown_parameters_and_wrong_values(reader: Client, query: dict[str, str]) -> None:
    answer = reader.get(FEED, query)

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{next(iter(query))}"]


def test_takes_as_many_statements_for_many_events_as_for_one(
    market: Market, reader: Client, django_assert_num_queries: Any
) -> None:
    settled(submitted_order(market))
    for _ in range(5):
        settled(submitted_order(market))
    first = read(reader, limit=1)["next"]

    with django_assert_num_queries(4):
        read(reader, after=first)
