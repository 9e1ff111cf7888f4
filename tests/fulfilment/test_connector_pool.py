"""Connector pool: connectors stay open between drains while their target is the same."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest

from fulfilment import connectors
from fulfilment.connectors import Target
from fulfilment.connectors.connector_pool import ConnectorPool, shared_pool

WAREHOUSE = Target(uuid.uuid4(), "webhook", "Warehouse", "http://warehouse.example", (b"old",), 15)
ROTATED = replace(WAREHOUSE, ciphertexts=(b"new", b"old"))


class StubConnector:
    """A connector that sends nothing and knows whether it is open."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.is_open = True

    async def close(self) -> None:
        self.is_open = False
        await asyncio.sleep(0)


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[ConnectorPool]:
    """A pool of stub connectors."""
    monkeypatch.setitem(connectors.KINDS, "webhook", StubConnector)
    pool = ConnectorPool()
    yield pool
    pool.close()


async def use(
    pool: ConnectorPool, target: Target, until: asyncio.Event | None = None
) -> StubConnector:
    async with pool.connector(target) as connector:
        assert isinstance(connector, StubConnector)
        if until:
            await until.wait()
        assert connector.is_open
        return connector


def test_lends_the_same_connector_for_the_same_target(pool: ConnectorPool) -> None:
    first = pool.start(use(pool, WAREHOUSE)).result(5)
    again = pool.start(use(pool, WAREHOUSE)).result(5)

    assert again is first
    assert first.is_open


def test_replaces_the_connector_when_the_secret_changes(pool: ConnectorPool) -> None:
    old = pool.start(use(pool, WAREHOUSE)).result(5)
    new = pool.start(use(pool, ROTATED)).result(5)

    assert new.target == ROTATED
    assert (old.is_open, new.is_open) == (False, True)


def test_closes_an_outdated_connector_only_when_its_last_user_is_done(pool: ConnectorPool) -> None:
    async def while_in_use() -> tuple[bool, StubConnector]:
        until = asyncio.Event()
        using = asyncio.create_task(use(pool, WAREHOUSE, until))
        await asyncio.sleep(0)
        await use(pool, ROTATED)
        until.set()
        return using.done(), await using

    was_over, old = pool.start(while_in_use()).result(5)

    assert not was_over
    assert not old.is_open


def test_never_closes_a_connector_that_was_just_lent(pool: ConnectorPool) -> None:
    async def in_turns() -> None:
        await use(pool, WAREHOUSE)
        await asyncio.gather(use(pool, ROTATED), use(pool, WAREHOUSE))

    pool.start(in_turns()).result(5)


def test_closes_what_is_open_and_opens_new_connectors_afterwards(pool: ConnectorPool) -> None:
    first = pool.start(use(pool, WAREHOUSE)).result(5)

    pool.close()

    assert not first.is_open
    assert pool.start(use(pool, WAREHOUSE)).result(5) is not first


def test_gives_a_forked_child_a_pool_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = shared_pool()
    assert shared_pool() is ours

    monkeypatch.setattr(os, "getpid", lambda: -1)

    assert shared_pool() is not ours
