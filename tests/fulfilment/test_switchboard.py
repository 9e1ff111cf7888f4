"""Connectors stay open between drains, and only as long as their target is the same."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest

from fulfilment import connectors
from fulfilment.connectors import Target
from fulfilment.connectors.connector_pool import Switchboard, switchboard

WAREHOUSE = Target(uuid.uuid4(), "webhook", "Warehouse", "http://warehouse.example", ("old",), 15)
ROTATED = replace(WAREHOUSE, secrets=("new", "old"))


class Silent:
    """A connector that only says whether it is open."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.is_open = True

    async def close(self) -> None:
        self.is_open = False
        await asyncio.sleep(0)


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> Iterator[Switchboard]:
    """A switchboard with connectors that speak to nobody."""
    monkeypatch.setitem(connectors.KINDS, "webhook", Silent)
    board = Switchboard()
    yield board
    board.hang_up()


async def speak(board: Switchboard, target: Target, until: asyncio.Event | None = None) -> Silent:
    async with board.connector(target) as connector:
        assert isinstance(connector, Silent)
        if until:
            await until.wait()
        assert connector.is_open
        return connector


def test_the_same_target_is_spoken_to_through_the_same_connector(board: Switchboard) -> None:
    first = board.start(speak(board, WAREHOUSE)).result(5)
    again = board.start(speak(board, WAREHOUSE)).result(5)

    assert again is first
    assert first.is_open


def test_a_changed_secret_gets_a_connector_of_its_own_and_the_old_one_is_closed(
    board: Switchboard,
) -> None:
    old = board.start(speak(board, WAREHOUSE)).result(5)
    new = board.start(speak(board, ROTATED)).result(5)

    assert new.target == ROTATED
    assert (old.is_open, new.is_open) == (False, True)


def test_an_outdated_connector_is_closed_only_when_its_last_conversation_ends(
    board: Switchboard,
) -> None:
    async def while_somebody_speaks() -> tuple[bool, Silent]:
        until = asyncio.Event()
        speaking = asyncio.create_task(speak(board, WAREHOUSE, until))
        await asyncio.sleep(0)
        await speak(board, ROTATED)
        until.set()
        return speaking.done(), await speaking

    was_over, old = board.start(while_somebody_speaks()).result(5)

    assert not was_over
    assert not old.is_open


def test_two_targets_in_turns_never_close_what_the_other_was_just_lent(board: Switchboard) -> None:
    async def in_turns() -> None:
        await speak(board, WAREHOUSE)
        await asyncio.gather(speak(board, ROTATED), speak(board, WAREHOUSE))

    board.start(in_turns()).result(5)


def test_hanging_up_closes_what_is_open(board: Switchboard) -> None:
    kept = board.start(speak(board, WAREHOUSE)).result(5)

    board.hang_up()

    assert not kept.is_open
    assert board.start(speak(board, WAREHOUSE)).result(5) is not kept


def test_a_forked_child_has_a_switchboard_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = switchboard()
    assert switchboard() is ours

    monkeypatch.setattr(os, "getpid", lambda: -1)

    assert switchboard() is not ours
