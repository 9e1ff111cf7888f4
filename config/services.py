"""The database and the broker a process runs on: those it was given, else private ones."""

from __future__ import annotations

from pathlib import Path

from config import embedded, preflight
from config.environment import give_up


def ready(database_url: str, redis_url: str, var: Path, role: str) -> tuple[str, str]:
    """Return both addresses once the servers behind them answer, or end the process.

    Only a worker needs its broker at the start: the web role loses a hint without it, no work.
    """
    private = embedded.Services("", "")
    if not (database_url and redis_url):
        try:
            private = embedded.use(var, database=not database_url, broker=not redis_url)
        except embedded.ServicesUnavailable as error:
            give_up([str(error)])
    if database_url:
        preflight.require_database(database_url)
    if redis_url and role == "worker":
        preflight.require_broker(redis_url)
    return database_url or private.database_url, redis_url or private.redis_url
