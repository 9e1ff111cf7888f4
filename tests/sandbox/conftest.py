"""Fixtures: a warehouse, an ERP, a supply-chain system and a stub of Throughline for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiohttp import web
from pytest_httpserver import HTTPServer

from sandbox.cloudevents import Keys
from sandbox.endpoints import Settings
from sandbox.erp.web import build_erp
from sandbox.supply.web import build_supply
from sandbox.warehouse.web import build_warehouse
from tests.sandbox.throughline_stub import (
    SECRET_IN,
    SECRET_OUT,
    Client,
    Receiver,
    ThreadedServer,
)

Start = Callable[[Callable[[], web.Application]], Client]


@pytest.fixture
def receiver(httpserver: HTTPServer) -> Receiver:
    receiver = Receiver()
    for connection in ("warehouse", "erp", "supply"):
        httpserver.expect_request(
            f"/api/v1/intake/{connection}", method="POST"
        ).respond_with_handler(receiver)
    return receiver


@pytest.fixture
def settings_for(httpserver: HTTPServer, receiver: Receiver) -> Callable[..., Settings]:
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
    running: list[ThreadedServer] = []

    def serve(build: Callable[[], web.Application]) -> Client:
        running.append(ThreadedServer(build))
        return Client(running[-1].port)

    yield serve
    for one in running:
        one.stop()


@pytest.fixture
def warehouse(start: Start, settings_for: Callable[..., Settings], tmp_path: Path) -> Client:
    return start(lambda: build_warehouse(tmp_path / "warehouse.db", settings_for("warehouse")))


@pytest.fixture
def erp(start: Start, settings_for: Callable[..., Settings], tmp_path: Path) -> Client:
    return start(lambda: build_erp(tmp_path / "erp.db", settings_for("erp")))


@pytest.fixture
def supply(start: Start, settings_for: Callable[..., Settings], tmp_path: Path) -> Client:
    return start(lambda: build_supply(tmp_path / "supply.db", settings_for("supply")))
