"""Fixtures of every test: a real PostgreSQL and Valkey, and no network beyond this machine."""

from __future__ import annotations

import gc
import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.cache import cache
from django.test import TransactionTestCase

from tests.database_cleanup import delete_all_rows
from tests.template_database import forget, template_for


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """A database per worker, copied from the template; test data need not survive a power cut.

    Joins are planned as they are written, as the web and the workers have it.
    """
    database = settings.DATABASES["default"]
    database["TEST"]["TEMPLATE"] = template_for(settings.DATABASE_URL)
    forget(settings.DATABASE_URL, database["TEST"]["NAME"] or f"test_{database['NAME']}")
    options = database["OPTIONS"]
    faster = "-c synchronous_commit=off -c join_collapse_limit=1"
    options["options"] = f"{options.get('options', '')} {faster}"


@pytest.fixture(scope="session", autouse=True)
def _fast_cleanup() -> Iterator[None]:
    """Tests of several transactions leave an empty database that keeps its roles."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", delete_all_rows)
        yield


@pytest.fixture(scope="session", autouse=True)
def _rare_garbage_collection() -> None:
    """Collect garbage a tenth as often: there is much that stays, and looking at it takes time."""
    gc.set_threshold(50_000, 20, 100)


@pytest.fixture(scope="session", autouse=True)
def _fast_passwords() -> Iterator[None]:
    """A password is hashed once instead of a million times, which takes half a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PBKDF2PasswordHasher, "iterations", 1)
        yield


@pytest.fixture(scope="session", autouse=True)
def _own_broker_database(request: pytest.FixtureRequest) -> None:
    """Keep the tests' cache and queue apart from those of a demo that runs at the same time."""
    worker = getattr(request.config, "workerinput", {}).get("workerid", "gw0")
    number = 8 + int(worker.removeprefix("gw")) % 8
    base = settings.REDIS_URL.rpartition("/")[0]
    settings.REDIS_URL = settings.CELERY_BROKER_URL = f"{base}/{number}"
    settings.CACHES["default"]["LOCATION"] = settings.REDIS_URL


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """No test sees what another one cached."""
    cache.clear()


@pytest.fixture(scope="session", autouse=True)
def _only_this_machine() -> Iterator[None]:
    """A test that connects to another machine fails."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and not _is_loopback(address[0]):
            raise ConnectionRefusedError(f"A test tried to reach {address[0]}.")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
