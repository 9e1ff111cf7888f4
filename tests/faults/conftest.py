"""Fixtures of fault injection: testbeds, and the table of results."""

from __future__ import annotations

import os
import random
import zlib
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection
from pytest_django import DjangoDbBlocker

from tests.faults.servers import PostgresServer
from tests.faults.testbed import Testbed

SEED = int(os.environ.get("FAULTS_SEED", "20261122"))
ROW = "fault"
HEADINGS = (
    "fault",
    "description",
    "events",
    "lost",
    "phantom",
    "duplicate",
    "out of order",
    "ok",
)
WIDTHS = (36, 92, 7, 6, 8, 11, 13, 4)


@pytest.fixture(scope="module")
def testbed(
    django_db_blocker: DjangoDbBlocker,
    django_db_setup: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Testbed]:
    """A testbed on the PostgreSQL server of all tests."""
    folder = tmp_path_factory.mktemp("faults")
    with django_db_blocker.unblock():
        name = f"{connection.settings_dict['NAME']}_faults"
        testbed = Testbed(folder, settings.DATABASE_URL, name, SEED)
        try:
            yield testbed
        finally:
            testbed.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A PostgreSQL server that may be killed, since nothing else uses it."""
    server = PostgresServer(tmp_path_factory.mktemp("server"))
    yield server
    server.remove()


@pytest.fixture(scope="module")
def private_testbed(
    server: PostgresServer,
    django_db_blocker: DjangoDbBlocker,
    django_db_setup: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Testbed]:
    """A testbed on a PostgreSQL server of its own."""
    with django_db_blocker.unblock():
        testbed = Testbed(tmp_path_factory.mktemp("fragile"), server.url, "faults", SEED)
        try:
            yield testbed
        finally:
            testbed.close()


def random_for(name: str) -> random.Random:
    """Return random numbers that depend on the seed and the fault only."""
    return random.Random(SEED ^ zlib.crc32(name.encode()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print a table of the injected faults and their effects."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    rows = [
        (*value, "yes" if report.passed else "NO")
        for report in reports
        for key, value in report.user_properties
        if key == ROW and report.when == "call"
    ]
    if rows:
        terminalreporter.section(f"faults, seed {SEED} (FAULTS_SEED chooses another)")
        for row in (HEADINGS, *rows):
            cells = zip(row, WIDTHS, strict=True)
            terminalreporter.write_line("".join(f"{cell!s:<{width}}" for cell, width in cells))
