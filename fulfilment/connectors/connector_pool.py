"""One event loop in a thread, and the connectors that stay open on it, for all drains of a process.

A loop and a session of their own for every drain cost a third of what a single delivery takes.
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
class Kept:
    """A connector that stays open, and how many speak through it now."""

    target: Target
    connector: Connector
    speaking: int = 0


class Switchboard:
    """Runs coroutines in its thread, which starts with the first; connectors live there."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()
        self._kept: dict[uuid.UUID, Kept] = {}

    def start(self, coroutine: Coroutine[Any, Any, ResultT]) -> Future[ResultT]:
        """Run a coroutine in the loop's thread."""
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(
                    target=self._loop.run_forever, name="handoffs", daemon=True
                ).start()
                atexit.register(self.hang_up)
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def hang_up(self) -> None:
        """Close every connector; nobody may be speaking."""
        if self._loop is not None:
            self.start(self._close()).result(CLOSING_SECONDS)

    @asynccontextmanager
    async def connector(self, target: Target) -> AsyncIterator[Connector]:
        """Lend the connector of a target; a changed address or secret gets one of its own."""
        kept = outdated = self._kept.get(target.connection_id)
        if kept is None or kept.target != target:
            kept = self._kept[target.connection_id] = Kept(target, connect(target))
        kept.speaking += 1
        try:
            if outdated and outdated is not kept and not outdated.speaking:
                await outdated.connector.close()
            yield kept.connector
        finally:
            kept.speaking -= 1
            if not kept.speaking and self._kept.get(target.connection_id) is not kept:
                await kept.connector.close()

    async def _close(self) -> None:
        while self._kept:
            await self._kept.popitem()[1].connector.close()


_of_process: dict[int, Switchboard] = {}


def switchboard() -> Switchboard:
    """Return the one of this process; a forked child leaves its parent's alone."""
    return _of_process.setdefault(os.getpid(), Switchboard())
