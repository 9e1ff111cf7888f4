"""The changed-since feed of the supply-chain system, by its counter and by its clock."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.sandbox.supply_messages import (
    act,
    create,
    push_event,
    read_feed,
    read_page,
    set_modes,
)
from tests.sandbox.throughline_stub import Client

LINES: dict[str, Any] = {"lines": []}


def names(page: Any) -> list[tuple[str, int]]:
    return [(order["number"], order["sequence"]) for order in page["orders"]]


def test_feeds_whole_orders_in_the_order_of_their_changes(supply: Client) -> None:
    first, second = create(supply), create(supply)
    changed = act(supply, first, "edit", customer_reference="PO 1")

    page = read_page(supply, "")

    assert page == {"orders": [second, changed], "next": "3", "more": False, "latest": "3"}
    assert read_page(supply, "3") == {"orders": [], "next": "3", "more": False, "latest": "3"}


def test_feeds_pages(supply: Client) -> None:
    for _order in range(5):
        create(supply, **LINES)

    pages = [read_page(supply, "0", 2), read_page(supply, "2", 2), read_page(supply, "4", 2)]

    assert [[number for number, _sequence in names(page)] for page in pages] == [
        ["SO-000001", "SO-000002"],
        ["SO-000003", "SO-000004"],
        ["SO-000005"],
    ]
    assert [(page["next"], page["more"]) for page in pages] == [
        ("2", True),
        ("4", True),
        ("5", False),
    ]


def test_loses_and_doubles_nothing_while_others_change_orders(supply: Client) -> None:
    orders = [create(supply, **LINES) for _order in range(12)]
    seen: list[tuple[str, int]] = []
    since, turn = "", 0

    while True:
        page = read_page(supply, since, 3)
        seen += names(page)
        since = page["next"]
        if turn < 8:  # between two pages others change orders that were fed and that were not
            act(supply, orders[turn], "edit", customer_reference=f"PO {turn}")
            act(supply, orders[11 - turn], "edit", name=f"Name {turn}")
            create(supply, **LINES)
        elif not page["more"]:
            break
        turn += 1

    last = dict(seen)
    assert len(seen) == len(set(seen))
    assert last == {order["number"]: order["sequence"] for order in supply.get("/orders")}
    assert len(last) == 20
    assert [sequence for _number, sequence in seen] == sorted(sequence for _, sequence in seen)


def test_feeds_deleted_orders_and_what_pushes_changed(supply: Client) -> None:
    deleted = act(supply, create(supply), "delete")
    message = push_event()
    supply.push(message)

    [first, second] = read_page(supply, "0")["orders"]

    assert first == deleted
    assert (second["knows"], second["cause"]) == (1, message["id"])


@pytest.mark.parametrize(
    ("since", "limit", "detail"),
    [
        ("soon", 10, "changed_since"),
        ("-1", 10, "changed_since"),
        ("²", 10, "changed_since"),
        ("1" * 19, 10, "changed_since"),
        ("0", 0, "limit must be from 1 to 500"),
        ("0", 501, "limit must be from 1 to 500"),
    ],
)
def test_refuses_a_cursor_or_a_limit_that_is_none(
    supply: Client, since: str, limit: int, detail: str
) -> None:
    reply = read_feed(supply, since.replace("²", "%C2%B2"), limit)

    assert reply.status == 422
    assert detail in reply.json["detail"]


def test_feeds_only_who_signs(supply: Client) -> None:
    assert supply.ask("GET", "/orders?changed_since=0").status == 401
    assert supply.ask("GET", "/orders").status == 200


@pytest.fixture
def one_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every change fall into one second."""
    moment = dt.datetime(2026, 11, 22, 1, 20, tzinfo=dt.UTC)
    monkeypatch.setattr("sandbox.supply.records.utc_now", lambda: moment)


@pytest.mark.usefixtures("one_second")
def test_counts_by_a_clock_that_ties(supply: Client) -> None:
    set_modes(supply, cursor="clock")
    for _order in range(6):
        create(supply, **LINES)

    first = read_page(supply, "", 2)
    second = read_page(supply, first["next"], 2)

    # Every other order is stamped by a clock that is behind; all with the last one's second come.
    assert names(first) == [("SO-000001", 1), ("SO-000003", 3), ("SO-000005", 5)]
    assert (first["next"], first["more"]) == ("2026-11-22T01:19:57Z", True)
    assert names(second) == [("SO-000002", 2), ("SO-000004", 4), ("SO-000006", 6)]
    assert (second["next"], second["more"]) == ("2026-11-22T01:20:00Z", False)


@pytest.mark.usefixtures("one_second")
def test_misses_by_its_clock_what_is_stamped_in_a_second_that_was_read(supply: Client) -> None:
    set_modes(supply, cursor="clock")
    behind, ahead = create(supply, **LINES), create(supply, **LINES)
    cursor = read_page(supply, "")["next"]

    act(supply, behind, "edit", name="Missed")
    act(supply, ahead, "edit", name="Missed")

    assert read_page(supply, cursor)["orders"] == []
    assert names(read_page(supply, "2026-11-22T01:19:50Z")) == [("SO-000001", 3), ("SO-000002", 4)]


def test_refuses_a_cursor_that_is_no_moment(supply: Client) -> None:
    set_modes(supply, cursor="clock")

    reply = read_feed(supply, "soon")

    assert (reply.status, reply.json["code"]) == (422, "malformed")
    assert read_page(supply, "2026-11-22T01:20:00")["more"] is False


def test_shows_by_its_latest_cursor_that_it_went_back(supply: Client) -> None:
    create(supply, **LINES)
    assert supply.post("/store/copy").json == {"sequence": 1}
    create(supply, **LINES)
    cursor = read_page(supply, "0")["next"]

    assert supply.post("/store/restore").json == {"sequence": 1}

    page = read_page(supply, cursor)
    assert (page["orders"], page["next"], page["latest"]) == ([], "2", "1")
