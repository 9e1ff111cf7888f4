"""Deadlocks: a transaction that locks in the opposite order of the one that is tested."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection, transaction

WAITING = """
SELECT count(*) FROM pg_locks
WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))
"""

Lock = Callable[[], Any]


def somebody_waits() -> bool:
    """Return whether another transaction waits for a lock of this one."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return bool(cursor.fetchone()[0])


@contextmanager
def planted_deadlock(held: Lock, wanted: Lock) -> Iterator[None]:
    """Have another transaction hold a lock, and want a second one once somebody waits for it.

    PostgreSQL ends the transaction that waits longest, which is that of the block.
    """
    ready = threading.Event()
    ended: list[str] = []

    def run() -> None:
        try:
            with transaction.atomic():
                held()
                ready.set()
                until = time.monotonic() + 10
                while not somebody_waits() and time.monotonic() < until:
                    time.sleep(0.02)
                assert somebody_waits()
                wanted()
                transaction.set_rollback(True)
            ended.append("had both locks")
        except OperationalError as error:
            ended.append(str(error))
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(5)
    yield
    thread.join()
    assert ended == ["had both locks"]
