"""Connector pool: an event loop in a thread, and the connectors that all drains of a process share.

A new loop and a new session per drain would cost a third of the time of a single delivery.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
import uuid
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from fulfilment.connectors import Connector, Target, connect

ResultT = TypeVar("ResultT")

CLOSING_SECONDS = 10.0


@dataclass(slots=True)
class PooledConnector:
    """An open connector, and how many batches use it now."""

    target: Target
    connector: Connector
    users: int = 0


class ConnectorPool:
    """Runs coroutines in its own thread, which starts with the first, and keeps connectors open."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()
        self._pooled: dict[uuid.UUID, PooledConnector] = {}

    def start(self, coroutine: Coroutine[Any, Any, ResultT]) -> Future[ResultT]:
        """Run a coroutine in the loop's thread."""
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(
                    target=self._loop.run_forever, name="handoffs", daemon=True
                ).start()
                atexit.register(self.close)
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def close(self) -> None:
        """Close every connector; none may be in use."""
        if self._loop is not None:
            self.start(self._close_all()).result(CLOSING_SECONDS)

    @asynccontextmanager
    async def connector(self, target: Target) -> AsyncIterator[Connector]:
        """Lend the connector of a target; a changed address or secret gets a new one."""
        pooled = outdated = self._pooled.get(target.connection_id)
        if pooled is None or pooled.target != target:
            pooled = self._pooled[target.connection_id] = PooledConnector(target, connect(target))
        pooled.users += 1
        try:
            if outdated and outdated is not pooled and not outdated.users:
                await outdated.connector.close()
            yield pooled.connector
        finally:
            pooled.users -= 1
            if not pooled.users and self._pooled.get(target.connection_id) is not pooled:
                await pooled.connector.close()

    async def _close_all(self) -> None:
        while self._pooled:
            await self._pooled.popitem()[1].connector.close()


_pools: dict[int, ConnectorPool] = {}


def shared_pool() -> ConnectorPool:
    """Return the pool of this process; a forked child gets a new one."""
    return _pools.setdefault(os.getpid(), ConnectorPool())
