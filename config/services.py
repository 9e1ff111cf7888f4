"""Database and broker of a process: the configured servers, else embedded ones."""

from __future__ import annotations

from pathlib import Path

from config import embedded, startup_checks
from config.environment import exit_with_errors


def resolve_urls(database_url: str, redis_url: str, var: Path, role: str) -> tuple[str, str]:
    """Return both URLs once the servers behind them answer, or end the process.

    Only a worker needs its broker at the start: without it, the web role loses a wake-up, no data.
    """
    embedded_urls = embedded.ServiceUrls("", "")
    if not (database_url and redis_url):
        try:
            embedded_urls = embedded.use(var, database=not database_url, broker=not redis_url)
        except embedded.ServicesUnavailable as error:
            exit_with_errors([str(error)])
    if database_url:
        startup_checks.require_database(database_url)
    if redis_url and role == "worker":
        startup_checks.require_broker(redis_url)
    return database_url or embedded_urls.database_url, redis_url or embedded_urls.redis_url
