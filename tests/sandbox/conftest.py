"""A warehouse and an ERP of each test's own, and a Throughline that listens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiohttp import web
from pytest_httpserver import HTTPServer

from sandbox.erp.web import build_erp
from sandbox.service import Settings
from sandbox.warehouse.web import build_warehouse
from sandbox.wire import Keys
from tests.sandbox.playing import SECRET_IN, SECRET_OUT, Ears, Peer, Running

Start = Callable[[Callable[[], web.Application]], Peer]


@pytest.fixture
def ears(httpserver: HTTPServer) -> Ears:
    listening = Ears()
    for connection in ("warehouse", "erp"):
        httpserver.expect_request(
            f"/api/v1/intake/{connection}", method="POST"
        ).respond_with_handler(listening)
    return listening


@pytest.fixture
def settings_for(httpserver: HTTPServer, ears: Ears) -> Callable[..., Settings]:
    def make(connection: str, auto_seconds: float | None = None) -> Settings:
        return Settings(
            intake_url=httpserver.url_for(f"/api/v1/intake/{connection}"),
            keys_in=Keys(SECRET_IN, "--secret-in"),
            keys_out=Keys(SECRET_OUT, "--secret-out"),
            auto_seconds=auto_seconds,
        )

    return make


@pytest.fixture
def start() -> Iterator[Start]:
    running: list[Running] = []

    def serve(build: Callable[[], web.Application]) -> Peer:
        running.append(Running(build))
        return Peer(running[-1].port)

    yield serve
    for one in running:
        one.stop()


@pytest.fixture
def warehouse(start: Start, settings_for: Callable[..., Settings], tmp_path: Path) -> Peer:
    return start(lambda: build_warehouse(tmp_path / "warehouse.db", settings_for("warehouse")))


@pytest.fixture
def erp(start: Start, settings_for: Callable[..., Settings], tmp_path: Path) -> Peer:
    return start(lambda: build_erp(tmp_path / "erp.db", settings_for("erp")))
