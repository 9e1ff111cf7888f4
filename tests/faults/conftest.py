"""The stage for faults, shared by those of a module, and the table at the end."""

from __future__ import annotations

import os
import random
import zlib
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection
from pytest_django import DjangoDbBlocker

from tests.faults.servers import Server
from tests.faults.stage import Stage

SEED = int(os.environ.get("FAULTS_SEED", "20261122"))
ROW = "fault"
HEADINGS = ("fault", "what was done", "events", "lost", "phantom", "duplicate", "disorder", "ok")
WIDTHS = (36, 92, 7, 6, 8, 10, 9, 4)


@pytest.fixture(scope="module")
def stage(
    django_db_blocker: DjangoDbBlocker,
    django_db_setup: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stage]:
    """The house and the other systems, on the server of all tests."""
    folder = tmp_path_factory.mktemp("faults")
    with django_db_blocker.unblock():
        name = f"{connection.settings_dict['NAME']}_faults"
        stage = Stage(folder, settings.DATABASE_URL, name, SEED)
        try:
            yield stage
        finally:
            stage.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A PostgreSQL that may be killed, since nobody else is on it."""
    server = Server(tmp_path_factory.mktemp("server"))
    yield server
    server.remove()


@pytest.fixture(scope="module")
def fragile_stage(
    server: Server,
    django_db_blocker: DjangoDbBlocker,
    django_db_setup: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stage]:
    """The house and the other systems, on a server of their own."""
    with django_db_blocker.unblock():
        stage = Stage(tmp_path_factory.mktemp("fragile"), server.url, "faults", SEED)
        try:
            yield stage
        finally:
            stage.close()


def dice_for(name: str) -> random.Random:
    """Throw the same for a fault whichever others run."""
    return random.Random(SEED ^ zlib.crc32(name.encode()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was broken, and what came of it."""
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
